"""The header, its id, and the block as every room but the ledger sees it.

That is a header and a list of opaque byte strings. Consensus moves blocks about without ever
opening a transaction; only `dure.chain` does that.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Annotated, Final

from msgspec import Meta

from dure.core import hashing
from dure.core.codec import Wire, encode
from dure.core.merkle import compute_root
from dure.core.types import (
    BlockId,
    ChainId,
    EnvelopeId,
    Hash,
    Height,
    Instant,
    PublicKey,
    Unsigned,
)

HEADER_VERSION: Final = 1

TRANSACTIONS_MAX: Final = 2**16
"""Of one block: more than the smallest that can be signed fill, so that only a liar sends more."""

EngineFields = Annotated[bytes, Meta(max_length=1024)]


class Header(Wire, frozen=True):
    """What a block's id covers.

    All roots are of the state *after* this block, so that a final block proves its results.
    """

    version: Unsigned
    """Format of this header: 1."""
    chain_id: ChainId
    """Hash of the genesis document; a header of one chain can never be used on another."""
    height: Height
    """One more than the parent's."""
    time: Instant
    """Wall time at which the block was first proposed; later than the parent's.

    A re-proposed block keeps it.
    """
    previous: BlockId
    """Id of the parent; 32 zero bytes in the genesis block."""
    transaction_root: Hash
    """Merkle root over the envelope ids, in order.

    Enough to check a block that only names its transactions.
    """
    state_root: Hash
    """Root of the authenticated state after the block."""
    receipt_root: Hash
    """Merkle root over the receipts, in order of execution: scheduled calls first."""
    validators_root: Hash
    """Hash of the validator set that decides this block."""
    next_validators_root: Hash
    """Hash of the validator set that decides the next block."""
    parameters_root: Hash
    """Hash of the chain parameters in force after this block."""
    proposer: PublicKey
    """Validator that first proposed the block; a re-proposed block keeps it.

    32 zero bytes in the genesis block.
    """
    engine: EngineFields
    """Proof of engines that put one into the header (work, slot draw); empty for PBFT and solo."""


class Block(Wire, frozen=True):
    """A header and the envelopes that it commits to, unopened."""

    header: Header
    transactions: Annotated[tuple[bytes, ...], Meta(max_length=TRANSACTIONS_MAX)]


@lru_cache(maxsize=16)
def compute_block_id(header: Header) -> BlockId:
    """Return the id: the hash of the header's bytes, without round and seals.

    Kept for the newest headers: engine, ledger and driver ask for the same ones.
    """
    return BlockId(hashing.compute_hash(hashing.HEADER, encode(header)))


compute_envelope_id: Final[Callable[[bytes], EnvelopeId]] = hashing.build_hasher(hashing.ENVELOPE)
"""Return the hash of an envelope's bytes, which nobody needs to open for that."""


_compute_ids: Final[Callable[[Iterable[bytes]], list[EnvelopeId]]] = hashing.build_list_hasher(
    hashing.ENVELOPE
)


@lru_cache(maxsize=4)
def compute_envelope_ids(transactions: tuple[bytes, ...]) -> tuple[EnvelopeId, ...]:
    """Return the ids of a body's envelopes, in order.

    Kept for the newest bodies: for their root, for whoever names a body and whoever shows it.
    """
    return tuple(_compute_ids(transactions))


@lru_cache(maxsize=4)
def compute_transaction_root(transactions: tuple[bytes, ...]) -> Hash:
    """Return the root that a header carries for these envelopes.

    Kept for the newest bodies: the engine and the ledger ask for one block's each for itself.
    """
    return compute_root(compute_envelope_ids(transactions))
