"""The closing report of a demo: what came out beside what had to, in both languages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from dure.application import find_application
from dure.application.reports import write_report
from dure.console import build_pages
from dure.console.settings import LANGUAGES
from tests.unit.api.serving import Desk
from tests.unit.console.applications.played import serve
from tests.unit.console.test_console import Markup

ENERGY: Final = find_application("energy")
PATH: Final = "/apps/energy/report"
FACTS: Final[dict[str, Any]] = {
    "chain_id": "ab" * 32,
    "houses": 3,
    "profiles": "<script>alert(1)</script>",
    "trades": 7,
    "expected_trades": 7,
    "money": [-1_500, 200, 1_300],
    "expected_money": [-1_500, 200, 1_300],
    "nodes": {"alpha": "same"},
    "money_conserved": True,
    "proof_verified": True,
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = serve(tmp_path_factory.mktemp("played"), ENERGY, ENERGY.stories[0])
    yield made
    made.index.close()


def show(desk: Desk, reports: Path | None, language: str = "en", path: str = PATH) -> str:
    desk.pages = build_pages(desk.chain, desk.index, [ENERGY], reports=reports)
    answer = desk.run(lambda client: client.get(f"{path}?lang={language}"))
    return f"{answer.status_code}\n{answer.text}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_shows_pairs_and_drawings_in_the_readers_language(
    desk: Desk, tmp_path: Path, language: str
) -> None:
    write_report(tmp_path, "energy", FACTS)
    text = show(desk, tmp_path, language)
    assert text.startswith("200")
    markup = Markup(text)
    assert (markup.handlers, markup.styles) == ([], 0)
    said = {
        "en": ("Everything came out as it was reckoned", "Houses", "No money was made"),
        "ko": ("모든 결과가 계산과 같습니다", "집 수", "돈이 새로 생기지도"),
    }
    assert all(words in text for words in said[language])
    assert text.count('data-chart="bar"') == 3, "money of each house, events, and the blocks"
    assert 'data-value="-1500"' in text
    assert "<script>alert" not in text


def test_what_came_out_otherwise_is_said(desk: Desk, tmp_path: Path) -> None:
    write_report(tmp_path, "energy", FACTS | {"trades": 6, "proof_verified": False})
    text = show(desk, tmp_path)
    assert "Something came out otherwise" in text
    assert text.count("✕") == 2, "the whole, and the proof"


def test_the_tab_is_there_where_a_report_is(desk: Desk, tmp_path: Path) -> None:
    assert f'href="{PATH}' not in show(desk, tmp_path, path="/apps/energy")
    write_report(tmp_path, "energy", FACTS)
    assert f'href="{PATH}' in show(desk, tmp_path, path="/apps/energy")


@pytest.mark.parametrize("has_folder", [True, False])
def test_without_a_report_there_is_no_page(desk: Desk, tmp_path: Path, has_folder: bool) -> None:
    text = show(desk, tmp_path if has_folder else None)
    assert text.startswith("404")
    assert "no report of a demo" in text


def test_a_broken_file_is_a_named_error(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "energy.json").write_text("{")
    text = show(desk, tmp_path)
    assert text.startswith("404")
    assert "cannot be read" in text
    assert tmp_path.name not in text, "a path is nobody's business"
