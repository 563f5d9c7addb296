"""The hottest call: houses deposit the digests of what their meters measured."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import count

from dure.application import HottestCall
from dure.apps.energy.contract_sharing import MeterSharing
from dure.contract.language import Hash
from dure.testing import DraftCall, World, draft_call

HOUSES = 20


def deposit_data(world: World) -> Iterator[DraftCall]:
    """Yield one day's digest each, of twenty houses in turn."""
    houses = world.people(*(f"house {n}" for n in range(HOUSES)))
    sharing = world.deploy(MeterSharing, by=houses[0])
    for number in count():
        yield draft_call(
            sharing,
            "deposit_data",
            by=houses[number % HOUSES],
            day=number // HOUSES,
            digest=Hash(sha256(f"readings {number}, and a salt".encode()).digest()),
        )


HOTTEST = HottestCall("MeterSharing.deposit_data", deposit_data)
