"""`dure bench transfer` as a whole, on real processes, and its exit codes."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dure.cli.bench.running import commands
from dure.cli.main import build_app


@pytest.fixture
def short_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of whose path a socket's name leaves room for more."""
    with tempfile.TemporaryDirectory(prefix="b") as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)
        monkeypatch.undo()


@pytest.mark.e2e
def test_bench_measures_and_leaves_nothing_behind(short_folder: Path) -> None:
    options = ["--validators", "1", "--seconds", "1", "--rate", "100", "--accounts", "20", "--json"]
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "transfer", *options])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["sent"], figures["final"], figures["refused"]) == (100, 100, 0)
    assert (figures["lost"], figures["doubled"], figures["refusals"]) == (0, 0, {})
    assert figures["state_roots_equal"] is True
    assert 0 < figures["latency_ms_p50"] <= figures["latency_ms_p95"]
    assert figures["latency_ms_p95"] <= figures["latency_ms_p99"] <= figures["latency_ms_max"]
    assert figures["signature_bound_tx_per_second"] > 0
    assert list(short_folder.iterdir()) == []
    assert not [pid for pid in Path("/proc").glob("[0-9]*") if _runs_in(pid, short_folder)]


@pytest.mark.thorough
@pytest.mark.e2e
def test_several_runs_give_medians_and_how_far_they_lie_apart() -> None:
    options = ["--validators", "1", "--seconds", "1", "--rate", "50", "--accounts", "20"]
    result = CliRunner().invoke(
        build_app(["bench"]), ["bench", "transfer", *options, "--runs", "2", "--json"]
    )
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (len(figures["runs"]), figures["final"], figures["doubled"]) == (2, 50, 0)
    least, greatest = figures["spread"]["latency_ms_p50"]
    assert least <= figures["latency_ms_p50"] <= greatest


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({}, 0),
        ({"lost": 1}, 1),
        ({"doubled": 1}, 1),
        ({"state_roots_equal": False}, 1),
    ],
)
def test_a_broken_promise_is_exit_code_1(
    broken: dict[str, object], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"lost": 0, "doubled": 0, "state_roots_equal": True} | broken
    monkeypatch.setattr(commands, "measure_transfer", lambda _: figures)
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "transfer", "--json"])
    assert (result.exit_code, json.loads(result.stdout)) == (code, figures)


def _runs_in(process: Path, folder: Path) -> bool:
    try:
        return os.fsencode(folder) in (process / "cmdline").read_bytes()
    except OSError:
        return False
