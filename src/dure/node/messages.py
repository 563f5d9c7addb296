"""What nodes say to each other, around what their engines say.

Every frame is one canonical value of `PeerMessage`. Counts and sizes are bounded where the
message is opened; what does not open is a violation and ends the connection.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final, get_args

from msgspec import Meta

from dure.chain.state_tree.proof import Chunk
from dure.chain.state_tree.tree import NIBBLES
from dure.chain.transaction import TRANSACTION_BYTES_MAX
from dure.core.block import Block, Header
from dure.core.certificate import Certificate
from dure.core.codec import Wire, encode
from dure.core.types import BlockId, Height, Unsigned
from dure.node.ports import StoredBlock
from dure.proof.file import HANDOVERS_MAX, Handover

GOSSIP_MAX: Final = 256
GOSSIP_BYTES_MAX: Final = 128 * 1024
"""Envelopes of one message; a longer envelope goes alone.

So no message holds more than some two thousand signatures, 80 ms of checking.
"""
BLOCKS_MAX: Final = 64
BLOCKS_BYTES_MAX: Final = 2 * 1024 * 1024
"""Of one answer with blocks; a larger block goes alone."""

EnvelopeBytes = Annotated[bytes, Meta(max_length=TRANSACTION_BYTES_MAX)]


class EngineMessage(Wire, frozen=True, tag="engine-1"):
    """A message of the consensus engine, which alone knows its form."""

    data: bytes


class Gossip(Wire, frozen=True, tag="gossip-1"):
    """Transactions that the sender has just admitted."""

    envelopes: Annotated[tuple[EnvelopeBytes, ...], Meta(min_length=1, max_length=GOSSIP_MAX)]


class Status(Wire, frozen=True, tag="status-1"):
    """Where the sender stands; sent twice a second and whenever the head moves after a silence."""

    height: Height
    block_id: BlockId
    oldest: Height
    """The sender has every block from this height to `height`."""
    mute: bool
    """Whether the sender signs nothing, because it may have forgotten votes."""


class GetBlocks(Wire, frozen=True, tag="get-blocks-1"):
    """Please send blocks from `start` on."""

    start: Height
    count: Annotated[int, Meta(ge=1, le=BLOCKS_MAX)]


class CertifiedBlock(Wire, frozen=True):
    """A block and what proves it final."""

    block: Block
    certificate: Certificate


class Blocks(Wire, frozen=True, tag="blocks-1"):
    """Answer to `GetBlocks`: consecutive blocks, maybe fewer than asked for, maybe none."""

    start: Unsigned
    items: Annotated[tuple[CertifiedBlock, ...], Meta(max_length=BLOCKS_MAX)]


class GetHistory(Wire, frozen=True, tag="get-history-1"):
    """Please send blocks from `start` on, with what came of their transactions."""

    start: Height
    count: Annotated[int, Meta(ge=1, le=BLOCKS_MAX)]


class History(Wire, frozen=True, tag="history-1"):
    """Answer to `GetHistory`: consecutive blocks, maybe fewer than asked for, maybe none."""

    start: Unsigned
    items: Annotated[tuple[StoredBlock, ...], Meta(max_length=BLOCKS_MAX)]


class GetSnapshot(Wire, frozen=True, tag="get-snapshot-1"):
    """Please keep the state after the block of `height` ready to be read."""

    height: Height


class SnapshotOffer(Wire, frozen=True, tag="snapshot-offer-1"):
    """Answer to `GetSnapshot`: a state that can be read, maybe that of another height."""

    header: Header
    certificate: Certificate
    handovers: Annotated[tuple[Handover, ...], Meta(max_length=HANDOVERS_MAX)]
    """Of every block below that changed the validator set, lowest first."""


class GetChunk(Wire, frozen=True, tag="get-chunk-1"):
    """Please send the first chunk of the state at `height` below `prefix`, one nibble a byte."""

    height: Height
    prefix: Annotated[bytes, Meta(max_length=NIBBLES)]


class ChunkAnswer(Wire, frozen=True, tag="chunk-1"):
    """Answer to `GetChunk`, whose height and prefix it repeats."""

    height: Height
    prefix: Annotated[bytes, Meta(max_length=NIBBLES)]
    chunk: Chunk | None
    """None where the state is not, or no longer, ready to be read."""


def find_kind(frame: bytes) -> type[Wire] | None:
    """Return what a frame says that it is, without opening it; None where it is nothing known."""
    return next((kind for tag, kind in _KINDS if frame.startswith(tag, 1)), None)


def split_gossip(envelopes: Sequence[bytes]) -> Iterator[Gossip]:
    """Yield messages with all envelopes, in order, each within its bounds of number and bytes."""
    batches = split_envelopes(envelopes, count_max=GOSSIP_MAX, bytes_max=GOSSIP_BYTES_MAX)
    return (Gossip(envelopes=tuple(batch)) for batch in batches)


def split_envelopes(
    envelopes: Iterable[bytes], *, count_max: int, bytes_max: int
) -> Iterator[list[bytes]]:
    """Yield all envelopes in order, in batches within these bounds; a longer one goes alone."""
    batch: list[bytes] = []
    size = 0
    for envelope in envelopes:
        if batch and (len(batch) == count_max or size + len(envelope) > bytes_max):
            yield batch
            batch, size = [], 0
        batch.append(envelope)
        size += len(envelope)
    if batch:
        yield batch


PeerMessage = (
    EngineMessage
    | Gossip
    | Status
    | GetBlocks
    | Blocks
    | GetHistory
    | History
    | GetSnapshot
    | SnapshotOffer
    | GetChunk
    | ChunkAnswer
)

ANSWERS: Final = frozenset({Blocks, History, SnapshotOffer, ChunkAnswer})
"""What only comes when it was asked for. To open one may take long: 32 MiB can be 16 million
values.
"""
UNASKED_BYTES_MAX: Final = 256 * 1024
"""A longer answer that nobody asked for is not opened."""

_KINDS: Final = tuple((encode(kind.__struct_config__.tag), kind) for kind in get_args(PeerMessage))
"""How a canonical frame begins, behind the byte for its number of fields."""
