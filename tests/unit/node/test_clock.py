"""The timers of a real node: the last time given counts, whatever was asked for before."""

import asyncio
from collections.abc import Callable

from dure.core.types import Milliseconds
from dure.node.clock import SystemClock


def run(begin: Callable[[SystemClock], None], again: dict[object, int] | None = None) -> list[str]:
    """Return the names that fired, in order, until `last` did.

    A timer in `again` is started anew where it fires, once, for so many milliseconds.
    """

    async def watch() -> list[str]:
        fired: list[str] = []
        done = asyncio.Event()

        def on_timer(name: object) -> None:
            fired.append(str(name))
            if again and name in again:
                clock.call_later(Milliseconds(again.pop(name)), name)
            if name == "last":
                done.set()

        clock = SystemClock(on_timer)
        begin(clock)
        try:
            await asyncio.wait_for(done.wait(), 10)
        finally:
            clock.close()
        return fired

    return asyncio.run(watch())


def test_a_timer_that_is_put_off_fires_once_and_later() -> None:
    def begin(clock: SystemClock) -> None:
        for after in (1, 5, 300):
            clock.call_later(Milliseconds(after), "put off")
        clock.call_later(Milliseconds(100), "between")
        clock.call_later(Milliseconds(500), "last")

    assert run(begin) == ["between", "put off", "last"]


def test_a_timer_that_is_drawn_nearer_fires_once_and_sooner() -> None:
    def begin(clock: SystemClock) -> None:
        clock.call_later(Milliseconds(300), "near")
        clock.call_later(Milliseconds(1), "near")
        clock.call_later(Milliseconds(100), "between")
        clock.call_later(Milliseconds(500), "last")

    assert run(begin) == ["near", "between", "last"]


def test_a_timer_may_be_started_again_where_it_fires() -> None:
    def begin(clock: SystemClock) -> None:
        clock.call_later(Milliseconds(1), "again")
        clock.call_later(Milliseconds(200), "last")

    assert run(begin, again={"again": 1}) == ["again", "again", "last"]


def test_nothing_fires_after_the_end() -> None:
    async def watch() -> list[object]:
        fired: list[object] = []
        clock = SystemClock(fired.append)
        clock.call_later(Milliseconds(0), "never")
        clock.close()
        # Whatever is due in this turn of the loop or the next has been called after two.
        for _ in range(2):
            await asyncio.sleep(0)
        return fired

    assert asyncio.run(watch()) == []
