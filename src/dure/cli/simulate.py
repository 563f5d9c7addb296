"""`dure simulate`: whole networks from one seed each, with everything going wrong."""

import logging
import platform
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from os import cpu_count
from typing import Annotated, Any

import structlog
import typer

from dure.cli.output import EXIT_FAILED, JsonOption, err, print_facts, print_json
from dure.testing.simulation import (
    Fault,
    Outcome,
    SafetyViolation,
    Stalled,
    narrate_seed,
    run_seed,
)
from dure.testing.simulation.liars import HABITS

STORY_LINES_MAX = 60
"""Of a failing seed's story, how much is shown at once."""

app = typer.Typer(no_args_is_help=True, help="Run whole networks in one process, from one seed.")


@app.callback()
def about() -> None:
    """Run whole networks in one process, from one seed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A seed that broke a promise."""

    seed: int
    kind: str
    """`safety` or `liveness`."""
    story: str


@dataclass(slots=True)
class Totals:
    """What all seeds did together."""

    outcomes: int = 0
    events: int = 0
    heights: int = 0
    accusations: int = 0
    validator_changes: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    liars: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def add(self, result: Outcome | Failure) -> None:
        """Count one more seed."""
        if isinstance(result, Failure):
            self.failures.append(result)
            return
        self.outcomes += 1
        self.events += result.events
        self.heights += result.heights
        self.accusations += result.accusations
        self.validator_changes += result.validator_changes
        self.faults.update({kind.value: count for kind, count in result.faults.items()})
        self.liars.update(result.liars)

    def build_report(self, seconds: float) -> dict[str, Any]:
        """Return the documented fields."""
        kinds = Counter(failure.kind for failure in self.failures)
        return {
            "seeds": self.outcomes + len(self.failures),
            "events": self.events,
            "heights_finalized": self.heights,
            "faults": {kind.value: self.faults[kind.value] for kind in Fault},
            "liars": {habit.name: self.liars[habit.name] for habit in HABITS},
            "accusations": self.accusations,
            "validator_changes": self.validator_changes,
            "safety_violations": kinds["safety"],
            "liveness_failures": kinds["liveness"],
            "failing_seeds": sorted(failure.seed for failure in self.failures),
            "events_per_second": round(self.events / seconds, 1),
            "seconds": round(seconds, 1),
            "machine": f"{platform.machine()}, {cpu_count()} cores, Python "
            f"{platform.python_version()}",
        }


@app.command("pbft")
def pbft(
    *,
    seeds: Annotated[int, typer.Option(help="How many seeds.", min=1, max=10_000_000)] = 300,
    first_seed: Annotated[int, typer.Option(help="The first of them.", min=0)] = 0,
    seed: Annotated[
        int | None, typer.Option(help="Run this one seed instead, again.", min=0)
    ] = None,
    heights: Annotated[
        int, typer.Option(help="Blocks that each network makes at least.", min=1, max=1_000_000)
    ] = 10,
    spells: Annotated[
        int | None,
        typer.Option(
            help="Stretches of 12 s of storm; else one for each ten blocks. What the blocks then "
            "lack to --heights is made in the calm.",
            min=1,
            max=100_000,
        ),
    ] = None,
    members: Annotated[
        int | None, typer.Option(help="Validators; else each seed draws.", min=4, max=32)
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes that work at once.", min=1, max=256)] = 1,
    narrate: Annotated[
        bool, typer.Option("--narrate", help="Tell the story of the one seed.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Run PBFT networks through storms of faults and lies, and check every promise all the time.

    Each seed is one network of real drivers, engines, ledgers and journals on simulated disks,
    clocks and links. The same seed always gives the same run. Ends with exit code 1 where a seed
    failed.

    Example: dure simulate pbft --seeds 300
    """
    if narrate:
        if seed is None:
            raise typer.BadParameter("--narrate needs --seed")
        _quieten()
        typer.echo(narrate_seed(seed, heights=heights, spells=spells, members=members))
        return
    chosen = range(first_seed, first_seed + seeds) if seed is None else range(seed, seed + 1)
    totals, begun = Totals(), time.perf_counter()
    run = partial(try_seed, heights=heights, spells=spells, members=members)
    for result in _run_all(chosen, run, jobs):
        totals.add(result)
        if isinstance(result, Failure):
            _show_failure(result)
    report = totals.build_report(time.perf_counter() - begun)
    if json:
        print_json(report)
    else:
        _print_report(report)
    if totals.failures:
        raise typer.Exit(EXIT_FAILED)


def try_seed(
    seed: int, *, heights: int, spells: int | None, members: int | None
) -> Outcome | Failure:
    """Run one seed; return how it failed where it did."""
    _quieten()
    try:
        return run_seed(seed, heights=heights, spells=spells, members=members)
    except Stalled as problem:
        return Failure(seed, "liveness", str(problem))
    except SafetyViolation as problem:
        return Failure(seed, "safety", str(problem))
    except Exception as problem:  # the edge: whatever else stops a node is a broken promise too
        return Failure(seed, "safety", f"seed {seed}: {problem!r}")


def _run_all(
    seeds: Iterable[int], run: "partial[Outcome | Failure]", jobs: int
) -> Iterator[Outcome | Failure]:
    if jobs == 1:
        yield from map(run, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        waiting = iter(seeds)
        running = {pool.submit(run, seed) for seed in islice(waiting, 2 * jobs)}
        while running:
            done = next(as_completed(running))
            running.remove(done)
            yield done.result()
            following = next(waiting, None)
            if following is not None:
                running.add(pool.submit(run, following))


def _quieten() -> None:
    """Keep nodes from logging: storms give them much to say."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _show_failure(failure: Failure) -> None:
    lines = failure.story.splitlines()
    shown = [lines[0], *lines[1:][-STORY_LINES_MAX:]] if lines else []
    err.print("\n".join(shown), highlight=False, markup=False)


def _print_report(report: dict[str, Any]) -> None:
    nested = ("faults", "liars")
    facts = [
        (name.replace("_", " "), value) for name, value in report.items() if name not in nested
    ]
    print_facts("simulated networks", facts)
    for name in nested:
        counts = report[name].items()
        print_facts(name, [(kind.replace("_", " "), count) for kind, count in counts])
