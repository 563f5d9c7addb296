"""`dure bench scale`: the line through the sizes, and the whole on real processes."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from dure.cli.bench.running import commands
from dure.cli.bench.scale import compute_growth, sum_metrics
from dure.cli.main import build_app


def size(validators: int, cpu_us: float | None) -> dict[str, Any]:
    return {
        "validators": validators,
        "node_cpu_us_per_block": cpu_us,
        "frames_per_block": 3.0 * (validators - 1),
        "bytes_per_block": 800 * (validators - 1),
    }


def test_one_more_member_costs_what_the_line_rises_by() -> None:
    growth = compute_growth([size(1, 7.0), size(4, 2_000), size(7, 2_300), size(10, 2_600)])
    assert growth == {
        "node_cpu_us_per_block_per_member": 100,
        "frames_per_block_per_member": 3,
        "bytes_per_block_per_member": 800,
        "members_at_double_cost": 24,
    }


def test_one_validator_alone_talks_to_nobody_and_is_not_on_the_line() -> None:
    growth = compute_growth([size(1, 7.0), size(4, 2_000)])
    assert set(growth.values()) == {None}


def test_a_line_that_does_not_rise_doubles_nowhere_and_unknown_time_has_no_line() -> None:
    assert compute_growth([size(4, 9.0), size(7, 9.0)])["members_at_double_cost"] is None
    unknown = compute_growth([size(4, None), size(7, None)])
    assert unknown["node_cpu_us_per_block_per_member"] is None
    assert unknown["frames_per_block_per_member"] == 3


def test_metrics_are_summed_over_their_labels() -> None:
    text = '# HELP sent Bytes.\nsent_total{peer="a"} 3.0\nsent_total{peer="b c"} 4.5\nheight 7.0\n'
    assert sum_metrics(text) == {"sent_total": 7.5, "height": 7.0}


@pytest.mark.thorough
@pytest.mark.e2e
def test_it_compares_networks_of_two_sizes() -> None:
    options = ["--validators", "1", "--validators", "2", "--seconds", "1", "--accounts", "50"]
    result = CliRunner().invoke(
        build_app(["bench"]), ["bench", "scale", *options, "--in-flight", "20", "--json"]
    )
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    alone, two = figures["sizes"]
    assert (alone["validators"], alone["frames_per_block"]) == (1, 0)
    assert two["validators"] == 2
    assert two["frames_per_block"] > 1, "a proposal and two votes, at least"
    assert two["bytes_per_block"] > 100 * two["frames_per_block"]
    for each in (alone, two):
        assert (each["lost"], each["doubled"], each["state_roots_equal"]) == (0, 0, True)
        assert each["tx_per_second"] > 0
        assert 0 < each["latency_ms_p50"] <= each["latency_ms_p95"]


@pytest.mark.parametrize("broken", [{"lost": 1}, {"doubled": 1}, {"state_roots_equal": False}])
def test_a_broken_promise_at_any_size_is_exit_code_1(
    broken: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, object] = {"lost": 0, "doubled": 0, "state_roots_equal": True}
    for sizes, code in (([kept, kept], 0), ([kept, kept | broken], 1)):
        monkeypatch.setattr(commands, "measure_scale", lambda *_, sizes=sizes: {"sizes": sizes})
        result = CliRunner().invoke(build_app(["bench"]), ["bench", "scale", "--json"])
        assert result.exit_code == code
