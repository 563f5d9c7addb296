"""Transactions: a signed list of calls that happen all together or not at all.

Rules
-----
1. An envelope is `[body bytes, [proof, …]]`. The body is signed and hashed over exactly the bytes
   received and never written again; `transaction_id = H(body)` stops replay,
   `envelope_id = H(envelope)` stands for it under the block's root.
2. There are no account nonces: one institution sends thousands in parallel and in any order.
   `valid_until` is a block time, at most one replay window ahead; inside that window a transaction
   id is accepted once.
3. Proof number 0 is the sender's; number 1 is the payer's, where a payer is named. Whether a
   proof's signatures fit its stated policy is checked here, purely; whether that policy may act for
   the account now is decided at execution.
4. An address is the hash of the account's first policy.
5. A proof carries exactly as many signatures as its policy asks for, each by a key that could be
   registered.
"""

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from dure.core import hashing
from dure.core.block import compute_envelope_id
from dure.core.codec import Wire, build_reader, encode
from dure.core.errors import (
    InvalidEncoding,
    MalformedTransaction,
    TransactionTooLarge,
    WrongKey,
)
from dure.core.signatures import FIELD_PRIME, SMALL_ORDER_Y, SignedItem, validate_public_key
from dure.core.types import (
    Address,
    Amount,
    AssetId,
    ChainId,
    Digest,
    EnvelopeId,
    Gas,
    Instant,
    PublicKey,
    Signature,
    TransactionId,
    Unsigned,
)

BODY_VERSION: Final = 1
CALLS_MAX: Final = 1024
KEYS_MAX: Final = 32
METHOD_NAME_MAX: Final = 64
TRANSACTION_BYTES_MAX: Final = 1024 * 1024
"""No envelope is longer, whatever a chain's parameters say."""

GAS_PER_SIGNATURE: Final = 4000
GAS_PER_BYTE: Final = 1
GAS_PER_CALL: Final = 200

WEAK_KEYS: Final = frozenset(
    (y | sign << 255).to_bytes(32, "little")
    for y in (*SMALL_ORDER_Y, *range(FIELD_PRIME, 2**255))
    for sign in (0, 1)
)
"""The keys of `validate_public_key` with which everybody can sign: all but those off the curve.

Under a key off the curve nothing verifies, so proofs need not ask that costly question.
"""

MethodName = Annotated[str, Meta(min_length=1, max_length=METHOD_NAME_MAX)]


class Payment(Wire, frozen=True):
    """Money that moves from the caller to the called contract just before the call."""

    asset: AssetId
    amount: Amount


class Call(Wire, frozen=True):
    """One call of a transaction."""

    contract: Address
    method: MethodName
    arguments: Annotated[bytes, Meta(max_length=TRANSACTION_BYTES_MAX)]
    """Canonical bytes of the tuple of arguments, typed by the method."""
    pays: Payment | None


class Body(Wire, frozen=True):
    """What the sender signs."""

    version: Unsigned
    """Format of this body: 1."""
    chain_id: ChainId
    sender: Address
    payer: Address | None
    """Account whose organisation's quota (or fee balance) is charged instead of the sender's."""
    valid_until: Instant
    """Last block time at which the transaction may be executed."""
    salt: Annotated[bytes, Meta(min_length=8, max_length=32)]
    """Makes two otherwise equal transactions different."""
    gas_limit: Gas
    fee_limit: Amount
    """Largest fee in the chain's fee asset; 0 where the chain has none."""
    calls: Annotated[tuple[Call, ...], Meta(min_length=1, max_length=CALLS_MAX)]


class KeyPolicy(Wire, frozen=True, tag="ed25519-1"):
    """One Ed25519 key acts alone."""

    key: PublicKey


class ThresholdPolicy(Wire, frozen=True, tag="threshold-1"):
    """At least `threshold` of the keys act together."""

    threshold: Unsigned
    keys: Annotated[tuple[PublicKey, ...], Meta(min_length=1, max_length=KEYS_MAX)]


Policy = KeyPolicy | ThresholdPolicy


class PolicyProof(Wire, frozen=True):
    """A policy and its keys' signatures over the transaction id.

    In the policy's order; null where a key did not sign.
    """

    policy: Policy
    signatures: Annotated[tuple[Signature | None, ...], Meta(min_length=1, max_length=KEYS_MAX)]


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


compute_transaction_id: Final[Callable[[bytes], TransactionId]] = hashing.build_hasher(
    hashing.TRANSACTION
)
"""Return the hash of a body's bytes."""

_read_envelope: Final[Callable[[bytes], Envelope]] = build_reader(Envelope)
_read_body: Final[Callable[[bytes], Body]] = build_reader(Body)

_hash_policy: Final[Callable[[bytes], Address]] = hashing.build_hasher(hashing.POLICY)


def compute_address(policy: Policy) -> Address:
    """Return the address of the account whose first policy this is."""
    return _hash_policy(encode(policy))


def compute_asset_id(issuer: Address, code: str) -> AssetId:
    """Return the id of the asset that the contract `issuer` calls `code`."""
    return AssetId(hashing.compute_hash(hashing.ASSET, encode((issuer, code))))


def compute_contract_address(transaction_id: TransactionId, call_index: int) -> Address:
    """Return the address of the contract deployed by that call of that transaction."""
    return Address(hashing.compute_hash(hashing.CONTRACT, encode((transaction_id, call_index))))


def validate_policy(policy: Policy) -> None:
    """Raise `InvalidTransaction` unless the policy may be registered.

    That takes sound keys, sorted and distinct, and a threshold that can be met.
    """
    if isinstance(policy, ThresholdPolicy):
        _validate_threshold(policy)
    for key in get_keys(policy):
        validate_public_key(key)


def get_keys(policy: Policy) -> tuple[PublicKey, ...]:
    """Return the policy's keys, in its order."""
    return (policy.key,) if isinstance(policy, KeyPolicy) else policy.keys


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
    for proof in opened.proofs:
        signatures += _open_proof(proof, transaction_id)
        addresses += (compute_address(proof.policy),)
    gas = GAS_PER_SIGNATURE * len(signatures) + GAS_PER_BYTE * len(envelope)
    return Transaction(
        envelope=envelope,
        envelope_id=compute_envelope_id(envelope),
        transaction_id=transaction_id,
        body=body,
        proofs=opened.proofs,
        signatures=signatures,
        addresses=addresses,
        proof_gas=Gas(gas + GAS_PER_CALL * len(body.calls)),
    )


def read_transaction_id(envelope: bytes) -> TransactionId:
    """Return the id of an envelope's transaction; raise `MalformedTransaction`.

    For envelopes of final blocks, which were checked before: eight times as fast as opening all.
    """
    try:
        return compute_transaction_id(_read_envelope(envelope).body)
    except InvalidEncoding as problem:
        raise MalformedTransaction(problem.message) from problem


def _open_proof(proof: PolicyProof, message: Digest) -> tuple[SignedItem, ...]:
    policy, signatures = proof.policy, proof.signatures
    keys, threshold = get_keys(policy), 1
    if isinstance(policy, ThresholdPolicy):
        _validate_threshold(policy)
        threshold = policy.threshold
    if len(signatures) != len(keys):
        raise MalformedTransaction("a policy proof has one place for each key")
    given = len(signatures) - signatures.count(None)
    if given != threshold:
        text = f"the policy asks for {threshold} signatures, the proof carries {given}"
        raise MalformedTransaction(text, needed=threshold, given=given)
    items: tuple[SignedItem, ...] = ()
    for key, signature in zip(keys, signatures, strict=True):
        if signature is not None:
            if key in WEAK_KEYS:
                text = "a key of small order or in another than the canonical form signs nothing"
                raise WrongKey(text)
            items += ((key, message, signature),)
    return items


def _validate_threshold(policy: ThresholdPolicy) -> None:
    if list(policy.keys) != sorted(set(policy.keys)):
        raise MalformedTransaction("the keys of a threshold policy are sorted and distinct")
    if not 1 <= policy.threshold <= len(policy.keys):
        raise MalformedTransaction("the threshold lies between 1 and the number of keys")
