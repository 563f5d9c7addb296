"""Who else acts for an account: session keys within their limits, guardians after their delay."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.chain import state, system
from dure.chain.candidate import Committed
from dure.chain.execution.delegation import (
    BUDGETS_MAX,
    GAS_PER_SESSION,
    PERMISSIONS_MAX,
    SESSIONS_MAX,
    Budget,
    Permission,
    SessionKey,
    list_sessions,
)
from dure.chain.inspection.retracing import Retracing
from dure.chain.money import LEDGER
from dure.chain.receipt import Record
from dure.chain.transaction import (
    Call,
    Envelope,
    KeyPolicy,
    Policy,
    compute_address,
    compute_asset_id,
)
from dure.core.codec import decode, encode
from dure.core.errors import (
    InvalidBlock,
    InvalidTransaction,
    SessionLimitExceeded,
    WrongPolicy,
)
from dure.core.types import Address, Amount, AssetId, BlockId, Gas, Instant, Milliseconds
from tests.unit.chain.ledger import (
    ALICE,
    BANK,
    BOB,
    CAROL,
    FUNDS,
    WON,
    Ledger,
    ask,
    change,
    copy_of,
    forge,
    ledger_call,
    policy_of,
    prove,
    transfer,
)
from tests.unit.chain.passkeys import passkey_of, prove_by
from tests.unit.core.soft_authenticator import SoftAuthenticator

PHONE = KeyPolicy(policy_of("phone").key)  # type: ignore[union-attr,arg-type]  # a policy of one key
PAY = Permission(LEDGER, "transfer")
DAY = 86_400_000
DELAY = Milliseconds(7 * DAY)
GAS = Gas(1_000_000_000)
"""More than any session here uses, where the test is about something else."""


def grant(ledger: Ledger, **fields: Any) -> Call:
    """Let the phone pay 100 won with Alice's money for an hour, but for what `fields` say."""
    given = system.GrantSessionArguments(
        PHONE, (PAY,), (Budget(WON, Amount(100)),), GAS, Instant(ledger.time + 3_600_000)
    )
    return ledger_call("grant_session", change(given, **fields))


def begin(**fields: Any) -> Ledger:
    ledger = Ledger()
    assert ledger.status("alice", grant(ledger, **fields)) == "ok"
    return ledger


def sign_as(
    ledger: Ledger, label: str, *calls: Call, sender: Address = ALICE, **fields: Any
) -> bytes:
    """Return an envelope for the account of `sender` that the key of `label` signed."""
    body = encode(change(ledger.build_body("alice", *calls), sender=sender, **fields))
    return encode(Envelope(body, (prove(body, policy_of(label), label),)))


def by_phone(ledger: Ledger, *calls: Call, sender: Address = ALICE) -> Record:
    return ledger.commit(sign_as(ledger, "phone", *calls, sender=sender)).candidate.records[-1]


def refuse(ledger: Ledger, envelope: bytes) -> type[InvalidTransaction]:
    """Return why neither a node admits it nor a proposer takes it."""
    (opened,) = ledger.open(envelope)
    with pytest.raises(InvalidTransaction) as caught:
        ledger.executor.check(opened, ledger.time)
    assert ledger.propose(envelope) is None
    return type(caught.value)


def refuse_phone(ledger: Ledger, *calls: Call, sender: Address = ALICE) -> type[Exception]:
    return refuse(ledger, sign_as(ledger, "phone", *calls, sender=sender))


def left(ledger: Ledger, account: Address = ALICE) -> dict[AssetId, int]:
    (session,) = list_sessions(ledger.executor.view(), account)
    return {budget.asset: budget.amount for budget in session.budgets}


# Session keys


def test_a_session_key_pays_until_its_budget_is_spent() -> None:
    ledger = begin()
    assert by_phone(ledger, transfer(BOB, 60)).receipt.status == "ok"
    assert left(ledger) == {WON: 40}
    assert refuse_phone(ledger, transfer(BOB, 41)) is SessionLimitExceeded
    assert by_phone(ledger, transfer(BOB, 40)).receipt.status == "ok"
    assert refuse_phone(ledger, transfer(BOB, 1)) is SessionLimitExceeded
    assert ledger.balance(BOB) == FUNDS + 100


def test_one_transaction_is_added_up_over_its_calls_and_payments() -> None:
    ledger = begin()
    contract = ledger.deploy()
    given = grant(ledger, permissions=(PAY, Permission(contract, "run")))
    assert ledger.status("alice", given) == "ok"
    pays = ask(contract, pays=50)
    assert refuse_phone(ledger, transfer(BOB, 51), pays) is SessionLimitExceeded
    assert by_phone(ledger, transfer(BOB, 50), pays).receipt.status == "ok"
    assert left(ledger) == {WON: 0}


def test_what_two_transactions_of_one_block_spend_is_added_up_too() -> None:
    ledger = begin()
    first, second = (sign_as(ledger, "phone", transfer(BOB, 60)) for _ in range(2))
    candidate = ledger.propose(first, second)
    assert candidate is not None
    assert len(candidate.block.transactions) == 1
    assert [type(why) for _, why in candidate.refused] == [SessionLimitExceeded]


def test_no_validator_takes_a_block_in_which_a_session_key_overspends() -> None:
    ledger = Ledger()
    other = copy_of(ledger)
    first = ledger.commit(ledger.sign("alice", grant(ledger))).candidate.block
    other.commit(other.judge(first).position.block_id)
    one, two = (sign_as(ledger, "phone", transfer(BOB, 60)) for _ in range(2))
    block = ledger.build(one).block
    with pytest.raises(InvalidBlock, match="may spend 40 more"):
        other.judge(forge(block, one, two))
    assert other.judge(block).position.header == block.header


def test_what_was_undone_was_not_spent_and_costs_its_gas() -> None:
    ledger = begin(budgets=(Budget(WON, Amount(5_000)),))
    record = by_phone(ledger, transfer(BOB, 1), transfer(BOB, 3_000))
    assert record.receipt.status == "insufficient_balance"
    assert record.receipt.gas_used > GAS_PER_SESSION
    assert left(ledger) == {WON: 5_000}


def test_a_session_key_calls_what_is_named_and_nothing_else() -> None:
    ledger = Ledger()
    contract, other = ledger.deploy(), ledger.deploy()
    allow = grant(ledger, permissions=(Permission(contract, "run"),), budgets=())
    assert ledger.status("alice", allow) == "ok"
    assert by_phone(ledger, ask(contract)).receipt.status == "ok"
    for call in (
        ask(other),
        change(ask(contract), method="walk"),
        transfer(BOB, 0),
        ask(contract, pays=1),
        change(ask(contract), contract=LEDGER, method="transfer"),
        ledger_call("set_policy", system.SetPolicyArguments(PHONE)),
        grant(ledger),
    ):
        assert refuse_phone(ledger, call) is SessionLimitExceeded
        assert refuse_phone(ledger, ask(contract), call) is SessionLimitExceeded


def test_an_asset_without_a_budget_is_not_spent() -> None:
    ledger = begin(budgets=(Budget(compute_asset_id(BANK, "USD"), Amount(100)),))
    assert refuse_phone(ledger, transfer(BOB, 1)) is SessionLimitExceeded
    assert by_phone(ledger, transfer(BOB, 0)).receipt.status == "ok"


def test_a_transfer_that_cannot_be_read_is_not_allowed() -> None:
    ledger = begin()
    garbage = Call(LEDGER, "transfer", b"\xc0", None)
    assert refuse_phone(ledger, garbage) is SessionLimitExceeded


def test_a_session_key_expires_by_block_time() -> None:
    ledger = begin(expires=Instant(Ledger().time + 5_000))
    expires = list_sessions(ledger.executor.view(), ALICE)[0].expires
    last = sign_as(ledger, "phone", transfer(BOB, 1))
    ledger.commit(last, after=expires - ledger.time)
    assert ledger.balance(BOB) == FUNDS + 1
    assert refuse_phone(ledger, transfer(BOB, 1)) is SessionLimitExceeded


def test_a_session_key_of_one_account_is_nothing_to_another() -> None:
    ledger = begin()
    assert refuse_phone(ledger, transfer(CAROL, 1), sender=BOB) is WrongPolicy
    stolen = sign_as(ledger, "thief", transfer(CAROL, 1))
    assert refuse(ledger, stolen) is WrongPolicy


def test_a_session_key_pays_for_nobodys_gas() -> None:
    ledger = begin()
    body = encode(ledger.build_body("bob", transfer(CAROL, 1), payer=ALICE))
    proofs = (prove(body, policy_of("bob"), "bob"), prove(body, policy_of("phone"), "phone"))
    assert refuse(ledger, encode(Envelope(body, proofs))) is WrongPolicy


def test_a_session_transaction_is_not_replayed() -> None:
    ledger = begin()
    envelope = sign_as(ledger, "phone", transfer(BOB, 10))
    ledger.commit(envelope)
    assert refuse(ledger, envelope).code == "transaction_replayed"
    assert left(ledger) == {WON: 90}


def test_a_withdrawn_session_key_is_worth_nothing() -> None:
    ledger = begin()
    withdraw = ledger_call("withdraw_session", system.WithdrawSessionArguments(PHONE))
    record = ledger.run("alice", withdraw)
    assert [event.name for event in record.outcomes[0].events] == ["session_withdrawn"]
    assert refuse_phone(ledger, transfer(BOB, 1)) is WrongPolicy
    assert ledger.status("alice", withdraw) == "session_unknown"
    assert ledger.status("bob", withdraw) == "session_unknown"


def test_a_passkey_may_be_a_session_key() -> None:
    device = SoftAuthenticator()
    ledger = begin(key=passkey_of(device))
    body = encode(ledger.build_body("alice", transfer(BOB, 100)))
    ledger.commit(encode(Envelope(body, (prove_by(body, passkey_of(device), device),))))
    assert ledger.balance(BOB) == FUNDS + 100


def test_new_keys_of_the_account_end_its_session_keys() -> None:
    ledger = begin()
    rotate = ledger_call("set_policy", system.SetPolicyArguments(policy_of("alice new")))
    assert ledger.status("alice", rotate) == "ok"
    assert refuse_phone(ledger, transfer(BOB, 1)) is WrongPolicy
    assert list_sessions(ledger.executor.view(), ALICE) == ()


def test_granting_again_replaces_and_the_number_is_bounded() -> None:
    ledger = begin()
    assert ledger.status("alice", grant(ledger, budgets=())) == "ok"
    assert left(ledger) == {}
    for number in range(SESSIONS_MAX - 1):
        assert ledger.status("alice", grant(ledger, key=policy_of(f"k{number}"))) == "ok"
    assert ledger.status("alice", grant(ledger, key=policy_of("more"))) == "too_many_sessions"
    assert ledger.status("alice", grant(ledger)) == "ok"


def test_expired_session_keys_make_room() -> None:
    ledger = begin()
    soon = Instant(ledger.time + 100)
    for number in range(SESSIONS_MAX - 1):
        given = grant(ledger, key=policy_of(f"k{number}"), expires=soon)
        assert ledger.status("alice", given) == "ok"
    assert ledger.status("alice", grant(ledger, key=policy_of("more")), after=200) == "ok"
    assert len(list_sessions(ledger.executor.view(), ALICE)) == 2


SMALL_ORDER = KeyPolicy(change(PHONE, key=bytes([1]) + bytes(31)).key)


@pytest.mark.parametrize(
    "fields",
    [
        {"key": SMALL_ORDER},
        {"expires": Ledger().time},
        {"expires": Instant(Ledger().time + 367 * DAY)},
        {"permissions": (PAY, PAY)},
        {"permissions": (Permission(LEDGER, "set_policy"),)},
        {"permissions": (PAY, Permission(LEDGER, "grant_session"))},
        {"permissions": (Permission(LEDGER, "begin_recovery"),)},
        {"budgets": (Budget(WON, Amount(1)), Budget(WON, Amount(2)))},
    ],
    ids=str,
)
def test_a_session_key_that_breaks_a_rule_is_refused(fields: dict[str, Any]) -> None:
    ledger = Ledger()
    assert ledger.status("alice", grant(ledger, **fields)) == "bad_session"


def test_a_session_key_has_bounded_lists() -> None:
    ledger = Ledger()
    many = tuple(Permission(BOB, f"m{number}") for number in range(PERMISSIONS_MAX + 1))
    assets = tuple(Budget(compute_asset_id(BOB, str(n)), Amount(1)) for n in range(BUDGETS_MAX + 1))
    for fields in ({"permissions": many}, {"permissions": ()}, {"budgets": assets}):
        assert ledger.status("alice", grant(ledger, **fields)) == "bad_arguments"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=3), max_size=6))
def test_no_series_of_payments_passes_the_budget(series: list[list[int]]) -> None:
    ledger, spent = begin(), 0
    for amounts in series:
        envelope = sign_as(ledger, "phone", *(transfer(BOB, amount) for amount in amounts))
        if spent + sum(amounts) <= 100:
            ledger.commit(envelope)
            spent += sum(amounts)
        else:
            assert refuse(ledger, envelope) is SessionLimitExceeded
        assert ledger.balance(BOB) == FUNDS + spent
        assert left(ledger) == {WON: 100 - spent}


# Recovery

FRIENDS: Policy = policy_of("bob")


def protect(ledger: Ledger, guardians: Address | None = BOB, delay: int = DELAY) -> str:
    given = system.SetGuardiansArguments(guardians, Milliseconds(delay))
    return ledger.status("alice", ledger_call("set_guardians", given))


def recover(policy: Policy, account: Address = ALICE) -> Call:
    return ledger_call("begin_recovery", system.BeginRecoveryArguments(account, policy))


STOP = ledger_call("stop_recovery", system.StopRecoveryArguments(ALICE))


def lose() -> Ledger:
    """Return a ledger on which Bob has begun to recover Alice's account for her new key."""
    ledger = begin()
    assert protect(ledger) == "ok"
    assert ledger.status("bob", recover(policy_of("alice new"))) == "ok"
    return ledger


def pass_days(ledger: Ledger, days: int) -> list[Record]:
    """Let the story clock run, and the chain make the block that it owes itself."""
    to = Instant(ledger.executor.ledger_time + days * DAY)
    ledger.run("clock", ledger_call("advance", system.AdvanceArguments(to)))
    return list(ledger.commit().candidate.records)


def test_when_the_delay_has_passed_the_new_key_acts_and_nothing_else_does() -> None:
    ledger = lose()
    assert ledger.status("alice", transfer(BOB, 1)) == "ok"
    record = pass_days(ledger, 7)[0]
    assert [event.name for event in record.outcomes[0].events] == ["account_recovered"]
    ledger.commit(sign_as(ledger, "alice new", transfer(BOB, 1)))
    assert refuse(ledger, ledger.sign("alice", transfer(BOB, 1))) is WrongPolicy
    assert refuse_phone(ledger, transfer(BOB, 1)) is WrongPolicy
    account = ledger.executor.view().require(state.Account, state.key_account(ALICE))
    assert account == state.Account(policy_of("alice new"), "bank")


def test_before_the_delay_has_passed_the_new_key_does_not_act() -> None:
    ledger = lose()
    pass_days(ledger, 6)
    assert refuse(ledger, sign_as(ledger, "alice new", transfer(BOB, 1))) is WrongPolicy
    assert ledger.status("alice", transfer(BOB, 1)) == "ok"


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_the_account_and_its_guardians_stop_a_recovery(who: str) -> None:
    ledger = lose()
    record = ledger.run(who, STOP)
    assert [event.name for event in record.outcomes[0].events] == ["recovery_stopped"]
    to = Instant(ledger.executor.ledger_time + 30 * DAY)
    ledger.run("clock", ledger_call("advance", system.AdvanceArguments(to)))
    ledger.commit()
    assert ledger.status("alice", transfer(BOB, 1)) == "ok"
    assert ledger.status(who, STOP) == "no_recovery"
    assert ledger.status("bob", recover(policy_of("alice new"))) == "ok"


def test_a_session_key_stops_no_recovery() -> None:
    assert refuse_phone(lose(), STOP) is SessionLimitExceeded


def test_when_it_is_over_nothing_is_stopped_and_the_guardians_stay() -> None:
    ledger = lose()
    pass_days(ledger, 7)
    assert ledger.status("bob", STOP) == "no_recovery"
    guarded = ledger.executor.view().require(system.Guarded, system.key_guarded(ALICE))
    assert guarded == system.Guarded(BOB, DELAY, None)


def test_only_the_guardians_recover_and_only_one_recovery_waits() -> None:
    ledger = lose()
    other = policy_of("other")
    assert ledger.status("bob", recover(other)) == "recovery_pending"
    assert ledger.status("bank", recover(other)) == "not_guardian"
    assert ledger.status("alice", recover(other)) == "not_guardian"
    assert ledger.status("bob", recover(other, CAROL)) == "not_guardian"
    assert ledger.status("bank", STOP) == "not_guardian"


def test_guardians_are_not_exchanged_while_a_recovery_waits() -> None:
    ledger = lose()
    for guardians in (None, CAROL):
        assert protect(ledger, guardians) == "recovery_pending"
    assert ledger.status("alice", STOP) == "ok"
    assert protect(ledger, None) == "ok"
    assert ledger.status("bob", recover(policy_of("alice new"))) == "not_guardian"


def test_rotating_its_keys_does_not_stop_a_recovery() -> None:
    ledger = lose()
    rotate = ledger_call("set_policy", system.SetPolicyArguments(policy_of("thief")))
    assert ledger.status("alice", rotate) == "ok"
    pass_days(ledger, 7)
    ledger.commit(sign_as(ledger, "alice new", transfer(BOB, 1)))
    assert refuse(ledger, sign_as(ledger, "thief", transfer(BOB, 1))) is WrongPolicy


def test_the_guardians_go_with_the_keys_that_the_members_replace() -> None:
    ledger = Ledger()
    guard = system.SetGuardiansArguments(BOB, DELAY)
    assert ledger.status("bank", ledger_call("set_guardians", guard)) == "ok"
    assert ledger.status("bob", recover(policy_of("thief"), BANK)) == "ok"
    rotate = system.RotateOrganisationArguments("bank", policy_of("bank new"))
    assert ledger.status("authority", ledger_call("rotate_organisation", rotate)) == "ok"
    to = Instant(ledger.executor.ledger_time + 30 * DAY)
    ledger.run("clock", ledger_call("advance", system.AdvanceArguments(to)))
    ledger.commit()
    ledger.commit(sign_as(ledger, "bank new", transfer(BOB, 0), sender=BANK))
    assert ledger.status("bob", recover(policy_of("thief"), BANK)) == "not_guardian"


@pytest.mark.parametrize(
    ("guardians", "delay"), [(ALICE, DELAY), (BOB, 59_999), (BOB, 367 * DAY)], ids=str
)
def test_guardians_that_break_a_rule_are_refused(guardians: Address, delay: int) -> None:
    assert protect(Ledger(), guardians, delay) == "bad_guardians"


def test_a_recovery_for_an_unsound_key_is_refused() -> None:
    ledger = Ledger()
    protect(ledger)
    assert ledger.status("bob", recover(SMALL_ORDER)) == "bad_policy"


def test_nobody_makes_a_takeover_by_hand_or_withdraws_it_by_its_number() -> None:
    ledger = lose()
    call = Call(LEDGER, "take_over", encode((ALICE,)), None)
    assert ledger.status("bob", call) == "unknown_method"
    contract = ledger.deploy()
    assert ledger.run("bob", ask(contract, ("cancel", 0))).outcomes[0].result == encode(False)
    pass_days(ledger, 7)
    ledger.commit(sign_as(ledger, "alice new", transfer(BOB, 1)))


def test_a_takeover_is_traced_as_the_ledgers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger()
    commit, blocks = ledger.executor.commit, []

    def keep(block_id: BlockId) -> Committed:
        committed = commit(block_id)
        blocks.append(committed.candidate.block)
        return committed

    monkeypatch.setattr(ledger.executor, "commit", keep)
    assert protect(ledger) == "ok"
    assert ledger.status("bob", recover(policy_of("alice new"))) == "ok"
    pass_days(ledger, 7)
    retracing = Retracing(ledger.document)
    for block in blocks[:-1]:
        retracing.follow(block)
    traced = retracing.trace(blocks[-1], 0)
    assert (traced.transaction, traced.visits) == (None, ())
    assert traced.gas_outside == traced.record.receipt.gas_used


def test_guardians_are_several_people_where_their_account_is() -> None:
    ledger = Ledger()
    several = policy_of("bob", "carol", "bank", threshold=2)
    friends = compute_address(several)
    enrol = ledger_call("enrol", system.EnrolArguments((friends,)))
    assert ledger.status("bank", enrol) == "ok"
    assert protect(ledger, friends) == "ok"
    call = recover(policy_of("alice new"))
    body = encode(change(ledger.build_body("alice", call), sender=friends))
    ledger.commit(encode(Envelope(body, (prove(body, several, "bob", "bank"),))))
    pass_days(ledger, 7)
    ledger.commit(sign_as(ledger, "alice new", transfer(BOB, 1)))


def test_what_the_ledger_keeps_is_read_back() -> None:
    ledger = begin()
    (session,) = list_sessions(ledger.executor.view(), ALICE)
    assert decode(SessionKey, encode(session)) == session
