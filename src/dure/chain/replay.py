"""The replay window: which transactions the blocks that still matter hold.

It is a function of the blocks alone: of those whose time lies at most one window before the
head's.
A transaction in an older block has expired, for its `valid_until` lay inside that block's window
and the window's length never changes. So the set is not part of the state: it is rebuilt from the
blocks after a restart, a snapshot, or a change of branch.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from dure.chain.transaction import read_transaction_id
from dure.core.block import Block, Header, compute_block_id, compute_transaction_root
from dure.core.errors import InvalidBlock, MalformedTransaction
from dure.core.types import BlockId, Instant, Milliseconds, TransactionId


@dataclass(frozen=True, slots=True)
class Executed:
    """What of a final block matters to its replay window."""

    header: Header
    transaction_ids: tuple[TransactionId, ...]


def list_executed(block: Block) -> Executed:
    """Return what a block executed; raise `InvalidBlock` where it has another one's body.

    For final blocks, whose transactions were checked before.
    """
    if compute_transaction_root(block.transactions) != block.header.transaction_root:
        raise _refuse("a block of the replay window has a foreign body")
    try:
        return Executed(block.header, tuple(map(read_transaction_id, block.transactions)))
    except MalformedTransaction as problem:
        raise _refuse("a block of the replay window holds no transaction") from problem


class ReplayWindow:
    """The transactions of the blocks inside the window."""

    def __init__(self, length: Milliseconds) -> None:
        self._length = length
        self._seen: set[TransactionId] = set()
        self._blocks: deque[tuple[Instant, tuple[TransactionId, ...]]] = deque()

    def __contains__(self, transaction_id: object) -> bool:
        return transaction_id in self._seen

    def add(self, time: Instant, transaction_ids: Iterable[TransactionId]) -> None:
        """Take in the block that becomes the head, and forget those that no longer matter."""
        ids = tuple(transaction_ids)
        self._seen.update(ids)
        self._blocks.append((time, ids))
        while self._blocks[0][0] < time - self._length:
            self._seen.difference_update(self._blocks.popleft()[1])

    def rebuild(self, blocks: Iterable[Executed], head: BlockId) -> None:
        """Start again from `blocks`, oldest first, the last of which is the head.

        Call once, on an empty window. Raise `InvalidBlock` where they are not one chain up to
        `head`; the window is of no use then. That each block has executed just these transactions
        is the caller's word: see `list_executed`.
        """
        chain = tuple(blocks)
        links = [block.header.previous for block in chain[1:]]
        for block, expected in zip(chain, (*links, head), strict=False):
            if compute_block_id(block.header) != expected:
                raise _refuse("the blocks of the replay window are not one chain")
            self.add(block.header.time, block.transaction_ids)


def _refuse(message: str) -> InvalidBlock:
    return InvalidBlock(message, rule="replay window")
