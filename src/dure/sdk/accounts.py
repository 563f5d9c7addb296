"""Accounts that a program signs for: one key alone, or several of which some must act together.

An account is a policy and the keys that are at hand here. Its address is the hash of the policy. An
account that rotated its keys keeps its address: give it as `address`.
"""

from collections.abc import Iterable
from typing import Protocol

from dure.chain.transaction import KeyPolicy, Policy, ThresholdPolicy, compute_address
from dure.core.types import Address, PublicKey
from dure.identity.keys import Key


class Account(Protocol):
    """Who sends a transaction or pays for its gas."""

    @property
    def policy(self) -> Policy:
        """Whose signatures are needed."""
        ...

    @property
    def address(self) -> Address:
        """Who the chain sees."""
        ...

    @property
    def keys(self) -> tuple[Key, ...]:
        """The policy's keys that are at hand here; maybe too few to act."""
        ...


class LocalAccount:
    """One key that acts alone."""

    def __init__(self, key: Key, *, address: Address | None = None) -> None:
        self.policy: Policy = KeyPolicy(key.public)
        self.address = compute_address(self.policy) if address is None else address
        self.keys: tuple[Key, ...] = (key,)

    def __repr__(self) -> str:
        return f"LocalAccount(address={self.address.hex()})"


class ThresholdAccount:
    """At least `threshold` of the members act together; `keys` are those at hand here."""

    def __init__(
        self,
        threshold: int,
        members: Iterable[PublicKey],
        keys: Iterable[Key] = (),
        *,
        address: Address | None = None,
    ) -> None:
        self.policy: Policy = ThresholdPolicy(threshold, tuple(sorted(members)))
        self.address = compute_address(self.policy) if address is None else address
        self.keys: tuple[Key, ...] = tuple(keys)

    def __repr__(self) -> str:
        return f"ThresholdAccount(address={self.address.hex()})"


def list_policy_keys(policy: Policy) -> tuple[PublicKey, ...]:
    """Return the policy's keys in its order."""
    return (policy.key,) if isinstance(policy, KeyPolicy) else policy.keys


def get_threshold(policy: Policy) -> int:
    """Return how many of the policy's keys must sign."""
    return 1 if isinstance(policy, KeyPolicy) else policy.threshold
