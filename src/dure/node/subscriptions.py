"""Who waits for blocks and transactions inside a node's process.

Rules
-----
1. How far a reader may fall behind is bounded: blocks never wait for readers.
2. Of many readers who wait for the same block only some are woken in one turn of the event loop, so
   that what they do with it holds nobody up.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from dure.chain.transaction import Transaction
from dure.core.errors import InvalidTransaction, TimedOut, Unavailable
from dure.core.types import Height, TransactionId
from dure.node.gateway import Finality, Notice
from dure.node.ports import StoredBlock

NOTICES_MAX = 1_000
WAITERS_MAX = 200_000
READERS_PER_TURN = 25
"""Each does about a tenth of a millisecond with a small block before it gives way."""


@dataclass(slots=True, eq=False)
class _Reader:
    """A subscriber and what waits for it."""

    notices: deque[Notice] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    is_due: bool = False
    """Whether it is to be woken in one of the next turns."""
    is_ended: bool = False
    """Whether nothing comes after what waits."""

    async def take(self) -> Notice:
        """Return the next notice; raise `Unavailable` where none will come."""
        while not self.notices:
            if self.is_ended:
                message = "the reader was too slow, or the node stops; resume from its height"
                raise Unavailable(message)
            self.woken.clear()
            await self.woken.wait()
        return self.notices.popleft()


class Subscriptions:
    """Hands new blocks to subscribers, and final transactions to those who wait for them."""

    def __init__(self) -> None:
        self._readers: dict[_Reader, None] = {}
        self._due: deque[_Reader] = deque()
        self._next_turn: asyncio.Handle | None = None
        self._waiters: dict[TransactionId, asyncio.Future[None]] = {}
        self._waits: dict[TransactionId, int] = {}
        self._closed = False

    def on_block(self, stored: StoredBlock, transaction_ids: Sequence[TransactionId]) -> None:
        """Tell everybody; a reader for whom too much waits already is ended."""
        notice = Notice(stored, Finality.FINAL, 1)
        for reader in tuple(self._readers):
            if len(reader.notices) >= NOTICES_MAX:
                self._end(reader)
            else:
                reader.notices.append(notice)
                self._wake_soon(reader)
        if self._next_turn is None:
            self._wake_some()
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
        reader = _Reader()
        self._readers[reader] = None
        try:
            following = from_height
            while (stored := load(following)) is not None:
                yield Notice(stored, Finality.FINAL, 1)
                following = Height(following + 1)
            expected = following
            while not self._closed:
                notice = await reader.take()
                height = notice.stored.block.header.height
                if height > expected:
                    raise Unavailable("a block between is not here; resume from a later height")
                if height >= following:
                    yield notice
                    is_final = notice.finality is Finality.FINAL
                    expected = Height(height + 1) if is_final else height
        finally:
            self._readers.pop(reader, None)

    def close(self) -> None:
        """End every subscriber and every waiter."""
        self._closed = True
        for reader in tuple(self._readers):
            self._end(reader)
        while self._due:
            self._wake_some()
        for waiter in self._waiters.values():
            if not waiter.done():
                waiter.set_exception(Unavailable("the node stops"))

    def _end(self, reader: _Reader) -> None:
        self._readers.pop(reader, None)
        reader.is_ended = True
        self._wake_soon(reader)

    def _wake_soon(self, reader: _Reader) -> None:
        if not reader.is_due and not reader.woken.is_set():
            reader.is_due = True
            self._due.append(reader)

    def _wake_some(self) -> None:
        """Wake those who have waited longest, and the others in the turns to come."""
        self._next_turn = None
        for _ in range(min(READERS_PER_TURN, len(self._due))):
            reader = self._due.popleft()
            reader.is_due = False
            reader.woken.set()
        if self._due:
            self._next_turn = asyncio.get_running_loop().call_soon(self._wake_some)
