"""Building and signing transactions: pure functions, no node needed.

```python
signed = build_transaction(chain_id, alice, [transfer(won, bob.address, 5_000)], valid_until=soon)
```
Where the signatures come from several places, make a `Draft`, send its `body` round, and add what
comes back. Everybody signs the transaction id, which each can compute from the body.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dure.chain.execution.waiting import PARKED_MAX
from dure.chain.money import LEDGER
from dure.chain.system import (
    GAS_PER_KEPT_BYTE,
    GAS_PER_SOURCE_BYTE,
    GAS_PER_TRANSFER,
    TAKE_OVER_GAS,
)
from dure.chain.transaction import (
    BODY_VERSION,
    GAS_PER_ASSERTION,
    GAS_PER_BYTE,
    GAS_PER_CALL,
    GAS_PER_SIGNATURE,
    Body,
    Call,
    Envelope,
    PasskeyPolicy,
    Policy,
    PolicyKey,
    PolicyProof,
    ProofMember,
    compute_transaction_id,
    get_keys,
    get_threshold,
    open_member,
)
from dure.core.codec import encode
from dure.core.errors import MalformedTransaction, WrongKey, WrongSignature
from dure.core.signatures import verify_many
from dure.core.types import (
    Amount,
    ChainId,
    Gas,
    Instant,
    Milliseconds,
    TransactionId,
)
from dure.sdk.accounts import Account, Signer

VALID_FOR: Final = Milliseconds(60_000)
"""How long a transaction waits for a block, unless the caller says otherwise: half a window."""

GAS_PER_LEDGER_CALL: Final = 10_000
GAS_PER_ARGUMENT_BYTE: Final = 60
GAS_PER_KEY_BYTE: Final = {
    "set_validators": 300,
    "register_devices": 400,
    "set_policy": 300,
    "rotate_organisation": 300,
}
"""A key costs 8,000 and has no fewer than 34 bytes, which cost 20 each; a device 14,000 and 39."""
GAS_PER_CONTRACT_CALL: Final = 2_000_000
GAS_PER_DEPLOYMENT: Final = 10_000_000
GAS_OF_LIFE: Final = {
    "deploy": GAS_PER_DEPLOYMENT,
    "upgrade": GAS_PER_DEPLOYMENT,
    "start": GAS_PER_TRANSFER * PARKED_MAX,
    "begin_recovery": 2 * TAKE_OVER_GAS,
}
"""What the ledger's calls about what comes later may need beyond the ordinary."""
REVOCATIONS_MAX: Final = 256
GAS_PER_REVOCATION: Final = 5_000
"""Looking, 64 bytes kept beyond the reason, and an event."""
REASON_BYTES_MAX: Final = 1_030
_ENVELOPE_BYTES: Final = 400
_KEY_BYTES: Final = 100
_PASSKEY_BYTES: Final = 4_096
"""Its relying party and origins, and what an authenticator and a browser add."""


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """Ready to be sent."""

    envelope: bytes
    transaction_id: TransactionId
    valid_until: Instant


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction that is still being signed."""

    body: bytes
    valid_until: Instant
    policies: tuple[Policy, ...]
    """The sender's, and the payer's where there is one."""
    signatures: Mapping[PolicyKey, ProofMember] = field(default_factory=dict)

    @property
    def transaction_id(self) -> TransactionId:
        """What every key signs."""
        return compute_transaction_id(self.body)

    @property
    def is_complete(self) -> bool:
        """Whether enough keys have signed."""
        return all(self.count_missing(policy) == 0 for policy in self.policies)

    def sign(self, *keys: Signer) -> "Draft":
        """Return the draft with these keys' signatures."""
        draft = self
        for key in keys:
            draft = draft.add_signature(key.public, key.sign(self.transaction_id))
        return draft

    def add_signature(self, key: PolicyKey, signature: ProofMember) -> "Draft":
        """Return the draft with a signature made elsewhere.

        Raise `WrongKey`, `WrongSignature`, and `WrongAssertion` for a passkey's.
        """
        if not any(key in get_keys(policy) for policy in self.policies):
            raise WrongKey(f"{_name(key)} is none of the keys that sign this transaction")
        if not all(verify_many([open_member(key, signature, self.transaction_id)])):
            raise WrongSignature(f"the signature of {_name(key)} is not over this transaction")
        return replace(self, signatures={**self.signatures, key: signature})

    def count_missing(self, policy: Policy) -> int:
        """Return how many more of the policy's keys must sign."""
        given = sum(key in self.signatures for key in get_keys(policy))
        return max(0, get_threshold(policy) - given)

    def complete(self) -> SignedTransaction:
        """Return the envelope; raise `MalformedTransaction` where signatures are missing."""
        missing = sum(map(self.count_missing, self.policies))
        if missing:
            message = f"{missing} more signatures are needed; collect them with add_signature"
            raise MalformedTransaction(message, missing=missing)
        proofs = tuple(self._prove(policy) for policy in self.policies)
        envelope = encode(Envelope(body=self.body, proofs=proofs))
        return SignedTransaction(envelope, self.transaction_id, self.valid_until)

    def _prove(self, policy: Policy) -> PolicyProof:
        wanted = [key for key in get_keys(policy) if key in self.signatures]
        # The chain takes exactly as many as are needed, so that none is paid for nothing.
        chosen = set(wanted[: get_threshold(policy)])
        return PolicyProof(
            policy=policy,
            signatures=tuple(
                self.signatures[key] if key in chosen else None for key in get_keys(policy)
            ),
        )


def build_draft(  # noqa: PLR0913 - the fields of a body, by name
    chain_id: ChainId,
    sender: Account,
    calls: Sequence[Call],
    *,
    valid_until: Instant,
    gas_limit: Gas | None = None,
    payer: Account | None = None,
    salt: bytes | None = None,
) -> Draft:
    """Return an unsigned transaction of these calls, which happen all together or not at all.

    `valid_until` is the last block time at which it may be executed. Without a gas limit one is
    estimated; without a salt one is drawn.
    """
    policies = (sender.policy,) if payer is None else (sender.policy, payer.policy)
    body = Body(
        version=BODY_VERSION,
        chain_id=chain_id,
        sender=sender.address,
        payer=None if payer is None else payer.address,
        valid_until=valid_until,
        salt=secrets.token_bytes(16) if salt is None else salt,
        gas_limit=estimate_gas(calls, policies) if gas_limit is None else gas_limit,
        fee_limit=Amount(0),
        calls=tuple(calls),
    )
    return Draft(body=encode(body), valid_until=valid_until, policies=policies)


def build_transaction(  # noqa: PLR0913 - as build_draft
    chain_id: ChainId,
    sender: Account,
    calls: Sequence[Call],
    *,
    valid_until: Instant,
    gas_limit: Gas | None = None,
    payer: Account | None = None,
    salt: bytes | None = None,
) -> SignedTransaction:
    """Return a transaction signed with the keys at hand; see `build_draft`.

    Raise `MalformedTransaction` where they are too few.
    """
    draft = build_draft(
        chain_id,
        sender,
        calls,
        valid_until=valid_until,
        gas_limit=gas_limit,
        payer=payer,
        salt=salt,
    )
    return draft.sign(*sender.keys, *(() if payer is None else payer.keys)).complete()


def estimate_gas(calls: Sequence[Call], policies: Sequence[Policy]) -> Gas:
    """Return a limit that ordinary calls stay below; what is not used is not charged.

    A block has room for a sum of limits, so programs in a hurry state a tighter one.
    """
    size = _ENVELOPE_BYTES + sum(200 + len(call.arguments) for call in calls)
    size += sum(map(_estimate_proof_bytes, policies))
    signatures = sum(map(_estimate_proof_gas, policies))
    work = sum(GAS_PER_CALL + _estimate_call(call) for call in calls)
    return Gas(signatures + GAS_PER_BYTE * size + work)


def _estimate_proof_bytes(policy: Policy) -> int:
    return sum(
        _PASSKEY_BYTES if isinstance(key, PasskeyPolicy) else _KEY_BYTES for key in get_keys(policy)
    )


def _estimate_proof_gas(policy: Policy) -> int:
    """Return what proving costs at most: where not all sign, passkeys may."""
    each = sorted(
        GAS_PER_ASSERTION if isinstance(key, PasskeyPolicy) else GAS_PER_SIGNATURE
        for key in get_keys(policy)
    )
    return sum(each[-get_threshold(policy) :])


def _name(key: PolicyKey) -> str:
    return f"passkey {key.key.hex()}" if isinstance(key, PasskeyPolicy) else key.hex()


def _estimate_revocations(size: int) -> int:
    """Return what revocations in so many bytes cost at most: each keeps the reason once more."""
    rows = min(REVOCATIONS_MAX, size // 2)
    return rows * (GAS_PER_REVOCATION + GAS_PER_KEPT_BYTE * min(REASON_BYTES_MAX, size))


def _estimate_call(call: Call) -> int:
    if call.contract != LEDGER:
        return GAS_PER_CONTRACT_CALL
    if call.method == "revoke_certificates":
        return GAS_PER_LEDGER_CALL + _estimate_revocations(len(call.arguments))
    usual = GAS_PER_SOURCE_BYTE if call.method in GAS_OF_LIFE else GAS_PER_ARGUMENT_BYTE
    per_byte = GAS_PER_KEY_BYTE.get(call.method, usual)
    written = GAS_PER_LEDGER_CALL + per_byte * len(call.arguments)
    return written + GAS_OF_LIFE.get(call.method, 0)
