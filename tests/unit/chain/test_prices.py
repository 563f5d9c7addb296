"""What keys, and rows that stay, cost: their sender pays for the work, and the usual limit does."""

from collections.abc import Callable

import pytest

from dure.chain import membership, system
from dure.chain.execution.delegation import Permission
from dure.chain.money import LEDGER
from dure.chain.transaction import Call, PasskeyPolicy, Policy, ThresholdPolicy, sort_keys
from dure.core.codec import encode
from dure.core.types import Gas, Instant, Milliseconds, PasskeyKey
from dure.sdk.transactions import estimate_gas
from tests.unit.chain.ledger import (
    ALICE,
    AUTHORITY_POLICY,
    BANK,
    BOB,
    GENESIS_TIME,
    Ledger,
    ledger_call,
    policy_of,
)
from tests.unit.chain.passkeys import passkey_of
from tests.unit.core.soft_authenticator import SoftAuthenticator

KEYS = tuple(f"key {number}" for number in range(32))
SITE = "a.example"


def set_policy(policy: Policy) -> tuple[str, Call]:
    return "alice", ledger_call("set_policy", system.SetPolicyArguments(policy))


def recover(policy: Policy) -> tuple[str, Call]:
    given = system.BeginRecoveryArguments(ALICE, policy)
    return "bob", ledger_call("begin_recovery", given)


def rotate(policy: Policy) -> tuple[str, Call]:
    given = system.RotateOrganisationArguments("bank", policy)
    return "authority", ledger_call("rotate_organisation", given)


def use(sender: str, call: Call) -> int:
    """Return what a call costs beyond its envelope's bytes, under the limit that a program sets."""
    ledger = Ledger()
    guard = system.SetGuardiansArguments(BOB, Milliseconds(60_000))
    assert ledger.status("alice", ledger_call("set_guardians", guard)) == "ok"
    policy = AUTHORITY_POLICY if sender == "authority" else policy_of(sender)
    receipt = ledger.run(sender, call, gas_limit=estimate_gas([call], [policy])).receipt
    assert receipt.status == "ok", receipt
    return receipt.gas_used


@pytest.mark.parametrize("build", [set_policy, recover, rotate])
def test_each_key_of_a_new_policy_is_paid_for(
    build: Callable[[Policy], tuple[str, Call]],
) -> None:
    one, many = policy_of("key 0"), policy_of(*KEYS)
    more = use(*build(many)) - use(*build(one))
    assert more >= 31 * 8_000 + 20 * (len(encode(many)) - len(encode(one)))


def test_a_passkey_of_a_new_policy_is_paid_for() -> None:
    keys: list[PasskeyPolicy] = [passkey_of(SoftAuthenticator(secret=n)) for n in range(1, 5)]
    one, many = keys[0], ThresholdPolicy(1, sort_keys(keys))
    more = use(*set_policy(many)) - use(*set_policy(one))
    assert more >= 3 * 2_500 + 20 * (len(encode(many)) - len(encode(one)))


def test_keys_are_paid_for_before_anybody_looks_at_them() -> None:
    ledger = Ledger()
    unsound = PasskeyPolicy(PasskeyKey(b"\2" + b"\xff" * 32), SITE, (f"https://{SITE}",))
    for policy in (unsound, policy_of(*KEYS)):
        _, call = set_policy(policy)
        opened = ledger.open(ledger.sign("alice", call))[0]
        limit = Gas(opened.proof_gas + 8 * len(call.arguments) + 7_000)
        assert ledger.status("alice", call, gas_limit=limit) == "out_of_gas"


def test_the_key_of_a_session_is_paid_for() -> None:
    key = policy_of("phone")
    permissions = (Permission(LEDGER, "transfer"),)
    given = system.GrantSessionArguments(
        key,  # type: ignore[arg-type]  # a policy of any kind
        permissions,
        (),
        Gas(0),
        Instant(GENESIS_TIME + 3_600_000),
    )
    used = use("alice", ledger_call("grant_session", given))
    withdrawn = ledger_call("set_guardians", system.SetGuardiansArguments(None, Milliseconds(0)))
    assert used - use("alice", withdrawn) >= 8_000 + 20 * len(encode((key, permissions, ())))


@pytest.mark.parametrize("reason", ["x", "\N{GRINNING FACE}" * 256], ids=["short", "long"])
@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("size", [1, 2, 20])
def test_a_revocation_costs_what_it_keeps(reason: str, count: int, size: int) -> None:
    serials = tuple(bytes([number + 1]) * size for number in range(count))
    call = ledger_call("revoke_certificates", system.RevokeCertificatesArguments(serials, reason))
    used = use("bank", call)
    row = len(membership.key_revocation(BANK, serials[0])) + len(reason.encode())
    assert used >= count * (1_000 + 20 * row)


def test_a_certificate_that_is_revoked_already_keeps_nothing_more() -> None:
    ledger = Ledger()
    given = system.RevokeCertificatesArguments((b"\1" * 20,), "x" * 256)
    call = ledger_call("revoke_certificates", given)
    first, again = (ledger.run("bank", call).receipt.gas_used for _ in range(2))
    assert first - again >= 20 * 256
