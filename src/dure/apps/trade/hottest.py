"""The hottest call: carriers issue bills of lading."""

from collections.abc import Iterator
from itertools import count

from dure.application import HottestCall
from dure.apps.trade.contracts.bills_of_lading import BillsOfLading
from dure.apps.trade.stories import digest
from dure.testing import DraftCall, World, draft_call

CARRIERS = 10


def issue_bills(world: World) -> Iterator[DraftCall]:
    """Yield bills to order, issued by ten carriers in turn to one exporter."""
    exporter, *carriers = world.people("exporter", *(f"carrier {n}" for n in range(CARRIERS)))
    bills = world.deploy(
        BillsOfLading, by=carriers[0], roles={"carrier": carriers}, money=world.asset("won")
    )
    for number in count():
        yield draft_call(
            bills,
            "issue",
            by=carriers[number % CARRIERS],
            holder=exporter,
            document=digest(f"transport document {number}, with its salt"),
            reference=f"HDMU{number}",
            to_order=True,
            consignee=exporter,
        )


HOTTEST = HottestCall("BillsOfLading.issue", issue_bills)
