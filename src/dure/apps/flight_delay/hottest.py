"""The hottest call: travellers buy covers."""

from collections.abc import Iterator
from itertools import count

from dure.application import HottestCall
from dure.apps.flight_delay.contract import FlightDelay
from dure.contract.language import hours
from dure.testing import DraftCall, World, draft_call

TRAVELLERS = 20
PREMIUM, COVER = 5, 10


def buy_covers(world: World) -> Iterator[DraftCall]:
    """Yield covers of flights of today, bought by twenty travellers in turn."""
    insurer, airline = world.people("insurer", "airline", won=10**12)
    cover = world.deploy(
        FlightDelay,
        by=insurer,
        roles={"flight oracle": airline},
        money=world.asset("won"),
        premium=PREMIUM,
        cover=COVER,
    )
    cover.add_reserve(by=insurer, pay=10**12)
    travellers = world.people(*(f"traveller {n}" for n in range(TRAVELLERS)), won=10**9)
    departs = world.now + hours(6)
    for number in count():
        traveller = travellers[number % TRAVELLERS]
        flight = f"UA{number % 9000 + 1000} EWR-IAH"
        yield draft_call(cover, "buy", by=traveller, pay=PREMIUM, flight=flight, departs=departs)


HOTTEST = HottestCall("FlightDelay.buy", buy_covers)
