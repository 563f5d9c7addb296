"""What the end-to-end tests share: a running network of four, one a module, and one played day."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.processes import Outcome, Town, find_processes, found_town, run_dure

PAGE_PATIENCE_MS = 60_000
"""How long a page may take to become what is expected, on a machine that does much else."""

expect.set_options(timeout=PAGE_PATIENCE_MS)


@dataclass(frozen=True, slots=True)
class PlayedDay:
    """A demo that has ended."""

    folder: Path
    outcome: Outcome

    @property
    def facts(self) -> dict[str, Any]:
        """The JSON object that it printed."""
        return self.outcome.read_json()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A network of four organisations; tests that break a node mend it again."""
    running = found_town(tmp_path_factory.mktemp("town") / "net")
    try:
        yield running
    finally:
        running.close()


def play_day(folder: Path, policies: int) -> PlayedDay:
    """Play the day that the documentation shows to its end; its nodes are stopped."""
    outcome = run_dure(
        *("demo", "flight-delay", "--date", "2013-03-08", "--policies", policies, "--exit"),
        *("--json", "--data", folder, "--port", "0"),
        timeout_s=170,
    )
    assert not find_processes(folder), "the demo left nodes behind"
    return PlayedDay(folder, outcome)
