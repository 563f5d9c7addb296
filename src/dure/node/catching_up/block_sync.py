"""The blocks that follow the head, fetched from several peers and handed to the engine in order.

Every block is checked here, so that whoever sent a bad one is known, and then by the engine, which
alone decides. One block is applied at a time; the event loop is free in between.
"""

from collections.abc import Callable
from typing import Final

from dure.core.block import Block
from dure.core.certificate import Certificate
from dure.core.types import Height, Instant, PublicKey
from dure.node.catching_up.asking import Means
from dure.node.catching_up.checks import find_fault
from dure.node.catching_up.download import Arrived, Download
from dure.node.messages import Blocks, CertifiedBlock, GetBlocks

KIND: Final = "blocks"


class BlockSync:
    """Brings the head up to where the others are."""

    def __init__(self, means: Means, learn: Callable[[Block, Certificate], None]) -> None:
        """`learn` hands a block to the engine; the head has moved when it returns."""
        self._means = means
        self._learn = learn
        self._download: Download[CertifiedBlock] = Download(
            KIND, means, lambda start, count: GetBlocks(start=start, count=count)
        )

    def advance(self, now: Instant) -> None:
        """Ask for what lies above the head and somebody has."""
        top, head = self._means.claims.find_top(), self._height
        if top > head:
            self._download.advance(Height(head + 1), top, now)

    def on_blocks(self, peer: PublicKey, message: Blocks, now: Instant) -> None:
        """Take in an answer."""
        self._download.on_answer(peer, message.start, message.items, now)

    def work(self, now: Instant) -> bool:
        """Apply the next block, if it is here; say whether one was here."""
        height = Height(self._height + 1)
        self._download.drop_outside(height, self._means.claims.find_top())
        arrived = self._download.get(height)
        if arrived is None:
            return False
        self._apply(arrived, now)
        self._download.drop(height)
        return True

    def stop(self) -> None:
        """Forget what was fetched and asked for."""
        self._download.clear()

    @property
    def _height(self) -> Height:
        return self._means.executor.head.header.height

    def _apply(self, arrived: Arrived[CertifiedBlock], now: Instant) -> None:
        head, item = self._means.executor.head, arrived.item
        fault = find_fault(item, head.block_id, head.validators, verify=self._means.verify)
        if fault is not None:
            self._means.asking.note_lie(arrived.peer, fault, now)
            self._download.drop_from(arrived.peer)
            return
        self._means.asking.note_use(arrived.peer)
        self._learn(item.block, item.certificate)
