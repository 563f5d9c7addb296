"""`/v1/events` as a WebSocket: what happens, as JSON, from any height on and without a gap.

One text message an item: a block, then its events, in order. The stream begins with the stored
blocks from `from_height` and goes on with new ones; a block that is undone comes again as
`retracted`. To resume, a client asks for the height after the last block that it has seen whole.
"""

from typing import Annotated, Literal

from msgspec import Meta
from starlette.websockets import WebSocket

from dure.api.routes.operation import Parameters, read_address, read_query
from dure.api.service import Service
from dure.api.sockets.event_texts import Wanted
from dure.api.sockets.sending import Sender, close, run_until_one_ends
from dure.core.types import INT_MAX, Height
from dure.index import open_subscription


class LiveQuery(Parameters, frozen=True):
    """From where, and which items; without a height the stream begins with the next block."""

    from_height: Annotated[int, Meta(ge=0, le=INT_MAX)] | None = None
    items: Literal["all", "blocks"] = "all"
    contract: str | None = None
    name: Annotated[str, Meta(max_length=64)] | None = None


async def serve_events(service: Service, socket: WebSocket) -> None:
    """Push items until the client leaves or is too slow."""
    query = read_query(socket, LiveQuery)
    contract = None if query.contract is None else read_address(query.contract)
    wanted = Wanted(query.items == "all", contract, query.name)
    head = service.gateway.executor.head.header.height
    start = Height(head + 1 if query.from_height is None else query.from_height)
    await socket.accept()
    sender = Sender(socket, service.settings.send_timeout_s)

    async def push() -> None:
        async with open_subscription(service.gateway, start) as notices:
            async for notice in notices:
                for text in service.event_texts.read(notice, wanted):
                    await sender.send_text(text)

    problem = await run_until_one_ends(
        _wait_for_leave(socket), push(), service.watch_access(socket)
    )
    if problem is not None:
        await close(socket, problem, service.settings.send_timeout_s)


async def _wait_for_leave(socket: WebSocket) -> None:
    """Return when the client has left; what it says is of no interest."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
