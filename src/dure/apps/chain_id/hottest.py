"""The hottest call: people sign in at institutions."""

from collections.abc import Iterator
from itertools import count

from dure.application import HottestCall
from dure.apps.chain_id.contract import Claim, Purpose
from dure.apps.chain_id.stories import digest, open_register, verify
from dure.testing import DraftCall, World, draft_call

PEOPLE = 20


def sign_in(world: World) -> Iterator[DraftCall]:
    """Yield sign-ins at a shop, each with a challenge of its own, by twenty people in turn."""
    register = open_register(world)
    people = world.people(*(f"person {n}" for n in range(PEOPLE)))
    for person in people:
        verify(world, register, person, person.name)
    for number in count():
        yield draft_call(
            register.chain,
            "sign_in",
            by=people[number % PEOPLE],
            institution=register.shop,
            purpose=Purpose.SIGN_IN,
            challenge=digest(f"challenge {number}"),
            claims=[Claim.ADULT],
        )


HOTTEST = HottestCall("ChainIdentity.sign_in", sign_in)
