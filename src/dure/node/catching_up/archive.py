"""The blocks that a node does not have because it began with a later state.

They are fetched in the background, from the youngest downwards, until they reach what was there
before. While this node is behind, or fetches a state, they wait.
"""

from typing import Final

import structlog

from dure.chain import state
from dure.core.block import compute_block_id
from dure.core.errors import StorageError
from dure.core.types import Height, Instant, PublicKey
from dure.node.catching_up.asking import Means
from dure.node.catching_up.backfill import Backfill
from dure.node.catching_up.checks import SetHistory
from dure.node.messages import History
from dure.node.ports import HeightRange, HistoryBlock

KIND: Final = "archive"

log = structlog.get_logger()


class Archive:
    """Fills the gaps below the head, the highest first."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._disk = means.disk
        self._gap: HeightRange | None = None
        self._backfill: Backfill | None = None

    def advance(self, now: Instant) -> None:
        """Ask for what is missing."""
        if self._backfill is None:
            self._begin()
        if self._backfill is not None and self._gap is not None:
            self._backfill.advance(self._gap[0], now)

    def on_history(self, peer: PublicKey, message: History, now: Instant) -> None:
        """Take in an answer."""
        if self._backfill is not None:
            self._backfill.on_history(peer, message, now)

    def work(self, now: Instant) -> bool:
        """Check and store what is here; say whether anything was."""
        if self._backfill is None or self._gap is None:
            return False
        is_busy = self._backfill.work(self._gap[0], now)
        if self._backfill.height < self._gap[0]:
            self._join(self._gap[0], self._backfill)
            self.stop()
        return is_busy

    def stop(self) -> None:
        """Forget what was fetched and is not stored."""
        if self._backfill is not None:
            self._backfill.stop()
        self._backfill = self._gap = None

    def _begin(self) -> None:
        missing = self._disk.load_missing()
        above = self._disk.load_block(Height(missing[-1][1] + 1)) if missing else None
        if above is None:
            return
        self._gap = missing[-1]
        executor = self._means.executor
        sets = SetHistory(executor.genesis, state.list_changes(executor.view()))
        self._backfill = Backfill(self._means, sets, kind=KIND, store=self._store)
        self._backfill.begin(self._gap[1], above.block.header.previous)
        log.info("history_begins", first=self._gap[0], last=self._gap[1])

    def _store(self, batch: list[HistoryBlock]) -> None:
        assert self._gap is not None, "blocks are fetched for a gap"
        *lower, _ = self._disk.load_missing()
        lowest = batch[-1].stored.block.header.height
        if lowest > self._gap[0]:
            lower.append((self._gap[0], Height(lowest - 1)))
        self._disk.store_history(batch, lower)

    def _join(self, first: Height, backfill: Backfill) -> None:
        below = self._disk.load_block(Height(first - 1))
        if below is None or compute_block_id(below.block.header) != backfill.expected:
            message = (
                f"the chain's block {first - 1} is not the one that this node stored: its store "
                "is damaged, or it followed another chain"
            )
            raise StorageError(message, height=first - 1)
        log.info("history_complete", first=first)
