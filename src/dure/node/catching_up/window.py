"""The blocks of the replay window below a state that was fetched.

They say which transactions were executed lately, and so which may not be executed again. They are
fetched downwards from the state's own block and end where a block is older than the window, or
where this node's own blocks begin.
"""

from collections.abc import Iterator
from typing import Final

from dure.chain.replay import Executed, list_executed
from dure.core.block import compute_block_id
from dure.core.errors import StorageError
from dure.core.types import Height, Instant, PublicKey
from dure.node.catching_up.asking import Means
from dure.node.catching_up.backfill import Backfill
from dure.node.catching_up.checks import SetHistory
from dure.node.messages import History, SnapshotOffer
from dure.node.ports import HeightRange, HistoryBlock

KIND: Final = "window"


class WindowFetch:
    """The blocks of one replay window."""

    def __init__(self, means: Means, offer: SnapshotOffer) -> None:
        """Begin at the block of an offer that was checked."""
        genesis, header = means.executor.genesis, offer.header
        self._disk = means.disk
        self._own, self._head_id = means.executor.head.header.height, means.executor.head.block_id
        self._horizon = Instant(max(0, header.time - genesis.parameters.replay_window))
        self._recent: list[Executed] = []
        changes = [(each.header.height, each.validators) for each in offer.handovers]
        sets = SetHistory(genesis, changes)
        self._backfill = Backfill(means, sets, kind=KIND, store=self._store)
        self._backfill.begin(header.height, compute_block_id(header), self._horizon)

    @property
    def is_complete(self) -> bool:
        """Whether all blocks of the window are here."""
        return self._backfill.has_reached or self._backfill.height <= self._own

    def advance(self, now: Instant) -> None:
        """Ask for what is missing."""
        self._backfill.advance(Height(self._own + 1), now)

    def on_history(self, peer: PublicKey, message: History, now: Instant) -> None:
        """Take in an answer."""
        self._backfill.on_history(peer, message, now)

    def work(self, now: Instant) -> bool:
        """Check and store what is here; say whether anything was."""
        return self._backfill.work(Height(self._own + 1), now)

    def list_missing(self) -> list[HeightRange]:
        """Return the ranges of heights that will lack blocks when the state is adopted."""
        missing = [*self._disk.load_missing()]
        if self._backfill.height > self._own:
            missing.append((Height(self._own + 1), self._backfill.height))
        return missing

    def list_recent(self) -> list[Executed]:
        """Return what the window's blocks hold, oldest first.

        Raises `StorageError` where they are not of the chain that this node followed.
        """
        recent = [*self._recent]
        if not self._backfill.has_reached:
            self._validate_link()
            recent += self._iterate_own()
        return recent[::-1]

    def _validate_link(self) -> None:
        """Raise `StorageError` where the fetched blocks do not go on from this node's own head."""
        if self._backfill.expected != self._head_id:
            message = (
                f"the chain's block {self._own} is not the one that this node stored: its store "
                "is damaged, or it followed another chain"
            )
            raise StorageError(message, height=self._own)

    def _store(self, batch: list[HistoryBlock]) -> None:
        self._disk.store_history(batch, self._disk.load_missing())
        for block in batch:
            header = block.stored.block.header
            if header.time >= self._horizon:
                self._recent.append(Executed(header, block.transaction_ids))

    def _iterate_own(self) -> Iterator[Executed]:
        """Yield what this node's own blocks add to the window, youngest first."""
        height = self._own
        while (stored := self._disk.load_block(height)) is not None:
            if stored.block.header.time < self._horizon or not stored.certificate.seals:
                return
            yield list_executed(stored.block)
            height = Height(height - 1)
