"""What the pages of a node cost it, and how soon one shows something.

What is measured
----------------
Validators are processes on loopback with everything on, as in `transfer`. All of the first:

* First contentful paint of the overview in Chromium, with nothing in its cache, the median of
  several loads. Without a Chromium on the path this is left out.
* Blocks at a steady rate, first with nobody looking, then with so many viewers of the overview,
  half of them in each language, and a few more that never read. Each viewer gets what changed of
  its page with every block. The node's processor time as a share of one core stands beside both;
  that of the viewers is what the first node uses more than the others, who do the same work for the
  same blocks. The times between blocks stand beside both, so that one sees whether they changed.

What is not
-----------
* What a browser does with what it gets: the viewers count messages and throw them away.
* Pages that are all different: the overview is the one that many people leave open. Each further
  page costs the node what rendering it costs, once for all who look at it.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median
from typing import Any, Final

from dure.cli.bench.machine import describe_machine, read_load_average
from dure.cli.bench.reading.api import describe_times, read_cpus, read_height, watch_load
from dure.cli.bench.reading.beside import run_beside
from dure.cli.bench.reading.painting import find_browser, measure_paints
from dure.cli.bench.reading.viewers import OPEN_TIMEOUT_S, Seen, ViewingPlan, view_beside
from dure.cli.bench.running.course import Pace
from dure.cli.bench.running.stock import Stock, prepare_transfers
from dure.cli.bench.running.town import Town, agree_on_state, found_town, start_town
from dure.cli.network.founding import LOOPBACK
from dure.cli.network.processes import RunningNetwork
from dure.core.types import Height

ACCOUNTS: Final = 100
PAGE: Final = "/"
STALLED: Final = 4
"""Viewers that never read, beside the others."""
SETTLE_S: Final = 2.0
"""After all viewers are there, so that their coming counts for nothing."""
ANSWER_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class ConsolePlan:
    """What to measure."""

    validators: int
    seconds: float
    """Of blocks, with nobody looking and again with viewers."""
    viewers: int
    rate: float
    """Blocks a second."""
    paints: int
    """Cold loads of the overview."""


@dataclass(frozen=True, slots=True)
class _Phase:
    """What one stretch of blocks gave."""

    intervals_ms: list[float]
    shares: list[float] | None
    """Of one core, each node; None where the system does not tell."""


def measure_console(plan: ConsolePlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    pace = Pace(plan.seconds, in_flight=0, rate=plan.rate, warm_up_s=0)
    with found_town(plan.validators, ACCOUNTS) as town:
        stock = prepare_transfers(town, 2 * pace.count_needed(plan.rate))
        with start_town(town) as running:
            figures = asyncio.run(_measure(plan, town, running, stock, pace))
    return figures | {
        "viewers": plan.viewers,
        "stalled": STALLED,
        "seconds": plan.seconds,
        "rate": plan.rate,
        "validators": plan.validators,
        "load_average": round(read_load_average(), 2),
        "machine": describe_machine(),
    }


async def _measure(
    plan: ConsolePlan, town: Town, running: RunningNetwork, stock: Stock, pace: Pace
) -> dict[str, Any]:
    alone = await _measure_blocks(town, running, stock, pace)
    port = running.nodes[0].member.api_port
    viewing = ViewingPlan(LOOPBACK, port, plan.viewers, STALLED, PAGE)
    with run_beside(view_beside, viewing) as wire:
        await asyncio.to_thread(wire.hear, OPEN_TIMEOUT_S * 2)
        await asyncio.sleep(SETTLE_S)
        viewed = await _measure_blocks(town, running, stock, pace)
        wire.tell("over")
        seen: Seen = await asyncio.to_thread(wire.hear, ANSWER_TIMEOUT_S)
    paints = await _measure_paints(plan, port)
    return {
        **_describe_phase("alone", alone),
        **_describe_phase("viewed", viewed),
        "viewers_cpu_share": _compute_viewers_share(viewed),
        "messages": seen.messages,
        "message_bytes": seen.bytes // max(1, seen.messages),
        "fewest_messages": seen.fewest,
        "cut_off": seen.cut_off,
        **paints,
        "state_roots_equal": await agree_on_state(town),
    }


async def _measure_blocks(town: Town, running: RunningNetwork, stock: Stock, pace: Pace) -> _Phase:
    first = Height(await read_height(town) + 1)
    before, begun = read_cpus(running), time.monotonic()
    final_at = await watch_load(town, stock, pace, first)
    spent = time.monotonic() - begun
    after = read_cpus(running)
    times = [final_at[height] for height in sorted(final_at)]
    shares = [
        (later - earlier) / spent
        for earlier, later in zip(before, after, strict=True)
        if earlier is not None and later is not None
    ]
    intervals = [(b - a) * 1000 for a, b in pairwise(times)]
    return _Phase(sorted(intervals), shares if len(shares) == len(before) else None)


async def _measure_paints(plan: ConsolePlan, port: int) -> dict[str, Any]:
    browser = find_browser()
    if browser is None or not plan.paints:
        return {"first_paint_ms": None, "first_paints_ms": []}
    painted = await measure_paints(browser, f"http://localhost:{port}{PAGE}", plan.paints)
    return {
        "first_paint_ms": round(median(painted), 1),
        "first_paints_ms": [round(each, 1) for each in painted],
    }


def _describe_phase(name: str, phase: _Phase) -> Mapping[str, Any]:
    share = None if phase.shares is None else round(phase.shares[0], 4)
    return {f"{name}_cpu_share": share, **describe_times(f"{name}_interval", phase.intervals_ms)}


def _compute_viewers_share(viewed: _Phase) -> float | None:
    """Return what the first node used beyond the mean of the others; None for one node alone."""
    if viewed.shares is None or len(viewed.shares) < 2:
        return None
    return round(viewed.shares[0] - mean(viewed.shares[1:]), 4)
