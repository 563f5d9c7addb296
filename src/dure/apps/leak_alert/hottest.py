"""The hottest call: members open cases for accounts that they have frozen."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import count

from dure.application import HottestCall
from dure.apps.leak_alert.stories import KIM, open_town
from dure.core.types import Hash
from dure.testing import DraftCall, World, draft_call

MEMBERS = 10


def open_cases(world: World) -> Iterator[DraftCall]:
    """Yield one case each, opened by ten members in turn after one leak."""
    supervisor, *members = world.people("supervisor", *(f"bank {n}" for n in range(MEMBERS)))
    town = open_town(world, supervisor, *members)
    town.report(KIM)
    for number in count():
        case = Hash(sha256(f"case {number}".encode()).digest())
        yield draft_call(town.alert, "open_cases", by=members[number % MEMBERS], cases=[case])


HOTTEST = HottestCall("LeakAlert.open_cases", open_cases)
