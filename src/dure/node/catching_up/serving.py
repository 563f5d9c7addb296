"""Answers for peers that catch up."""

from dure.core.types import Height
from dure.node import messages
from dure.node.ports import Disk


def collect_blocks(disk: Disk, start: Height, count: int) -> messages.Blocks:
    """Return stored blocks from `start` on: at most `count`, and no more bytes than one frame."""
    items: list[messages.CertifiedBlock] = []
    size = 0
    for height in range(start, start + count):
        stored = disk.load_block(Height(height))
        if stored is None:
            break
        size += sum(map(len, stored.block.transactions))
        if items and size > messages.BLOCKS_BYTES_MAX:
            break
        items.append(messages.CertifiedBlock(stored.block, stored.certificate))
    return messages.Blocks(start=start, items=tuple(items))
