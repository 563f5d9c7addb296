"""How long the turns of the event loop take: while one lasts, the node hears nobody.

A turn is all that the loop does between two looks at its sockets and timers: the handlers of
everything that was ready. It is timed where the loop asks the system what is ready, from the end of
one question to the beginning of the next, so that not one handler knows of it. That costs about a
microsecond a turn.

Two times are taken. `lasted` is what others had to wait. `worked` is the processor time of the
loop's own thread in it: the rest went to other threads that held the interpreter, to the disk, or
to other processes.
"""

import asyncio
import selectors
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

BOUNDS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Upper bounds of the counts, in seconds; what is longer stands behind the last."""
WINDOW_S: Final = 60.0
"""What is said of late is said of this time and, while a new one has begun, of the one before."""


@dataclass(slots=True)
class _Window:
    """The turns of a minute."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    lasted_max_s: float = 0.0
    worked_max_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Lately:
    """The turns of the last minute or two, in milliseconds."""

    p99_ms: float
    """99 of 100 turns lasted no longer: the bound of the count in which that one stands."""
    lasted_max_ms: float
    worked_max_ms: float


class Turns:
    """The turns of one event loop."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        """How many lasted at most so long, by `BOUNDS_S`, each count apart from the others."""
        self.total_s = 0.0
        """What all turns lasted together."""
        self._now = _Window()
        self._before = _Window()
        self._window_ends = 0.0

    def note(self, lasted_s: float, worked_s: float, at: float) -> None:
        """Add a turn that ended `at`, in seconds of a clock that only ever grows."""
        if at >= self._window_ends:
            self._begin_window(at)
        place = bisect_left(BOUNDS_S, lasted_s)
        self.counts[place] += 1
        self.total_s += lasted_s
        window = self._now
        window.counts[place] += 1
        window.lasted_max_s = max(window.lasted_max_s, lasted_s)
        window.worked_max_s = max(window.worked_max_s, worked_s)

    def describe(self) -> Lately:
        """Return what the turns were like lately."""
        both = (self._before, self._now)
        longest = max(window.lasted_max_s for window in both)
        counts = [before + now for before, now in zip(*(w.counts for w in both), strict=True)]
        return Lately(
            p99_ms=round(1000 * min(_find_bound(counts, 0.99), longest), 1),
            lasted_max_ms=round(1000 * longest, 1),
            worked_max_ms=round(1000 * max(window.worked_max_s for window in both), 1),
        )

    def _begin_window(self, at: float) -> None:
        is_next = at < self._window_ends + WINDOW_S
        self._before = self._now if is_next else _Window()
        self._now = _Window()
        self._window_ends = at + WINDOW_S


def _find_bound(counts: list[int], share: float) -> float:
    """Return the bound below which at least that share of what was counted lies."""
    wanted, seen = share * sum(counts), 0
    for count, bound in zip(counts, (*BOUNDS_S, float("inf")), strict=True):
        seen += count
        if seen >= wanted:
            return bound
    return float("inf")


class _WatchedSelector(selectors.DefaultSelector):
    """Asks the system what is ready, and times what happens between two questions."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self._turns = turns
        self._began = time.perf_counter()
        self._worked = time.thread_time()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, as every selector does."""
        ended = time.perf_counter()
        self._turns.note(ended - self._began, time.thread_time() - self._worked, ended)
        ready = super().select(timeout)
        self._began, self._worked = time.perf_counter(), time.thread_time()
        return ready


def open_watched_loop(turns: Turns) -> asyncio.AbstractEventLoop:
    """Return a new event loop whose turns are noted."""
    return asyncio.SelectorEventLoop(_WatchedSelector(turns))
