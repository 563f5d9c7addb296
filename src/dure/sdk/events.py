"""Following what happens on a chain: blocks and events as they come, without a gap.

The stream begins at a height, and is taken up again where it broke: at the height after the last
block that was seen whole, so nothing is missed; what was seen already is left out. Items are one
node's word; whoever acts on one of weight asks for its proof.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlencode

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from dure.core.address import encode_address
from dure.core.errors import Unavailable
from dure.core.types import Address
from dure.sdk.answers import BlockItem, Item
from dure.sdk.connection.credentials import Credentials, find_credentials
from dure.sdk.errors import InvalidAnswer

ITEM_BYTES_MAX: Final = 1024 * 1024
OPEN_TIMEOUT_S: Final = 5.0
RETRY_S: Final = 0.5

Place = tuple[int, int, int, int, str]
"""Height, receipt, call, event, finality; a block stands before its events."""


async def follow(
    url: str,
    *,
    from_height: int,
    contract: Address | None = None,
    name: str | None = None,
    token: str | Credentials | None = None,
    attempts_max: int = 5,
) -> AsyncIterator[Item]:
    """Yield blocks and events from a height on, each once, for as long as the caller takes them.

    `token` is as for `AsyncClient`. Raise `Unavailable` when `attempts_max` connections in a row
    brought nothing.
    """
    credentials = find_credentials(token)
    last: Place | None = None
    height, failures = from_height, 0
    while failures < attempts_max:
        failures += 1
        try:
            async for item in _connect(_address(url, height, contract, name), credentials):
                failures = 0
                place = get_place(item)
                if last is None or place[:4] > last[:4] or item.finality != "final":
                    last, height = place, item.height
                    yield item
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
            await asyncio.sleep(RETRY_S)
    raise Unavailable(f"{url} does not stream events; try another node", from_height=height)


def get_place(item: Item) -> Place:
    """Return where an item stands, so that items sort as they happened."""
    if isinstance(item, BlockItem):
        return (item.height, -1, -1, -1, item.finality)
    return (item.height, item.index, item.call, item.number, item.finality)


async def _connect(address: str, credentials: Credentials) -> AsyncIterator[Item]:
    options = credentials.build_socket_options(address)
    async with connect(
        address, max_size=ITEM_BYTES_MAX, open_timeout=OPEN_TIMEOUT_S, **options
    ) as socket:
        async for data in socket:
            try:
                item: Item = msgspec.json.decode(data, type=Item)
            except msgspec.MsgspecError as problem:
                raise InvalidAnswer(f"the node sent no item: {problem}") from problem
            yield item


def _address(url: str, height: int, contract: Address | None, name: str | None) -> str:
    query: dict[str, str | int] = {"from_height": height}
    if contract is not None:
        query["contract"] = encode_address(contract)
    if name is not None:
        query["name"] = name
    return f"ws{url.rstrip('/').removeprefix('http')}/v1/events?{urlencode(query)}"
