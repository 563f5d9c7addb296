"""The real clock port: wall time, and timers of the running event loop.

A timer that is put off again and again, as an engine's are with every block, costs the event loop
nothing: what was asked for first fires, notices that more time was given, and waits for the rest.
"""

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
        self._due: dict[object, float] = {}
        """When each timer is to fire, on the loop's clock; its handle may come before that."""

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1_000_000)

    def call_later(self, after: Milliseconds, name: object) -> None:
        due = self._due[name] = self._loop.time() + after / 1000
        handle = self._handles.get(name)
        if handle is not None and handle.when() <= due:
            return
        if handle is not None:
            handle.cancel()
        self._handles[name] = self._loop.call_at(due, self._fire, name)

    def close(self) -> None:
        """Cancel every timer."""
        for handle in self._handles.values():
            handle.cancel()
        self._handles.clear()
        self._due.clear()

    def _fire(self, name: object) -> None:
        due = self._due[name]
        if self._handles[name].when() < due:
            self._handles[name] = self._loop.call_at(due, self._fire, name)
            return
        del self._handles[name], self._due[name]
        self._on_timer(name)
