"""Clients' transactions between their arrival and the driver: workers check their signatures.

Rules
-----
1. Envelopes are opened here once. What workers found valid is put into the ledger's cache; then the
   driver is given everything, and checks what is not in the cache: what no worker answered for in
   time, and what one found wrong, so that nobody is refused or cut off on a worker's word.
2. A few signatures are not worth the way to another process, and where the workers have enough to
   do the node is as good as they are: then the driver is given the envelopes at once.
3. The order is kept: that of a client's envelopes, and of what a peer passes on and the blocks that
   name it (`pressure.lanes`). All other frames go past: a vote waits for no transaction.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dure.chain.executor import Executor
from dure.chain.transaction import Transaction
from dure.core.codec import decode
from dure.core.errors import InvalidEncoding
from dure.core.types import PublicKey
from dure.node.messages import GOSSIP_BYTES_MAX, Gossip, find_kind
from dure.node.pressure.lanes import ORDERED
from dure.node.verification.pool import Pool

ENVELOPES_MIN: Final = 5
"""Fewer are checked by the driver: the way to a worker and back takes as long as one signature."""
AHEAD_MAX: Final = 4
"""Batches of one client's call whose signatures are checked while an earlier one is admitted."""
WAITING_BYTES_MAX: Final = 1024 * 1024
"""Frames of one peer that wait; what is beyond waits no longer."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Transactions whose signatures workers are checking."""

    transactions: Sequence[Transaction]
    answers: asyncio.Future[bytes]


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame that waits, for workers or for the one before it."""

    data: bytes
    asked: _Asked | None

    @property
    def is_checked(self) -> bool:
        return self.asked is None or self.asked.answers.done()


class Arrivals:
    """What stands between the network, the clients and the driver. Lives in one event loop."""

    def __init__(
        self, executor: Executor, pool: Pool, hand_over: Callable[[PublicKey, bytes], None]
    ) -> None:
        """`hand_over` takes a peer's frame up."""
        self._executor = executor
        self._pool = pool
        self._hand_over = hand_over
        self._waiting: dict[PublicKey, deque[_Frame]] = {}

    # Clients

    async def check_ahead(
        self, batches: Iterable[list[bytes]], is_open: Callable[[], bool]
    ) -> AsyncIterator[list[bytes]]:
        """Yield a client's envelopes, batch by batch in order, each when it was checked.

        While `is_open` says no they will be refused: nobody looks at them.
        """
        begun: deque[tuple[list[bytes], _Asked | None]] = deque()
        for batch in batches:
            begun.append((batch, self._ask(batch) if is_open() else None))
            if len(begun) > AHEAD_MAX:
                yield await self._finish(*begun.popleft())
        while begun:
            yield await self._finish(*begun.popleft())

    async def _finish(self, batch: list[bytes], asked: _Asked | None) -> list[bytes]:
        if asked is not None:
            await asked.answers
            self._remember(asked)
        return batch

    # Peers

    def put(self, peer: PublicKey, frame: bytes) -> None:
        """Hand a frame over, now or after its signatures were checked."""
        kind = find_kind(frame)
        asked = self._ask_gossip(frame) if kind is Gossip else None
        waiting = self._waiting.get(peer)
        if kind not in ORDERED or (asked is None and waiting is None):
            self._hand_over(peer, frame)
            return
        if waiting is None:
            waiting = self._waiting[peer] = deque()
        waiting.append(_Frame(frame, asked))
        if asked is not None:
            asked.answers.add_done_callback(lambda _: self._hand_on(peer))
        while waiting and sum(len(each.data) for each in waiting) > WAITING_BYTES_MAX:
            self._take_out(peer, waiting)

    def forget(self, peer: PublicKey) -> None:
        """Drop what waits of a peer that is gone."""
        self._waiting.pop(peer, None)

    def _hand_on(self, peer: PublicKey) -> None:
        """Hand over the oldest frames of a peer, as far as they are checked."""
        waiting = self._waiting.get(peer)
        while waiting and waiting[0].is_checked:
            self._take_out(peer, waiting)

    def _take_out(self, peer: PublicKey, waiting: deque[_Frame]) -> None:
        frame = waiting.popleft()
        if not waiting:
            self._waiting.pop(peer, None)
        if frame.asked is not None and frame.asked.answers.done():
            self._remember(frame.asked)
        self._hand_over(peer, frame.data)

    # Workers

    def _ask_gossip(self, frame: bytes) -> _Asked | None:
        """Ask for what a frame passes on; what is wrong with the frame is the driver's to say."""
        if not self._pool.has_room:
            return None
        try:
            envelopes = decode(Gossip, frame).envelopes
        except InvalidEncoding:
            return None
        return self._ask(envelopes) if sum(map(len, envelopes)) <= GOSSIP_BYTES_MAX else None

    def _ask(self, envelopes: Sequence[bytes]) -> _Asked | None:
        """Open envelopes that are new here and ask for their signatures, where that is worth it."""
        if len(envelopes) < ENVELOPES_MIN or not self._pool.has_room:
            return None
        bytes_max = self._executor.parameters.transaction_bytes_max
        opened = self._executor.transactions.open_unverified(envelopes, bytes_max=bytes_max)
        if not opened:
            return None
        items = [item for transaction in opened for item in transaction.signatures]
        return _Asked(opened, self._pool.check(items))

    def _remember(self, asked: _Asked) -> None:
        """Take over what workers found valid."""
        answers, end = asked.answers.result(), 0
        for transaction in asked.transactions:
            start, end = end, end + len(transaction.signatures)
            if all(answers[start:end]):
                self._executor.transactions.remember_verified(transaction)
