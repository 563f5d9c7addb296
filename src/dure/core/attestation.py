"""A validator's word that it is there, which nobody can take for a vote.

A change of the validator set must not put in keys that nobody holds or nodes that do not run. So
each new key, and a quorum of the whole new set, signs with its consensus key: "this node runs, and
this is the newest final block that it holds". The statement has a domain of its own, like seals and
votes, and names its chain, so that it counts nowhere else.
"""

from typing import Final

from dure.core import hashing
from dure.core.codec import Wire, encode
from dure.core.signatures import SignedItem
from dure.core.types import BlockId, ChainId, Height, Instant, PublicKey, Signature

ATTESTATION_BYTES_MAX: Final = 256
"""Of the canonical bytes, signature included."""


class AttestationStatement(Wire, frozen=True):
    """The five things that an attestation signs; the domain is added when hashing."""

    chain_id: ChainId
    validator: PublicKey
    """The consensus key that signs, whether it stands in a validator set or not."""
    height: Height
    """Of the newest final block that the node holds."""
    block_id: BlockId
    """Of that block."""
    time: Instant
    """When it was signed, by the node's clock.

    Not the block's time: on a chain without empty blocks the newest block may be old.
    """


class Attestation(Wire, frozen=True):
    """A statement and its signature."""

    statement: AttestationStatement
    signature: Signature


def compute_attestation_message(statement: AttestationStatement) -> bytes:
    """Return the 32 bytes that the validator signs."""
    return hashing.compute_hash(hashing.ATTESTATION, encode(statement))


def collect_signature(attestation: Attestation) -> SignedItem:
    """Return (key, message, signature), for `verify_many`."""
    statement = attestation.statement
    message = compute_attestation_message(statement)
    return statement.validator, message, attestation.signature
