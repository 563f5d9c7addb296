"""Runs of an election as a reader should see them: demo, test and documentation from one text."""

from dure.apps.ballot.contract import BallotStanding, Phase
from dure.apps.ballot.hall import (
    DEPOSIT,
    RICH,
    YES_NO,
    announce,
    invite,
    open_box,
    rank_question,
)
from dure.apps.ballot.offchain.audit import compute_points, split_counts
from dure.apps.ballot.offchain.polls import compute_share
from dure.contract.library.joint_keys import KeyFinding
from dure.testing import World


def ballots_stay_sealed_and_everybody_counts_again(world: World) -> None:
    """Three people vote, one of them twice; the box is opened though one trustee is missing.

    A receipt shows that the ballot stands, and not what is in it. Whoever counts again from the
    chain's events comes to the same numbers.
    """
    cast = invite(world, trustees=3)
    ann, bob, cho, stranger = world.people("ann", "bob", "cho", "stranger")
    council = rank_question(["Kim", "Lee", "Park"], ranks=2)
    box = open_box(world, cast)
    hall = announce(world, box, cast, [YES_NO, council], [ann, bob, cho])
    hall.make_key()

    first = hall.vote(ann, [1], [2], word="first thoughts")
    receipt = hall.vote(ann, [0], [0, 1])
    hall.vote(bob, [0], [1, 0])
    hall.vote(cho, [1], [0])
    assert box.standing(hall.number, first) is BallotStanding.REPLACED
    assert box.standing(hall.number, receipt) is BallotStanding.STANDS
    with world.refused("the caller is not on the list of voters"):
        hall.put(stranger, b"a ballot", place=0)

    sums = hall.close()
    with world.refused("the election is in another phase"):
        hall.vote(bob, [1], [2], word="too late")
    hall.give_part(1, sums)
    hall.give_part(3, sums)
    counted = hall.count(sums)
    hall.declare(counted)
    library, ranks = split_counts(hall.record(), counted.counts or ())
    assert library == [[2], [1]]
    assert ranks == [[2, 1], [1, 1], [0, 0]]
    assert compute_points(ranks) == [5, 3, 0]

    assert hall.end().phase is Phase.FINAL
    assert hall.count().agrees
    assert cast.trustees[1].won == RICH - DEPOSIT
    assert cast.trustees[0].won == RICH
    assert cast.fund.won == RICH + DEPOSIT


def who_cheats_is_found_and_named(world: World) -> None:
    """A voter marks twice, a trustee gives a false part, the organiser declares a false result.

    Whoever counts again finds all three. The observers object, the deposits are forfeit, and the
    result is rejected.
    """
    cast = invite(world, trustees=3)
    ann, bob, cho = world.people("ann", "bob", "cho")
    box = open_box(world, cast)
    hall = announce(world, box, cast, [YES_NO], [ann, bob, cho])
    hall.make_key()
    hall.vote(ann, [0])
    hall.vote(bob, [0])
    hall.put(cho, hall.booth.seal_cells(cho.address, [[1, 1]], b"two marks"))

    sums = hall.close()
    hall.give_part(1, sums)
    hall.give_part(2, sums, error=1)
    hall.give_part(3, sums)
    counted = hall.count(sums)
    assert counted.counts == (2, 0)
    hall.declare(counted, counts=[0, 2])
    found = {each.what: each.who for each in hall.count(sums).findings}
    assert found == {
        "INVALID_BALLOT": cho.address,
        "WRONG_PART": cast.trustees[1].address,
        "WRONG_RESULT": cast.organiser.address,
    }
    hall.object_to(cast.trustees[1], KeyFinding.WRONG_PART)
    hall.object_to(cast.organiser, KeyFinding.WRONG_RESULT)
    assert hall.end().phase is Phase.REJECTED
    assert cast.fund.won == RICH + 2 * DEPOSIT
    assert cast.organiser.won == RICH - DEPOSIT


def poll_asks_whom_the_lot_falls_on(world: World) -> None:
    """An opinion poll asks about half of a list; nobody knew beforehand on whom the lot falls.

    The lot follows from the key that the trustees made after the list was fixed. The answer comes
    with the bounds between which everybody's lies, 19 times of 20.
    """
    cast = invite(world, trustees=2, observers=1)
    people = world.people(*(f"person {place + 1}" for place in range(8)))
    box = open_box(world, cast)
    hall = announce(world, box, cast, [YES_NO], people, lot_below="8000")
    hall.make_key()
    asked = [each for each in people if box.is_drawn(hall.number, each)]
    for place, person in enumerate(people):
        if person in asked:
            hall.vote(person, [place % 2])
        else:
            with world.refused("the lot fell on others"):
                hall.put(person, b"an answer")

    sums = hall.close()
    for place in (1, 2):
        hall.give_part(place, sums)
    counted = hall.count(sums)
    hall.declare(counted)
    assert counted.counted == len(asked)
    if counted.counts is not None and asked:
        found = compute_share(counted.counts[0], counted.counted, len(people))
        assert found.low <= found.share <= found.high
    assert hall.end().phase is Phase.FINAL
