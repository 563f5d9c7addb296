"""A gateway's subscription that is given back at once, however its reader ends."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from dure.core.types import Height
from dure.node.gateway import Gateway, Notice


@asynccontextmanager
async def open_subscription(
    gateway: Gateway, from_height: Height
) -> AsyncIterator[AsyncIterator[Notice]]:
    """Subscribe for the time of a `with` block; the node then forgets the reader and its queue."""
    notices = gateway.subscribe(from_height)
    try:
        yield notices
    finally:
        if isinstance(notices, AsyncGenerator):
            await notices.aclose()
