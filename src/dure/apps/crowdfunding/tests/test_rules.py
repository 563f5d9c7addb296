"""The rules of the campaigns, each by the tests that carry its number."""

import pytest

from dure.apps.crowdfunding.contract import CampaignState, Crowdfunding, Form
from dure.apps.crowdfunding.stories import open_platform
from dure.contract.language import Amount
from dure.testing import Deployed, Person, World

Scene = tuple[World, Deployed, list[Person]]


@pytest.fixture
def scene() -> Scene:
    world = World()
    people = list(world.people("platform", "processor", "organiser", "backer", won=100_000))
    return world, open_platform(world, people[0], people[1]), people


def test_r1_a_campaign_lasts_1_to_60_days_and_has_a_goal(scene: Scene) -> None:
    world, fund, (_, _, organiser, _) = scene
    for lasts in (0, 61, -1):
        with world.refused("a campaign lasts 1 to 60 days"):
            fund.open_campaign(by=organiser, form=Form.KEEP, goal=1, lasts=lasts)
    with world.refused("the goal is above zero"):
        fund.open_campaign(by=organiser, form=Form.KEEP, goal=0, lasts=1)


def test_r2_a_missed_goal_pays_all_back_once(scene: Scene) -> None:
    world, fund, (_, _, organiser, _) = scene
    number = fund.open_campaign(by=organiser, form=Form.ALL_OR_NOTHING, goal=50_000, lasts=1)
    backers = world.people(*[f"backer {each}" for each in range(12)], won=1_000)
    for backer in backers:
        fund.back(by=backer, campaign=number, pay=400)
        fund.back(by=backer, campaign=number, pay=600)
    world.wait(hours=26)
    assert [backer.won for backer in backers] == [1_000] * 12
    assert fund.campaign(number).refunded == 12


@pytest.mark.parametrize(("form", "fee"), [(Form.ALL_OR_NOTHING, 3), (Form.KEEP, 5)])
def test_r3_fees_are_rounded_down(scene: Scene, form: Form, fee: int) -> None:
    world, fund, (platform, processor, organiser, backer) = scene
    number = fund.open_campaign(by=organiser, form=form, goal=999, lasts=1)
    fund.back(by=backer, campaign=number, pay=999)
    world.wait(hours=25)
    assert platform.won == 100_000 + 999 * fee // 100
    assert processor.won == 100_000 + 29
    assert organiser.won == 100_000 + 999 - 29 - 999 * fee // 100


def test_r4_processing_costs_3_to_5_percent() -> None:
    world = World()
    platform = world.people("platform", "other", won=1)[0]
    with world.refused("processing costs 3 to 5 percent"):
        world.deploy(
            Crowdfunding,
            by=platform,
            money=world.asset("won"),
            processor=platform.address,
            processing=6,
        )


def test_r5_nobody_pays_in_after_the_end(scene: Scene) -> None:
    world, fund, (_, _, organiser, backer) = scene
    number = fund.open_campaign(by=organiser, form=Form.KEEP, goal=999, lasts=1)
    world.wait(hours=25)
    with world.refused("the campaign has ended"):
        fund.back(by=backer, campaign=number, pay=1)


def test_r6_only_the_organiser_gives_up_and_then_it_is_over(scene: Scene) -> None:
    world, fund, (_, _, organiser, backer) = scene
    number = fund.open_campaign(by=organiser, form=Form.KEEP, goal=999, lasts=1)
    fund.back(by=backer, campaign=number, pay=999)
    with world.refused("nothing is paid"):
        fund.back(by=backer, campaign=number, pay=0)
    with world.refused("only the organiser cancels"):
        fund.give_up(by=backer, campaign=number)
    fund.give_up(by=organiser, campaign=number)
    world.wait(hours=26)
    assert fund.campaign(number).state is CampaignState.CANCELLED
    assert backer.won == 100_000
    with world.refused("the campaign has ended"):
        fund.give_up(by=organiser, campaign=number)
    with world.refused("there is no such campaign"):
        fund.back(by=backer, campaign=9, pay=1)


def test_r7_nobody_is_refunded_twice(scene: Scene) -> None:
    world, fund, (_, _, organiser, backer) = scene
    number = fund.open_campaign(by=organiser, form=Form.ALL_OR_NOTHING, goal=999, lasts=1)
    fund.back(by=backer, campaign=number, pay=500)
    fund.give_up(by=organiser, campaign=number)
    world.wait(hours=50)
    assert backer.won == 100_000
    with world.refused("nothing is owed"):
        fund.collect(by=backer, to=backer.address)


def test_r8_who_is_owed_nothing_collects_nothing(scene: Scene) -> None:
    world, fund, (_, _, _, backer) = scene
    with world.refused("nothing is owed"):
        fund.collect(by=backer, to=backer.address)
    assert fund.owed(backer.address) == Amount(0)


def test_r9_what_the_contract_does_by_itself_anybody_may_do_later_but_not_before(
    scene: Scene,
) -> None:
    world, fund, (_, _, organiser, backer) = scene
    number = fund.open_campaign(by=organiser, form=Form.ALL_OR_NOTHING, goal=999, lasts=1)
    fund.back(by=backer, campaign=number, pay=500)
    with world.refused("the campaign still has time"):
        fund.close_late(by=backer, campaign=number)
    with world.refused("the campaign gives nothing back"):
        fund.refund_late(by=backer, campaign=number)
    world.wait(hours=26)
    with world.refused("the campaign has ended"):
        fund.close_late(by=backer, campaign=number)
    with world.refused("everybody was paid back"):
        fund.refund_late(by=backer, campaign=number)
    assert backer.won == 100_000
