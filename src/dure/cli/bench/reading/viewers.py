"""Many viewers of one page that goes on, and some that take nothing.

Rules
-----
1. Every viewer is a WebSocket of its own at `/live`, half of them in each language.
2. A viewer that takes nothing has opened its socket and never reads; its window is as small as the
   system allows.
3. Over the wire go: `ready` when all are there; then anything, from whoever started this, when the
   time is over; then the `Seen`.
"""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from dure.console.settings import LANGUAGES, ROWS_USUAL

OPEN_TIMEOUT_S: Final = 30.0
OPENING_MAX: Final = 32
"""Handshakes under way at once."""
READY: Final = "ready"
WINDOW_BYTES: Final = 2_048


@dataclass(frozen=True, slots=True)
class ViewingPlan:
    """Whom to look at."""

    host: str
    port: int
    viewers: int
    stalled: int
    page: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the viewers got."""

    messages: int
    bytes: int
    fewest: int
    """Messages of the viewer that got the fewest."""
    cut_off: int
    """Viewers that read and were ended all the same."""


def view_beside(plan: ViewingPlan, wire: "Connection[Any, Any]") -> None:
    """Look, and send what was seen over the wire."""
    asyncio.run(_view_all(plan, wire))


async def _view_all(plan: ViewingPlan, wire: "Connection[Any, Any]") -> None:
    every = [_Viewer() for _ in range(plan.viewers)]
    opening = asyncio.Semaphore(OPENING_MAX)
    async with AsyncExitStack() as stack:
        for number in range(plan.stalled):
            stack.callback((await _open_stalled(plan, number)).close)
        sockets = await asyncio.gather(
            *(_open(plan, number, opening) for number in range(plan.viewers))
        )
        tasks = [
            asyncio.create_task(viewer.follow(connection))
            for viewer, connection in zip(every, sockets, strict=True)
        ]
        wire.send(READY)
        await asyncio.to_thread(wire.recv)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        wire.send(_sum_up(every))


class _Viewer:
    def __init__(self) -> None:
        self.messages = 0
        self.bytes = 0
        self.is_cut_off = False

    async def follow(self, connection: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in connection:
                self.messages += 1
                self.bytes += len(text)
        self.is_cut_off = True


def _sum_up(every: Sequence[_Viewer]) -> Seen:
    return Seen(
        messages=sum(each.messages for each in every),
        bytes=sum(each.bytes for each in every),
        fewest=min((each.messages for each in every), default=0),
        cut_off=sum(each.is_cut_off for each in every),
    )


def _build_address(plan: ViewingPlan, number: int) -> str:
    language = LANGUAGES[number % len(LANGUAGES)]
    words = {"page": plan.page, "language": language, "rows": ROWS_USUAL, "mark": ""}
    return f"ws://{plan.host}:{plan.port}/live?{urlencode(words)}"


async def _open(plan: ViewingPlan, number: int, opening: asyncio.Semaphore) -> ClientConnection:
    async with opening:
        return await connect(
            _build_address(plan, number),
            open_timeout=OPEN_TIMEOUT_S,
            compression=None,
            ping_interval=None,
            max_size=None,
        )


async def _open_stalled(plan: ViewingPlan, number: int) -> socket.socket:
    """Open a WebSocket by hand and never read again."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
    opened.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(opened, (plan.host, plan.port))
    path = _build_address(plan, number).partition(f":{plan.port}")[2]
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    await loop.sock_sendall(opened, request.encode("ascii"))
    return opened
