"""The rules that the contracts keep, each by the tests that carry its number."""

from hashlib import sha256

import pytest

from dure.apps.energy.contract import Prices, SlotSettled, SlotState, Traded
from dure.apps.energy.contract_sharing import DataUsed, MeterSharing, Purpose
from dure.apps.energy.day import Neighbourhood, meter_quarter, place_orders
from dure.apps.energy.offchain import Order, Quarter, sign_reading
from dure.contract.language import Amount, Hash, days, minutes
from dure.contract.library.signed_meters import MeterWithdrawn
from dure.contract.library.supply_accounts import SupplyBillPaid
from dure.core.types import Address
from dure.identity.keys import SigningKey
from dure.testing import World

OTHER_KEY = SigningKey(sha256(b"another meter").digest())


def buy(house: int, energy: int, price: int) -> Order:
    return Order(house, is_purchase=True, energy=energy, price=price)


def sell(house: int, energy: int, price: int) -> Order:
    return Order(house, is_purchase=False, energy=energy, price=price)


def trade(town: Neighbourhood, *orders: Order) -> list[tuple[int, int, int, int]]:
    """Return seller, buyer, what was fed in and what arrived of a quarter-hour's trades."""
    slot = town.first_slot()
    place_orders(town, slot, Quarter(200, 80, orders, ()))
    town.world.wait_until(town.begins(slot) + minutes(1))
    place = {each.address: number for number, each in enumerate(town.houses)}
    return [
        (place[each.seller], place[each.buyer], each.sold, each.bought)
        for each in town.world.events(Traded)
    ]


def settle(
    town: Neighbourhood, orders: tuple[Order, ...], readings: tuple[tuple[int, int], ...]
) -> int:
    slot = town.first_slot()
    quarter = Quarter(200, 80, orders, readings)
    place_orders(town, slot, quarter)
    meter_quarter(town, slot, quarter)
    town.world.wait_until(town.begins(slot + 2) + minutes(1))
    return slot


def test_r1_the_operator_alone_admits_houses_and_meters(town: Neighbourhood) -> None:
    house, stranger = town.houses[0], town.world.person("stranger")
    with town.world.refused("not_permitted"):
        town.market.admit(by=house, house=stranger, feeder=0)
    with town.world.refused("not_permitted"):
        town.market.register_meter(by=house, house=house, meter=bytes(OTHER_KEY.public))
    for feeder, who, why in (
        (3, stranger, "there is no such feeder"),
        (0, house, "that house takes part already"),
        (0, town.operator, "the operator is no house"),
    ):
        with town.world.refused(why):
            town.market.admit(by=town.operator, house=who, feeder=feeder)
    with town.world.refused("withdraw the other meter first"):
        town.market.register_meter(by=town.operator, house=house, meter=b"x" * 32)


def test_r2_a_stolen_meter_counts_no_longer_and_never_again(town: Neighbourhood) -> None:
    house = town.houses[0]
    with town.world.refused("only the house or the operator"):
        town.market.withdraw_meter(by=town.houses[1], house=house)
    town.market.withdraw_meter(by=house, house=house)
    key = bytes(town.keys[0].public)
    assert town.world.events(MeterWithdrawn) == [MeterWithdrawn(house.address, key)]
    with town.world.refused("there is no meter"):
        town.market.withdraw_meter(by=house, house=house)
    with town.world.refused("that key was registered before"):
        town.market.register_meter(by=town.operator, house=house, meter=key)
    with town.world.refused("a meter's key has 32 bytes"):
        town.market.register_meter(by=town.operator, house=house, meter=b"short")
    slot = town.first_slot()
    town.world.wait_until(town.begins(slot + 1) + minutes(1))
    with town.world.refused("there is no meter"):
        town.meter(0, slot, 5, 0)


def test_r3_a_reading_is_signed_by_the_meter_and_taken_once_and_in_time(
    town: Neighbourhood,
) -> None:
    slot = town.first_slot()
    with town.world.refused("the quarter-hour has not ended"):
        town.meter(0, slot, 5, 0)
    with town.world.refused("there is no such quarter-hour"):
        town.meter(0, -5, 5, 0)
    town.world.wait_until(town.begins(slot + 1) + minutes(1))
    forged = sign_reading(OTHER_KEY, Address(town.market.address), slot, 5, 0)
    with town.world.refused("the meter did not sign this"):
        town.market.meter(
            by=town.operator,
            house=town.houses[0],
            slot=slot,
            consumed=5,
            produced=0,
            signature=forged,
        )
    with town.world.refused("a reading has 0 to 100000 watt-hours"):
        town.meter(0, slot, 100_001, 0)
    town.meter(0, slot, 5, 0)
    with town.world.refused("there is a reading already"):
        town.meter(0, slot, 5, 0)
    town.world.wait_until(town.begins(slot + 2))
    with town.world.refused("the quarter-hour is settled"):
        town.meter(1, slot, 5, 0)


def test_r4_the_highest_bid_is_served_first_and_the_earlier_of_equal_ones(
    town: Neighbourhood,
) -> None:
    got = trade(town, buy(1, 500, 150), buy(2, 500, 150), buy(4, 500, 160), sell(0, 900, 100))
    assert [each[1] for each in got] == [4, 1]


def test_r5_what_arrives_cheapest_is_sold_first_so_the_nearer_of_equal_ones(
    town: Neighbourhood,
) -> None:
    got = trade(town, sell(2, 100, 100), sell(1, 100, 100), sell(3, 100, 100), buy(0, 150, 180))
    assert got == [(3, 0, 100, 99), (1, 0, 53, 51)]


def test_r5_a_bid_that_does_not_pay_for_the_loss_buys_nothing(town: Neighbourhood) -> None:
    assert trade(town, sell(2, 100, 100), buy(0, 100, 105)) == []


def test_r5_an_offer_too_small_to_arrive_holds_up_no_other(town: Neighbourhood) -> None:
    got = trade(town, sell(3, 1, 0), sell(1, 1_000, 100), buy(0, 500, 180))
    assert got == [(1, 0, 516, 500)]


def test_r6_the_price_lies_in_the_middle_and_the_rest_set_aside_comes_back(
    town: Neighbourhood,
) -> None:
    trade(town, sell(3, 1_000, 100), buy(0, 990, 200))
    (paid,) = [each.paid.units for each in town.world.events(Traded)]
    assert paid == (200 * 990 + 100 * 1_000) // 2_000
    assert town.market.account(town.houses[0]) == Amount(1_000_000 - paid)
    assert town.market.account(town.houses[3]) == Amount(1_000_000 + paid - paid * 20 // 1_000)


def test_r7_orders_are_refused_that_come_late_twice_or_without_money(town: Neighbourhood) -> None:
    slot, house = town.first_slot(), town.houses[0]
    for energy, price, why in (
        (0, 1, "an order has 1 to 100000 watt-hours"),
        (1, 10**9 + 1, "the price is too high"),
        (100_000, 10**8, "not enough money on the account"),
    ):
        with town.world.refused(why):
            town.market.buy(by=house, slot=slot, energy=energy, price=Amount(price))
    with town.world.refused("the quarter-hour has begun"):
        town.market.sell(by=house, slot=slot - 3, energy=1, price=Amount(1))
    with town.world.refused("orders are taken two days ahead"):
        town.market.sell(by=house, slot=slot + 200, energy=1, price=Amount(1))
    town.market.sell(by=house, slot=slot, energy=1, price=Amount(1))
    with town.world.refused("one order of a house a quarter-hour"):
        town.market.buy(by=house, slot=slot, energy=1, price=Amount(1))
    with town.world.refused("an order is not settled yet"):
        town.market.withdraw(by=house, amount=Amount(1))


def test_r8_what_was_not_traded_is_settled_with_the_supplier_once(town: Neighbourhood) -> None:
    slot = settle(town, (), ((1_000, 0), (0, 1_000)))
    assert town.market.account(town.houses[0]) == Amount(1_000_000 - 200)
    assert town.market.account(town.houses[1]) == Amount(1_000_000 + 80)
    assert town.market.state(slot) is SlotState.SETTLED
    town.world.wait(hours=2)
    assert town.world.events(SlotSettled) == [SlotSettled(slot, 2)]


def test_r8_a_seller_that_does_not_meter_buys_all_it_sold(town: Neighbourhood) -> None:
    settle(town, (sell(3, 1_000, 100), buy(0, 990, 200)), ())
    assert town.market.account(town.houses[3]) == Amount(1_000_000 + 149 - 2 - 200)


def test_r9_who_cannot_pay_owes_and_neither_orders_nor_withdraws(town: Neighbourhood) -> None:
    house = town.houses[0]
    town.market.withdraw(by=house, amount=Amount(1_000_000))
    settle(town, (), ((1_000, 0),))
    assert town.market.bill(house) == Amount(200)
    with town.world.refused("pay the bill first"):
        town.market.sell(by=house, slot=town.first_slot(), energy=1, price=Amount(1))
    with town.world.refused("pay the bill first"):
        town.market.withdraw(by=house, amount=Amount(0))
    with town.world.refused("no more than the bill can be paid"):
        town.market.pay_bill(by=house, pay=201)
    town.market.pay_bill(by=house, pay=200)
    assert town.market.bill(house) == Amount(0)


def test_r9_the_supplier_owes_what_its_account_does_not_hold(town: Neighbourhood) -> None:
    town.market.withdraw(by=town.supplier, amount=Amount(10_000_000))
    settle(town, (), ((0, 1_000),))
    house = town.houses[0]
    assert town.market.claim(house) == Amount(80)
    town.market.deposit(by=town.supplier, pay=50)
    assert town.market.collect(by=house) == Amount(50)
    assert town.market.claim(house) == Amount(30)
    with town.world.refused("nothing is owed"):
        town.market.collect(by=town.houses[1])


def test_r10_fees_become_renewable_money_that_pays_bills(town: Neighbourhood) -> None:
    settle(town, (sell(3, 10_000, 100), buy(0, 9_900, 200)), ((9_900, 0), *((0, 0),) * 2))
    renewable = town.market.renewable_asset()
    assert town.world.balance(town.houses[3], renewable) == 0
    slot = town.first_slot()
    orders = (sell(4, 10_000, 100), buy(1, 9_900, 200))
    quarter = Quarter(200, 80, orders, ((0, 0), (9_900, 0), (0, 0), (0, 0), (0, 10_000)))
    place_orders(town, slot, quarter)
    meter_quarter(town, slot, quarter)
    town.world.wait_until(town.begins(slot + 2) + minutes(1))
    house = town.houses[4]
    assert town.world.balance(house, renewable) == 29
    town.market.withdraw(by=house, amount=town.market.account(house))
    settle(town, (), ((0, 0), (0, 0), (0, 0), (0, 0), (100, 0)))
    town.market.pay_bill_in_renewable(by=house, pay=20)
    assert town.world.events(SupplyBillPaid)[-1] == SupplyBillPaid(
        house.address, Amount(20), is_renewable=True
    )
    assert town.world.balance(house, renewable) == 9


def test_r11_prices_are_announced_once_before_and_by_the_supplier(town: Neighbourhood) -> None:
    prices, slot = [Prices(Amount(300), Amount(100))], town.first_slot()
    with town.world.refused("not_permitted"):
        town.market.announce(by=town.operator, slot=slot, prices=prices)
    with town.world.refused("the quarter-hour has begun"):
        town.market.announce(by=town.supplier, slot=slot - 3, prices=prices)
    with town.world.refused("the supplier buys for no more than it sells"):
        town.market.announce(by=town.supplier, slot=slot, prices=[Prices(Amount(1), Amount(2))])
    town.market.announce(by=town.supplier, slot=slot, prices=prices)
    with town.world.refused("these prices were announced already"):
        town.market.announce(by=town.supplier, slot=slot, prices=prices)
    assert town.market.prices(slot) == prices[0]


@pytest.mark.parametrize("houses", [4, 5])
def test_r12_sums_are_shown_of_five_houses_or_more(town: Neighbourhood, houses: int) -> None:
    slot = settle(town, (), ((100, 30),) * houses)
    if houses < 5:
        with town.world.refused("fewer than five houses would show a household"):
            town.market.totals(slot)
    else:
        found = town.market.totals(slot)
        assert (found.consumed, found.produced, found.from_grid) == (500, 150, 350)


def test_r13_data_are_used_with_permission_for_that_purpose_only() -> None:
    world = World()
    house, reader = world.people("house", "reader")
    sharing = world.deploy(MeterSharing, by=house)
    digest = Hash(sha256(b"a day").digest())
    sharing.deposit_data(by=house, day=1, digest=digest)
    with world.refused("that day is written down already"):
        sharing.deposit_data(by=house, day=1, digest=digest)
    with world.refused("nobody needs leave to read the own data"):
        sharing.grant(by=house, reader=house, purpose=Purpose.ADVICE, until=world.now + days(1))
    with world.refused("a permission ends in the future"):
        sharing.grant(by=house, reader=reader, purpose=Purpose.ADVICE, until=world.now)
    with world.refused("a permission lasts at most 366 days"):
        until = world.now + days(400)
        sharing.grant(by=house, reader=reader, purpose=Purpose.ADVICE, until=until)
    sharing.grant(by=house, reader=reader, purpose=Purpose.ADVICE, until=world.now + days(1))
    with world.refused("there is no such permission"):
        sharing.record_use(by=reader, house=house, day=1, purpose=Purpose.TARIFF)
    with world.refused("there are no data of that day"):
        sharing.record_use(by=reader, house=house, day=2, purpose=Purpose.ADVICE)
    assert sharing.record_use(by=reader, house=house, day=1, purpose=Purpose.ADVICE) == digest
    world.wait(days=1)
    assert not sharing.may_read(house, reader, Purpose.ADVICE)


def test_r14_every_use_is_on_record_and_a_permission_ends_at_once() -> None:
    world = World()
    house, reader = world.people("house", "reader")
    sharing = world.deploy(MeterSharing, by=house)
    sharing.deposit_data(by=house, day=1, digest=Hash(sha256(b"a day").digest()))
    sharing.grant(by=house, reader=reader, purpose=Purpose.ADVICE, until=world.now + days(1))
    for _ in range(2):
        sharing.record_use(by=reader, house=house, day=1, purpose=Purpose.ADVICE)
    assert sharing.uses_of(house) == len(world.events(DataUsed)) == 2
    sharing.withdraw_grant(by=house, reader=reader)
    with world.refused("there is no such permission"):
        sharing.withdraw_grant(by=house, reader=reader)
    with world.refused("there is no such permission"):
        sharing.record_use(by=reader, house=house, day=1, purpose=Purpose.ADVICE)
