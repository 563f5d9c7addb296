"""Opening an envelope: everything that follows from its bytes alone."""

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from dure.chain.transaction.body import (
    BODY_VERSION,
    TRANSACTION_BYTES_MAX,
    Body,
    compute_transaction_id,
)
from dure.chain.transaction.policies import compute_address
from dure.chain.transaction.proofs import PolicyProof, open_proof
from dure.core.block import compute_envelope_id
from dure.core.codec import Wire, build_reader
from dure.core.errors import InvalidEncoding, MalformedTransaction, TransactionTooLarge
from dure.core.signatures import SignedItem
from dure.core.types import Address, EnvelopeId, Gas, TransactionId

GAS_PER_BYTE: Final = 1
GAS_PER_CALL: Final = 200


class Envelope(Wire, frozen=True):
    """A body's exact bytes and the proofs for it."""

    body: Annotated[bytes, Meta(max_length=TRANSACTION_BYTES_MAX)]
    proofs: Annotated[tuple[PolicyProof, ...], Meta(min_length=1, max_length=2)]


# A struct is made five times as fast as a frozen dataclass; one is made for every envelope.
class Transaction(msgspec.Struct, frozen=True, gc=False):
    """An envelope that was opened once: everything derived from it stands beside it."""

    envelope: bytes
    envelope_id: EnvelopeId
    transaction_id: TransactionId
    body: Body
    proofs: tuple[PolicyProof, ...]
    signatures: tuple[SignedItem, ...]
    """All must verify; the decoder has checked that they satisfy the stated policies."""
    addresses: tuple[Address, ...]
    """For each proof the address of the account whose first policy it states."""
    proof_gas: Gas
    """Gas for carrying and proving the transaction, charged before any call."""


_read_envelope: Final[Callable[[bytes], Envelope]] = build_reader(Envelope)
_read_body: Final[Callable[[bytes], Body]] = build_reader(Body)


def decode_transaction(envelope: bytes) -> Transaction:
    """Open an envelope; raise `InvalidTransaction`. The signatures are listed, not yet verified."""
    if len(envelope) > TRANSACTION_BYTES_MAX:
        raise TransactionTooLarge(
            f"{len(envelope)} bytes are more than the {TRANSACTION_BYTES_MAX} of any transaction",
            size=len(envelope),
        )
    try:
        opened = _read_envelope(envelope)
        body = _read_body(opened.body)
    except InvalidEncoding as problem:
        raise MalformedTransaction(problem.message) from problem
    if body.version != BODY_VERSION:
        message = f"transactions of version {body.version} are not known here"
        raise MalformedTransaction(message, version=body.version)
    if len(opened.proofs) != (1 if body.payer is None else 2):
        raise MalformedTransaction(
            "one proof for the sender and one for the payer, if there is one"
        )
    transaction_id = compute_transaction_id(opened.body)
    signatures: tuple[SignedItem, ...] = ()
    addresses: tuple[Address, ...] = ()
    gas = GAS_PER_BYTE * len(envelope) + GAS_PER_CALL * len(body.calls)
    for proof in opened.proofs:
        items, proving = open_proof(proof, transaction_id)
        signatures += items
        gas += proving
        addresses += (compute_address(proof.policy),)
    return Transaction(
        envelope=envelope,
        envelope_id=compute_envelope_id(envelope),
        transaction_id=transaction_id,
        body=body,
        proofs=opened.proofs,
        signatures=signatures,
        addresses=addresses,
        proof_gas=Gas(gas),
    )


def read_transaction_id(envelope: bytes) -> TransactionId:
    """Return the id of an envelope's transaction; raise `MalformedTransaction`.

    For envelopes of final blocks, which were checked before: eight times as fast as opening all.
    """
    try:
        return compute_transaction_id(_read_envelope(envelope).body)
    except InvalidEncoding as problem:
        raise MalformedTransaction(problem.message) from problem
