"""What proves that a block is final, as data.

`dure.consensus.quorum` counts it, `dure.proof` joins it to the ledger.

A certificate is **one** round number and a quorum of distinct members' seals of that one round:
seals of several rounds added together can fork the chain.
"""

from typing import Annotated

from msgspec import Meta

from dure.core import hashing
from dure.core.codec import Wire, encode
from dure.core.types import BlockId, ChainId, Hash, Height, PublicKey, Round, Signature
from dure.core.validators import VALIDATORS_MAX


class Seal(Wire, frozen=True):
    """One member's signature over the seal statement."""

    validator: PublicKey
    signature: Signature


class Certificate(Wire, frozen=True):
    """A quorum of seals of one round, sorted by validator key, no key twice."""

    round: Round
    seals: Annotated[tuple[Seal, ...], Meta(max_length=VALIDATORS_MAX)]


class SealStatement(Wire, frozen=True):
    """The five things that a seal signs; the domain is added when hashing."""

    chain_id: ChainId
    height: Height
    round: Round
    block_id: BlockId


def compute_seal_message(statement: SealStatement) -> bytes:
    """Return the 32 bytes that a member signs to seal a block in a round."""
    return hashing.compute_hash(hashing.SEAL, encode(statement))


def compute_certificate_hash(certificate: Certificate) -> Hash:
    """Return what names this one certificate; a block may have many that all hold."""
    return hashing.compute_hash(hashing.CERTIFICATE, encode(certificate))
