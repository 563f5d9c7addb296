"""One test for each rule of README.md that the contract itself keeps."""

from dataclasses import replace
from typing import Any

import pytest

from dure.apps.ballot.contract import BallotStanding, Kind, Phase, Question
from dure.apps.ballot.hall import DEPOSIT, RICH, YES_NO, announce, build_plan
from dure.apps.ballot.offchain.audit import audit
from dure.apps.ballot.tests.scene import Scene, open_scene
from dure.contract.language import Amount, Hash, days, seconds
from dure.contract.library.joint_keys import KeyFinding, KeyState, TrusteeMissing
from dure.testing import World


def ask(kind: Kind, options: int, least: int, most: int) -> Question:
    return Question(kind, "Which?", [f"option {each}" for each in range(options)], least, most)


def announce_with(scene: Scene, questions: list[Question], **changes: Any) -> None:
    announce(scene.world, scene.box, scene.cast, questions, (scene.ann, scene.bob), **changes)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (ask(Kind.SINGLE, 1, 1, 1), "a question has 2 to 16 options"),
        (ask(Kind.SINGLE, 17, 1, 1), "a question has 2 to 16 options"),
        (ask(Kind.SINGLE, 2, 0, 1), "the marks do not fit the question"),
        (ask(Kind.MULTIPLE, 3, 2, 1), "the marks do not fit the question"),
        (ask(Kind.MULTIPLE, 3, 0, 4), "the marks do not fit the question"),
        (ask(Kind.RANKED, 5, 1, 5), "the marks do not fit the question"),
        (ask(Kind.RANKED, 3, 0, 2), "the marks do not fit the question"),
        (replace(YES_NO, text=""), "a question has 1 to 1,000 characters"),
        (replace(YES_NO, options=["", "No"]), "an option has 1 to 100 characters"),
    ],
)
def test_r1_questions_are_bounded(fresh: Scene, question: Question, reason: str) -> None:
    with fresh.world.refused(reason):
        announce_with(fresh, [question])


def test_r1_an_organiser_announces_with_a_deposit(fresh: Scene) -> None:
    with fresh.world.refused("an election has 1 to 8 questions"):
        announce_with(fresh, [])
    with fresh.world.refused("an election has 1 to 8 questions"):
        announce_with(fresh, [YES_NO] * 9)
    with fresh.world.refused("an election has at most 64 cells"):
        announce_with(fresh, [ask(Kind.RANKED, 9, 1, 4), ask(Kind.RANKED, 8, 1, 4)])
    with fresh.world.refused("a title has 1 to 200 characters"):
        announce_with(fresh, [YES_NO], title="")
    plan = build_plan(fresh.world, fresh.cast, [YES_NO], [fresh.ann])
    parties = {"trustees": list(fresh.cast.trustees), "observers": list(fresh.cast.observers)}
    with fresh.world.refused("the payment is not the deposit"):
        fresh.box.announce(by=fresh.cast.organiser, pay=DEPOSIT - 1, plan=plan, **parties)
    with fresh.world.refused("not_permitted"):
        fresh.box.announce(by=fresh.cast.fund, pay=DEPOSIT, plan=plan, **parties)


def test_r2_steps_follow_one_another_within_a_year(fresh: Scene) -> None:
    now = fresh.world.now
    for changes in (
        {"keys_by": now + seconds(30)},
        {"closes": now + days(1)},
        {"results_by": now + days(2)},
        {"ends": now + days(3)},
    ):
        with fresh.world.refused("each step has a minute at least"):
            announce_with(fresh, [YES_NO], **changes)
    with fresh.world.refused("an election ends within a year"):
        announce_with(fresh, [YES_NO], ends=now + days(400))


def test_r3_a_majority_of_different_trustees_is_needed(fresh: Scene) -> None:
    for threshold in (1, 4):
        with fresh.world.refused("the threshold is more than half of the trustees"):
            announce_with(fresh, [YES_NO], threshold=threshold)
    plan = build_plan(fresh.world, fresh.cast, [YES_NO], [fresh.ann])
    cast = fresh.cast

    def announce_parties(trustees: list[object], observers: list[object]) -> None:
        fresh.box.announce(
            by=cast.organiser, pay=DEPOSIT, plan=plan, trustees=trustees, observers=observers
        )

    with fresh.world.refused("there are 2 to 7 trustees"):
        announce_parties([cast.trustees[0]], list(cast.observers))
    with fresh.world.refused("there are 1 to 9 observers"):
        announce_parties(list(cast.trustees), [])
    with fresh.world.refused("owner, trustees and observers are different"):
        announce_parties(list(cast.trustees), [cast.trustees[0]])
    with fresh.world.refused("owner, trustees and observers are different"):
        announce_parties([*cast.trustees[:2], cast.organiser], list(cast.observers))


def test_r4_trustees_join_deal_and_confirm_in_this_order(fresh: Scene) -> None:
    hall, cast = fresh.hall, fresh.cast
    first, second, third = cast.trustees
    secrets = hall.secrets
    key, proof = secrets[0].join()
    shown = {"number": hall.number, "sealing_key": key, "proof": proof}
    with fresh.world.refused("only a trustee may do that"):
        fresh.box.join(by=cast.observers[0], pay=0, **shown)
    with fresh.world.refused("the payment is not the deposit"):
        fresh.box.join(by=first, pay=1, **shown)
    with fresh.world.refused("a key has 32 bytes"):
        fresh.box.join(by=first, pay=DEPOSIT, **(shown | {"sealing_key": key[1:]}))
    with fresh.world.refused("a proof has 64 bytes"):
        fresh.box.join(by=first, pay=DEPOSIT, **(shown | {"proof": proof[1:]}))
    fresh.box.join(by=first, pay=DEPOSIT, **shown)
    with fresh.world.refused("another step comes first, or that was done already"):
        fresh.box.join(by=first, pay=DEPOSIT, **shown)
    deal = secrets[0].deal([key] * 3)
    with fresh.world.refused("not all trustees have joined"):
        hall.deal(first, deal.commitments, deal.proof, deal.sealed_shares)
    fresh.box.join(by=second, pay=DEPOSIT, **shown)
    fresh.box.join(by=third, pay=DEPOSIT, **shown)
    with fresh.world.refused("there is a commitment for each degree"):
        hall.deal(first, deal.commitments[:1], deal.proof, deal.sealed_shares)
    with fresh.world.refused("there is a share for each"):
        hall.deal(first, deal.commitments, deal.proof, deal.sealed_shares[:2])
    with fresh.world.refused("commitments and shares have 32 bytes"):
        hall.deal(first, [b"", b""], deal.proof, deal.sealed_shares)
    with fresh.world.refused("a proof has 64 bytes"):
        hall.deal(first, deal.commitments, b"", deal.sealed_shares)
    hall.deal(first, deal.commitments, deal.proof, deal.sealed_shares)
    with fresh.world.refused("not all trustees have dealt"):
        fresh.box.confirm(by=first, number=hall.number)
    with fresh.world.refused("not all trustees have confirmed"):
        fresh.box.open_voting(by=cast.organiser, number=hall.number, key=bytes(32))
    with fresh.world.refused("only the organiser may do that"):
        fresh.box.open_voting(by=first, number=hall.number, key=bytes(32))


def test_r4_without_a_key_in_time_an_election_stops_and_the_late_are_named(fresh: Scene) -> None:
    hall, cast = fresh.hall, fresh.cast
    key, proof = hall.secrets[0].join()
    fresh.box.join(
        by=cast.trustees[0], pay=DEPOSIT, number=hall.number, sealing_key=key, proof=proof
    )
    fresh.world.wait_until(hall.plan.keys_by)
    assert fresh.box.election(hall.number).phase is Phase.STOPPED
    late = [each.trustee for each in fresh.world.events(TrusteeMissing)]
    assert late == [each.address for each in cast.trustees[1:]]
    hall.end()
    assert cast.trustees[0].won == cast.organiser.won == RICH
    assert cast.fund.won == RICH


def test_r5_a_wrong_share_is_opened_for_all(fresh: Scene) -> None:
    hall, cast = fresh.hall, fresh.cast
    keys = hall.join()
    secrets = hall.secrets
    for place, trustee in enumerate(secrets):
        deal = trustee.deal(keys)
        shares = list(deal.sealed_shares)
        if place == 1:
            shares[0] = bytes(32)
        hall.deal(cast.trustees[place], deal.commitments, deal.proof, shares)
    record = hall.record()
    opened = [secrets[0].open_share(at, keys[at - 1], record.list_deals()[at - 1]) for at in (2, 3)]
    assert [each is None for each in opened] == [True, False]
    shared, proof = secrets[0].accuse(keys[1])
    shown = {"number": hall.number, "dealer": cast.trustees[1], "shared": shared, "proof": proof}
    with fresh.world.refused("a key has 32 bytes"):
        fresh.box.accuse(by=cast.trustees[0], **(shown | {"shared": b""}))
    with fresh.world.refused("the accused has dealt nothing"):
        fresh.box.accuse(by=cast.trustees[0], **(shown | {"dealer": fresh.ann}))
    fresh.box.accuse(by=cast.trustees[0], **shown)
    assert fresh.box.joint_key(hall.number).state is KeyState.CLOSED
    with fresh.world.refused("the key is in another state"):
        fresh.box.confirm(by=cast.trustees[2], number=hall.number)
    with fresh.world.refused("the key is not made any more"):
        fresh.box.open_voting(by=cast.organiser, number=hall.number, key=bytes(32))
    assert [each.what for each in audit(hall.record()).findings] == ["WRONG_SHARE"]
    hall.object_to(cast.trustees[1], KeyFinding.WRONG_SHARE)
    assert hall.end().phase is Phase.STOPPED
    assert [each.won for each in cast.trustees] == [RICH, RICH - DEPOSIT, RICH]


def test_r5_a_false_accusation_names_the_accuser(fresh: Scene) -> None:
    hall, cast = fresh.hall, fresh.cast
    keys = hall.join()
    for person, trustee in zip(cast.trustees, hall.secrets, strict=True):
        deal = trustee.deal(keys)
        hall.deal(person, deal.commitments, deal.proof, deal.sealed_shares)
    shared, proof = hall.secrets[0].accuse(keys[1])
    fresh.box.accuse(
        by=cast.trustees[0],
        number=hall.number,
        dealer=cast.trustees[1],
        shared=shared,
        proof=proof,
    )
    (found,) = audit(hall.record()).findings
    assert (found.what, found.who) == ("FALSE_ACCUSATION", cast.trustees[0].address)


def test_r6_only_who_is_listed_votes_from_the_own_place(scene: Scene) -> None:
    with scene.world.refused("the caller is not on the list of voters"):
        scene.hall.put(scene.stranger, b"ballot", place=0)
    with scene.world.refused("the caller is not on the list of voters"):
        scene.hall.put(scene.ann, b"ballot", place=1)
    for place, siblings in ((-1, []), (3, []), (0, [Hash(bytes(32))] * 31), (0, [])):
        assert not scene.box.is_listed(scene.number, scene.ann, place, siblings)
    scene.hall.vote(scene.cho, [0])
    with scene.world.refused("1 to 1,000,000,000 voters are listed"):
        announce_with(scene, [YES_NO], voters=0)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8])
def test_r6_everybody_on_a_list_of_any_length_has_a_way_to_its_root(count: int) -> None:
    world = World()
    scene = open_scene(world, has_key=False)
    people = world.people(*(f"person {each}" for each in range(count)))
    hall = announce(world, scene.box, scene.cast, [YES_NO], people)
    hall.make_key()
    for person in people:
        hall.put(person, b"ballot")
    assert scene.box.election(hall.number).turnout == count


def test_r7_in_a_poll_only_those_answer_on_whom_the_lot_falls() -> None:
    scene = open_scene(World(), lot_below="0000")
    with scene.world.refused("the lot fell on others"):
        scene.hall.put(scene.ann, b"ballot")
    with scene.world.refused("a lot has four digits or none"):
        announce_with(scene, [YES_NO], lot_below="80")
    everybody = open_scene(World(), lot_below="g000")
    everybody.hall.vote(everybody.ann, [0])


def test_r8_ballots_are_taken_while_the_box_is_open(fresh: Scene) -> None:
    with fresh.world.refused("the election is in another phase"):
        fresh.hall.put(fresh.ann, b"ballot")
    fresh.hall.make_key()
    with fresh.world.refused("a ballot has 1 to 24,576 bytes"):
        fresh.hall.put(fresh.ann, b"")
    with fresh.world.refused("a ballot has 1 to 24,576 bytes"):
        fresh.hall.put(fresh.ann, bytes(24_577))
    fresh.world.wait_until(fresh.hall.plan.closes)
    with fresh.world.refused("the election is in another phase"):
        fresh.hall.put(fresh.ann, b"ballot")
    with fresh.world.refused("there is no such election"):
        fresh.box.cast(by=fresh.ann, number=9, ballot=b"ballot", place=0, siblings=[])


def test_r9_the_last_ballot_of_a_voter_counts_once(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    scene.hall.vote(scene.ann, [1], word="second thoughts")
    with scene.world.refused("the same ballot is in the box"):
        scene.hall.vote(scene.ann, [1], word="second thoughts")
    scene.hall.vote(scene.bob, [0])
    assert scene.box.election(scene.number).turnout == 2
    assert scene.open(1, 2).counts == (1, 1)


def test_r11_a_receipt_tells_what_became_of_a_ballot(scene: Scene) -> None:
    first = scene.hall.vote(scene.ann, [0])
    assert scene.box.standing(scene.number, first) is BallotStanding.STANDS
    second = scene.hall.vote(scene.ann, [0], word="again")
    assert scene.box.standing(scene.number, first) is BallotStanding.REPLACED
    assert scene.box.standing(scene.number, second) is BallotStanding.STANDS
    assert scene.box.standing(scene.number, Hash(bytes(32))) is BallotStanding.UNKNOWN
    assert scene.box.last_ballot(scene.number, scene.ann).digest == second


def test_r12_whoever_gives_no_part_is_named_and_loses_the_deposit(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    counted = scene.open(1, 3)
    scene.hall.declare(counted)
    assert scene.hall.end().phase is Phase.FINAL
    missing = [each.trustee for each in scene.world.events(TrusteeMissing)]
    assert missing == [scene.cast.trustees[1].address]
    assert scene.box.has_forfeited(scene.number, scene.cast.trustees[1])
    assert [each.won for each in scene.cast.trustees] == [RICH, RICH - DEPOSIT, RICH]
    assert scene.cast.fund.won == RICH + DEPOSIT


def test_r14_a_result_is_declared_once_and_within_bounds(scene: Scene) -> None:
    hall, organiser = scene.hall, scene.cast.organiser
    hall.vote(scene.ann, [0])
    counted = scene.open(1)
    used = [scene.cast.trustees[0], scene.cast.trustees[1]]

    def declare(counts: list[int], count: int, by: object = organiser) -> None:
        scene.box.declare(by=by, number=hall.number, counts=counts, counted=count, used=used)

    with scene.world.refused("only the organiser may do that"):
        declare([1, 0], 1, by=scene.ann)
    with scene.world.refused("a result has a number for each cell"):
        declare([1], 1)
    with scene.world.refused("no more ballots count than voters took part"):
        declare([2, 0], 2)
    with scene.world.refused("a cell has no more marks than ballots count"):
        declare([1, 2], 1)
    with scene.world.refused("each part that is used was given, and stands once"):
        declare([1, 0], 1)
    used.pop()
    with scene.world.refused("as many parts are used as the threshold says"):
        declare([1, 0], 1)
    hall.give_part(2, hall.close())
    counted = hall.count()
    hall.declare(counted)
    assert scene.box.result(hall.number) == [1, 0]
    with scene.world.refused("the election is in another phase"):
        hall.declare(counted)


def test_r15_more_than_half_of_the_observers_strike(scene: Scene) -> None:
    hall, cast = scene.hall, scene.cast
    hall.vote(scene.ann, [0])
    counted = scene.open(1, 2, 3)
    report = Hash(bytes(32))
    found = {"number": hall.number, "finding": KeyFinding.WRONG_PART, "report": report}
    with scene.world.refused("only an observer may object"):
        scene.box.object(by=scene.ann, accused=cast.organiser, **found)
    with scene.world.refused("the accused has no part in it"):
        scene.box.object(by=cast.observers[0], accused=scene.ann, **found)
    scene.box.object(by=cast.observers[0], accused=cast.trustees[0], **found)
    assert not scene.box.has_forfeited(hall.number, cast.trustees[0])
    with scene.world.refused("the observer has objected already"):
        scene.box.object(by=cast.observers[0], accused=cast.trustees[0], **found)
    scene.box.object(by=cast.observers[1], accused=cast.trustees[0], **found)
    assert scene.box.has_forfeited(hall.number, cast.trustees[0])
    with scene.world.refused("the trustee was struck"):
        hall.declare(counted)
    hall.object_to(cast.organiser, KeyFinding.WRONG_LIST, observers=3)
    scene.box.declare(
        by=cast.organiser,
        number=hall.number,
        counts=[1, 0],
        counted=1,
        used=list(cast.trustees[1:]),
    )
    assert hall.end().phase is Phase.REJECTED
    assert cast.fund.won == RICH + 2 * DEPOSIT
    with scene.world.refused("the deposits are settled"):
        scene.box.object(by=cast.observers[2], accused=cast.trustees[1], **found)


def test_r16_all_deposits_come_back_at_the_end(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    counted = scene.open(1, 2, 3)
    scene.hall.declare(counted)
    assert scene.world.balance(scene.box, "won") == 4 * DEPOSIT
    assert scene.hall.end().phase is Phase.FINAL
    everybody = (scene.cast.organiser, *scene.cast.trustees, scene.cast.fund)
    assert [each.won for each in everybody] == [RICH] * 5
    with scene.world.refused("nothing is owed"):
        scene.box.collect(by=scene.cast.organiser)


def test_r16_without_a_result_in_time_an_election_stops(scene: Scene) -> None:
    scene.open(1, 2, 3)
    scene.world.wait_until(scene.hall.plan.results_by)
    assert scene.box.election(scene.number).phase is Phase.STOPPED
    with scene.world.refused("the election is in another phase"):
        scene.hall.declare(scene.hall.count())
    assert scene.hall.end().phase is Phase.STOPPED


def test_r16_an_election_may_be_free_of_deposits() -> None:
    scene = open_scene(World(), deposit=Amount(0))
    scene.hall.vote(scene.ann, [1])
    counted = scene.open(2, 3)
    scene.hall.declare(counted)
    assert scene.hall.end().phase is Phase.FINAL
