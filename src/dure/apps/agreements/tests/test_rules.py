"""The rules that the contract keeps, each by the tests that carry its number."""

import pytest

from dure.apps.agreements.commitments import (
    build_change,
    chain_versions,
    compute_asset,
    compute_first_base,
)
from dure.apps.agreements.contract import AgreementState, ProposalState
from dure.apps.agreements.tests.scene import SOON, Scene, digest
from dure.contract.language import days
from dure.contract.library.obligations import ObligationState
from dure.contract.library.versions import VersionAccepted


@pytest.mark.parametrize(
    ("parties", "words"),
    [
        (["seller"], "an agreement has 2 to 8 parties"),
        (["seller"] * 9, "an agreement has 2 to 8 parties"),
        (["seller", "buyer", "buyer"], "a party is named once"),
        (["seller", "auditor"], "a party does not audit itself"),
    ],
)
def test_r1_parties_are_several_and_each_is_named_once(
    scene: Scene, parties: list[str], words: str
) -> None:
    with scene.world.refused(words):
        scene.begin(parties=[getattr(scene, name) for name in parties])


def test_r1_only_a_party_proposes_and_obligations_are_between_parties(scene: Scene) -> None:
    with scene.world.refused("only a party proposes"):
        scene.record.begin(
            by=scene.stranger,
            parties=[scene.seller, scene.buyer],
            auditors=[],
            change=build_change(digest("terms")),
            answer_by=scene.world.now + SOON,
        )
    with scene.world.refused("obligations are between the parties"):
        scene.begin(scene.owe(scene.third))


def test_r1_there_are_four_auditors_at_most(scene: Scene) -> None:
    with scene.world.refused("at most 4 auditors"):
        scene.record.begin(
            by=scene.seller,
            parties=[scene.seller, scene.buyer],
            auditors=[scene.auditor] * 5,
            change=build_change(digest("terms")),
            answer_by=scene.world.now + SOON,
        )


def test_r2_it_is_in_force_when_the_last_party_has_accepted(scene: Scene) -> None:
    scene.begin(scene.owe(), parties=[scene.seller, scene.buyer, scene.third])
    scene.sign(1, scene.buyer)
    assert scene.record.state_of(1).state is AgreementState.PROPOSED
    assert scene.find() == []
    scene.sign(1, scene.third)
    assert scene.record.state_of(1).state is AgreementState.IN_FORCE
    assert len(scene.find()) == 1


def test_r2_everybody_accepts_the_same_to_the_last_digit(scene: Scene) -> None:
    scene.begin()
    with scene.world.refused("something else was proposed"):
        scene.record.accept(by=scene.buyer, proposal=1, digest=digest("terms"))
    with scene.world.refused("the signer has accepted already"):
        scene.sign(1, scene.seller)
    with scene.world.refused("only a signer of the proposal"):
        scene.sign(1, scene.auditor)


def test_r3_a_signer_refuses_and_whoever_proposed_withdraws(scene: Scene) -> None:
    scene.begin()
    scene.record.refuse(by=scene.buyer, proposal=1)
    scene.begin()
    scene.record.refuse(by=scene.seller, proposal=2)
    states = [scene.record.proposal(number).state for number in (1, 2)]
    assert states == [ProposalState.REFUSED, ProposalState.WITHDRAWN]
    assert scene.record.state_of(2).state is AgreementState.FAILED
    with scene.world.refused("the proposal is closed"):
        scene.sign(1, scene.buyer)
    scene.begin()
    with scene.world.refused("only a signer of the proposal"):
        scene.record.refuse(by=scene.stranger, proposal=3)


def test_r3_what_is_not_accepted_in_time_lapses_by_itself(scene: Scene) -> None:
    scene.begin()
    scene.world.wait(days=2)
    assert scene.record.proposal(1).state is ProposalState.LAPSED
    assert scene.record.state_of(1).state is AgreementState.FAILED


@pytest.mark.parametrize("wait", [days(0), days(91)])
def test_r3_answers_are_due_within_ninety_days(scene: Scene, wait: object) -> None:
    with scene.world.refused("answers are due within 90 days"):
        scene.record.begin(
            by=scene.seller,
            parties=[scene.seller, scene.buyer],
            auditors=[],
            change=build_change(digest("terms")),
            answer_by=scene.world.now + wait,  # type: ignore[operator]  # times in the tests may be wrong
        )


def test_r4_every_version_is_chained_to_those_before(scene: Scene) -> None:
    scene.agree()
    scene.amend()
    scene.sign(2, scene.buyer)
    documents = [digest("terms"), digest("amended")]
    parties = (scene.seller.address, scene.buyer.address)
    first = compute_first_base(1, parties, [scene.auditor.address])
    assert scene.head == chain_versions(first, documents)
    assert chain_versions(first, documents[::-1]) != scene.head
    assert [event.document for event in scene.world.events(VersionAccepted)] == documents
    assert [scene.record.version(1, number).document for number in (1, 2)] == documents


def test_r4_of_two_amendments_of_one_version_the_first_accepted_holds(scene: Scene) -> None:
    scene.agree()
    scene.amend(by=scene.seller)
    scene.amend(by=scene.buyer)
    scene.sign(3, scene.seller)
    with scene.world.refused("the agreement has a newer version"):
        scene.sign(2, scene.buyer)
    assert scene.record.state_of(1).version == 2


def test_r4_only_a_party_amends_what_is_in_force(scene: Scene) -> None:
    scene.begin()
    with scene.world.refused("the agreement is not in force"):
        scene.amend()
    scene.sign(1, scene.buyer)
    for by in (scene.stranger, scene.auditor):
        with scene.world.refused("only a party of the agreement"):
            scene.amend(by=by)


def test_r5_whoever_is_bound_anew_signs_as_well(scene: Scene) -> None:
    scene.agree()
    scene.amend(scene.owe(scene.third))
    scene.sign(2, scene.buyer)
    assert scene.find() == []
    scene.sign(2, scene.third)
    assert len(scene.find()) == 1


def test_r5_whoever_loses_a_claim_signs_as_well(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    scene.novate(owed, scene.owe(creditor=scene.third))
    scene.sign(2, scene.buyer, scene.third)
    sold = scene.find()[1]
    scene.amend(replaces=[sold])
    scene.sign(3, scene.buyer)
    assert scene.state_of(sold) is ObligationState.OPEN
    scene.sign(3, scene.third)
    assert scene.state_of(sold) is ObligationState.REPLACED


def test_r6_what_was_performed_is_used_up(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    scene.amend(scene.owe(), replaces=[owed])
    scene.record.confirm(by=scene.seller, obligation=owed, evidence=digest("paid"))
    with scene.world.refused("the obligation is used up"):
        scene.sign(2, scene.buyer)
    with scene.world.refused("the obligation is used up"):
        scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("paid"))
    assert scene.record.count_open(1) == 0


def test_r6_a_claim_is_sold_once(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    for buyer in (scene.third, scene.stranger):
        scene.novate(owed, scene.owe(creditor=buyer))
    scene.sign(3, scene.buyer, scene.stranger)
    with scene.world.refused("the obligation is used up"):
        scene.sign(2, scene.buyer, scene.third)
    assert scene.record.count_open(1) == 1


def test_r6_nothing_is_replaced_twice_in_one_change(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    scene.amend(replaces=[owed, owed])
    with scene.world.refused("the obligation is used up"):
        scene.sign(2, scene.buyer)


def test_r7_an_asset_secures_one_agreement_at_a_time(scene: Scene) -> None:
    ship = scene.pledge()
    scene.agree(pledges=[ship])
    scene.begin(pledges=[ship], parties=[scene.seller, scene.third])
    with scene.world.refused("the asset secures an agreement already"):
        scene.sign(2, scene.third)
    scene.amend(frees=[compute_asset(ship)])
    scene.sign(3, scene.buyer)
    assert scene.record.secures(compute_asset(ship)) == 0
    scene.sign(2, scene.third)
    assert scene.record.secures(compute_asset(ship)) == 2


def test_r7_nobody_takes_what_a_proposal_shows_of_anothers_asset(scene: Scene) -> None:
    ship = scene.pledge()
    scene.begin(pledges=[ship])
    (shown,) = scene.record.proposal(1).change.pledges
    own = shown.replace(holder=scene.stranger.address)
    scene.begin(pledges=[own], parties=[scene.stranger, scene.third])
    scene.begin(pledges=[shown], parties=[scene.stranger, scene.third])
    for proposal in (2, 3):
        scene.sign(proposal, scene.third)
    assert scene.record.proposal(3).signers[2:] == [scene.seller.address]
    assert scene.record.secures(compute_asset(ship)) == 0
    scene.sign(1, scene.buyer)
    assert scene.record.secures(compute_asset(ship)) == 1


def test_r7_only_its_own_agreement_frees_an_asset(scene: Scene) -> None:
    ship = scene.pledge(holder=scene.buyer)
    scene.begin(pledges=[ship], parties=[scene.buyer, scene.third])
    scene.sign(1, scene.third)
    scene.begin()
    scene.sign(2, scene.buyer)
    change = build_change(digest("amended"), frees=[compute_asset(ship)])
    scene.record.amend(
        by=scene.seller,
        agreement=2,
        base=scene.record.state_of(2).head,
        change=change,
        answer_by=scene.world.now + SOON,
    )
    with scene.world.refused("the asset does not secure this"):
        scene.sign(3, scene.buyer)


def test_r8_an_obligation_falls_due_and_is_breached_by_its_dates(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe(due=days(30), grace=days(3)))
    seen = []
    for wait in (29, 1, 2, 1):
        scene.world.wait(days=wait)
        seen.append(scene.state_of(owed))
    assert seen == [
        ObligationState.OPEN,
        ObligationState.DUE,
        ObligationState.DUE,
        ObligationState.BREACHED,
    ]
    assert scene.record.obligation(owed).breached


def test_r8_what_is_performed_late_is_performed_and_was_late(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe(due=days(1), grace=days(0)))
    scene.world.wait(days=2)
    scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("paid"))
    scene.record.confirm(by=scene.seller, obligation=owed, evidence=digest("received"))
    found = scene.record.obligation(owed)
    assert (found.state, found.breached) == (ObligationState.PERFORMED, True)


def test_r8_a_declaration_stops_no_date(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe(due=days(1), grace=days(3)))
    scene.world.wait(days=2)
    scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("not so"))
    scene.world.wait(days=2)
    found = scene.record.obligation(owed)
    assert (found.state, found.breached) == (ObligationState.DECLARED, True)


def test_r8_what_was_declared_in_time_and_holds_good_was_not_late(scene: Scene) -> None:
    owed, late = scene.agree(
        scene.owe(due=days(1), grace=days(3)), scene.owe(due=days(1), grace=days(0), amount=2)
    )
    scene.world.wait(days=3)
    for each in (owed, late):
        scene.record.declare(by=scene.buyer, obligation=each, evidence=digest("paid"))
    scene.world.wait(days=5)
    found = [scene.record.obligation(each) for each in (owed, late)]
    assert [each.state for each in found] == [ObligationState.PERFORMED] * 2
    assert [each.breached for each in found] == [False, True]


def test_r9_the_debtor_declares_and_the_creditor_answers(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    with scene.world.refused("only the debtor may do this"):
        scene.record.declare(by=scene.seller, obligation=owed, evidence=digest("paid"))
    scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("paid"))
    with scene.world.refused("only the creditor may do this"):
        scene.record.confirm(by=scene.buyer, obligation=owed, evidence=digest("received"))
    scene.record.confirm(by=scene.seller, obligation=owed, evidence=digest("received"))
    assert scene.state_of(owed) is ObligationState.PERFORMED


def test_r9_silence_confirms_after_five_days(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("paid"))
    scene.world.wait(days=4)
    assert scene.state_of(owed) is ObligationState.DECLARED
    scene.world.wait(days=1)
    assert scene.state_of(owed) is ObligationState.PERFORMED


def test_r10_a_dispute_is_decided_by_a_named_auditor(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("paid"))
    scene.record.dispute(by=scene.seller, obligation=owed, evidence=digest("nothing came"))
    ruling = {"obligation": owed, "is_performed": True, "evidence": digest("it came")}
    for by in (scene.seller, scene.buyer, scene.stranger):
        with scene.world.refused("only an auditor of the agreement"):
            scene.record.decide(by=by, **ruling)
    scene.record.decide(by=scene.auditor, **ruling)
    assert scene.state_of(owed) is ObligationState.PERFORMED


@pytest.mark.parametrize(
    ("wait", "state"),
    [(1, ObligationState.OPEN), (31, ObligationState.DUE), (40, ObligationState.BREACHED)],
)
def test_r10_what_was_not_performed_goes_on_by_its_dates(
    scene: Scene, wait: int, state: ObligationState
) -> None:
    (owed,) = scene.agree(scene.owe(due=days(30), grace=days(3)))
    scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("paid"))
    scene.record.dispute(by=scene.seller, obligation=owed, evidence=digest("nothing came"))
    scene.world.wait(days=wait)
    assert scene.state_of(owed) is ObligationState.DISPUTED
    scene.record.decide(
        by=scene.auditor, obligation=owed, is_performed=False, evidence=digest("it did not")
    )
    assert scene.state_of(owed) is state
    scene.world.wait(days=40)
    assert scene.state_of(owed) is ObligationState.BREACHED


def test_r10_where_nobody_decides_a_dispute_goes_on_by_its_dates(scene: Scene) -> None:
    scene.record.begin(
        by=scene.seller,
        parties=[scene.seller, scene.buyer],
        auditors=[],
        change=build_change(digest("terms"), [scene.owe(due=days(1), grace=days(3))]),
        answer_by=scene.world.now + SOON,
    )
    scene.sign(1, scene.buyer)
    (owed,) = scene.find()
    seen = []
    for wait in (0, 1, 3):
        scene.world.wait(days=wait)
        scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("not so"))
        scene.record.dispute(by=scene.seller, obligation=owed, evidence=digest("no"))
        seen.append(scene.state_of(owed))
    assert seen == [ObligationState.OPEN, ObligationState.DUE, ObligationState.BREACHED]


def test_r11_all_whom_a_novation_concerns_accept(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    scene.novate(owed, scene.owe(debtor=scene.third), by=scene.buyer)
    scene.sign(2, scene.seller)
    assert scene.state_of(owed) is ObligationState.OPEN
    scene.sign(2, scene.third)
    assert scene.state_of(owed) is ObligationState.NOVATED
    taken_over = scene.record.obligation(scene.find()[1])
    assert taken_over.terms.debtor == scene.third.address
    assert scene.record.state_of(1).version == 1


def test_r11_a_novation_changes_somebody_and_is_proposed_by_somebody_bound(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe())
    with scene.world.refused("a novation changes debtor or creditor"):
        scene.novate(owed, scene.owe(amount=1))
    with scene.world.refused("only debtor or creditor proposes a novation"):
        scene.novate(owed, scene.owe(debtor=scene.third), by=scene.third)


def test_r12_after_a_breach_the_creditor_breaks_off_and_the_rest_falls_due(scene: Scene) -> None:
    first, second = scene.agree(
        scene.owe(due=days(1), grace=days(0)), scene.owe(due=days(90), grace=days(3), amount=2)
    )
    with scene.world.refused("the obligation is not breached"):
        scene.record.break_off(by=scene.seller, obligation=first, others=[second])
    scene.world.wait(days=2)
    with scene.world.refused("only the creditor may do this"):
        scene.record.break_off(by=scene.buyer, obligation=first, others=[second])
    scene.record.break_off(by=scene.seller, obligation=first, others=[second])
    assert scene.record.state_of(1).state is AgreementState.BROKEN
    assert scene.state_of(second) is ObligationState.DUE
    scene.world.wait(days=3)
    assert scene.state_of(second) is ObligationState.BREACHED
    with scene.world.refused("the agreement is not in force"):
        scene.record.break_off(by=scene.seller, obligation=second, others=[])


@pytest.mark.parametrize("is_disputed", [False, True])
def test_r12_no_declaration_keeps_the_creditor_from_breaking_off(
    scene: Scene, *, is_disputed: bool
) -> None:
    first, second = scene.agree(
        scene.owe(due=days(1), grace=days(0)), scene.owe(due=days(90), grace=days(3), amount=2)
    )
    scene.world.wait(days=2)
    for owed in (first, second):
        scene.record.declare(by=scene.buyer, obligation=owed, evidence=digest("not so"))
        if is_disputed:
            scene.record.dispute(by=scene.seller, obligation=owed, evidence=digest("no"))
    scene.record.break_off(by=scene.seller, obligation=first, others=[second])
    assert scene.record.state_of(1).state is AgreementState.BROKEN
    scene.world.wait(days=3)
    assert scene.record.obligation(second).breached


def test_r12_nothing_of_others_falls_due(scene: Scene) -> None:
    mine, other = scene.agree(
        scene.owe(due=days(1), grace=days(0)), scene.owe(scene.seller, scene.buyer, amount=2)
    )
    scene.world.wait(days=2)
    with scene.world.refused("the breach is between others"):
        scene.record.break_off(by=scene.seller, obligation=mine, others=[other])
    scene.begin(scene.owe(amount=3))
    scene.sign(2, scene.buyer)
    with scene.world.refused("that is another agreement's"):
        scene.record.break_off(by=scene.seller, obligation=mine, others=[scene.find()[2]])


def test_r13_it_ends_when_nothing_is_owed_and_nothing_pledged(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe(), pledges=[scene.pledge()])
    scene.end()
    with scene.world.refused("something is still owed"):
        scene.sign(2, scene.buyer)
    scene.end(replaces=[owed])
    with scene.world.refused("an asset is still pledged"):
        scene.sign(3, scene.buyer)
    scene.end(replaces=[owed], frees=[compute_asset(scene.pledge())])
    scene.sign(4, scene.buyer)
    assert scene.record.state_of(1).state is AgreementState.ENDED
    assert scene.record.secures(compute_asset(scene.pledge())) == 0
    with scene.world.refused("the agreement is not in force"):
        scene.amend()


def test_r13_what_was_broken_off_can_still_be_settled(scene: Scene) -> None:
    (owed,) = scene.agree(scene.owe(due=days(1), grace=days(0)), pledges=[scene.pledge()])
    scene.amend()
    scene.amend(scene.owe(amount=2))
    scene.world.wait(days=1)
    scene.record.break_off(by=scene.seller, obligation=owed, others=[])
    with scene.world.refused("the agreement is not in force"):
        scene.amend(scene.owe(amount=3), replaces=[owed])
    with scene.world.refused("the agreement is not in force"):
        scene.sign(3, scene.buyer)
    scene.end(by=scene.buyer, replaces=[owed], frees=[compute_asset(scene.pledge())])
    scene.sign(4, scene.seller)
    assert scene.record.state_of(1).state is AgreementState.ENDED


def test_r13_more_than_one_change_can_hold_is_settled_in_several(scene: Scene) -> None:
    first = [scene.pledge(f"ship {number}") for number in range(40)]
    more = [scene.pledge(f"barge {number}") for number in range(40)]
    (owed,) = scene.agree(scene.owe(due=days(1), grace=days(0)), pledges=first)
    scene.amend(pledges=more)
    scene.sign(2, scene.buyer)
    scene.world.wait(days=1)
    scene.record.break_off(by=scene.seller, obligation=owed, others=[])
    with scene.world.refused("a change has at most 64 parts"):
        scene.end(replaces=[owed], frees=map(compute_asset, first + more))
    scene.amend(frees=map(compute_asset, first))
    scene.sign(3, scene.buyer)
    assert scene.record.state_of(1).state is AgreementState.BROKEN
    scene.end(replaces=[owed], frees=map(compute_asset, more))
    scene.sign(4, scene.buyer)
    assert scene.record.state_of(1).state is AgreementState.ENDED


def test_r13_an_ending_brings_nothing_new(scene: Scene) -> None:
    scene.agree()
    with scene.world.refused("an ending brings nothing new"):
        scene.end(pledges=[scene.pledge()])
