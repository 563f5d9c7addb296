"""Passkeys of a soft authenticator, as policies and proofs of the ledger."""

from dure.chain.transaction import (
    PasskeyPolicy,
    Policy,
    PolicyKey,
    PolicyProof,
    ProofMember,
    compute_transaction_id,
    get_keys,
)
from dure.core.passkeys.assertion import PasskeyAssertion
from dure.core.types import PasskeyKey, Signature
from tests.unit.chain.ledger import derive_key
from tests.unit.core.soft_authenticator import SoftAuthenticator


def passkey_of(device: SoftAuthenticator) -> PasskeyPolicy:
    return PasskeyPolicy(PasskeyKey(device.public), device.rp_id, (device.origin,))


def assert_by(device: SoftAuthenticator, message: bytes) -> PasskeyAssertion:
    made = device.get(message)
    return PasskeyAssertion(
        made.authenticator_data, made.client_data_json, Signature(made.signature)
    )


def prove_by(
    body: bytes, policy: Policy, *devices: SoftAuthenticator, labels: tuple[str, ...] = ()
) -> PolicyProof:
    """Sign a body by these devices and the keys of these names, under a policy of theirs."""
    message = compute_transaction_id(body)
    given: dict[PolicyKey, ProofMember] = {}
    for device in devices:
        given[passkey_of(device)] = assert_by(device, message)
    for label in labels:
        given[derive_key(label).public] = derive_key(label).sign(message)
    return PolicyProof(policy, tuple(given.get(key) for key in get_keys(policy)))
