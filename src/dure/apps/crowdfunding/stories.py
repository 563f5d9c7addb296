"""Runs of campaigns as a reader should see them."""

from dure.apps.crowdfunding.contract import CampaignState, Crowdfunding, Form
from dure.testing import Deployed, Person, World


def open_platform(world: World, platform: Person, processor: Person) -> Deployed:
    """Take 3 % for processing, besides the platform's own fee."""
    return world.deploy(
        Crowdfunding,
        by=platform,
        money=world.asset("won"),
        processor=processor.address,
        processing=3,
    )


def missed_goal_pays_everybody_back(world: World) -> None:
    """A campaign misses its goal; at the deadline everybody has the money back, unasked."""
    platform, processor, organiser, backer = world.people(
        "platform", "processor", "organiser", "backer", won=100_000
    )
    fund = open_platform(world, platform, processor)
    number = fund.open_campaign(by=organiser, form=Form.ALL_OR_NOTHING, goal=50_000, lasts=30)
    fund.back(by=backer, campaign=number, pay=40_000)
    world.wait(hours=30 * 24 + 1)
    assert backer.won == 100_000
    assert organiser.won == 100_000
    assert fund.campaign(number).state is CampaignState.FAILED


def organiser_keeps_what_was_raised(world: World) -> None:
    """The other form pays 92 % of what came in, though the goal was missed."""
    platform, processor, organiser, backer = world.people(
        "platform", "processor", "organiser", "backer", won=100_000
    )
    fund = open_platform(world, platform, processor)
    number = fund.open_campaign(by=organiser, form=Form.KEEP, goal=50_000, lasts=30)
    fund.back(by=backer, campaign=number, pay=40_000)
    world.wait(hours=30 * 24 + 1)
    assert (platform.won, processor.won) == (102_000, 101_200)
    assert organiser.won == 136_800
    with world.refused("the campaign has ended"):
        fund.back(by=backer, campaign=number, pay=1)
