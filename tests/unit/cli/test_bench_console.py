"""`dure bench console`: its figures are of real viewers, and what is broken has its exit code."""

import json

import pytest
from typer.testing import CliRunner

from dure.cli.bench.reading import commands
from dure.cli.bench.reading.painting import find_browser
from dure.cli.main import build_app


@pytest.mark.thorough
@pytest.mark.e2e
@pytest.mark.timeout(180)
def test_every_viewer_gets_what_changes_and_the_cost_stands_beside() -> None:
    options = ["--validators", "2", "--seconds", "2", "--viewers", "10", "--rate", "4"]
    words = ["bench", "console", *options, "--paints", "1", "--json"]
    result = CliRunner().invoke(build_app(["bench"]), words)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["viewers"], figures["cut_off"]) == (10, 0)
    assert figures["fewest_messages"] >= 1
    assert figures["messages"] >= 10 * figures["fewest_messages"]
    assert figures["message_bytes"] > 100
    assert figures["viewed_cpu_share"] > 0
    assert figures["viewed_interval_ms_p50"] > 0
    if find_browser() is not None:
        assert figures["first_paint_ms"] > 0
    assert figures["state_roots_equal"] is True


@pytest.mark.parametrize("broken", [{"cut_off": 1}, {"state_roots_equal": False}])
def test_a_viewer_that_was_cut_off_is_exit_code_1(
    broken: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"cut_off": 0, "state_roots_equal": True}
    for expected, shown in ((0, figures), (1, figures | broken)):
        monkeypatch.setattr(commands, "measure_console", lambda _, shown=shown: shown)
        result = CliRunner().invoke(build_app(["bench"]), ["bench", "console", "--json"])
        assert result.exit_code == expected
