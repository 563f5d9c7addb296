"""Virtual time: a heap of things to do.

In order of (time, number), so that ties never depend on anything else.
"""

import heapq
from collections.abc import Callable
from itertools import count


class Scheduler:
    """Runs callbacks in virtual time; nothing ever waits for real."""

    def __init__(self, start_ms: int) -> None:
        self.start_ms = start_ms
        self.now_ms = start_ms
        self.events = 0
        self._heap: list[tuple[int, int, Callable[[], object]]] = []
        self._numbers = count()

    @property
    def elapsed_ms(self) -> int:
        """Virtual time since the beginning."""
        return self.now_ms - self.start_ms

    def call_later(self, after_ms: int, action: Callable[[], object]) -> None:
        """Have `action` run `after_ms` from now."""
        heapq.heappush(self._heap, (self.now_ms + after_ms, next(self._numbers), action))

    def run_next(self) -> bool:
        """Run the next thing; say whether there was one."""
        if not self._heap:
            return False
        self.now_ms, _, action = heapq.heappop(self._heap)
        self.events += 1
        action()
        return True
