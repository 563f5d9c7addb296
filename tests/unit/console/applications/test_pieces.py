"""The shared pieces with hostile values; money alike in Python and in a browser."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.console import build_pages
from dure.console.applications import gallery
from dure.console.applications.money import show_money
from dure.console.settings import LANGUAGES
from tests.unit.api.serving import Desk
from tests.unit.console.conftest import APPLICATION
from tests.unit.console.test_console import Markup

MONEY_MODULE = Path(gallery.__file__).parents[1] / "static" / "pieces" / "money.js"
AMOUNTS = [
    *((0, 0), (0, 2), (1, 2), (-1, 2), (100, 2), (999, 0), (1_000, 0), (1_234_567, 0)),
    *((-1_234_567, 3), (2**256 - 1, 18), (-(2**63), 0), ("0005", 2), ("-0", 2), ("+5", 0)),
    *(("1e3", 0), ("", 0), ("٣", 0), ("5\n", 0), (5, 18), (5, 19)),
]


def load(desk: Desk, language: str) -> str:
    answer = desk.run(lambda client: client.get(f"/pieces?lang={language}"))
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_gallery_shows_every_piece_and_runs_nothing(desk: Desk, language: str) -> None:
    desk.catch_up()
    text = load(desk, language)
    markup = Markup(text)
    assert (markup.handlers, markup.styles) == ([], 0)
    assert all((script.get("src") or "").startswith("/static/") for script in markup.scripts)
    assert "x" not in markup.loads
    assert not any(link.startswith("javascript:") for link in markup.loads)
    assert "<script>alert" not in text
    assert "${7*7}" in text
    for piece in ("stepper", "lanes", "timeline", "money", "chip", "chart", "map", "document"):
        assert f'class="{piece}"' in text or f"data-{piece}" in text, piece


def test_every_chart_and_map_is_a_table_without_a_script(desk: Desk) -> None:
    desk.catch_up()
    text = load(desk, "en")
    assert text.count("<figure") == text.count("</figure>")
    for figure in text.split("<figure")[1:]:
        body = figure.partition("</figure>")[0]
        if "data-chart" in figure or "data-map" in figure:
            assert "<table>" in body
            assert "<td" in body


def test_the_gallery_is_no_page_of_a_real_chain(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.catch_up()
    desk.pages = build_pages(desk.chain, desk.index, [APPLICATION])
    real = type(desk.chain.executor.genesis)
    monkeypatch.setattr(real, "test", False)
    answer = desk.run(lambda client: client.get("/pieces"))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("units", "decimals", "signed", "text"),
    [
        (200_000, 0, False, "200\u202f000"),
        (123_456_789, 2, False, "1\u202f234\u202f567.89"),
        (5, 2, False, "0.05"),
        (-5, 2, True, "\u22120.05"),
        (5, 0, True, "+5"),
        (0, 2, True, "0.00"),
        ("<b>", 2, False, "<b>"),
        (True, 0, False, "True"),
        (1.5, 0, False, "1.5"),
    ],
)
def test_money_is_written_from_whole_units(
    units: object, decimals: int, signed: bool, text: str
) -> None:
    assert show_money(units, decimals, signed=signed) == text


@given(st.integers(min_value=-(10**40), max_value=10**40), st.integers(0, 18))
def test_no_digit_of_an_amount_is_lost(units: int, decimals: int) -> None:
    text = show_money(units, decimals).replace("\u202f", "").replace("\u2212", "-")
    whole, _, rest = text.partition(".")
    assert len(rest) == decimals
    assert int(whole + rest) == units


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on the path")
def test_the_browser_writes_the_same_money(tmp_path: Path) -> None:
    module = tmp_path / "money.mjs"
    module.write_text(MONEY_MODULE.read_text("utf-8"), "utf-8")
    code = (
        "const { showMoney } = await import(process.argv[1]);"
        "const given = JSON.parse(process.argv[2]);"
        "const shown = given.map(([u, d]) => [showMoney(u, d), showMoney(u, d, true)]);"
        "console.log(JSON.stringify(shown));"
    )
    # Numbers beyond 2^53 reach a page as text only.
    given_as_text = json.dumps([(str(units), decimals) for units, decimals in AMOUNTS])
    command = ["node", "--input-type=module", "-e", code, module.as_uri(), given_as_text]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert json.loads(done.stdout) == [
        [show_money(u, d), show_money(u, d, signed=True)] for u, d in AMOUNTS
    ]
