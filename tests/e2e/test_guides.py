"""The guides do what they say: their files, their tests, their commands, in their order."""

import re
import shlex
from pathlib import Path

import pytest

from tests.e2e.pages import ADDRESS, HEX, Block, Reader, list_blocks, run_pytest
from tests.e2e.processes import run_dure

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

CODE = ("", "python", "diff")


def list_commands(page: str) -> list[list[str]]:
    """Return the words after `dure` of every command of a page."""
    lines = [
        line for each in list_blocks(page) if not each.language for line in each.text.split("\n")
    ]
    return [shlex.split(line)[1:] for line in lines if line.startswith("dure ")]


def follow(page: str, learn: dict[str, tuple[str, str]]) -> Reader:
    """Follow a page that founds `my-network`, which is down afterwards, whatever happened."""
    reader = Reader(learn)
    try:
        reader.follow(page)
    finally:
        if Path("my-network").exists():
            run_dure("network", "down", "my-network")
    return reader


def test_a_first_contract_is_made_changed_refused_tested_deployed_traced_and_upgraded(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("t"))
    reader = follow(
        "tutorials/first-contract.md",
        {
            "dure contract deploy play_money.py": ("MONEY", ADDRESS),
            "dure contract view MONEY": ("ASSET", HEX),
            "dure contract deploy bike_deposit.py": ("ADDRESS", ADDRESS),
            "dure contract call ADDRESS settle number=1 damage=4000 --as alpha": (
                "TRANSACTION",
                HEX,
            ),
        },
    )
    assert [code for _, code in reader.codes] == [1, 1]
    check, settle = (line for line, _ in reader.codes)
    assert check == "dure contract check bike_deposit.py"
    assert "--as beta" in settle


def test_the_korean_tutorial_types_the_same() -> None:
    def list_code(page: str) -> list[Block]:
        return [each for each in list_blocks(page) if each.language in CODE]

    assert list_code("ko/first-contract.md") == list_code("tutorials/first-contract.md")


def test_the_stories_of_the_guide_are_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reader = Reader({})
    reader.follow("guides/test-a-contract.md")
    assert reader.codes == [], reader.said
    assert re.search(r"\b7 passed", reader.said)


@pytest.mark.thorough
def test_a_contract_is_changed_read_stopped_and_started_as_the_guide_says(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "guides/change-or-stop-a-contract.md"
    monkeypatch.chdir(tmp_path_factory.mktemp("c"))
    reader = follow(page, {"dure contract deploy": ("ADDRESS", ADDRESS)})
    refused = [shlex.split(line)[5] for line, _ in reader.codes]
    assert refused == ["lot=barley 3", "lot=barley 4"]


def test_a_contract_on_a_chain_is_read_in_korean_as_the_guide_says(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("r"))
    learn = {"dure contract deploy": ("ADDRESS", ADDRESS)}
    assert follow("guides/read-a-contract.md", learn).codes == []


def test_a_new_application_becomes_green_as_the_guide_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src" / "dure" / "apps").mkdir(parents=True)
    (tmp_path / "acme").mkdir()
    listed, new, *_ = list_commands("guides/write-an-application.md")
    assert run_dure(*listed).code == 0
    assert "src/dure/apps/grain_store" in run_dure(*new).said
    assert run_dure(*new, "--folder", "acme").code == 0
    red = run_pytest("acme/grain_store", folder=tmp_path)
    assert red.code == 1, red.said

    lines, _table = [
        each.text
        for each in list_blocks("guides/write-an-application.md")
        if each.language == "python"
    ]
    file = tmp_path / "acme" / "grain_store" / "contract.py"
    wrong = file.read_text()
    paying = "        self.pay(self.money, self.sender, amount)\n"
    assert wrong.count(paying) == 1
    file.write_text(wrong.replace(paying, lines + paying))
    green = run_pytest("acme/grain_store", folder=tmp_path)
    assert green.code == 0, green.said


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_nodes_are_certified_renewed_and_revoked_as_the_guide_says(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("m"))
    reader = follow("guides/certify-nodes.md", {})
    assert reader.codes == [], reader.said
