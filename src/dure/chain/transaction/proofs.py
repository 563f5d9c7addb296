"""Proofs: that a policy's keys signed, opened into single signatures for `verify_many`.

Rules
-----
1. A proof has one place for each key of its policy: a signature of an Ed25519 key, an assertion of
   a passkey, or null.
2. It carries exactly as many as the policy asks for, so that none is paid for nothing.
3. What was signed is 32 bytes: the transaction id, or the message of an endorsement. A passkey gets
   them as its challenge.
4. What an assertion says is judged here, by bytes alone; its signature with all the others.
"""

from typing import Annotated, Final

from msgspec import Meta

from dure.chain.transaction.policies import (
    KEYS_MAX,
    WEAK_KEYS,
    KeyPolicy,
    PasskeyPolicy,
    Policy,
    PolicyKey,
    get_keys,
    get_threshold,
    validate_form,
)
from dure.core.codec import Wire
from dure.core.errors import MalformedTransaction, WrongKey
from dure.core.passkeys.assertion import (
    PasskeyAssertion,
    compute_signed_digest,
    validate_assertion,
)
from dure.core.signatures import SignedItem
from dure.core.types import Digest, Signature

GAS_PER_SIGNATURE: Final = 4_000
GAS_PER_ASSERTION: Final = 16_000
"""Rules, point and signature take 118 to 155 µs where an Ed25519 signature takes 40 to 46."""

ProofMember = Signature | PasskeyAssertion
"""What one key gives."""


class PolicyProof(Wire, frozen=True):
    """A policy and what its keys gave for the transaction id.

    In the policy's order; null where a key gave nothing.
    """

    policy: Policy
    signatures: Annotated[tuple[ProofMember | None, ...], Meta(min_length=1, max_length=KEYS_MAX)]


def open_proof(proof: PolicyProof, message: Digest) -> tuple[tuple[SignedItem, ...], int]:
    """Return what is to be verified, and the gas for that; raise `InvalidTransaction`."""
    policy, given = proof.policy, proof.signatures
    keys: tuple[PolicyKey, ...]
    if isinstance(policy, KeyPolicy):  # nearly always, and nothing is left to ask
        keys, threshold = (policy.key,), 1
    else:
        validate_form(policy)
        keys, threshold = get_keys(policy), get_threshold(policy)
    if len(given) != len(keys):
        raise MalformedTransaction("a policy proof has one place for each key")
    count = len(given) - given.count(None)
    if count != threshold:
        text = f"the policy asks for {threshold} signatures, the proof carries {count}"
        raise MalformedTransaction(text, needed=threshold, given=count)
    items: tuple[SignedItem, ...] = ()
    gas = 0
    for key, member in zip(keys, given, strict=True):
        if isinstance(key, bytes) and isinstance(member, bytes):
            if key in WEAK_KEYS:
                text = "a key of small order or in another than the canonical form signs nothing"
                raise WrongKey(text)
            items += ((key, message, member),)
            gas += GAS_PER_SIGNATURE
        elif member is not None:
            items += (open_member(key, member, message),)
            gas += GAS_PER_ASSERTION
    return items, gas


def open_member(key: PolicyKey, member: ProofMember, message: Digest) -> SignedItem:
    """Return what is to be verified of what one key gave; raise `InvalidTransaction`."""
    if isinstance(key, PasskeyPolicy) and isinstance(member, PasskeyAssertion):
        validate_assertion(member, message, rp_id=key.rp_id, origins=key.origins)
        return key.key, compute_signed_digest(member), member.signature
    if isinstance(key, PasskeyPolicy) or isinstance(member, PasskeyAssertion):
        raise MalformedTransaction("a key gives a signature, and a passkey an assertion")
    return key, message, member
