"""Who decides: the validator set as data, and how many of it are enough.

Counting votes belongs to consensus, choosing the set to the ledger; both need the arithmetic.

Rules
-----
1. Of n validators at most f = ⌊(n-1)/3⌋ may be faulty in any way.
2. A quorum is ⌈(n+f+1)/2⌉: two quorums share a correct validator, and the correct ones alone make
   up a quorum.
3. A weak quorum is f+1: at least one of them is correct.

Source: Castro and Liskov, Practical Byzantine Fault Tolerance (1999); the QBFT specification's
`quorum`.
"""

from typing import Annotated, Final

from msgspec import Meta

from dure.core import hashing
from dure.core.codec import Wire, encode
from dure.core.types import Hash, PublicKey

VALIDATORS_MAX: Final = 128
"""Members that a validator set may have, and seals that a certificate may carry."""

Name = Annotated[str, Meta(min_length=1, max_length=64)]


class Validator(Wire, frozen=True):
    """One member's voting key, and the name of the organisation behind it."""

    key: PublicKey
    organisation: Name


class ValidatorSet(Wire, frozen=True):
    """The validators of one height, sorted by key, without repeats."""

    members: Annotated[tuple[Validator, ...], Meta(max_length=VALIDATORS_MAX)]

    def __contains__(self, key: object) -> bool:
        return any(member.key == key for member in self.members)

    def __len__(self) -> int:
        return len(self.members)

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """The voting keys, in the set's order."""
        return tuple(member.key for member in self.members)


def build_validator_set(members: list[Validator]) -> ValidatorSet:
    """Return the set in its canonical order.

    Raise `ValueError` for none, too many, or a repeated key.
    """
    if not 1 <= len(members) <= VALIDATORS_MAX:
        raise ValueError(f"a validator set has 1 to {VALIDATORS_MAX} members, not {len(members)}")
    if len({member.key for member in members}) != len(members):
        raise ValueError("a key stands twice in the validator set")
    return ValidatorSet(members=tuple(sorted(members, key=lambda member: member.key)))


def compute_validators_root(validators: ValidatorSet) -> Hash:
    """Return the hash that headers carry for this set."""
    return hashing.compute_hash(hashing.VALIDATORS, encode(validators))


def compute_faults_tolerated(count: int) -> int:
    """Return how many of `count` validators may be faulty."""
    return (count - 1) // 3


def compute_quorum(count: int) -> int:
    """Return how many of `count` validators decide."""
    return (count + compute_faults_tolerated(count) + 2) // 2


def compute_weak_quorum(count: int) -> int:
    """Return how many of `count` validators include a correct one for certain."""
    return compute_faults_tolerated(count) + 1
