"""Who decides, from a stated height on: what takes effect when, and what is refused."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.chain import state, system
from dure.chain.genesis.document import EngineKind
from dure.chain.state import PendingValidators
from dure.chain.system.validators import (
    CHANGES_MAX,
    HEIGHTS_AHEAD_MAX,
    HEIGHTS_BEHIND_MAX,
    PRESENCE_MS,
)
from dure.chain.transaction import Call
from dure.contract.ports import Refusal
from dure.core.attestation import Attestation, AttestationStatement, compute_attestation_message
from dure.core.certificate import SealStatement, compute_seal_message
from dure.core.codec import encode
from dure.core.types import ChainId, Height, Instant, PublicKey, Round
from dure.core.validators import (
    Validator,
    ValidatorSet,
    build_validator_set,
    compute_quorum,
    compute_validators_root,
)
from tests.unit.chain.ledger import (
    CAROL,
    VALIDATORS,
    Ledger,
    build_document,
    change,
    copy_of,
    derive_key,
    ledger_call,
    transfer,
)

NEW = ("v1", "v2", "v3", "v4")


def member(label: str, organisation: str = "port") -> Validator:
    return Validator(derive_key(label).public, organisation)


def attest(ledger: Ledger, label: str, **fields: Any) -> Attestation:
    """Return the word of a validator, given now at the head, with other fields where asked."""
    head = ledger.executor.head
    statement = AttestationStatement(
        chain_id=ledger.executor.chain_id,
        validator=derive_key(label).public,
        height=head.header.height,
        block_id=head.block_id,
        time=head.header.time,
    )
    statement = change(statement, **fields)
    return Attestation(statement, derive_key(label).sign(compute_attestation_message(statement)))


def choose(
    ledger: Ledger,
    labels: Iterable[str],
    *,
    ahead: int = 1,
    seen: Sequence[str] | None = None,
    attestations: Iterable[Attestation] | None = None,
) -> Call:
    """Return the call for that set, `ahead` heights on; attested by all of it, or by `seen`."""
    labels = tuple(labels)
    if attestations is None:
        attestations = [attest(ledger, label) for label in (labels if seen is None else seen)]
    from_height = Height(ledger.executor.head.header.height + 1 + ahead)
    members = tuple(member(label) for label in labels)
    given = system.SetValidatorsArguments(members, from_height, tuple(attestations))
    return ledger_call("set_validators", given)


def decide(ledger: Ledger, call: Call, **options: Any) -> str:
    """Put the call into a block by the authority; return its status."""
    receipt = ledger.run("authority", call, **options).receipt
    return receipt.status


def get_set(ledger: Ledger) -> ValidatorSet:
    return ledger.executor.head.validators


def get_pending(ledger: Ledger) -> PendingValidators | None:
    return ledger.executor.view().load(PendingValidators, state.VALIDATORS_NEXT)


def list_handovers(ledger: Ledger) -> tuple[int, ...]:
    return ledger.executor.view().load(tuple[int, ...], state.HANDOVERS) or ()


def make_block(ledger: Ledger) -> None:
    ledger.run("alice", transfer(CAROL, 1))


def set_of(*labels: str) -> ValidatorSet:
    return build_validator_set([member(label) for label in labels])


# When it takes effect


def test_a_change_takes_effect_at_the_height_that_it_states_and_not_before() -> None:
    ledger = Ledger()
    old = get_set(ledger)
    assert decide(ledger, choose(ledger, NEW, ahead=3)) == "ok"
    for height in (2, 3):
        assert ledger.executor.head.header.next_validators_root == compute_validators_root(old)
        assert get_set(ledger) == old
        assert get_pending(ledger) == PendingValidators(set_of(*NEW), Height(4), Height(1))
        make_block(ledger)
        assert ledger.executor.head.header.height == height
    header = ledger.executor.head.header
    assert header.validators_root == compute_validators_root(old)
    assert header.next_validators_root == compute_validators_root(set_of(*NEW))
    assert get_set(ledger) == set_of(*NEW)
    assert get_pending(ledger) is None


def test_the_next_height_is_the_earliest_and_the_change_is_noted() -> None:
    ledger = Ledger()
    assert decide(ledger, choose(ledger, NEW, ahead=1)) == "ok"
    assert get_set(ledger) == set_of(*NEW)
    assert list_handovers(ledger) == (1,)
    noted = ledger.executor.view().require(ValidatorSet, state.key_validators(Height(2)))
    assert noted == set_of(*NEW)
    assert get_pending(ledger) is None


def test_a_change_in_each_of_three_blocks_leaves_three_sets_in_the_state() -> None:
    ledger = Ledger()
    sets = [NEW[:3], NEW, NEW[1:]]
    for labels in sets:
        assert decide(ledger, choose(ledger, labels)) == "ok"
    assert list_handovers(ledger) == (1, 2, 3)
    view = ledger.executor.view()
    for height, labels in enumerate(sets, start=2):
        assert view.require(ValidatorSet, state.key_validators(Height(height))) == set_of(*labels)


def test_a_later_change_replaces_the_one_that_waits_also_in_the_block_of_its_effect() -> None:
    ledger = Ledger()
    old = get_set(ledger)
    assert decide(ledger, choose(ledger, NEW, ahead=2)) == "ok"
    assert decide(ledger, choose(ledger, NEW[:3], ahead=2)) == "ok"
    assert get_set(ledger) == old
    make_block(ledger)
    assert get_set(ledger) == set_of(*NEW[:3])
    assert list_handovers(ledger) == (3,)


def test_what_waits_can_be_withdrawn_up_to_the_block_of_its_effect() -> None:
    ledger = Ledger()
    old = get_set(ledger)
    withdraw = ledger_call("withdraw_validators", system.WithdrawValidatorsArguments())
    assert decide(ledger, withdraw) == "no_change_pending"
    assert decide(ledger, choose(ledger, NEW, ahead=2)) == "ok"
    assert decide(ledger, withdraw) == "ok"
    make_block(ledger)
    assert get_set(ledger) == old
    assert list_handovers(ledger) == ()
    assert decide(ledger, withdraw) == "no_change_pending"


def test_two_changes_in_one_transaction_leave_the_second() -> None:
    ledger = Ledger()
    calls = [choose(ledger, NEW[:3]), choose(ledger, NEW)]
    assert ledger.run("authority", *calls).receipt.status == "ok"
    assert get_set(ledger) == set_of(*NEW)
    assert list_handovers(ledger) == (1,)


def test_a_change_that_falls_due_makes_no_block_by_itself() -> None:
    ledger = Ledger()
    assert decide(ledger, choose(ledger, NEW, ahead=2)) == "ok"
    assert ledger.propose() is None


def test_another_node_comes_to_the_same_roots() -> None:
    ledger = Ledger()
    other = copy_of(ledger)
    for envelopes in (
        [ledger.sign("authority", choose(ledger, NEW, ahead=2))],
        [ledger.sign("alice", transfer(CAROL, 1))],
    ):
        block = ledger.commit(*envelopes).candidate.block
        other.commit(other.judge(block).position.block_id)
    assert other.head.header.state_root == ledger.executor.head.header.state_root
    assert other.head.validators == set_of(*NEW)


def test_an_undone_block_takes_its_change_along() -> None:
    ledger = Ledger()
    genesis = ledger.executor.head
    committed = ledger.commit(ledger.sign("authority", choose(ledger, NEW)))
    ledger.executor.undo(genesis.header, committed.undo, [])
    assert get_set(ledger) == genesis.validators
    assert list_handovers(ledger) == ()


def test_the_events_say_what_was_chosen_and_withdrawn() -> None:
    ledger = Ledger()
    record = ledger.run("authority", choose(ledger, NEW, ahead=5))
    (event,) = record.outcomes[0].events
    assert (event.name, event.data) == ("validators_chosen", encode((6, set_of(*NEW))))
    withdraw = ledger_call("withdraw_validators", system.WithdrawValidatorsArguments())
    (event,) = ledger.run("authority", withdraw).outcomes[0].events
    assert (event.name, event.data) == ("validators_withdrawn", encode((6,)))


# Who may


def test_nobody_but_the_members_together_changes_validators_or_admits_members() -> None:
    ledger = Ledger()
    admit = system.AdmitOrganisationArguments("city", CAROL)
    for call in (
        choose(ledger, NEW),
        ledger_call("withdraw_validators", system.WithdrawValidatorsArguments()),
        ledger_call("admit_organisation", admit),
    ):
        assert ledger.status("bank", call) == "not_authority"


# What is refused


@pytest.mark.parametrize("ahead", [0, -1, HEIGHTS_AHEAD_MAX + 1])
def test_a_height_that_is_past_or_too_far_is_refused(ahead: int) -> None:
    ledger = Ledger()
    for _ in range(2):
        make_block(ledger)
    assert decide(ledger, choose(ledger, NEW, ahead=ahead)) == "bad_height"
    assert decide(ledger, choose(ledger, NEW, ahead=HEIGHTS_AHEAD_MAX)) == "ok"


def test_keys_are_sound_and_distinct_and_organisations_are_members() -> None:
    ledger = Ledger()
    first = member("v1")
    for members in (
        (first, change(first, organisation="bank")),
        (Validator(PublicKey(bytes(32)), "bank"),),
        (member("v1", "stranger"),),
    ):
        given = system.SetValidatorsArguments(members, Height(9), (attest(ledger, "v1"),))
        assert decide(ledger, ledger_call("set_validators", given)) == "bad_validators"
    for count in (0, 129):
        many = tuple(member(f"m{number}") for number in range(count))
        given = system.SetValidatorsArguments(many, Height(2), ())
        assert decide(ledger, ledger_call("set_validators", given)) == "bad_arguments"


def test_an_admitted_organisation_may_have_a_validator_in_the_same_transaction() -> None:
    ledger = Ledger()
    admit = ledger_call("admit_organisation", system.AdmitOrganisationArguments("city", CAROL))
    members = (member("v1"), member("v2", "city"))
    seen = (attest(ledger, "v1"), attest(ledger, "v2"))
    given = system.SetValidatorsArguments(members, Height(2), seen)
    assert ledger.run("authority", admit, ledger_call("set_validators", given)).receipt.status == (
        "ok"
    )
    account = ledger.executor.view().require(state.Account, state.key_account(CAROL))
    assert account.organisation == "city"
    enrol = ledger_call("enrol", system.EnrolArguments(()))
    assert ledger.status("carol", enrol) == "ok"
    assert decide(ledger, admit) == "organisation_known"
    again = ledger_call("admit_organisation", system.AdmitOrganisationArguments("town", CAROL))
    assert decide(ledger, again) == "organisation_known"


def test_the_set_that_decides_already_is_no_change() -> None:
    ledger = Ledger()
    assert decide(ledger, choose(ledger, NEW)) == "ok"
    assert decide(ledger, choose(ledger, reversed(NEW))) == "validators_unchanged"


def test_the_solo_engine_keeps_one_validator_whose_key_may_be_another() -> None:
    one = build_validator_set([Validator(derive_key(VALIDATORS[0]).public, "bank")])
    ledger = Ledger(build_document(engine=EngineKind.SOLO, validators=one))
    assert decide(ledger, choose(ledger, NEW[:2])) == "bad_validators"
    assert decide(ledger, choose(ledger, NEW[:1], seen=())) == "validators_absent"
    assert decide(ledger, choose(ledger, NEW[:1])) == "ok"
    assert get_set(ledger) == set_of("v1")


def test_changes_end_where_no_more_fit_into_a_proof() -> None:
    ledger = Ledger()
    given = make_arguments(ledger)
    assert system.judge_change(given, make_standing(ledger, changes=CHANGES_MAX - 1))
    with pytest.raises(Refusal) as refused:
        system.judge_change(given, make_standing(ledger, changes=CHANGES_MAX))
    assert refused.value.code == "too_many_changes"


def make_standing(ledger: Ledger, **fields: Any) -> system.Standing:
    values: dict[str, Any] = {
        "chain_id": ledger.executor.chain_id,
        "height": Height(1),
        "time": ledger.time,
        "validators": get_set(ledger),
        "changes": 0,
        "has_one_validator": False,
        "is_organisation": lambda _name: True,
    }
    return system.Standing(**(values | fields))


def make_arguments(ledger: Ledger) -> system.SetValidatorsArguments:
    seen = tuple(attest(ledger, label) for label in NEW)
    return system.SetValidatorsArguments(tuple(map(member, NEW)), Height(2), seen)


# Presence


def test_a_set_without_a_quorum_that_was_seen_lately_is_refused_and_the_absent_are_named() -> None:
    ledger = Ledger()
    assert decide(ledger, choose(ledger, NEW)) == "ok"
    record = ledger.run("authority", choose(ledger, NEW[1:], seen=NEW[1:2]))
    assert record.receipt.status == "validators_absent"
    assert "1 of 3 validators were seen lately, 2 must be" in record.receipt.message
    for label in NEW[2:]:
        assert derive_key(label).public.hex()[:8] in record.receipt.message
    assert derive_key("v2").public.hex()[:8] not in record.receipt.message
    assert decide(ledger, choose(ledger, NEW[1:], seen=NEW[1:3])) == "ok"


def test_each_new_key_shows_itself_even_where_a_quorum_is_there_without_it() -> None:
    ledger = Ledger()
    assert decide(ledger, choose(ledger, NEW)) == "ok"
    wanted = (*NEW, "mistyped")
    record = ledger.run("authority", choose(ledger, wanted, seen=NEW))
    assert record.receipt.status == "validators_absent"
    assert "each new validator must show that it runs; not seen: port" in record.receipt.message
    assert decide(ledger, choose(ledger, wanted, seen=(*NEW[:3], "mistyped"))) == "ok"


def test_many_absent_validators_fit_into_the_receipt() -> None:
    ledger = Ledger()
    record = ledger.run("authority", choose(ledger, [f"m{n}" for n in range(60)], seen=()))
    assert record.receipt.status == "validators_absent"
    assert record.receipt.message.endswith(" and 56 more")


@pytest.mark.parametrize(("late", "status"), [(0, "ok"), (1, "validators_absent")])
@pytest.mark.parametrize("side", [-1, 1])
def test_presence_ends_after_ten_minutes_of_header_time(side: int, late: int, status: str) -> None:
    ledger = Ledger()
    block_time = ledger.time + 1_000_000
    time = Instant(block_time + side * (PRESENCE_MS + late))
    seen = [attest(ledger, label, time=time) for label in NEW]
    call = choose(ledger, NEW, attestations=seen)
    valid = Instant(ledger.time + 1_060_000)
    envelope = ledger.sign("authority", call, valid_until=valid)
    record = ledger.commit(envelope, after=1_000_000).candidate.records[-1]
    assert record.receipt.status == status


def test_a_validator_that_is_far_behind_was_not_seen() -> None:
    ledger = Ledger()
    given = make_arguments(ledger)
    for height, is_seen in ((HEIGHTS_BEHIND_MAX, True), (HEIGHTS_BEHIND_MAX + 1, False)):
        given = change(given, from_height=Height(height + 1))
        standing = make_standing(ledger, height=Height(height))
        if is_seen:
            assert system.judge_change(given, standing) == set_of(*NEW)
        else:
            with pytest.raises(Refusal, match="not seen"):
                system.judge_change(given, standing)


def test_ledger_time_has_no_say_in_presence() -> None:
    """A story clock jumps a year; attestations speak of the clock on the wall."""
    ledger = Ledger()
    to = Instant(ledger.time + 365 * 86_400_000)
    clock = ledger_call("advance", system.AdvanceArguments(to))
    assert ledger.status("clock", clock) == "ok"
    assert decide(ledger, choose(ledger, NEW)) == "ok"


def forge_attestations(ledger: Ledger) -> dict[str, list[Attestation]]:
    good = [attest(ledger, label) for label in NEW]
    other_chain = attest(ledger, "v1", chain_id=ChainId(bytes(32)))
    unborn = attest(ledger, "v1", height=Height(1))
    seal = compute_seal_message(
        SealStatement(ledger.executor.chain_id, Height(0), Round(0), good[0].statement.block_id)
    )
    return {
        "of another chain": [other_chain, *good[1:]],
        "of a block that is not there yet": [unborn, *good[1:]],
        "signed by another": [change(good[0], signature=good[1].signature), *good[1:]],
        "a seal in its place": [change(good[0], signature=derive_key("v1").sign(seal)), *good[1:]],
        "with another time": [
            change(good[0], statement=change(good[0].statement, time=Instant(1))),
            *good[1:],
        ],
        "twice": [good[0], *good],
        "of a stranger": [*good, attest(ledger, "stranger")],
    }


@pytest.mark.parametrize("kind", list(forge_attestations(Ledger())))
def test_an_attestation_that_is_not_what_it_says_is_refused(kind: str) -> None:
    ledger = Ledger()
    seen = forge_attestations(ledger)[kind]
    assert decide(ledger, choose(ledger, NEW, attestations=seen)) == "bad_attestation"
    assert get_pending(ledger) is None


def test_every_field_of_the_statement_changes_what_an_attestation_signs() -> None:
    statement = attest(Ledger(), "v1").statement
    other = {
        "chain_id": ChainId(bytes(32)),
        "validator": derive_key("v2").public,
        "height": Height(9),
        "block_id": bytes(32),
        "time": Instant(9),
    }
    assert set(other) == set(AttestationStatement.__struct_fields__)
    messages = {compute_attestation_message(change(statement, **{k: v})) for k, v in other.items()}
    assert len(messages | {compute_attestation_message(statement)}) == len(other) + 1


def test_members_and_attestations_cost_gas() -> None:
    ledger = Ledger()
    few, many = (
        ledger.run("authority", choose(ledger, labels, ahead=9)).receipt.gas_used
        for labels in (NEW[:2], NEW)
    )
    assert many > few + 2 * (8_000 + 4_000)


@settings(max_examples=60, deadline=None)
@given(
    old=st.sets(st.integers(0, 8), min_size=1),
    new=st.sets(st.integers(0, 8), min_size=1),
    seen=st.sets(st.integers(0, 8)),
)
def test_no_set_passes_that_could_not_decide(old: set[int], new: set[int], seen: set[int]) -> None:
    """Of any two sets and any presence: what passes has a quorum, and all its new keys, seen."""
    ledger = Ledger()
    validators = set_of(*(f"m{n}" for n in old))
    present = [attest(ledger, f"m{n}") for n in sorted(seen & new)]
    members = tuple(member(f"m{n}") for n in new)
    arguments = system.SetValidatorsArguments(members, Height(2), tuple(present))
    is_able = new - old <= seen and len(seen & new) >= compute_quorum(len(new))
    expected = "validators_unchanged" if old == new else "ok" if is_able else "validators_absent"
    standing = make_standing(ledger, validators=validators)
    assert judge(arguments, standing) == expected


def judge(given: system.SetValidatorsArguments, standing: system.Standing) -> str:
    """Return `ok`, or the code of the rule that is broken."""
    try:
        system.judge_change(given, standing)
    except Refusal as refusal:
        return refusal.code
    return "ok"
