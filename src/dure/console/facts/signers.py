"""Who signed a transaction: for each proof the policy, its keys, and by which right it acted.

Whether a policy may act for an account is decided when the block is made; what is said here of the
right is read from the state at the head, so a policy that was replaced since is told as such.
"""

from dataclasses import dataclass
from typing import Final

from dure.chain import state
from dure.chain.execution.delegation import list_sessions
from dure.chain.transaction import (
    PasskeyPolicy,
    Policy,
    PolicyKey,
    PolicyProof,
    Transaction,
    get_keys,
    get_threshold,
)
from dure.core.address import encode_address
from dure.core.types import Address

FIRST: Final = "first"
"""The policy that the address stands for."""
PRESENT: Final = "present"
"""It replaced the first one, and acts now."""
SESSION: Final = "session"
"""A session key, within what the account allowed it."""
EARLIER: Final = "earlier"
"""It acted then, and does no more."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key of a policy."""

    kind: str
    """`key` or `passkey`."""
    key: str
    """In hexadecimal."""
    site: str
    """The relying party of a passkey; empty for a key."""
    has_signed: bool


@dataclass(frozen=True, slots=True)
class Signer:
    """One proof of a transaction."""

    part: str
    """`sender` or `payer`."""
    account: str
    kind: str
    """`key`, `passkey` or `threshold`."""
    right: str
    threshold: int
    keys: tuple[SigningKey, ...]


def list_signers(view: state.View, transaction: Transaction) -> list[Signer]:
    """Return who signed, the sender first."""
    accounts = [transaction.body.sender]
    if transaction.body.payer is not None:
        accounts.append(transaction.body.payer)
    parts = zip(
        ("sender", "payer"), accounts, transaction.proofs, transaction.addresses, strict=False
    )
    return [_describe(view, part, account, proof, first) for part, account, proof, first in parts]


def describe_policy(policy: Policy) -> tuple[str, int, tuple[SigningKey, ...]]:
    """Return kind, threshold and keys of a policy that signs nothing here."""
    keys = tuple(_describe_key(key, has_signed=False) for key in get_keys(policy))
    return _get_kind(policy), get_threshold(policy), keys


def _describe(
    view: state.View, part: str, account: Address, proof: PolicyProof, first: Address
) -> Signer:
    policy = proof.policy
    given = zip(get_keys(policy), proof.signatures, strict=True)
    return Signer(
        part=part,
        account=encode_address(account),
        kind=_get_kind(policy),
        right=_find_right(view, account, policy, first),
        threshold=get_threshold(policy),
        keys=tuple(_describe_key(key, has_signed=member is not None) for key, member in given),
    )


def _find_right(view: state.View, account: Address, policy: Policy, first: Address) -> str:
    if first == account:
        return FIRST
    known = view.load(state.Account, state.key_account(account))
    if known is not None and known.policy == policy:
        return PRESENT
    is_session = any(each.key == policy for each in list_sessions(view, account))
    return SESSION if is_session else EARLIER


def _get_kind(policy: Policy) -> str:
    match policy:
        case PasskeyPolicy():
            return "passkey"
        case _ if len(get_keys(policy)) == 1 and get_threshold(policy) == 1:
            return "key"
        case _:
            return "threshold"


def _describe_key(key: PolicyKey, *, has_signed: bool) -> SigningKey:
    if isinstance(key, PasskeyPolicy):
        return SigningKey("passkey", key.key.hex(), key.rp_id, has_signed)
    return SigningKey("key", key.hex(), "", has_signed)
