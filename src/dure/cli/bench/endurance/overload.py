"""Several times more than a network can carry, for a minute, and what is left of it afterwards.

What is measured
----------------
Signed transfers at a fixed rate, whatever the nodes do, to all nodes: first at a rate that the
network carries, then at a multiple of it, then at the first rate again, without a pause. Where no
rate is given, a closed loop finds out what the network can do, and four fifths of that are the
first rate. Everything is on, as in `transfer`.

A promise is a transaction that a node has taken: it must become final, at every node, once. What a
node does not take it must refuse with a code, and at once. Each node's memory must stay below a
bound that is stated beforehand, and the rate and the latency must come back when the overload ends.

What is not
-----------
* Signing: all was signed before. What is refused is sent again later as if it were new.
* Floods that break rules (frames that are too large, wrong signatures): they end the connection.
* Many clients: here there is one, with a connection to each node. What one address may send is
  bounded apart from this (`submissions_per_second` of the API).
* The process that runs contracts: transfers need none.
"""

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from dure.cli.bench.endurance.phases import (
    Phase,
    Second,
    count_final_between,
    describe_phase,
    list_seconds,
    run_phases,
)
from dure.cli.bench.endurance.watch import MEBIBYTE, Watch, to_mebibytes, watch_nodes
from dure.cli.bench.figures import compute_signature_bound
from dure.cli.bench.machine import (
    count_cores,
    describe_machine,
    measure_verify_seconds,
    read_load_average,
)
from dure.cli.bench.running.course import Pace, send_load
from dure.cli.bench.running.load import Tally
from dure.cli.bench.running.promises import count_broken_promises, read_stored
from dure.cli.bench.running.stock import Stock, prepare_transfers
from dure.cli.bench.running.town import Town, agree_on_state, found_town, start_town
from dure.cli.network.processes import RunningNetwork

SUSTAINED_SHARE: Final = 0.8
"""Of what a closed loop reaches: the rate of the open loop before and after."""
PROBE: Final = Pace(seconds=8, in_flight=1_000)
"""The closed loop that finds out."""
WARM_UP_S: Final = 4.0
CALM_S: Final = 10.0
"""How long the first rate is measured before the overload, and again after it."""
SAMPLE_S: Final = 0.5
ON_THEIR_WAY_S: Final = 8.0
"""How many seconds' worth of the overload may wait for an answer at once; signed beforehand."""
AT_EASE_FACTOR: Final = 2.0
AT_EASE_MS: Final = 50.0
"""The network has recovered when 95 of 100 take no longer than so many times what they took before,
and so much more."""


@dataclass(frozen=True, slots=True)
class OverloadPlan:
    """What to measure."""

    validators: int
    seconds: float
    """How long the overload lasts."""
    accounts: int
    times: float
    """The overload as a multiple of the sustainable rate."""
    memory_mb_max: int
    """What a node may hold, in mebibytes."""
    rate: float | None = None
    """The sustainable rate, a second; None to find it."""


def measure_overload(plan: OverloadPlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    with found_town(plan.validators, plan.accounts) as town:
        stock = prepare_transfers(town, _count_needed(plan))
        gc.collect()
        gc.freeze()
        try:
            with start_town(town) as running:
                course = asyncio.run(_run(town, running, stock, plan))
        finally:
            gc.unfreeze()
        final = [each for tally in course.tallies for each in tally.final]
        missing, doubled = count_broken_promises(final, read_stored(town))
    return _compute_figures(plan, course, missing, doubled)


@dataclass(frozen=True, slots=True)
class _Course:
    """What came of one run."""

    phases: Sequence[Phase]
    tallies: Sequence[Tally]
    """One a phase."""
    watch: Watch
    rate: float
    state_roots_equal: bool


def _count_needed(plan: OverloadPlan) -> int:
    """Return how many transactions to sign: what can become final, and what waits for an answer."""
    verify_seconds = measure_verify_seconds()
    bound = compute_signature_bound(count_cores(), plan.validators, verify_seconds)
    fastest = min(bound, 1 / verify_seconds) if plan.rate is None else plan.rate / SUSTAINED_SHARE
    probe = 0 if plan.rate is not None else PROBE.count_needed(fastest)
    lasting = WARM_UP_S + 2 * CALM_S + plan.seconds
    return int(probe + fastest * (lasting + ON_THEIR_WAY_S * plan.times))


async def _run(town: Town, running: RunningNetwork, stock: Stock, plan: OverloadPlan) -> _Course:
    async with watch_nodes(running, SAMPLE_S) as watch:
        rate = plan.rate
        if rate is None:
            probed = await send_load(town, stock, PROBE)
            rate = SUSTAINED_SHARE * probed.final_in_time / PROBE.seconds
        phases = (
            Phase("warm-up", rate, WARM_UP_S),
            Phase("before", rate, CALM_S),
            Phase("during", rate * plan.times, plan.seconds),
            Phase("after", rate, CALM_S),
        )
        tallies = await run_phases(town, stock, phases, gives_back=True)
    return _Course(phases, tallies, watch, rate, await agree_on_state(town))


def _compute_figures(
    plan: OverloadPlan, course: _Course, missing: int, doubled: int
) -> dict[str, Any]:
    phases = {
        phase.name: describe_phase(phase, tally) | _describe_time(course, tally)
        for phase, tally in zip(course.phases, course.tallies, strict=True)
    }
    before, during, after = (phases[name] for name in ("before", "during", "after"))
    begin = course.tallies[0].begin
    seconds = list_seconds(course.tallies, begin)
    calm_from = int(course.tallies[-1].begin - begin)
    peaks = [max(memories) for memories in zip(*_list_memories(course.watch), strict=True)]
    return {
        "sustainable_rate": round(course.rate, 1),
        "overload_rate": round(course.rate * plan.times, 1),
        "before": before,
        "during": during,
        "after": after,
        "recovered_after_s": find_recovery(seconds, calm_from, before["latency_ms_p95"]),
        "lost": sum(each["lost"] for each in phases.values()) + missing,
        "doubled": doubled,
        "unanswered": sum(each["unanswered"] for each in phases.values()),
        "memory_mb": to_mebibytes(peaks),
        "memory_mb_max": plan.memory_mb_max,
        "memory_bounded": max(peaks) <= plan.memory_mb_max * MEBIBYTE,
        "state_roots_equal": course.state_roots_equal,
        "by_second": [asdict(second) for second in seconds],
        "times": plan.times,
        "validators": plan.validators,
        "accounts": plan.accounts,
        "load_average": round(read_load_average(), 2),
        "machine": describe_machine(),
    }


def _describe_time(course: _Course, tally: Tally) -> dict[str, Any]:
    """Return what became final in the time of a phase, and the most that each node held in it."""
    seconds = tally.end - tally.begin
    final = count_final_between(course.tallies, tally.begin, tally.end)
    samples = course.watch.list_between(tally.begin, tally.end) or course.watch.samples[-1:]
    memories = zip(*(sample.memory_bytes for sample in samples), strict=True)
    return {
        "tx_per_second": round(final / seconds, 1),
        "memory_mb": to_mebibytes([max(each) for each in memories]),
    }


def _list_memories(watch: Watch) -> list[tuple[int, ...]]:
    return [sample.memory_bytes for sample in watch.samples]


def find_recovery(seconds: Sequence[Second], calm_from: int, p95_ms: float) -> int | None:
    """Return how many seconds after the overload transactions are as quick as before it for good.

    `seconds` rise; `calm_from` is the first after the overload. None where they never are.
    """
    limit = AT_EASE_FACTOR * p95_ms + AT_EASE_MS
    calm = [second for second in seconds if second.number >= calm_from]
    slow = [second.number for second in calm if second.latency_ms_p95 > limit]
    recovered = max(slow) + 1 if slow else calm_from
    return recovered - calm_from if any(each.number >= recovered for each in calm) else None
