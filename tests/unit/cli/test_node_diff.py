"""`dure node diff`, as an operator types it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dure.cli.main import build_app
from tests.unit.node.durable.two_stores import Town, refuse_next_block

APP = build_app(["node"])
runner = CliRunner()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    town.pay(1)
    town.pay(2)
    yield town
    for disk in town.disks.values():
        disk.close()


def ask(town: Town, *options: str) -> tuple[int, str]:
    folders = [str(path) for path in town.folders.values()]
    result = runner.invoke(APP, ["node", "diff", *folders, *options])
    return result.exit_code, result.output


def test_nodes_that_agree_end_with_0(town: Town) -> None:
    assert ask(town) == (0, "both hold the same blocks and the same state up to height 2\n")


def test_a_refused_block_is_told_with_its_first_key(town: Town) -> None:
    refuse_next_block(town)
    code, text = ask(town)
    assert code == 1
    assert "block 3: the headers differ in state root" in text
    assert "first key that differs: balance of" in text
    assert "left: 05" in text
    assert "right: 4b" in text


def test_a_machine_reads_the_same(town: Town) -> None:
    refuse_next_block(town)
    code, text = ask(town, "--json")
    told = json.loads(text)
    assert code == 1
    assert (told["finding"], told["height"]) == ("other results", 3)
    assert (told["left"], told["right"]) == ("05", "4b")
    assert told["transaction"] is None, "a folder of data has no genesis to execute from"


def test_what_is_no_node_is_refused(town: Town, tmp_path: Path) -> None:
    result = runner.invoke(APP, ["node", "diff", str(tmp_path / "left"), str(tmp_path)])
    assert result.exit_code != 0
    assert "holds no node's store" in str(result.exception or result.output)
