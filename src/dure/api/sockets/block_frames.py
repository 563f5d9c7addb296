"""Blocks as frames of the binary stream, each written once, however many clients read it."""

from collections import OrderedDict
from typing import Final

from dure.api.answers.blocks import open_records
from dure.core.block import compute_block_id, compute_envelope_id
from dure.core.codec import encode
from dure.node.gateway import Finality, Notice
from dure.sdk.connection.frames import BlockFrame, Retracted

BLOCKS_KEPT: Final = 16


class BlockFrames:
    """The newest frames, by block and finality."""

    def __init__(self) -> None:
        self._frames: OrderedDict[tuple[bytes, str], bytes] = OrderedDict()

    def get(self, notice: Notice) -> bytes:
        """Return the frame of a notice's block."""
        key = (compute_block_id(notice.stored.block.header), notice.finality.value)
        frame = self._frames.get(key)
        if frame is None:
            frame = encode(_build_frame(notice))
            self._frames[key] = frame
            if len(self._frames) > BLOCKS_KEPT:
                self._frames.popitem(last=False)
        return frame


def _build_frame(notice: Notice) -> BlockFrame | Retracted:
    stored = notice.stored
    header = encode(stored.block.header)
    if notice.finality is Finality.RETRACTED:
        return Retracted(header)
    return BlockFrame(
        header=header,
        certificate=encode(stored.certificate),
        envelope_ids=tuple(map(compute_envelope_id, stored.block.transactions)),
        receipts=tuple(encode(record.receipt) for record in open_records(stored)),
    )
