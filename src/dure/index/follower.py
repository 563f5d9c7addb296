"""Keeps an index up with its node: block after block, from where it stopped.

A block after a quiet time goes in at once. While it is written, and a moment longer, others come;
those that wait go in together, up to a bound. So small blocks in a row share what each batch costs
(about a millisecond), and reading an old chain leaves the node's loop most of the interpreter. The
index may lag; it can never make the node wait, nor end it. If it is so slow that the node ends
the subscription, the follower subscribes again at the index's own height. If its database refuses
(the disk is full, the file is damaged), it stands still and is tried again after a while.

Where the node lacks older blocks, the index waits for them if they are being fetched, and begins
anew at the oldest block that is there if they are not.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from dure.core.block import compute_block_id
from dure.core.errors import Unavailable
from dure.core.types import Height
from dure.index.rows import BlockRows, build_rows
from dure.index.store import Index
from dure.index.subscription import open_subscription
from dure.node.gateway import Finality, Gateway, Notice

RETRY_SECONDS = 0.2
REFUSED_SECONDS = 5.0
"""The pause after the database refused."""
REST_SECONDS: Final = 0.05
"""The pause after each batch, in which blocks gather."""
BATCH_BLOCKS_MAX: Final = 64
BATCH_BYTES_MAX: Final = 512 * 1024
"""Bytes of receipts after which a batch is complete; its last block may go beyond."""

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
    async with open_subscription(gateway, height) as notices, aclosing(_gather(notices)) as batches:
        async for batch in batches:
            await asyncio.to_thread(_take, index, batch)
            await asyncio.sleep(REST_SECONDS)


async def _gather(notices: AsyncIterator[Notice]) -> AsyncGenerator[list[Notice], None]:
    """Yield what waits, at least one; raise `Unavailable` as the subscription does.

    The loop has its turn after each, so that older blocks are not read from the disk in one go.
    """
    following = asyncio.create_task(_get_next(notices))
    try:
        while True:
            batch: list[Notice] = []
            size = 0
            while not batch or (_is_there(following) and not _is_full(batch, size)):
                notice = await following
                if notice is None:
                    return
                batch.append(notice)
                size += sum(map(len, notice.stored.receipts))
                following = asyncio.create_task(_get_next(notices))
                await asyncio.sleep(0)
            yield batch
    finally:
        following.cancel()
        await asyncio.wait([following])


async def _get_next(notices: AsyncIterator[Notice]) -> Notice | None:
    return await anext(notices, None)


def _is_there(following: asyncio.Task[Notice | None]) -> bool:
    """Say whether a further notice waits; what else has happened is for the next batch."""
    return following.done() and following.exception() is None and following.result() is not None


def _is_full(batch: Sequence[Notice], size: int) -> bool:
    return len(batch) >= BATCH_BLOCKS_MAX or size >= BATCH_BYTES_MAX


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


def _take(index: Index, batch: Sequence[Notice]) -> None:
    rows: list[BlockRows] = []
    for notice in batch:
        if notice.finality is Finality.RETRACTED:
            index.apply(rows)
            rows.clear()
            header = notice.stored.block.header
            index.retract(header.height, compute_block_id(header))
        else:
            rows.append(build_rows(notice.stored, notice.finality.value))
    index.apply(rows)
