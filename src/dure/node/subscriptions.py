"""Who waits for blocks and transactions inside a node's process.

How far each may fall behind is bounded.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from dure.chain.transaction import Transaction
from dure.core.errors import InvalidTransaction, TimedOut, Unavailable
from dure.core.types import Height, TransactionId
from dure.node.gateway import Finality, Notice
from dure.node.ports import StoredBlock

NOTICES_MAX = 1_000
WAITERS_MAX = 200_000


class Subscriptions:
    """Hands new blocks to subscribers, and final transactions to those who wait for them."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Notice | None]] = set()
        self._waiters: dict[TransactionId, asyncio.Future[None]] = {}
        self._waits: dict[TransactionId, int] = {}
        self._closed = False

    def on_block(self, stored: StoredBlock, transaction_ids: Sequence[TransactionId]) -> None:
        """Tell everybody.

        A subscriber whose queue is full is ended: blocks never wait for readers.
        """
        notice = Notice(stored, Finality.FINAL, 1)
        for queue in tuple(self._queues):
            if queue.qsize() >= NOTICES_MAX:
                self._end(queue)
            else:
                queue.put_nowait(notice)
        for transaction_id in transaction_ids:
            waiter = self._waiters.get(transaction_id)
            if waiter is not None and not waiter.done():
                waiter.set_result(None)

    def on_dropped(self, transaction: Transaction, reason: InvalidTransaction) -> None:
        """Tell those who wait for the transaction that it will not come."""
        waiter = self._waiters.get(transaction.transaction_id)
        if waiter is not None and not waiter.done():
            waiter.set_exception(reason)

    async def wait(self, transaction_id: TransactionId, timeout_s: float) -> None:
        """Return when the transaction is final.

        Raise `TimedOut`, or the reason for which it was dropped.
        """
        if len(self._waiters) >= WAITERS_MAX:
            raise Unavailable("too many requests wait for transactions; ask again without waiting")
        waiter = self._waiters.get(transaction_id)
        if waiter is None:
            waiter = self._waiters[transaction_id] = asyncio.get_running_loop().create_future()
        self._waits[transaction_id] = self._waits.get(transaction_id, 0) + 1
        try:
            await asyncio.wait_for(asyncio.shield(waiter), timeout_s)
        except TimeoutError:
            message = f"not final after {timeout_s:g} seconds; it may still become so"
            raise TimedOut(message) from None
        finally:
            self._leave(transaction_id)

    def _leave(self, transaction_id: TransactionId) -> None:
        left = self._waits[transaction_id] - 1
        if left:
            self._waits[transaction_id] = left
            return
        del self._waits[transaction_id]
        waiter = self._waiters.pop(transaction_id)
        if waiter.done() and not waiter.cancelled():
            waiter.exception()
        else:
            waiter.cancel()

    async def subscribe(
        self, from_height: Height, load: Callable[[Height], StoredBlock | None]
    ) -> AsyncIterator[Notice]:
        """Yield stored blocks from `from_height` on, then new ones, without a gap."""
        queue: asyncio.Queue[Notice | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            following = from_height
            while (stored := load(following)) is not None:
                yield Notice(stored, Finality.FINAL, 1)
                following = Height(following + 1)
            expected = following
            while not self._closed:
                notice = await queue.get()
                if notice is None:
                    raise Unavailable(
                        "the reader was too slow, or the node stops; resume from its height"
                    )
                height = notice.stored.block.header.height
                if height > expected:
                    raise Unavailable("a block between is not here; resume from a later height")
                if height >= following:
                    yield notice
                    is_final = notice.finality is Finality.FINAL
                    expected = Height(height + 1) if is_final else height
        finally:
            self._queues.discard(queue)

    def close(self) -> None:
        """End every subscriber and every waiter."""
        self._closed = True
        for queue in tuple(self._queues):
            self._end(queue)
        for waiter in self._waiters.values():
            if not waiter.done():
                waiter.set_exception(Unavailable("the node stops"))

    def _end(self, queue: asyncio.Queue[Notice | None]) -> None:
        self._queues.discard(queue)
        queue.put_nowait(None)
