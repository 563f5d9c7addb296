"""`/v1/events` as a WebSocket: what happens, as JSON, from any height on and without a gap.

One text message an item: a block, then its events, in order. The stream begins with the stored
blocks from `from_height` and goes on with new ones; a block that is undone comes again as
`retracted`. To resume, a client asks for the height after the last block that it has seen whole.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.websockets import WebSocket

from dure.api.answers.blocks import open_records
from dure.api.answers.contracts import Contracts
from dure.api.answers.shapes import BlockItem, EventItem
from dure.api.routes.operation import Parameters, read_address, read_query
from dure.api.service import Service
from dure.api.sockets.sending import Sender, close, run_until_one_ends
from dure.core.block import compute_block_id
from dure.core.types import INT_MAX, Address, Height
from dure.index import open_subscription
from dure.node.gateway import Notice


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
    head = service.gateway.executor.head.header.height
    start = Height(head + 1 if query.from_height is None else query.from_height)
    await socket.accept()
    sender = Sender(socket, service.settings.send_timeout_s)

    async def push() -> None:
        async with open_subscription(service.gateway, start) as notices:
            async for notice in notices:
                await sender.send_text(_write(describe_notice_block(notice)))
                if query.items == "all":
                    for item in list_events(notice, service.contracts, contract, query.name):
                        await sender.send_text(_write(item))

    problem = await run_until_one_ends(_wait_for_leave(socket), push())
    if problem is not None:
        await close(socket, problem, service.settings.send_timeout_s)


async def _wait_for_leave(socket: WebSocket) -> None:
    """Return when the client has left; what it says is of no interest."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def describe_notice_block(notice: Notice) -> BlockItem:
    """Return a notice's block as an item."""
    stored, header = notice.stored, notice.stored.block.header
    return BlockItem(
        type="block",
        height=header.height,
        index=len(stored.receipts),
        block_id=compute_block_id(header).hex(),
        time=header.time,
        proposer=header.proposer.hex(),
        transactions=len(stored.block.transactions),
        scheduled=len(stored.receipts) - len(stored.block.transactions),
        finality=notice.finality.value,
        confirmations=notice.confirmations,
    )


def list_events(
    notice: Notice, contracts: Contracts, contract: Address | None, name: str | None
) -> Iterator[EventItem]:
    """Yield the events of a notice's block that are wanted."""
    header = notice.stored.block.header
    block_id = compute_block_id(header).hex()
    for index, record in enumerate(open_records(notice.stored)):
        for call, outcome in enumerate(record.outcomes):
            for number, event in enumerate(outcome.events):
                if contract in {None, event.contract} and name in {None, event.name}:
                    yield EventItem(
                        type="event",
                        height=header.height,
                        index=index,
                        call=call,
                        number=number,
                        block_id=block_id,
                        time=header.time,
                        source=record.receipt.id.hex(),
                        finality=notice.finality.value,
                        confirmations=notice.confirmations,
                        event=contracts.describe_event(event.contract, event.name, event.data),
                    )


def _write(item: BlockItem | EventItem) -> str:
    return msgspec.json.encode(item).decode()
