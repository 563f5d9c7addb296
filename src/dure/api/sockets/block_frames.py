"""Blocks as frames of the binary stream, each written once, however many clients read it."""

from collections import OrderedDict
from typing import Final

import msgspec

from dure.core.block import compute_block_id, compute_envelope_ids
from dure.core.codec import encode
from dure.node.gateway import Finality, Notice
from dure.sdk.connection.frames import BlockFrame, Retracted

BLOCKS_KEPT: Final = 16

_halves: Final = msgspec.msgpack.Decoder(tuple[msgspec.Raw, msgspec.Raw])


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
        envelope_ids=compute_envelope_ids(stored.block.transactions),
        receipts=tuple(map(cut_out_receipt, stored.receipts)),
    )


def cut_out_receipt(record: bytes) -> bytes:
    """Return the bytes of the receipt at the front of a stored record.

    The record was written by this node in canonical form, so nothing needs to be read or written
    again to know that the receipt's bytes are those that the root commits to.
    """
    receipt, _outcomes = _halves.decode(record)
    return bytes(receipt)
