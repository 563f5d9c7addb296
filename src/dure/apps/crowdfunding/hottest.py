"""The hottest call: backers put money in."""

from collections.abc import Iterator
from itertools import count

from dure.application import HottestCall
from dure.apps.crowdfunding.contract import Crowdfunding, Form
from dure.testing import DraftCall, World, draft_call

BACKERS = 20


def back_campaign(world: World) -> Iterator[DraftCall]:
    """Yield contributions of one won to one campaign, by twenty backers in turn."""
    platform, processor, organiser = world.people("platform", "processor", "organiser")
    backers = world.people(*(f"backer {n}" for n in range(BACKERS)), won=10**9)
    funding = world.deploy(
        Crowdfunding,
        by=platform,
        money=world.asset("won"),
        processor=processor,
        processing=3,
    )
    campaign = funding.open_campaign(by=organiser, form=Form.ALL_OR_NOTHING, goal=10**9, lasts=30)
    for number in count():
        backer = backers[number % BACKERS]
        yield draft_call(funding, "back", by=backer, pay=1, campaign=campaign)


HOTTEST = HottestCall("Crowdfunding.back", back_campaign)
