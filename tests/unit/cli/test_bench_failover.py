"""`dure bench failover` as a whole, on real processes."""

import json

import pytest
from typer.testing import CliRunner

from dure.cli.main import build_app


@pytest.mark.thorough
@pytest.mark.e2e
@pytest.mark.timeout(180)
def test_a_killed_primary_costs_time_and_nothing_else() -> None:
    options = ["--kills", "2", "--rate", "10", "--json"]
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "failover", *options])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["acknowledged"] > 0
    assert (figures["acknowledged_lost"], figures["acknowledged_doubled"]) == (0, 0)
    assert (figures["refused"], figures["unanswered"]) == (0, 0)
    assert figures["state_roots_equal"] is True
    times = figures["new_block_after_primary_kill_ms"]
    assert len(times) == 2
    # Somebody had to notice: the least that a round is given.
    assert 100 < min(times) <= figures["new_block_after_primary_kill_ms_p50"] <= max(times)
