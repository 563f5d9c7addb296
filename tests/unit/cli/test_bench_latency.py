"""`dure bench latency` as a whole, on real processes."""

import json

import pytest
from typer.testing import CliRunner

from dure.cli.main import build_app


@pytest.mark.thorough
@pytest.mark.e2e
def test_it_says_how_long_a_transfer_takes_on_a_quiet_network() -> None:
    options = ["--validators", "1", "--rate", "40", "--seconds", "1", "--accounts", "20"]
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "latency", *options, "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["sent"], figures["final"], figures["refused"]) == (40, 40, 0)
    assert (figures["lost"], figures["doubled"]) == (0, 0)
    assert figures["state_roots_equal"] is True
    assert (figures["mode"], figures["rate"], figures["in_flight"]) == ("open loop", 40, None)
    names = [f"latency_ms_{name}" for name in ("p50", "p95", "p99", "max")]
    assert sorted(figures[name] for name in names) == [figures[name] for name in names]
    assert figures["blocks_per_second"] > 0


@pytest.mark.thorough
@pytest.mark.e2e
def test_it_prints_a_table_for_people() -> None:
    options = ["--validators", "1", "--rate", "40", "--seconds", "1", "--accounts", "20"]
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "latency", *options])
    assert result.exit_code == 0, result.output
    assert "latency, 99 of 100 below" in result.stdout
