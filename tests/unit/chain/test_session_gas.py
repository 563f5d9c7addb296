"""A session key's gas: how much of the organisation's quota whoever has the key can use up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.chain.execution.delegation import Budget, list_sessions
from dure.chain.transaction import Envelope
from dure.core.codec import encode
from dure.core.errors import InvalidBlock, SessionLimitExceeded
from dure.core.types import Amount, Gas
from tests.unit.chain.ledger import (
    ALICE,
    BOB,
    FUNDS,
    WON,
    Ledger,
    copy_of,
    forge,
    policy_of,
    prove,
    transfer,
)
from tests.unit.chain.test_delegates import begin, grant, left, refuse, refuse_phone, sign_as


def gas_left(ledger: Ledger) -> int:
    (session,) = list_sessions(ledger.executor.view(), ALICE)
    return session.gas


def test_a_session_key_uses_the_gas_that_it_was_given_and_no_more() -> None:
    ledger = begin(gas=Gas(200_000))
    envelope = sign_as(ledger, "phone", transfer(BOB, 1), gas_limit=Gas(200_000))
    used = ledger.commit(envelope).candidate.records[-1].receipt.gas_used
    assert gas_left(ledger) == 200_000 - used
    too_much = sign_as(ledger, "phone", transfer(BOB, 1), gas_limit=Gas(200_001 - used))
    assert refuse(ledger, too_much) is SessionLimitExceeded
    rest = sign_as(ledger, "phone", transfer(BOB, 1), gas_limit=Gas(200_000 - used))
    assert ledger.commit(rest).candidate.records[-1].receipt.status == "ok"
    assert gas_left(ledger) == 200_000 - 2 * used


def test_what_was_undone_uses_up_the_gas_of_the_session() -> None:
    ledger = begin(gas=Gas(100_000), budgets=(Budget(WON, Amount(10**6)),))
    envelope = sign_as(ledger, "phone", transfer(BOB, FUNDS + 1), gas_limit=Gas(60_000))
    receipt = ledger.commit(envelope).candidate.records[-1].receipt
    assert receipt.status == "insufficient_balance"
    assert (gas_left(ledger), left(ledger)) == (100_000 - receipt.gas_used, {WON: 10**6})


def test_what_ran_out_of_gas_uses_up_all_that_it_asked_for() -> None:
    ledger = begin(gas=Gas(50_000))
    limit = Gas(ledger.open(sign_as(ledger, "phone", transfer(BOB, 1)))[0].proof_gas)
    envelope = sign_as(ledger, "phone", transfer(BOB, 1), gas_limit=limit)
    assert ledger.commit(envelope).candidate.records[-1].receipt.status == "out_of_gas"
    assert gas_left(ledger) == 50_000 - limit


def test_what_two_transactions_of_one_block_use_of_the_gas_is_added_up() -> None:
    ledger = begin(gas=Gas(60_000))
    first, second = (
        sign_as(ledger, "phone", transfer(BOB, 1), gas_limit=Gas(55_000)) for _ in range(2)
    )
    candidate = ledger.propose(first, second)
    assert candidate is not None
    assert len(candidate.block.transactions) == 1
    assert [type(why) for _, why in candidate.refused] == [SessionLimitExceeded]


def test_no_validator_takes_a_block_in_which_a_session_key_uses_too_much_gas() -> None:
    ledger = Ledger()
    other = copy_of(ledger)
    granting = ledger.sign("alice", grant(ledger, gas=Gas(60_000)))
    other.commit(other.judge(ledger.commit(granting).candidate.block).position.block_id)
    one, two = (sign_as(ledger, "phone", transfer(BOB, 1), gas_limit=Gas(55_000)) for _ in range(2))
    block = ledger.build(one).block
    with pytest.raises(InvalidBlock, match="more of the session key's gas"):
        other.judge(forge(block, one, two))


def test_gas_that_another_pays_for_is_not_the_sessions() -> None:
    ledger = begin(gas=Gas(0))
    assert refuse_phone(ledger, transfer(BOB, 1)) is SessionLimitExceeded
    body = encode(ledger.build_body("alice", transfer(BOB, 1), payer=BOB))
    proofs = (prove(body, policy_of("phone"), "phone"), prove(body, policy_of("bob"), "bob"))
    record = ledger.commit(encode(Envelope(body, proofs))).candidate.records[-1]
    assert (record.receipt.status, gas_left(ledger)) == ("ok", 0)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([1, FUNDS * 2]), max_size=8))
def test_a_thief_uses_no_more_of_the_quota_than_the_session_was_given(amounts: list[int]) -> None:
    ledger, given_gas = begin(gas=Gas(150_000), budgets=(Budget(WON, Amount(10**12)),)), 150_000
    used = 0
    for amount in amounts:
        limit = Gas(min(60_000, max(given_gas - used, 20_000)))
        envelope = sign_as(ledger, "phone", transfer(BOB, amount), gas_limit=limit)
        if limit > given_gas - used:
            assert refuse(ledger, envelope) is SessionLimitExceeded
            continue
        used += ledger.commit(envelope).candidate.records[-1].receipt.gas_used
        assert gas_left(ledger) == given_gas - used
    assert used <= given_gas
