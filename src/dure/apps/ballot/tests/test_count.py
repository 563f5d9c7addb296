"""The count that anybody does again: what it counts, what it leaves out, and whom it names."""

from dataclasses import replace
from itertools import combinations

import pytest

from dure.apps.ballot.commands import build_facts, describe_receipt, read_hexadecimal
from dure.apps.ballot.hall import PROJECTS, YES_NO, rank_question
from dure.apps.ballot.offchain.audit import audit, compute_points, enter_booth, split_counts
from dure.apps.ballot.offchain.ballots import is_honest
from dure.apps.ballot.offchain.record import Told, gather
from dure.apps.ballot.session import plan_session, play_session
from dure.apps.ballot.tests.scene import Scene, open_scene
from dure.core.errors import ConfigurationError
from dure.testing import World

COUNCIL = rank_question(["Kim", "Lee", "Park"], ranks=2)


def find(scene: Scene) -> dict[str, bytes]:
    return {each.what: each.who for each in audit(scene.hall.record()).findings}


def test_r10_questions_of_each_kind_are_counted() -> None:
    scene = open_scene(World(), [YES_NO, PROJECTS, COUNCIL])
    scene.hall.vote(scene.ann, [0], [0, 3], [2, 0])
    scene.hall.vote(scene.bob, [1], [], [2])
    scene.hall.vote(scene.cho, [0], [3], [0, 1])
    counted = scene.open(1, 2)
    assert counted.counts is not None
    single, multiple, ranks = split_counts(scene.hall.record(), counted.counts)
    assert single == [[2], [1]]
    assert multiple == [[1], [0], [0], [2]]
    assert ranks == [[1, 1], [0, 1], [2, 0]]
    assert compute_points(ranks) == [3, 1, 4]


@pytest.mark.parametrize(
    "cells",
    [
        [[1, 1], [0] * 4, [1, 0, 0, 0, 0, 0]],
        [[0, 0], [0] * 4, [1, 0, 0, 0, 0, 0]],
        [[2, -1], [0] * 4, [1, 0, 0, 0, 0, 0]],
        [[1, 0], [1, 1, 1, 0], [1, 0, 0, 0, 0, 0]],
        [[1, 0], [0] * 4, [0, 1, 0, 0, 0, 0]],
        [[1, 0], [0] * 4, [1, 1, 0, 0, 0, 0]],
        [[1, 0], [0] * 4, [1, 0, 1, 0, 0, 0]],
        [[1, 0], [0] * 4, [1, 0, 0, 1, 0, 1]],
    ],
    ids=["two", "none", "negative", "three", "gap", "twice", "two first", "two second"],
)
def test_r10_marks_that_are_not_well_formed_count_for_nobody(cells: list[list[int]]) -> None:
    scene = open_scene(World(), [YES_NO, PROJECTS, COUNCIL])
    booth = scene.hall.booth
    assert booth.read(scene.ann.address, booth.seal_cells(scene.ann.address, cells, b"x")) is None
    fine = [[1, 0], [0] * 4, [1, 0, 0, 1, 0, 0]]
    sealed = booth.seal_cells(scene.ann.address, fine, b"x")
    assert booth.read(scene.ann.address, sealed) is not None
    assert booth.read(scene.bob.address, sealed) is None
    assert booth.read(scene.ann.address, sealed[:-1]) is None
    for place in (0, 70, 200, len(sealed) - 1):
        spoiled = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert booth.read(scene.ann.address, spoiled) is None


def test_r10_a_copy_of_anothers_ballot_counts_for_nobody(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    scene.hall.put(scene.bob, scene.hall.record().ballots[0].ballot)
    counted = scene.open(1, 2)
    assert (counted.counts, counted.counted) == ((1, 0), 1)
    assert find(scene) == {"INVALID_BALLOT": scene.bob.address}


def test_r10_a_spoiled_ballot_takes_the_place_of_the_earlier_one(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    scene.hall.put(scene.ann, b"spoiled")
    assert scene.open(1, 2).counted == 0


def test_r10_the_ballots_of_one_election_are_none_in_another(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    (cast,) = scene.hall.record().ballots
    booth = scene.hall.booth
    assert booth.read(cast.voter, cast.ballot) is not None
    assert replace(booth, number=2).read(cast.voter, cast.ballot) is None
    assert replace(booth, contract=bytes(32)).read(cast.voter, cast.ballot) is None


def test_r11_a_device_is_challenged_for_what_it_sealed(scene: Scene) -> None:
    booth = enter_booth(scene.hall.record())
    sealed = booth.seal(scene.ann.address, [[0]], b"seed")
    assert is_honest(booth, scene.ann.address, [[0]], b"seed", sealed)
    assert not is_honest(booth, scene.ann.address, [[1]], b"seed", sealed)


def test_r11_a_receipt_says_whether_its_ballot_counts(scene: Scene) -> None:
    first = scene.hall.vote(scene.ann, [0])
    last = scene.hall.vote(scene.ann, [1], word="again")
    spoiled = scene.hall.put(scene.bob, b"spoiled")
    record = scene.hall.record()
    assert "replaced" in describe_receipt(record, first)
    assert describe_receipt(record, last) == "it stands and its proofs hold: it counts"
    assert "counts for nobody" in describe_receipt(record, spoiled)
    assert describe_receipt(record, bytes(32)) == "there is no such ballot in this box"


def test_r12_any_majority_opens_the_same_and_fewer_open_nothing(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    scene.hall.vote(scene.bob, [1])
    scene.hall.vote(scene.cho, [1])
    scene.open(1, 2, 3)
    record = scene.hall.record()
    given = dict(record.parts)
    for some in combinations(given, 2):
        record.parts = {each: given[each] for each in some}
        assert audit(record).counts == (1, 2)
    record.parts = {each: given[each] for each in list(given)[:1]}
    assert audit(record).counts is None


def test_r13_a_part_that_is_not_proved_is_found_and_not_used(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    sums = scene.hall.close()
    scene.hall.give_part(1, sums, error=1)
    with scene.world.refused("a part has 96 bytes for each value"):
        scene.box.give_part(by=scene.cast.trustees[1], number=scene.number, parts=bytes(96))
    scene.hall.give_part(2, sums)
    assert scene.hall.count(sums).counts is None
    scene.hall.give_part(3, sums)
    counted = scene.hall.count(sums)
    assert counted.counts == (1, 0)
    assert find(scene) == {"WRONG_PART": scene.cast.trustees[0].address}
    assert counted.opened_by == tuple(each.address for each in scene.cast.trustees[1:])


def test_r14_a_result_that_is_not_the_sum_is_found(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    counted = scene.open(1, 2)
    scene.hall.declare(counted, counts=[0, 1])
    assert find(scene) == {"WRONG_RESULT": scene.cast.organiser.address}
    facts = build_facts(scene.hall.record(), scene.hall.count())
    assert (facts["agrees"], facts["counts"], facts["declared"]) == (
        False,
        [[[1], [0]]],
        [[[0], [1]]],
    )


def test_r14_a_key_that_is_not_the_trustees_is_found_before_anybody_seals(fresh: Scene) -> None:
    fresh.hall.make_key()
    record = fresh.hall.record()
    assert enter_booth(record).key == fresh.hall.key
    record.key = fresh.hall.join.__name__.encode().ljust(32, b"\0")
    with pytest.raises(ConfigurationError, match="not the one its trustees made"):
        enter_booth(record)
    assert "WRONG_KEY" in {each.what for each in audit(record).findings}


def test_r14_a_dealer_who_does_not_know_its_part_is_found(scene: Scene) -> None:
    record = scene.hall.record()
    trustee = scene.cast.trustees[0].address
    record.deals[trustee] = replace(record.deals[trustee], proof=bytes(64))
    with pytest.raises(ConfigurationError, match="not the one its trustees made"):
        enter_booth(record)
    assert ("WRONG_SHARE", trustee) in {(each.what, each.who) for each in audit(record).findings}


def test_r17_a_node_that_holds_a_ballot_back_is_found_out(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    scene.hall.vote(scene.bob, [1])
    scene.open(1, 2)
    record = scene.hall.record()
    assert audit(record).findings == ()
    record.ballots.pop()
    assert "MISSING_BALLOTS" in {each.what for each in audit(record).findings}


def test_r9_an_election_of_ballots_from_cambridge_comes_out_as_reckoned() -> None:
    plan = plan_session(4, 3)
    world = World()
    assert play_session(world, plan) == plan.expected
    assert world.conserved()


def test_nobody_asks_for_what_is_not_there(scene: Scene) -> None:
    with pytest.raises(ConfigurationError, match="there is no election 7"):
        gather(scene.box.address, 7, [Told("BallotCast", {"number": 1})])
    for wrong in ("", "zz", "00" * 31):
        with pytest.raises(ConfigurationError, match="64 hexadecimal digits"):
            read_hexadecimal(wrong, "a receipt's digest")
    with pytest.raises(ConfigurationError, match="choose 4 to 60 voters"):
        plan_session(3, 1)
    booth = scene.hall.booth
    for marks, words in (
        ([[0], [1]], "there are 1 questions to answer"),
        ([[0, 1]], "mark 1 to 1 options"),
        ([[2]], "mark options from 0 to 1, each once"),
        ([[]], "mark 1 to 1 options"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            booth.seal(scene.ann.address, marks, b"seed")
