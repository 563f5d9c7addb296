"""Many readers of one node's blocks and events, and when each block reached each of them.

Rules
-----
1. Every subscriber is a WebSocket of its own at `/v1/events`, and gets blocks and all their events.
2. Times are of the system's monotonic clock, which all processes of a machine share.
3. Over the wire go: `ready` when all have subscribed; then, from whoever started this, the last
   height that counts; then the `Arrivals`, when every subscriber has it or `GRACE_S` is over.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

GRACE_S: Final = 10.0
"""How long a block may take to the last subscriber until it is lost."""
OPEN_TIMEOUT_S: Final = 30.0
OPENING_MAX: Final = 32
"""Handshakes under way at once."""
READY: Final = "ready"


@dataclass(frozen=True, slots=True)
class FollowingPlan:
    """Whom to follow."""

    host: str
    port: int
    subscribers: int
    from_height: int
    """The first block that counts; there is none above it yet."""


@dataclass(slots=True)
class Arrivals:
    """What one subscriber got."""

    seen_at: dict[int, float]
    """By height: seconds of the monotonic clock at which the block came first."""
    messages: int = 0
    """Blocks and events together."""
    is_cut_off: bool = False
    """Whether the node ended the WebSocket."""


class _Item(msgspec.Struct):
    """What is read of a message."""

    type: str
    height: int


def follow_beside(plan: FollowingPlan, wire: "Connection[Any, Any]") -> None:
    """Follow blocks, and send the arrivals over the wire."""
    asyncio.run(_follow_all(plan, wire))


async def _follow_all(plan: FollowingPlan, wire: "Connection[Any, Any]") -> None:
    every = [Arrivals({}) for _ in range(plan.subscribers)]
    opening = asyncio.Semaphore(OPENING_MAX)
    sockets = await asyncio.gather(*(_open(plan, opening) for _ in every))
    wire.send(READY)
    moved = asyncio.Event()
    following = [
        asyncio.create_task(_follow(socket, each, moved))
        for socket, each in zip(sockets, every, strict=True)
    ]
    last = await asyncio.to_thread(wire.recv)
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE_S):
            while not all(last in each.seen_at for each in every):
                moved.clear()
                await moved.wait()
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    wire.send(every)


async def _open(plan: FollowingPlan, opening: asyncio.Semaphore) -> ClientConnection:
    address = f"ws://{plan.host}:{plan.port}/v1/events?from_height={plan.from_height}"
    async with opening:
        return await connect(
            address, open_timeout=OPEN_TIMEOUT_S, compression=None, ping_interval=None
        )


async def _follow(socket: ClientConnection, arrivals: Arrivals, moved: asyncio.Event) -> None:
    try:
        async for text in socket:
            now = time.monotonic()
            item = msgspec.json.decode(text, type=_Item)
            arrivals.messages += 1
            if item.type == "block":
                arrivals.seen_at.setdefault(item.height, now)
                moved.set()
    except ConnectionClosed:
        arrivals.is_cut_off = True
