"""The hottest call: holders give units of a share to one another."""

from collections.abc import Iterator
from itertools import count

from dure.application import HottestCall
from dure.apps.securities.stories import SHARE, open_house, register_share
from dure.testing import DraftCall, World, draft_call

HOLDERS = 20
UNITS = 500


def transfer_units(world: World) -> Iterator[DraftCall]:
    """Yield transfers of one unit each, from each of twenty holders to the next."""
    registrar, court, company = world.people("registrar", "court", "company")
    holders = world.people(*(f"holder {n}" for n in range(HOLDERS)))
    house = open_house(world, registrar, court, [company, *holders])
    register_share(house, registrar, company, HOLDERS * UNITS)
    for holder in holders:
        house.depository.transfer(by=company, isin=SHARE, to=holder, units=UNITS)
    for number in count():
        giver, taker = holders[number % HOLDERS], holders[(number + 1) % HOLDERS]
        yield draft_call(house.depository, "transfer", by=giver, isin=SHARE, to=taker, units=1)


HOTTEST = HottestCall("Depository.transfer", transfer_units)
