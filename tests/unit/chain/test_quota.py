"""Gas against a quota: who pays, how much is left, and when a new period begins."""

import pytest

from dure.chain import state
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.transaction import Envelope
from dure.core.codec import encode
from dure.core.errors import AccountNotEnrolled, QuotaExhausted, WrongPolicy
from dure.core.types import Address, Gas, Instant, Milliseconds
from tests.unit.chain.ledger import (
    BOB,
    CAROL,
    GENESIS_TIME,
    Ledger,
    ask,
    build_document,
    change,
    policy_of,
    prove,
    transfer,
)

PERIOD = 60_000
QUOTA = change(
    DEFAULT_PARAMETERS,
    block_gas_max=Gas(12_000_000),
    quota_gas=Gas(12_000_000),
    quota_period=Milliseconds(PERIOD),
)


def get_used(ledger: Ledger, organisation: str) -> int:
    key = state.key_usage_organisation(organisation)
    usage = ledger.executor.view().load(state.Usage, key)
    return usage.gas if usage else 0


def test_what_was_used_counts_for_the_organisation_and_not_what_was_asked_for() -> None:
    ledger = Ledger()
    first = ledger.run("alice", transfer(BOB, 1)).receipt.gas_used
    second = ledger.run("bank", transfer(BOB, 0)).receipt.gas_used
    assert get_used(ledger, "bank") == first + second
    assert get_used(ledger, "port") == 0


def test_a_refused_transaction_pays_too() -> None:
    ledger = Ledger()
    used = ledger.run("alice", transfer(BOB, 10**9)).receipt.gas_used
    assert get_used(ledger, "bank") == used > 4_000


def test_a_quota_ends_inside_a_block_and_begins_again_with_the_period() -> None:
    ledger = Ledger(build_document(QUOTA))
    contract = ledger.deploy()
    spend = ask(contract, ("charge", 20_000_000))
    limit = {"gas_limit": Gas(4_000_000)}
    envelopes = [ledger.sign("alice", spend, **limit) for _ in range(3)]
    candidate = ledger.propose(*envelopes)
    assert candidate is not None
    assert len(candidate.records) == 2
    ((late, reason),) = candidate.refused
    assert isinstance(reason, QuotaExhausted)
    ledger.executor.commit(candidate.position.block_id)
    with pytest.raises(QuotaExhausted):
        ledger.executor.check(late, ledger.time)
    others = ledger.sign("bob", spend, **limit)
    ledger.commit(others)
    until_next = PERIOD - GENESIS_TIME % PERIOD
    ledger.executor.check(late, Instant(ledger.time + until_next))
    ledger.commit(late.envelope, after=until_next)
    assert get_used(ledger, "bank") == 4_000_000


def test_a_payer_pays_for_an_account_that_nobody_enrolled() -> None:
    ledger = Ledger()
    ledger.run("alice", transfer(CAROL, 10))
    body = encode(ledger.build_body("carol", transfer(BOB, 4), payer=BOB))
    proofs = (prove(body, policy_of("carol"), "carol"), prove(body, policy_of("bob"), "bob"))
    posing = (proofs[0], prove(body, policy_of("alice"), "alice"))
    (opened,) = ledger.open(encode(Envelope(body, posing)))
    with pytest.raises(WrongPolicy):
        ledger.executor.check(opened, ledger.time)
    record = ledger.commit(encode(Envelope(body, proofs))).candidate.records[0]
    assert record.receipt.status == "ok"
    assert ledger.balance(CAROL) == 6
    assert get_used(ledger, "port") == record.receipt.gas_used


def test_who_is_enrolled_nowhere_cannot_send() -> None:
    ledger = Ledger()
    (opened,) = ledger.open(ledger.sign("carol", transfer(BOB, 0)))
    with pytest.raises(AccountNotEnrolled):
        ledger.executor.check(opened, ledger.time)


def test_on_a_chain_open_to_all_an_account_has_a_quota_of_its_own() -> None:
    ledger = Ledger(build_document(change(DEFAULT_PARAMETERS, open_enrolment=True)))
    used = ledger.run("carol", transfer(BOB, 0)).receipt.gas_used
    usage = ledger.executor.view().require(state.Usage, state.key_usage_account(CAROL))
    assert usage.gas == used
    assert get_used(ledger, "bank") == 0


def test_no_organisations_name_can_be_taken_for_an_account() -> None:
    name = "x" * 32
    assert state.key_usage_organisation(name) != state.key_usage_account(Address(name.encode()))
