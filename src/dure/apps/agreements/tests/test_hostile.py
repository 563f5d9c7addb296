"""What somebody tries who wants to bind, free or read others."""

import pytest

from dure.apps.agreements.commitments import build_change
from dure.apps.agreements.contract import Agreement, AgreementState
from dure.apps.agreements.tests.scene import SOON, Scene, digest
from dure.chain.transaction import Call
from dure.contract.language import days
from dure.contract.library.obligations import ObligationState
from dure.core.codec import encode
from dure.testing import MemoryStage


@pytest.fixture
def stage(scene: Scene) -> MemoryStage:
    found = scene.world._stage
    assert isinstance(found, MemoryStage)
    return found


def test_nobody_calls_what_the_contract_calls_by_itself(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    with scene.world.refused("not_permitted"):
        scene.record.lapse(by=scene.seller, proposal=1)
    for method in (scene.record.fall_due, scene.record.take_silence):
        with scene.world.refused("not_permitted"):
            method(by=scene.buyer, obligation=owed)


def test_helpers_cannot_be_called(scene: Scene, stage: MemoryStage) -> None:
    scene.begin()
    for method in ("apply", "use_up", "change_state", "note_acceptance", "begin_obligation"):
        with scene.world.refused("unknown_method"):
            call = Call(scene.record.address, method, encode((1,)), None)
            stage.send(scene.stranger.account, [call])


def test_what_was_stored_is_what_was_proposed(scene: Scene) -> None:
    """Working out who signs leaves the proposal as it was."""
    (owed,) = scene.agree(scene.owe())
    scene.amend(scene.owe(scene.third), replaces=[owed])
    change = scene.record.proposal(2).change
    assert [terms.debtor for terms in change.obligations] == [scene.third.address]
    assert scene.record.state_of(1).parties == [scene.seller.address, scene.buyer.address]


def test_an_obligation_of_another_agreement_is_not_released(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    scene.begin(parties=[scene.third, scene.stranger])
    scene.sign(2, scene.stranger)
    with scene.world.refused("that is another agreement's"):
        scene.record.amend(
            by=scene.third,
            agreement=2,
            base=scene.record.state_of(2).head,
            change=build_change(digest("theirs"), replaces=[owed]),
            answer_by=scene.world.now + SOON,
        )


def test_a_promise_outside_of_agreements_stays_outside(scene: Scene) -> None:
    number = scene.record.promise(
        by=scene.buyer,
        creditor=scene.seller,
        due=scene.world.now + days(1),
        grace=days(0),
        sealed=digest("an amount"),
    )
    scene.agree()
    with scene.world.refused("that is another agreement's"):
        scene.amend(replaces=[number])
    with scene.world.refused("missing_key"):
        scene.novate(number, scene.owe(creditor=scene.third))
    scene.world.wait(days=1)
    with scene.world.refused("missing_key"):
        scene.record.break_off(by=scene.seller, obligation=number, others=[])
    assert scene.state_of(number) is ObligationState.BREACHED


def test_a_change_has_a_bound(scene: Scene) -> None:
    with scene.world.refused("a change has at most 64 parts"):
        scene.begin(*[scene.owe(amount=each + 1) for each in range(65)])
    with scene.world.refused("at most 64 obligations fall due at once"):
        (owed,) = scene.agree(scene.owe(due=days(1), grace=days(0)))
        scene.world.wait(days=1)
        scene.record.break_off(by=scene.seller, obligation=owed, others=[owed] * 65)


def test_the_largest_change_is_accepted_and_falls_due(scene: Scene) -> None:
    owed = scene.agree(*[scene.owe(due=days(1), amount=each + 1) for each in range(64)])
    assert len(set(owed)) == 64
    scene.world.wait(days=10)
    assert {scene.state_of(each) for each in owed} == {ObligationState.BREACHED}


def test_too_many_accounts_do_not_sign(scene: Scene) -> None:
    crowd = scene.world.people(*(f"debtor {number}" for number in range(24)))
    scene.agree()
    with scene.world.refused("at most 24 accounts sign"):
        scene.amend(*[scene.owe(who) for who in crowd])


def test_dates_that_cannot_be_are_refused(scene: Scene) -> None:
    for due, grace, words in (
        (days(0), days(0), "an obligation is due later"),
        (days(11_001), days(0), "an obligation is due later"),
        (days(1), days(367), "days of grace last a year at most"),
        (days(1), days(-1), "days of grace last a year at most"),
    ):
        with scene.world.refused(words):
            scene.begin(scene.owe(due=due, grace=grace))
    with scene.world.refused("debtor and creditor are two"):
        scene.begin(scene.owe(scene.seller, scene.seller))


def test_what_is_not_there_is_named(scene: Scene) -> None:
    with scene.world.refused("there is no such proposal"):
        scene.record.accept(by=scene.seller, proposal=1, digest=digest("x"))
    with scene.world.refused("there is no such obligation"):
        scene.record.declare(by=scene.seller, obligation=digest("x"), evidence=digest("x"))
    with scene.world.refused("there is no such agreement"):
        change, answer_by = build_change(digest("x")), scene.world.now + SOON
        scene.record.end(
            by=scene.seller, agreement=1, base=digest("x"), change=change, answer_by=answer_by
        )


def test_a_first_version_replaces_nothing(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    with scene.world.refused("there is nothing to replace yet"):
        scene.record.begin(
            by=scene.seller,
            parties=[scene.seller, scene.buyer],
            auditors=[],
            change=build_change(digest("x"), replaces=[owed]),
            answer_by=scene.world.now + SOON,
        )


def test_a_dispute_needs_a_declaration_and_a_ruling_a_dispute(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    with scene.world.refused("nothing was declared"):
        scene.record.dispute(by=scene.seller, obligation=owed, evidence=digest("x"))
    with scene.world.refused("there is no dispute"):
        scene.record.decide(
            by=scene.auditor, obligation=owed, is_performed=True, evidence=digest("x")
        )
    scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("x"))
    with scene.world.refused("that was declared already"):
        scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("x"))


def test_an_old_silence_does_not_confirm_a_new_declaration(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("one"))
    scene.world.wait(days=3)
    scene.record.dispute(by=scene.seller, obligation=owed, evidence=digest("no"))
    scene.record.decide(
        by=scene.auditor, obligation=owed, is_performed=False, evidence=digest("no")
    )
    scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("two"))
    scene.world.wait(days=4)
    assert scene.state_of(owed) is ObligationState.DECLARED


@pytest.mark.parametrize(
    "arguments", [b"", encode(()), encode((1,)), encode((1, b"short")), encode((1, "x" * 32))]
)
def test_malformed_acceptances_are_refused(
    scene: Scene, stage: MemoryStage, arguments: bytes
) -> None:
    scene.begin()
    with scene.world.refused("bad_arguments"):
        stage.send(scene.buyer.account, [Call(scene.record.address, "accept", arguments, None)])
    found = scene.record.state_of(1)
    assert isinstance(found, Agreement)
    assert found.state is AgreementState.PROPOSED
