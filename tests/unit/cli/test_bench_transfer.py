"""`dure bench transfer` as a whole, on real processes."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

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
    assert (figures["transactions"], figures["lost"], figures["refused"]) == (100, 0, 0)
    assert figures["state_roots_equal"] is True
    assert 0 < figures["latency_ms_p50"] <= figures["latency_ms_p95"]
    assert figures["signature_bound_tx_per_second"] > 0
    assert list(short_folder.iterdir()) == []
    assert not [pid for pid in Path("/proc").glob("[0-9]*") if _runs_in(pid, short_folder)]


def _runs_in(process: Path, folder: Path) -> bool:
    try:
        return os.fsencode(folder) in (process / "cmdline").read_bytes()
    except OSError:
        return False
