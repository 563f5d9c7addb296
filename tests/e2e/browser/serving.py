"""A chain in this process, served to a browser from a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.unit.api.serving import Desk

Act = Callable[[], object]


@contextmanager
def serve(desk: Desk) -> Iterator[tuple[str, Callable[[Act], None]]]:
    """Serve a chain from a thread of its own; yield its address, and what acts on its loop."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    found: list[str] = []

    async def main() -> None:
        async with desk.listen() as host:
            found.append(host)
            ready.set()
            await stop.wait()

    async def do(act: Act) -> None:
        act()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    try:
        assert ready.wait(30)
        port = found[0].rpartition(":")[2]
        yield (
            f"http://localhost:{port}",
            lambda act: asyncio.run_coroutine_threadsafe(do(act), loop).result(30),
        )
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()
