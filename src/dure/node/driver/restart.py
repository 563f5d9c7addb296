"""What was stored comes back: the executor continues at the disk's head, or begins at genesis."""

from typing import Protocol

from dure.chain.executor import Executor
from dure.chain.genesis.document import get_first_height
from dure.chain.replay import Executed
from dure.core.block import Block, Header
from dure.core.certificate import Certificate
from dure.core.errors import StorageError
from dure.core.types import Height, Round
from dure.node.ports import Disk, StoredBlock


class BlockSource(Protocol):
    """Where stored blocks are looked up."""

    def load_executed(self, height: Height) -> Executed | None:
        """Return what the block of that height executed, or None where it is not here."""
        ...


def restore(executor: Executor, disk: Disk) -> None:
    """Bring `executor` to the head of `disk`; a fresh disk is given the genesis block first.

    Raises `StorageError` or `InvalidBlock` where what is stored does not fit together.
    """
    stored = disk.load_head()
    if stored is None:
        _store_genesis(executor, disk)
        return
    recent = collect_replay_window(executor, disk, stored.block.header)
    executor.restore(stored.block.header, disk.load_state(), recent)


def collect_replay_window(executor: Executor, blocks: BlockSource, head: Header) -> list[Executed]:
    """Return what the blocks of the replay window up to `head` executed, oldest first.

    Raises `StorageError` where one is missing.
    """
    horizon = head.time - executor.parameters.replay_window
    first = get_first_height(executor.genesis)
    recent: list[Executed] = []
    for height in range(head.height, first, -1):
        block = blocks.load_executed(Height(height))
        if block is None:
            raise StorageError("the store lacks blocks of the replay window")
        if block.header.time < horizon:
            break
        recent.append(block)
    return recent[::-1]


def _store_genesis(executor: Executor, disk: Disk) -> None:
    position = executor.head
    stored = StoredBlock(
        block=Block(header=position.header, transactions=()),
        certificate=Certificate(round=Round(0), seals=()),
        receipts=(),
    )
    disk.commit_block(position.block_id, stored, (), writes=executor.copy_state(), undo={})
