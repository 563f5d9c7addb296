"""Keeps an index up with its node: one block after the other, from where it stopped.

The index may lag; it can never make the node wait. If it is so slow that the node ends the
subscription, the follower subscribes again at the index's own height.
"""

import asyncio

import structlog

from dure.core.block import compute_block_id
from dure.core.errors import Unavailable
from dure.core.types import Height
from dure.index.rows import build_rows
from dure.index.store import Index
from dure.index.subscription import open_subscription
from dure.node.gateway import Finality, Gateway, Notice

RETRY_SECONDS = 0.2

_log = structlog.get_logger(__name__)


async def follow(gateway: Gateway, index: Index) -> None:
    """Follow until cancelled."""
    while True:
        height = await _find_start(gateway, index)
        try:
            async with open_subscription(gateway, height) as notices:
                async for notice in notices:
                    await asyncio.to_thread(_take, index, notice)
        except Unavailable as problem:
            _log.warning("index.subscription_ended", reason=problem.message, height=height)
        await asyncio.sleep(RETRY_SECONDS)


async def _find_start(gateway: Gateway, index: Index) -> Height:
    """Return the height to read on from.

    An index that does not fit the node's blocks is emptied.
    """
    head = await asyncio.to_thread(index.get_head)
    if head is None:
        return Height(0)
    height, block_id = head
    stored = gateway.load_block(height)
    if stored is None or compute_block_id(stored.block.header) != block_id:
        _log.warning("index.rebuilt", height=height)
        await asyncio.to_thread(index.rebuild)
        return Height(0)
    return Height(height + 1)


def _take(index: Index, notice: Notice) -> None:
    header = notice.stored.block.header
    if notice.finality is Finality.RETRACTED:
        index.retract(header.height, compute_block_id(header))
    else:
        index.apply(build_rows(notice.stored, notice.finality.value))
