"""Blocks below one that is known to be final, fetched downwards: each is the one named above it.

Nothing is executed. Of every block are checked its id, its body, its receipts and its certificate,
so that this node can later prove what the block holds as well as any other. Blocks are stored in
batches, with what is still missing.
"""

from collections.abc import Callable
from typing import Final

from dure.chain.transaction import read_transaction_id
from dure.core.types import BlockId, Height, Instant, PublicKey
from dure.node.catching_up.asking import Means
from dure.node.catching_up.checks import SetHistory, find_history_fault
from dure.node.catching_up.download import Download
from dure.node.messages import GetHistory, History
from dure.node.ports import HistoryBlock, StoredBlock

BATCH_MAX: Final = 16
"""Blocks checked and stored in one go."""
BATCH_TRANSACTIONS_MAX: Final = 1_000

Store = Callable[[list[HistoryBlock]], None]


class Backfill:
    """Fetches downwards from one block until told to stop."""

    def __init__(self, means: Means, sets: SetHistory, *, kind: str, store: Store) -> None:
        """`store` writes each batch, highest block first."""
        self._means = means
        self._sets = sets
        self._store = store
        self._download: Download[StoredBlock] = Download(
            kind, means, lambda start, count: GetHistory(start=start, count=count)
        )
        self.height = Height(0)
        """Of the next block."""
        self.expected = BlockId(bytes(32))
        """Id of the next block."""
        self.has_reached = False
        """Whether a block older than wanted has come."""
        self._until = Instant(0)

    def begin(self, height: Height, expected: BlockId, until: Instant = Instant(0)) -> None:
        """Go on downwards from the block of that height and id, itself included.

        The first block older than `until` is the last.
        """
        self._download.clear()
        self.height, self.expected = height, expected
        self._until, self.has_reached = until, False

    def advance(self, lowest: Height, now: Instant) -> None:
        """Ask for what is missing down to `lowest`."""
        if self.height >= lowest and not self.has_reached:
            self._download.advance(self.height, lowest, now)

    def on_history(self, peer: PublicKey, message: History, now: Instant) -> None:
        """Take in an answer."""
        self._download.on_answer(peer, message.start, message.items, now)

    def work(self, lowest: Height, now: Instant) -> bool:
        """Check and store the next batch, if it is here; say whether anything was here."""
        batch: list[HistoryBlock] = []
        transactions = 0
        while (
            self.height >= lowest
            and not self.has_reached
            and len(batch) < BATCH_MAX
            and transactions < BATCH_TRANSACTIONS_MAX
            and (block := self._take(now)) is not None
        ):
            transactions += len(block.transaction_ids)
            batch.append(block)
        if batch:
            self._store(batch)
        return bool(batch)

    def stop(self) -> None:
        """Forget what was fetched and asked for."""
        self._download.clear()

    def _take(self, now: Instant) -> HistoryBlock | None:
        arrived = self._download.get(self.height)
        if arrived is None:
            return None
        stored, validators = arrived.item, self._sets.find(self.height)
        fault = find_history_fault(stored, self.expected, validators, verify=self._means.verify)
        if fault is not None:
            self._means.asking.note_lie(arrived.peer, fault, now)
            self._download.drop_from(arrived.peer)
            return None
        self._means.asking.note_use(arrived.peer)
        self._download.drop(self.height)
        ids = tuple(map(read_transaction_id, stored.block.transactions))
        block = HistoryBlock(self.expected, stored, ids)
        self.height = Height(self.height - 1)
        self.expected = stored.block.header.previous
        self.has_reached = stored.block.header.time < self._until
        return block
