"""Accounts that a program signs for.

| class | who signs |
|---|---|
| `LocalAccount` | one key alone |
| `PasskeyAccount` | an authenticator, which asks its user each time |
| `SessionAccount` | a key to which an account has delegated a part of what it may do |
| `ThresholdAccount` | several, of which some must act together |

An account is a policy and the signers that are at hand here. Its address is the hash of the policy.
An account that rotated its keys keeps its address: give it as `address`.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from dure.chain.transaction import (
    KeyPolicy,
    PasskeyPolicy,
    Policy,
    PolicyKey,
    ProofMember,
    ThresholdPolicy,
    compute_address,
    sort_keys,
)
from dure.core.passkeys import p256
from dure.core.passkeys.assertion import PasskeyAssertion, validate_assertion
from dure.core.types import Address, Digest, Signature
from dure.identity.keys import Key

Authenticator = Callable[[Digest], PasskeyAssertion]
"""Has the user sign a challenge: `navigator.credentials.get` of a page, or a device of a test.

Either value of s will do.
"""


class Signer(Protocol):
    """What signs for one place of a policy: a `SigningKey`, a token, a passkey."""

    @property
    def public(self) -> PolicyKey:
        """What stands in the policy."""
        ...

    def sign(self, message: bytes, /) -> ProofMember:
        """Return the proof over 32 bytes."""
        ...


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
    def keys(self) -> tuple[Signer, ...]:
        """What signs and is at hand here; maybe too few to act."""
        ...


class Passkey:
    """A passkey as a signer: its policy, and the authenticator that holds the key."""

    def __init__(self, policy: PasskeyPolicy, authenticator: Authenticator) -> None:
        self.public = policy
        self._authenticator = authenticator

    def __repr__(self) -> str:
        return f"Passkey(rp_id={self.public.rp_id!r}, key={self.public.key.hex()})"

    def sign(self, message: bytes) -> PasskeyAssertion:
        """Return the assertion for a challenge, its s made low; raise `WrongAssertion`."""
        given = self._authenticator(message)
        policy = self.public
        validate_assertion(given, message, rp_id=policy.rp_id, origins=policy.origins)
        signature = Signature(p256.lower_s(given.signature))
        return PasskeyAssertion(given.authenticator_data, given.client_data_json, signature)


class LocalAccount:
    """One key that acts alone."""

    def __init__(self, key: Key, *, address: Address | None = None) -> None:
        self.policy: Policy = KeyPolicy(key.public)
        self.address = compute_address(self.policy) if address is None else address
        self.keys = (key,)

    def __repr__(self) -> str:
        return f"LocalAccount(address={self.address.hex()})"


class PasskeyAccount:
    """A passkey that acts alone."""

    def __init__(
        self,
        policy: PasskeyPolicy,
        authenticator: Authenticator,
        *,
        address: Address | None = None,
    ) -> None:
        self.policy: Policy = policy
        self.address = compute_address(policy) if address is None else address
        self.keys = (Passkey(policy, authenticator),)

    def __repr__(self) -> str:
        return f"PasskeyAccount(address={self.address.hex()})"


class SessionAccount:
    """A key that acts for `account`, within the limits that the account granted it."""

    def __init__(self, key: Key, account: Address) -> None:
        self.policy: Policy = KeyPolicy(key.public)
        self.address = account
        self.keys = (key,)

    def __repr__(self) -> str:
        return f"SessionAccount(address={self.address.hex()})"


class ThresholdAccount:
    """At least `threshold` of the members act together; `keys` are those at hand here."""

    def __init__(
        self,
        threshold: int,
        members: Iterable[PolicyKey],
        keys: Iterable[Signer] = (),
        *,
        address: Address | None = None,
    ) -> None:
        self.policy: Policy = ThresholdPolicy(threshold, sort_keys(members))
        self.address = compute_address(self.policy) if address is None else address
        self.keys = tuple(keys)

    def __repr__(self) -> str:
        return f"ThresholdAccount(address={self.address.hex()})"
