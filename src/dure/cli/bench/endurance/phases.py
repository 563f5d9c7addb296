"""A load whose rate changes: one phase after the other without a pause, each with its own tally.

Rules
-----
1. Open loop: a transaction is meant for a moment, and its latency runs from there.
2. A transaction belongs to the phase for which it was meant, whenever it is decided.
3. Where `gives_back`, what is refused goes back to the stock and is sent again later as if it were
   new: a busy node has not looked at it, and signing three times as many as can ever be accepted
   would take longer than the measurement.
4. When the last phase is over, every transaction that a node has taken is waited for.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dure.cli.bench.figures import compute_percentile
from dure.cli.bench.running.course import drive, open_streams
from dure.cli.bench.running.load import Load, Tally
from dure.cli.bench.running.stock import Stock
from dure.cli.bench.running.town import Town


@dataclass(frozen=True, slots=True)
class Phase:
    """So many transactions a second for so long."""

    name: str
    rate: float
    seconds: float


async def run_phases(
    town: Town, stock: Stock, phases: Sequence[Phase], *, gives_back: bool
) -> list[Tally]:
    """Send all phases and return what became of each."""
    loads: list[Load] = []
    async with open_streams(town) as streams:

        async def send() -> None:
            begin = time.monotonic()
            for phase in phases:
                tally = Tally(begin, begin + phase.seconds)
                loads.append(Load(streams, stock, tally, gives_back=gives_back))
                await loads[-1].send_open(phase.rate)
                begin = tally.end
            for load in loads:
                await load.finish()

        await drive(loads, streams[0], send())
    return [load.tally for load in loads]


@dataclass(frozen=True, slots=True)
class Second:
    """What became of the transactions meant for one second."""

    number: int
    """Seconds since the first phase began."""
    final: int
    latency_ms_p50: float
    latency_ms_p95: float


def describe_phase(phase: Phase, tally: Tally) -> dict[str, Any]:
    """Return the figures of one phase."""
    latencies = sorted(latency * 1000 for latency in tally.latencies_s)
    refused = tally.refused.total()
    return {
        "rate": round(phase.rate, 1),
        "seconds": phase.seconds,
        "sent": tally.sent,
        "accepted": tally.sent - refused - len(tally.unanswered),
        "refused": refused,
        "refusals": dict(tally.refused),
        "unanswered": len(tally.unanswered),
        "final": len(latencies),
        "lost": tally.count_broken(),
        **{
            f"latency_ms_p{percent}": round(compute_percentile(latencies, percent), 2)
            for percent in (50, 95, 99)
        },
        "latency_ms_max": round(compute_percentile(latencies, 100), 2),
    }


def count_final_between(tallies: Sequence[Tally], begin: float, end: float) -> int:
    """Return how many transactions of any phase became final in that time."""
    return sum(
        begin <= meant + latency < end
        for tally in tallies
        for meant, latency in zip(tally.meant_at, tally.latencies_s, strict=True)
    )


def list_seconds(tallies: Sequence[Tally], begin: float) -> list[Second]:
    """Return the seconds since `begin`, by when transactions were meant."""
    meant = sorted(
        (int(at - begin), latency * 1000)
        for tally in tallies
        for at, latency in zip(tally.meant_at, tally.latencies_s, strict=True)
    )
    return [
        _describe_second(number, [latency for _, latency in group])
        for number, group in groupby(meant, key=lambda pair: pair[0])
    ]


def _describe_second(number: int, ordered: list[float]) -> Second:
    return Second(
        number=number,
        final=len(ordered),
        latency_ms_p50=round(compute_percentile(ordered, 50), 1),
        latency_ms_p95=round(compute_percentile(ordered, 95), 1),
    )
