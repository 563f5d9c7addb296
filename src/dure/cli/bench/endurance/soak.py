"""Half of what a network can carry, for half an hour: what grows that should not.

What is measured
----------------
Signed transfers at a fixed rate to all nodes, as in `transfer`, and in equal parts of that time:
how long transactions took, what each node's process holds in memory, and what its folder takes on
the disk. Where no rate is given, a closed loop finds out what the network can do, and half of it is
the rate. The chain's replay window is the usual one (two minutes), so that it is full soon, and
transactions are signed while the clock runs, just before they are sent.

A verdict is given on memory and on latency, by rules that stand below. What fills up first (the
replay window, caches of opened transactions and of the store) is left out of it: the first five
minutes. The rest is cut in two halves; where the median of the second is not above that of the
first by more than a little, nothing grows. Where the rest is shorter than five minutes there is no
verdict.

What is not
-----------
* The disk, which must grow: the chain is kept. What it takes for a transaction is a figure.
* The process that runs contracts, and contracts.
* Nodes that come, go or catch up.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.cli.bench.endurance.phases import Phase, count_final_between, run_phases
from dure.cli.bench.endurance.watch import Sample, Watch, to_mebibytes, watch_nodes
from dure.cli.bench.figures import compute_percentile
from dure.cli.bench.machine import describe_machine, read_load_average
from dure.cli.bench.running.course import Pace, send_load
from dure.cli.bench.running.load import Tally
from dure.cli.bench.running.promises import count_broken_promises, read_stored
from dure.cli.bench.running.stock import Stock, sign_transfers_on_demand
from dure.cli.bench.running.town import Town, agree_on_state, found_town, start_town
from dure.cli.network.processes import RunningNetwork
from dure.sdk.transactions import VALID_FOR

SHARE: Final = 0.5
"""Of what a closed loop reaches."""
PROBE: Final = Pace(seconds=8, in_flight=1_000)
"""The closed loop that finds out."""
PART_S_MAX: Final = 30.0
PARTS_MIN: Final = 12
"""A short soak has shorter parts than a half minute."""
SETTLING_S: Final = 300.0
JUDGED_S_MIN: Final = 300.0
MEMORY_SHARE: Final = 0.05
MEMORY_SLACK_MB: Final = 4.0
LATENCY_SHARE: Final = 0.25
LATENCY_SLACK_MS: Final = 10.0
"""By how much the second half may be above the first and count as level with it."""


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """What to measure."""

    validators: int
    minutes: float
    accounts: int
    rate: float | None = None
    """Transactions a second; None for half of what the network can do."""

    @property
    def part_s(self) -> float:
        """Seconds of one part."""
        return min(PART_S_MAX, self.minutes * 60 / PARTS_MIN)


@dataclass(frozen=True, slots=True)
class Part:
    """A half minute."""

    minute: float
    """When it ended, since the beginning."""
    tx_per_second: float
    latency_ms_p50: float
    latency_ms_p95: float
    memory_mb: list[float]
    """At its end, node by node."""
    disk_mb: list[float]


@dataclass(frozen=True, slots=True)
class _Course:
    """What came of one run."""

    tally: Tally
    watch: Watch
    rate: float
    state_roots_equal: bool


def measure_soak(plan: SoakPlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    with found_town(plan.validators, plan.accounts, DEFAULT_PARAMETERS.replay_window) as town:
        stock = sign_transfers_on_demand(town, VALID_FOR)
        with start_town(town) as running:
            course = asyncio.run(_run(town, running, stock, plan))
        missing, doubled = count_broken_promises(course.tally.final, read_stored(town))
    figures = _compute_figures(plan, course)
    return figures | {"lost": figures["lost"] + missing, "doubled": doubled}


async def _run(town: Town, running: RunningNetwork, stock: Stock, plan: SoakPlan) -> _Course:
    rate = plan.rate
    if rate is None:
        probed = await send_load(town, stock, PROBE)
        rate = SHARE * probed.final_in_time / PROBE.seconds
    async with watch_nodes(running, plan.part_s) as watch:
        phase = Phase("soak", rate, plan.minutes * 60)
        (tally,) = await run_phases(town, stock, (phase,), gives_back=False)
    return _Course(tally, watch, rate, await agree_on_state(town))


def _compute_figures(plan: SoakPlan, course: _Course) -> dict[str, Any]:
    tally = course.tally
    parts = list_parts(tally, course.watch.samples, plan.part_s)
    refused, seconds = tally.refused.total(), plan.minutes * 60
    return {
        "rate": round(course.rate, 1),
        "minutes": plan.minutes,
        "tx_per_second": round(count_final_between((tally,), tally.begin, tally.end) / seconds, 1),
        **{
            f"latency_ms_p{percent}": _find_percentile(
                (1000 * s for s in tally.latencies_s), percent
            )
            for percent in (50, 95, 99)
        },
        "sent": tally.sent,
        "final": len(tally.latencies_s),
        "refused": refused,
        "refusals": dict(tally.refused),
        "unanswered": len(tally.unanswered),
        "lost": tally.count_broken(),
        "blocks": tally.blocks,
        "memory_mb": parts[-1].memory_mb,
        "memory_mb_per_1000_blocks": _compute_slopes(parts, tally.blocks / seconds),
        "memory_flat": judge_memory(parts),
        "latency_flat": judge_latency(parts),
        "disk_bytes_per_transaction": _compute_disk(course.watch.samples, tally),
        "state_roots_equal": course.state_roots_equal,
        "parts": [asdict(part) for part in parts],
        "validators": plan.validators,
        "accounts": plan.accounts,
        "load_average": round(read_load_average(), 2),
        "machine": describe_machine(),
    }


def list_parts(tally: Tally, samples: Sequence[Sample], part_s: float) -> list[Part]:
    """Return the parts of the tally's time: latencies by when transactions were meant.

    Each has the sample that was taken nearest to its end.
    """
    latencies: dict[int, list[float]] = {}
    final: Counter[int] = Counter()
    for meant, latency in zip(tally.meant_at, tally.latencies_s, strict=True):
        latencies.setdefault(int((meant - tally.begin) / part_s), []).append(1000 * latency)
        final[int((meant + latency - tally.begin) / part_s)] += 1
    parts: list[Part] = []
    for number, own in sorted(latencies.items()):
        after_s = (number + 1) * part_s
        sample = min(samples, key=lambda each: abs(each.at - tally.begin - after_s))
        part = Part(
            minute=round(after_s / 60, 3),
            tx_per_second=round(final[number] / part_s, 1),
            latency_ms_p50=_find_percentile(own, 50),
            latency_ms_p95=_find_percentile(own, 95),
            memory_mb=to_mebibytes(sample.memory_bytes),
            disk_mb=to_mebibytes(sample.disk_bytes),
        )
        parts.append(part)
    return parts


def judge_memory(parts: Sequence[Part]) -> bool | None:
    """Say whether no node holds more and more; None where the run was too short to tell."""
    nodes = range(len(parts[0].memory_mb))
    verdicts = [
        is_level(parts, [part.memory_mb[node] for part in parts], MEMORY_SHARE, MEMORY_SLACK_MB)
        for node in nodes
    ]
    return None if None in verdicts else all(verdicts)


def judge_latency(parts: Sequence[Part]) -> bool | None:
    """Say whether transactions do not take longer and longer; None as for `judge_memory`."""
    values = [part.latency_ms_p95 for part in parts]
    return is_level(parts, values, LATENCY_SHARE, LATENCY_SLACK_MS)


def is_level(
    parts: Sequence[Part], values: Sequence[float], share: float, slack: float
) -> bool | None:
    """Say whether the second half of the settled values is level with the first.

    None where less than `JUDGED_S_MIN` is left of them.
    """
    settled = [
        value for part, value in zip(parts, values, strict=True) if part.minute * 60 > SETTLING_S
    ]
    if parts[-1].minute * 60 < SETTLING_S + JUDGED_S_MIN:
        return None
    half = len(settled) // 2
    return median(settled[half:]) <= (1 + share) * median(settled[:half]) + slack


def _find_percentile(values: Iterable[float], percent: float) -> float:
    return round(compute_percentile(sorted(values), percent), 1)


def _compute_slopes(parts: Sequence[Part], blocks_per_second: float) -> list[float]:
    """Return by how many mebibytes each node grew in a thousand blocks, in the second half."""
    late = parts[len(parts) // 2 :]
    blocks = (late[-1].minute - late[0].minute) * 60 * blocks_per_second
    if not blocks:
        return [0.0] * len(parts[0].memory_mb)
    return [
        round(1000 * (after - before) / blocks, 2)
        for before, after in zip(late[0].memory_mb, late[-1].memory_mb, strict=True)
    ]


def _compute_disk(samples: Sequence[Sample], tally: Tally) -> float:
    """Return what one node's folder grew by for each final transaction, in bytes."""
    grown = [
        after - before
        for before, after in zip(samples[0].disk_bytes, samples[-1].disk_bytes, strict=True)
    ]
    return round(median(grown) / max(1, len(tally.latencies_s)), 1)
