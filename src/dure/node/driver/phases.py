"""How long the engine stood in each of its phases: what an operator compares from day to day.

Times are the clock port's, so a stay of less than a millisecond counts as none; over many stays the
sums are right all the same.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dure.core.types import Instant

BOUNDS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Upper bounds of the counts, in seconds; what is longer stands behind the last."""


@dataclass(slots=True)
class PhaseTime:
    """What was measured of one phase since the node started."""

    total_s: float = 0.0
    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    """How often it took at most so long, by `BOUNDS_S`, each count apart from the others."""

    def note(self, seconds: float) -> None:
        """Add one stay."""
        self.total_s += seconds
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1


class Phases:
    """Follows the engine from phase to phase."""

    def __init__(self, phase: str, now: Instant) -> None:
        self.current = phase
        self.since = now
        self._times: dict[str, PhaseTime] = {}

    @property
    def times(self) -> Mapping[str, PhaseTime]:
        """What was measured, by phase; the one that lasts still is not in it yet."""
        return self._times

    def move(self, phase: str, now: Instant) -> None:
        """Note where the engine stands now."""
        if phase == self.current:
            return
        stay = max(0, now - self.since) / 1000
        self._times.setdefault(self.current, PhaseTime()).note(stay)
        self.current, self.since = phase, now
