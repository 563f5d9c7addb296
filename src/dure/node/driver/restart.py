"""What was stored comes back: the executor continues at the disk's head, or begins at genesis."""

from dure.chain.executor import Executor
from dure.chain.genesis.document import get_first_height
from dure.core.block import Block
from dure.core.certificate import Certificate
from dure.core.errors import StorageError
from dure.core.types import Height, Round
from dure.node.ports import Disk, StoredBlock


def restore(executor: Executor, disk: Disk) -> None:
    """Bring `executor` to the head of `disk`; a fresh disk is given the genesis block first.

    Raises `StorageError` or `InvalidBlock` where what is stored does not fit together.
    """
    stored = disk.load_head()
    if stored is None:
        _store_genesis(executor, disk)
        return
    header = stored.block.header
    horizon = header.time - executor.parameters.replay_window
    recent: list[Block] = []
    block = stored.block
    first = get_first_height(executor.genesis)
    while block.header.height > first and block.header.time >= horizon:
        recent.append(block)
        before = disk.load_block(Height(block.header.height - 1))
        if before is None:
            raise StorageError("the store lacks blocks of the replay window")
        block = before.block
    executor.restore(header, disk.load_state(), reversed(recent))


def _store_genesis(executor: Executor, disk: Disk) -> None:
    position = executor.head
    stored = StoredBlock(
        block=Block(header=position.header, transactions=()),
        certificate=Certificate(round=Round(0), seals=()),
        receipts=(),
    )
    disk.commit_block(position.block_id, stored, (), writes=executor.copy_state(), undo={})
