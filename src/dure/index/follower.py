"""Keeps an index up with its node: block after block, from where it stopped.

A block after a quiet time goes in at once. While it is written, and a moment longer, others come;
those that wait go in together, up to a bound. So small blocks in a row share what each batch costs
(about a millisecond), and reading an old chain leaves the node's loop most of the interpreter. The
index may lag; it can never make the node wait, nor end it. If it is so slow that the node ends
the subscription, the follower subscribes again at the index's own height. If its database refuses
(the disk is full, the file is damaged), it stands still and is tried again after a while. It has a
thread of its own: however many read lists, blocks go in.

Accounts are gathered when no block comes for half a second, or under load when a minute has gone
by, a stretch after each batch: together they cost much less than one by one.

Where the node lacks older blocks, the index waits for them if they are being fetched, and begins
anew at the oldest block that is there if they are not.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from itertools import groupby
from typing import Final, TypeVar

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
QUIET_SECONDS: Final = 0.5
LATE_SECONDS: Final = 60.0
"""How long accounts may wait for a quiet moment."""

_log = structlog.get_logger(__name__)

T = TypeVar("T")


async def follow(gateway: Gateway, index: Index) -> None:
    """Follow until cancelled."""
    with _open_thread() as thread:
        while True:
            pause = await _follow_safely(gateway, index, thread)
            await asyncio.sleep(pause)


async def _follow_safely(gateway: Gateway, index: Index, thread: "_Thread") -> float:
    """Follow until something ends it, and return how long to pause."""
    try:
        # Without the oldest blocks every count would be wrong: better none for a while.
        if not gateway.get_history().is_growing:
            await _follow_once(gateway, index, thread)
    except Unavailable as problem:
        _log.warning("index.subscription_ended", reason=problem.message)
    except DBAPIError as problem:
        _log.error("index.stands_still", reason=str(problem.orig))
        return REFUSED_SECONDS
    except Exception:  # the edge: a mistake in the index ends neither it for good nor the node
        _log.exception("index.failed")
        return REFUSED_SECONDS
    return RETRY_SECONDS


class _Thread:
    """The one thread in which the index is written."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


@contextmanager
def _open_thread() -> Iterator[_Thread]:
    executor = ThreadPoolExecutor(1, "index")
    try:
        yield _Thread(executor)
    finally:
        # What it is at goes on to its end; the loop does not stand still for it.
        executor.shutdown(wait=False)


async def _follow_once(gateway: Gateway, index: Index, thread: _Thread) -> None:
    """Take blocks in until the subscription ends; raise `Unavailable` or `DBAPIError`."""
    height = await _find_start(gateway, index, thread)
    async with open_subscription(gateway, height) as notices, _queue(notices) as queue:
        settler = _Settler(index, queue, thread)
        while True:
            await settler.settle()
            batch = await queue.gather()
            if not batch:
                return
            await _take(gateway, index, thread, batch)
            await asyncio.sleep(REST_SECONDS)


class _Queue:
    """What the subscription has to give, one notice ahead."""

    def __init__(self, notices: AsyncIterator[Notice]) -> None:
        self._notices = notices
        self._following = asyncio.create_task(_get_next(notices))

    async def gather(self) -> list[Notice]:
        """Return what waits, at least one; nothing where the subscription is at its end.

        Raise `Unavailable` as the subscription does. The loop has its turn after each, so that
        older blocks are not read from the disk in one go.
        """
        batch: list[Notice] = []
        size = 0
        while not batch or (self._is_there() and not _is_full(batch, size)):
            notice = await self._following
            if notice is None:
                break
            batch.append(notice)
            size += sum(map(len, notice.stored.receipts))
            self._following = asyncio.create_task(_get_next(self._notices))
            await asyncio.sleep(0)
        return batch

    async def is_quiet(self) -> bool:
        """Wait a moment, and say whether nothing has come."""
        done, _ = await asyncio.wait([self._following], timeout=QUIET_SECONDS)
        return not done

    async def close(self) -> None:
        self._following.cancel()
        await asyncio.wait([self._following])

    def _is_there(self) -> bool:
        """Say whether a further notice waits; what else has happened is for the next batch."""
        following = self._following
        return following.done() and following.exception() is None and following.result() is not None


@asynccontextmanager
async def _queue(notices: AsyncIterator[Notice]) -> AsyncIterator[_Queue]:
    queue = _Queue(notices)
    try:
        yield queue
    finally:
        await queue.close()


class _Settler:
    """Has accounts gathered when there is time."""

    def __init__(self, index: Index, queue: _Queue, thread: _Thread) -> None:
        self._index, self._queue, self._thread = index, queue, thread
        self._now = asyncio.get_running_loop().time
        self._settled = self._now()

    async def settle(self) -> None:
        """Settle all there is while nothing comes, or one stretch of it where it is late."""
        is_late = self._now() - self._settled > LATE_SECONDS
        while is_late or await self._queue.is_quiet():
            if not await self._thread.run(self._index.settle):
                self._settled = self._now()
                return
            if is_late:
                return


async def _get_next(notices: AsyncIterator[Notice]) -> Notice | None:
    return await anext(notices, None)


def _is_full(batch: Sequence[Notice], size: int) -> bool:
    return len(batch) >= BATCH_BLOCKS_MAX or size >= BATCH_BYTES_MAX


async def _find_start(gateway: Gateway, index: Index, thread: _Thread) -> Height:
    """Return the height to read on from.

    An index that does not fit the node's blocks is emptied.
    """
    oldest = gateway.get_history().oldest
    head = await thread.run(index.get_head)
    if head is None:
        return oldest
    height, block_id = head
    stored = gateway.load_block(height)
    fits = stored is not None and compute_block_id(stored.block.header) == block_id
    if fits and height + 1 >= oldest:
        return Height(height + 1)
    _log.warning("index.rebuilt", height=height, oldest=oldest)
    await thread.run(index.rebuild)
    return oldest


async def _take(gateway: Gateway, index: Index, thread: _Thread, batch: Sequence[Notice]) -> None:
    """Write a batch: what stands still while blocks only come, in one go."""
    for finality, notices in groupby(batch, key=lambda each: each.finality is Finality.RETRACTED):
        given = list(notices)
        if finality:
            for notice in given:
                header = notice.stored.block.header
                block_id = compute_block_id(header)
                await thread.run(partial(index.retract, header.height, block_id))
        else:
            rows = await thread.run(partial(_build, given))
            index.learn(gateway.executor.view(), rows)
            await thread.run(partial(index.apply, rows))


def _build(notices: Sequence[Notice]) -> list[BlockRows]:
    return [build_rows(each.stored, each.finality.value) for each in notices]
