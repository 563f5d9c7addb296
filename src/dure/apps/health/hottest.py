"""The hottest call: hospitals have sealed records kept."""

from collections.abc import Iterator
from itertools import count

from dure.application import HottestCall
from dure.apps.health.contracts.records import HealthRecords
from dure.apps.health.stories import PLACE, READING_KEY, digest
from dure.testing import DraftCall, World, draft_call

HOSPITALS = 10


def deposit_records(world: World) -> Iterator[DraftCall]:
    """Yield deposits of records that one hospital keeps, by ten hospitals in turn."""
    hospitals = world.people(*(f"hospital {n}" for n in range(HOSPITALS)))
    records = world.deploy(
        HealthRecords,
        by=hospitals[0],
        roles={"depositor": hospitals, "keeper": [hospitals[0]]},
    )
    records.announce_keeper(by=hospitals[0], title="hospital 0", place=PLACE)
    for hospital in hospitals:
        records.name_reading_key(by=hospital, reading_key=READING_KEY)
    for number in count():
        yield draft_call(
            records,
            "deposit",
            by=hospitals[number % HOSPITALS],
            name=digest(f"name {number}"),
            salted=digest(f"content {number}, salted"),
            sealed=digest(f"content {number}, sealed"),
            size=1_000,
            keepers=[hospitals[0]],
            readers=[],
        )


HOTTEST = HottestCall("HealthRecords.deposit", deposit_records)
