"""`dure simulate pbft`: its documented fields, its exit code, and the story of a seed."""

import json
from collections.abc import Iterator

import pytest
import structlog
from typer.testing import CliRunner

from dure.cli import simulate
from dure.cli.main import build_app
from dure.testing.simulation import Fault, SafetyViolation, Stalled
from dure.testing.simulation.liars import HABITS

FIELDS = {
    "seeds",
    "events",
    "heights_finalized",
    "faults",
    "liars",
    "accusations",
    "validator_changes",
    "safety_violations",
    "liveness_failures",
    "failing_seeds",
    "events_per_second",
    "seconds",
    "machine",
}


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(build_app(["simulate"]), ["simulate", "pbft", *words])
    return result.exit_code, result.stdout


def test_the_report_has_its_documented_fields() -> None:
    code, text = run("--seeds", "2", "--first-seed", "1", "--json")
    report = json.loads(text)
    assert code == 0
    assert set(report) == FIELDS
    assert (report["seeds"], report["failing_seeds"]) == (2, [])
    assert report["heights_finalized"] >= 20
    assert set(report["faults"]) == {kind.value for kind in Fault}
    assert set(report["liars"]) == {habit.name for habit in HABITS}


def test_two_processes_count_what_one_counts() -> None:
    _, alone = run("--seeds", "3", "--json")
    _, together = run("--seeds", "3", "--jobs", "2", "--json")
    first, second = json.loads(alone), json.loads(together)
    assert (first["events"], first["faults"]) == (second["events"], second["faults"])


@pytest.mark.parametrize(
    ("problem", "field"),
    [
        (SafetyViolation("fork"), "safety_violations"),
        (Stalled("still"), "liveness_failures"),
        (KeyError("ours"), "safety_violations"),
    ],
)
def test_a_seed_that_fails_is_named_and_ends_with_one(
    problem: Exception, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(simulate, "run_seed", fail)
    code, text = run("--seed", "5", "--json")
    report = json.loads(text)
    assert code == 1
    assert (report[field], report["failing_seeds"]) == (1, [5])


def test_the_story_of_one_seed() -> None:
    code, text = run("--seed", "1", "--narrate")
    assert code == 0
    assert "FINALIZES 1" in text


def test_a_story_needs_its_seed() -> None:
    assert run("--narrate")[0] == 2
