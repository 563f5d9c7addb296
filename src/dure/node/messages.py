"""What nodes say to each other, around what their engines say.

An engine's message goes as it is, or, where it carries a block, without the block's envelopes,
which it names: `node.dissemination`.

Every frame is one canonical value of `PeerMessage`. Counts and sizes are bounded where the
message is opened; what does not open is a violation and ends the connection.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final, get_args

from msgspec import Meta

from dure.chain.state_tree.proof import Chunk
from dure.chain.state_tree.tree import NIBBLES
from dure.chain.transaction import TRANSACTION_BYTES_MAX
from dure.core.block import TRANSACTIONS_MAX, Block, Header
from dure.core.certificate import Certificate
from dure.core.codec import Wire, encode
from dure.core.types import BlockId, Hash, Height, Unsigned
from dure.node.ports import StoredBlock
from dure.proof.file import HANDOVERS_MAX, Handover

GOSSIP_MAX: Final = 256
GOSSIP_BYTES_MAX: Final = 32 * 1024
"""Envelopes of one message; a longer envelope goes alone.

So no message holds more than some five hundred signatures, 20 ms of checking.
"""
BLOCKS_MAX: Final = 64
BLOCKS_BYTES_MAX: Final = 2 * 1024 * 1024
"""Of one answer with blocks; a larger block goes alone."""

HASH_LENGTH: Final = 32
BODY_IDS_BYTES_MAX: Final = HASH_LENGTH * TRANSACTIONS_MAX

EnvelopeBytes = Annotated[bytes, Meta(max_length=TRANSACTION_BYTES_MAX)]
Place = Annotated[int, Meta(ge=0, le=TRANSACTIONS_MAX - 1)]
Places = Annotated[tuple[Place, ...], Meta(min_length=1, max_length=TRANSACTIONS_MAX)]
"""Of envelopes in a block, from 0, in rising order."""


class EngineMessage(Wire, frozen=True, tag="engine-1"):
    """A message of the consensus engine, which alone knows its form."""

    data: bytes


class BareMessage(Wire, frozen=True, tag="bare-1"):
    """A message of the consensus engine that names the envelopes of the block that it carries."""

    data: bytes
    """The engine's message, its block without a body."""
    envelope_ids: Annotated[bytes, Meta(min_length=HASH_LENGTH, max_length=BODY_IDS_BYTES_MAX)]
    """Of all envelopes of the block, in its order, one behind the other."""


class GetEnvelopes(Wire, frozen=True, tag="get-envelopes-1"):
    """Please send these envelopes of a body that you named."""

    transaction_root: Hash
    places: Places


class Envelopes(Wire, frozen=True, tag="envelopes-1"):
    """Answer to `GetEnvelopes`, whose root and places it repeats."""

    transaction_root: Hash
    places: Places
    envelopes: Annotated[tuple[EnvelopeBytes, ...], Meta(max_length=TRANSACTIONS_MAX)]
    """As many as places."""


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
    return _KINDS.get(frame[1 : 2 + (frame[1] & _SHORT_TEXT)]) if len(frame) > 1 else None


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
    | BareMessage
    | GetEnvelopes
    | Envelopes
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

ANSWERS: Final = frozenset({Envelopes, Blocks, History, SnapshotOffer, ChunkAnswer})
"""What only comes when it was asked for. To open one may take long: 32 MiB can be 16 million
values.
"""
UNASKED_BYTES_MAX: Final = 256 * 1024
"""A longer answer that nobody asked for is not opened."""

_KINDS: Final = {encode(kind.__struct_config__.tag): kind for kind in get_args(PeerMessage)}
"""How a canonical frame begins, behind the byte for its number of fields."""
_SHORT_TEXT: Final = 31
"""Bits of the first byte of a short text that are its length, as every tag's are."""
