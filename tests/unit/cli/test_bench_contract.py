"""`dure bench contract`: what it prints, and that its programs do what they are meant to."""

import json

import pytest
from typer.testing import CliRunner

from dure.cli.bench.contract import BOMB_GAS, list_bombs, prepare_bombs, summarize
from dure.cli.main import build_app

FIGURES = {
    "transfers_per_second",
    "calls_per_second_in_batch",
    "metering_factor",
    "worst_ms_per_million_gas",
    "transfer_ms_per_million_gas",
    "check_ms_per_100_lines",
}


def test_it_prints_one_json_object_with_every_figure_and_its_spread() -> None:
    options = ["bench", "contract", "--seconds", "0.1", "--runs", "2", "--json"]
    result = CliRunner().invoke(build_app(["bench"]), options)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures.keys() >= FIGURES
    for name in FIGURES:
        least, greatest = figures["spread"][name]
        assert 0 < least <= figures[name] <= greatest
    assert figures["programs"] >= 30
    assert len(figures["runs"]) == 2
    assert figures["worst_program"] in {run["worst_program"] for run in figures["runs"]}


def test_it_prints_a_table_for_people() -> None:
    options = ["bench", "contract", "--seconds", "0.1", "--runs", "1"]
    result = CliRunner().invoke(build_app(["bench"]), options)
    assert result.exit_code == 0, result.output
    assert "a million gas of the worst" in result.stdout


def test_several_runs_give_medians_and_the_worst_program_of_all() -> None:
    runs = [
        {"rate": rate, "worst_ms_per_million_gas": worst, "worst_program": name}
        for rate, worst, name in ((5, 1.0, "a"), (9, 3.0, "b"), (6, 2.0, "c"))
    ]
    merged = summarize(runs)
    assert (merged["rate"], merged["worst_program"]) == (6, "b")
    assert merged["spread"] == {"rate": [5, 9], "worst_ms_per_million_gas": [1.0, 3.0]}


STAGE = prepare_bombs()
BOMBS = list_bombs(STAGE)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_uses_up_its_gas_or_its_memory_or_ends_by_itself(name: str) -> None:
    receipt = STAGE.execute(STAGE.open_view(), BOMBS[name], BOMB_GAS)
    assert receipt.status in {"out_of_gas", "too_large", "ok"}, receipt.message
    assert (receipt.gas_used == BOMB_GAS) == (receipt.status == "out_of_gas")
    assert receipt.gas_used > 10_000, "a bomb does more than to be entered"
