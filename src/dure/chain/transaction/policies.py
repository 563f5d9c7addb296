"""Policies: whose signatures an account needs.

Rules
-----
1. A policy is one Ed25519 key, one passkey, or a threshold and 1 to `KEYS_MAX` of those, sorted by
   their canonical bytes and distinct.
2. A passkey is a P-256 key together with the relying party and the origins whose pages may ask for
   it: a signature that some other site was given is worth nothing here.
3. An address is the hash of the account's first policy.
4. Keys are looked at closely where a policy is registered; a proof may state any first policy, and
   is refused where everybody could sign under it.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Final

from msgspec import Meta

from dure.core import hashing
from dure.core.codec import Wire, encode
from dure.core.errors import MalformedTransaction
from dure.core.passkeys import p256
from dure.core.passkeys.assertion import ORIGINS_MAX, Origin, RelyingPartyId
from dure.core.signatures import FIELD_PRIME, SMALL_ORDER_Y, validate_public_key
from dure.core.types import Address, PasskeyKey, PublicKey, Unsigned

KEYS_MAX: Final = 32

WEAK_KEYS: Final = frozenset(
    (y | sign << 255).to_bytes(32, "little")
    for y in (*SMALL_ORDER_Y, *range(FIELD_PRIME, 2**255))
    for sign in (0, 1)
)
"""The keys of `validate_public_key` with which everybody can sign: all but those off the curve.

Under a key off the curve nothing verifies, so proofs need not ask that costly question.
"""


class KeyPolicy(Wire, frozen=True, tag="ed25519-1"):
    """One Ed25519 key acts alone."""

    key: PublicKey


class PasskeyPolicy(Wire, frozen=True, tag="passkey-1"):
    """One passkey acts alone, or as one of the keys of a threshold."""

    key: PasskeyKey
    rp_id: RelyingPartyId
    """The relying party for which the authenticator made the key."""
    origins: Annotated[tuple[Origin, ...], Meta(min_length=1, max_length=ORIGINS_MAX)]
    """Of the pages that may ask it to sign, sorted."""


PolicyKey = PublicKey | PasskeyPolicy
"""What stands in one place of a policy."""


class ThresholdPolicy(Wire, frozen=True, tag="threshold-1"):
    """At least `threshold` of the keys act together."""

    threshold: Unsigned
    keys: Annotated[tuple[PolicyKey, ...], Meta(min_length=1, max_length=KEYS_MAX)]


Policy = KeyPolicy | PasskeyPolicy | ThresholdPolicy

_hash_policy: Final[Callable[[bytes], Address]] = hashing.build_hasher(hashing.POLICY)


def compute_address(policy: Policy) -> Address:
    """Return the address of the account whose first policy this is."""
    return _hash_policy(encode(policy))


def get_keys(policy: Policy) -> tuple[PolicyKey, ...]:
    """Return the policy's keys, in its order."""
    if isinstance(policy, KeyPolicy):
        return (policy.key,)
    return policy.keys if isinstance(policy, ThresholdPolicy) else (policy,)


def get_threshold(policy: Policy) -> int:
    """Return how many of the policy's keys act together."""
    return policy.threshold if isinstance(policy, ThresholdPolicy) else 1


def build_single_policy(key: PolicyKey) -> KeyPolicy | PasskeyPolicy:
    """Return the policy under which a key acts alone."""
    return key if isinstance(key, PasskeyPolicy) else KeyPolicy(key)


def sort_keys(keys: Iterable[PolicyKey]) -> tuple[PolicyKey, ...]:
    """Return keys in the order in which a threshold policy names them."""
    return tuple(sorted(keys, key=encode))


def validate_policy(policy: Policy) -> None:
    """Raise `InvalidTransaction` unless the policy may be registered.

    That takes sound keys, sorted and distinct, and a threshold that can be met.
    """
    validate_form(policy)
    for key in get_keys(policy):
        if isinstance(key, PasskeyPolicy):
            p256.validate_key(key.key)
        else:
            validate_public_key(key)


def validate_form(policy: Policy) -> None:
    """Raise `MalformedTransaction` unless the policy is in order, its keys left aside."""
    if isinstance(policy, ThresholdPolicy):
        if policy.keys != sort_keys(set(policy.keys)):
            raise MalformedTransaction("the keys of a threshold policy are sorted and distinct")
        if not 1 <= policy.threshold <= len(policy.keys):
            raise MalformedTransaction("the threshold lies between 1 and the number of keys")
    for key in get_keys(policy):
        if isinstance(key, PasskeyPolicy) and list(key.origins) != sorted(set(key.origins)):
            raise MalformedTransaction("the origins of a passkey are sorted and distinct")
