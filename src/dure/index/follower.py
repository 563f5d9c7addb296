"""Keeps an index up with its node: one block after the other, from where it stopped.

The index may lag; it can never make the node wait, nor end it. If it is so slow that the node ends
the subscription, the follower subscribes again at the index's own height. If its database refuses
(the disk is full, the file is damaged), it stands still and is tried again after a while.

Where the node lacks older blocks, the index waits for them if they are being fetched, and begins
anew at the oldest block that is there if they are not.
"""

import asyncio

import structlog
from sqlalchemy.exc import DBAPIError

from dure.core.block import compute_block_id
from dure.core.errors import Unavailable
from dure.core.types import Height
from dure.index.rows import build_rows
from dure.index.store import Index
from dure.index.subscription import open_subscription
from dure.node.gateway import Finality, Gateway, Notice

RETRY_SECONDS = 0.2
REFUSED_SECONDS = 5.0
"""The pause after the database refused."""

_log = structlog.get_logger(__name__)


async def follow(gateway: Gateway, index: Index) -> None:
    """Follow until cancelled."""
    while True:
        pause = RETRY_SECONDS
        try:
            # Without the oldest blocks every count would be wrong: better none for a while.
            if not gateway.get_history().is_growing:
                await _follow_once(gateway, index)
        except Unavailable as problem:
            _log.warning("index.subscription_ended", reason=problem.message)
        except DBAPIError as problem:
            _log.error("index.stands_still", reason=str(problem.orig))
            pause = REFUSED_SECONDS
        await asyncio.sleep(pause)


async def _follow_once(gateway: Gateway, index: Index) -> None:
    """Take blocks in until the subscription ends; raise `Unavailable` or `DBAPIError`."""
    height = await _find_start(gateway, index)
    async with open_subscription(gateway, height) as notices:
        async for notice in notices:
            await asyncio.to_thread(_take, index, notice)


async def _find_start(gateway: Gateway, index: Index) -> Height:
    """Return the height to read on from.

    An index that does not fit the node's blocks is emptied.
    """
    oldest = gateway.get_history().oldest
    head = await asyncio.to_thread(index.get_head)
    if head is None:
        return oldest
    height, block_id = head
    stored = gateway.load_block(height)
    fits = stored is not None and compute_block_id(stored.block.header) == block_id
    if fits and height + 1 >= oldest:
        return Height(height + 1)
    _log.warning("index.rebuilt", height=height, oldest=oldest)
    await asyncio.to_thread(index.rebuild)
    return oldest


def _take(index: Index, notice: Notice) -> None:
    header = notice.stored.block.header
    if notice.finality is Finality.RETRACTED:
        index.retract(header.height, compute_block_id(header))
    else:
        index.apply(build_rows(notice.stored, notice.finality.value))
