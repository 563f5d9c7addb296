"""Passkeys of a soft authenticator, as policies and proofs of the ledger."""

from dure.chain.transaction import PasskeyPolicy, Policy, PolicyProof, compute_transaction_id
from dure.chain.transaction.policies import get_keys
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
    given = {passkey_of(device): assert_by(device, message) for device in devices}
    signed = {derive_key(label).public: derive_key(label).sign(message) for label in labels}
    both = {**given, **signed}
    return PolicyProof(policy, tuple(both.get(key) for key in get_keys(policy)))
