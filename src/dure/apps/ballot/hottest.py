"""The hottest call: voters cast their sealed ballots, and cast them again."""

from collections.abc import Iterator
from itertools import count

from dure.application import HottestCall
from dure.apps.ballot.hall import YES_NO, announce, invite, list_leaves, open_box
from dure.core.merkle import build_path
from dure.core.types import Hash
from dure.testing import DraftCall, World, draft_call

VOTERS = 20
BALLOT_BYTES = 500
"""About what a sealed answer to one question with two choices has, with its proofs."""


def cast_ballots(world: World) -> Iterator[DraftCall]:
    """Yield ballots of twenty voters in turn; the contract opens none, so any bytes will do."""
    cast = invite(world, trustees=2)
    voters = world.people(*(f"voter {n}" for n in range(VOTERS)))
    box = open_box(world, cast)
    hall = announce(world, box, cast, [YES_NO], voters)
    hall.make_key()
    leaves = list_leaves(hall.voters)
    paths = [[Hash(each) for each in build_path(leaves, place).siblings] for place in range(VOTERS)]
    for number in count():
        place = number % VOTERS
        yield draft_call(
            box,
            "cast",
            by=voters[place],
            number=hall.number,
            ballot=number.to_bytes(BALLOT_BYTES, "big"),
            place=place,
            siblings=paths[place],
        )


HOTTEST = HottestCall("Elections.cast", cast_ballots)
