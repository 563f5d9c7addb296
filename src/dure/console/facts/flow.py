"""How much the chain carried lately, and how quickly, from the blocks themselves.

Header times are the proposers' clocks, so an interval is what the members agreed on, to the
millisecond. How long a block takes from proposal to decision is not in any block: this node's own
engine measured it since it started (`dure.node.driver.phases`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dure.index import BlockRow
from dure.node.driver.phases import Phases

BLOCKS_READ: Final = 120
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
MINUTES_SHOWN: Final = 30


@dataclass(frozen=True, slots=True)
class BlockFlow:
    """One block beside the one before it."""

    height: int
    time: int
    transactions: int
    interval_ms: int
    """Since the block before."""

    @property
    def interval_row(self) -> tuple[int, int]:
        """Height and interval, as a plot takes them."""
        return self.height, self.interval_ms


@dataclass(frozen=True, slots=True)
class MinuteFlow:
    """One minute of header time."""

    time: int
    """Its first millisecond."""
    transactions: int
    blocks: int

    @property
    def row(self) -> tuple[int, int]:
        """Time and transactions, as a plot takes them."""
        return self.time, self.transactions


@dataclass(frozen=True, slots=True)
class PhaseMean:
    """How long the engine stays in a phase, on average since the node started."""

    phase: str
    times: int
    mean_ms: float


def measure_blocks(rows: Sequence[BlockRow]) -> list[BlockFlow]:
    """Return each block but the first beside the one before it; `rows` are in rising order."""
    return [
        BlockFlow(row.height, row.time, row.transactions, max(0, row.time - before.time))
        for before, row in pairwise(rows)
    ]


def measure_minutes(rows: Iterable[BlockRow]) -> list[MinuteFlow]:
    """Return the newest minutes in which there were blocks, in rising order."""
    minutes: dict[int, tuple[int, int]] = {}
    for row in rows:
        start = row.time // MINUTE_MS * MINUTE_MS
        transactions, blocks = minutes.get(start, (0, 0))
        minutes[start] = (transactions + row.transactions, blocks + 1)
    return [MinuteFlow(start, *minutes[start]) for start in sorted(minutes)][-MINUTES_SHOWN:]


def list_phases(phases: Phases) -> list[PhaseMean]:
    """Return how long each phase of the engine lasts, the longest first."""
    means = [
        PhaseMean(name, sum(time.counts), time.total_s * SECOND_MS / max(1, sum(time.counts)))
        for name, time in phases.times.items()
    ]
    return sorted(means, key=lambda each: -each.mean_ms)
