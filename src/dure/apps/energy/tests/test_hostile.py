"""Who tries what is not meant, and the fullest quarter-hour that there can be."""

import pytest

from dure.apps.energy.contract import EnergyMarket, Prices, SlotCleared, SlotSettled
from dure.apps.energy.day import Neighbourhood, open_neighbourhood
from dure.apps.energy.offchain import sign_reading
from dure.contract.language import Amount, minutes
from dure.core.types import Address
from dure.testing import World


def test_the_fullest_quarter_hour_is_cleared_and_settled_within_its_gas() -> None:
    world = World()
    town = open_neighbourhood(world, 32)
    slot = town.first_slot()
    for number, house in enumerate(town.houses[:16]):
        town.market.buy(by=house, slot=slot, energy=1_000 + number, price=Amount(180))
    for number, house in enumerate(town.houses[16:]):
        town.market.sell(by=house, slot=slot, energy=1_019 + number, price=Amount(100))
    world.wait_until(town.begins(slot + 1) + minutes(1))
    assert [each.slot for each in world.events(SlotCleared)] == [slot]
    for number in range(32):
        town.meter(number, slot, 1_000 if number < 16 else 0, 0 if number < 16 else 1_000)
    world.wait_until(town.begins(slot + 2) + minutes(1))
    assert world.events(SlotSettled) == [SlotSettled(slot, 32)]


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_the_seventeenth_order_of_a_side_is_refused(side: str) -> None:
    town = open_neighbourhood(World(), 17)
    slot = town.first_slot()
    for house in town.houses[:16]:
        getattr(town.market, side)(by=house, slot=slot, energy=1, price=Amount(100))
    with town.world.refused("a quarter-hour has at most 16 orders of a side"):
        getattr(town.market, side)(by=town.houses[16], slot=slot, energy=1, price=Amount(100))


@pytest.mark.parametrize("method", ["clear", "settle"])
def test_nobody_clears_or_settles_by_hand(town: Neighbourhood, method: str) -> None:
    with town.world.refused("not_permitted"):
        getattr(town.market, method)(by=town.operator, slot=town.first_slot())


def test_a_reading_for_another_quarter_hour_is_no_reading_of_this(town: Neighbourhood) -> None:
    slot = town.first_slot()
    town.world.wait_until(town.begins(slot + 1) + minutes(1))
    seal = sign_reading(town.keys[0], Address(town.market.address), slot - 1, 5, 0)
    with town.world.refused("the meter did not sign this"):
        town.market.meter(
            by=town.houses[0],
            house=town.houses[0],
            slot=slot,
            consumed=5,
            produced=0,
            signature=seal,
        )


def test_a_stranger_neither_orders_nor_is_metered(town: Neighbourhood) -> None:
    stranger = town.world.person("stranger", won=1_000)
    with town.world.refused("missing_key"):
        town.market.sell(by=stranger, slot=town.first_slot(), energy=1, price=Amount(1))
    with town.world.refused("not enough money on the account"):
        town.market.withdraw(by=stranger, amount=Amount(1))
    with town.world.refused("no more than the bill can be paid"):
        town.market.pay_bill(by=stranger, pay=1)


def test_losses_that_fit_no_grid_open_no_market(town: Neighbourhood) -> None:
    for losses, fee, why in (
        ([], 20, "1 to 8 feeders"),
        ([[1, 2]], 20, "losses name every pair of feeders"),
        ([[501]], 20, "a loss is 0 to 500 thousandths"),
        ([[1]], 101, "the fee is 0 to 100 thousandths"),
    ):
        with town.world.refused(why):
            town.world.deploy(
                EnergyMarket,
                by=town.operator,
                money=town.world.asset("won"),
                supplier=town.supplier,
                operator=town.operator,
                usual=Prices(Amount(200), Amount(80)),
                fee_permille=fee,
                losses=losses,
            )
