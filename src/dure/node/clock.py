"""The real clock port: wall time, and timers of the running event loop."""

import asyncio
import time
from collections.abc import Callable

from dure.core.types import Instant, Milliseconds


class SystemClock:
    """`dure.node.ports.Clock` on an asyncio loop."""

    def __init__(self, on_timer: Callable[[object], None]) -> None:
        self._on_timer = on_timer
        self._loop = asyncio.get_running_loop()
        self._handles: dict[object, asyncio.TimerHandle] = {}

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1_000_000)

    def call_later(self, after: Milliseconds, name: object) -> None:
        earlier = self._handles.pop(name, None)
        if earlier is not None:
            earlier.cancel()
        self._handles[name] = self._loop.call_later(after / 1000, self._fire, name)

    def close(self) -> None:
        """Cancel every timer."""
        for handle in self._handles.values():
            handle.cancel()
        self._handles.clear()

    def _fire(self, name: object) -> None:
        self._handles.pop(name, None)
        self._on_timer(name)
