"""`dure bench failover`: what counts as a broken promise, and the whole on real processes."""

import json
from collections import Counter

import pytest
from typer.testing import CliRunner

from dure.cli.bench.failover import count_broken_promises
from dure.cli.main import build_app
from dure.core.types import TransactionId

ONE, TWO, THREE = (TransactionId(bytes([number]) * 32) for number in (1, 2, 3))


def test_what_is_missing_at_one_node_is_lost() -> None:
    counted = count_broken_promises([ONE, TWO], [Counter([ONE, TWO]), Counter([ONE])])
    assert counted == {"acknowledged": 2, "acknowledged_lost": 1, "acknowledged_doubled": 0}


def test_what_stands_twice_at_one_node_is_doubled() -> None:
    counted = count_broken_promises([ONE], [Counter([ONE, ONE]), Counter([ONE])])
    assert counted == {"acknowledged": 1, "acknowledged_lost": 0, "acknowledged_doubled": 1}


def test_what_nobody_was_promised_may_be_anywhere() -> None:
    counted = count_broken_promises([ONE], [Counter([ONE, TWO]), Counter([ONE, THREE, THREE])])
    assert counted == {"acknowledged": 1, "acknowledged_lost": 0, "acknowledged_doubled": 0}


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
