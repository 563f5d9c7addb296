"""The hottest call: the parties of a shipment anchor events of their own records."""

from collections.abc import Iterator
from itertools import count

from dure.application import HottestCall
from dure.apps.shipment.stories import digest, open_community
from dure.contract.language import minutes
from dure.contract.library.conditions import Bounds
from dure.testing import DraftCall, World, draft_call


def anchor_events(world: World) -> Iterator[DraftCall]:
    """Yield anchors of events of one container, by its shipper, carrier and consignee in turn."""
    community = open_community(world)
    number = community.book(Bounds(200, 800, minutes(30)))
    parties = (community.shipper, community.carrier, community.consignee)
    for place in count():
        yield draft_call(
            community.contract,
            "anchor",
            by=parties[place % len(parties)],
            number=number,
            epcis=digest(f"event {place}"),
        )


HOTTEST = HottestCall("Shipments.anchor", anchor_events)
