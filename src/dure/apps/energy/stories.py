"""Runs of the energy market as a reader should see them."""

from hashlib import sha256

from dure.apps.energy.contract import SlotSettled, Traded
from dure.apps.energy.contract_sharing import DataUsed, MeterSharing, Purpose
from dure.apps.energy.day import meter_quarter, open_neighbourhood, place_orders
from dure.apps.energy.offchain import Order, Quarter
from dure.contract.language import Hash, days, minutes
from dure.testing import World

DAY = 20_000


def neighbours_sell_to_neighbours(world: World) -> None:
    """Two houses have sun to sell; the highest bid is served first, from nearby."""
    town = open_neighbourhood(world, 6)
    slot = town.first_slot()
    orders = (
        Order(1, is_purchase=False, energy=1_000, price=100),
        Order(3, is_purchase=False, energy=1_000, price=100),
        Order(0, is_purchase=True, energy=990, price=180),
        Order(4, is_purchase=True, energy=500, price=150),
    )
    readings = ((990, 0), (0, 1_000), (200, 0), (100, 900), (500, 0), (0, 0))
    quarter = Quarter(200, 80, orders, readings)
    place_orders(town, slot, quarter)
    with world.refused("one order of a house a quarter-hour"):
        place_orders(town, slot, Quarter(200, 80, orders[:1], ()))
    meter_quarter(town, slot, quarter)
    near, *_ = world.events(Traded)
    assert (near.buyer, near.seller) == (town.houses[0].address, town.houses[3].address)
    world.wait_until(town.begins(slot + 2) + minutes(1))
    assert world.events(SlotSettled) == [SlotSettled(slot, 6)]
    assert town.market.totals(slot).consumed == 1_790
    renewable = world.balance(town.houses[1], town.market.renewable_asset())
    assert renewable > 0


def data_are_read_with_permission_only(world: World) -> None:
    """A house lets an adviser read, sees the use on record, and takes the permission back."""
    house, adviser = world.people("house 1", "adviser")
    sharing = world.deploy(MeterSharing, by=house)
    digest = Hash(sha256(b"a day of readings, sealed, and a salt").digest())
    sharing.deposit_data(by=house, day=DAY, digest=digest)
    with world.refused("there is no such permission"):
        sharing.record_use(by=adviser, house=house, day=DAY, purpose=Purpose.ADVICE)
    until = world.now + days(30)
    sharing.grant(by=house, reader=adviser, purpose=Purpose.ADVICE, until=until)
    assert sharing.record_use(by=adviser, house=house, day=DAY, purpose=Purpose.ADVICE) == digest
    assert [each.reader for each in world.events(DataUsed)] == [adviser.address]
    sharing.withdraw_grant(by=house, reader=adviser)
    with world.refused("there is no such permission"):
        sharing.record_use(by=adviser, house=house, day=DAY, purpose=Purpose.ADVICE)
