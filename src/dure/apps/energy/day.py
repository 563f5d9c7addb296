"""A planned day, played: orders before, readings after, everything between by the chain itself."""

from dataclasses import dataclass
from hashlib import sha256

from dure.apps.energy.contract import EnergyMarket, Prices, Traded
from dure.apps.energy.offchain import FEE, LOSSES, Outcome, Quarter, sign_reading
from dure.contract.language import Amount, Time, minutes
from dure.core.types import Address
from dure.identity.keys import SigningKey
from dure.testing import Deployed, Person, World

RICH = 1_000_000
QUARTER_MS = 900_000


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A market that is open, and its houses with their meters' keys."""

    world: World
    market: Deployed
    operator: Person
    supplier: Person
    houses: tuple[Person, ...]
    keys: tuple[SigningKey, ...]

    def first_slot(self) -> int:
        """Return the first quarter-hour for which there is time enough to order."""
        return int(self.world.now.milliseconds) // QUARTER_MS + 3

    def begins(self, slot: int) -> Time:
        """Return when a quarter-hour begins."""
        return Time(slot * QUARTER_MS)

    def meter(self, house: int, slot: int, consumed: int, produced: int) -> None:
        """Have a meter sign, and the operator carry the reading to the chain."""
        market = Address(self.market.address)
        self.market.meter(
            by=self.operator,
            house=self.houses[house],
            slot=slot,
            consumed=consumed,
            produced=produced,
            signature=sign_reading(self.keys[house], market, slot, consumed, produced),
        )


def open_neighbourhood(world: World, houses: int) -> Neighbourhood:
    """Open a market with houses spread over the feeders, and money on every account."""
    operator, supplier = world.people("operator", "supplier", won=100 * RICH)
    people = world.people(*(f"house {number}" for number in range(1, houses + 1)), won=10 * RICH)
    market = world.deploy(
        EnergyMarket,
        by=operator,
        money=world.asset("won"),
        supplier=supplier,
        operator=operator,
        usual=Prices(Amount(200), Amount(80)),
        fee_permille=FEE,
        losses=[list(row) for row in LOSSES],
    )
    market.deposit(by=supplier, pay=10 * RICH)
    keys = tuple(
        SigningKey(sha256(f"the meter of house {number}".encode()).digest())
        for number in range(houses)
    )
    for number, (person, key) in enumerate(zip(people, keys, strict=True)):
        market.admit(by=operator, house=person, feeder=number % len(LOSSES))
        market.register_meter(by=operator, house=person, meter=bytes(key.public))
        market.deposit(by=person, pay=RICH)
    return Neighbourhood(world, market, operator, supplier, people, keys)


def place_orders(town: Neighbourhood, slot: int, quarter: Quarter) -> None:
    """Send the orders of a quarter-hour."""
    for order in quarter.orders:
        call = town.market.buy if order.is_purchase else town.market.sell
        house = town.houses[order.house]
        call(by=house, slot=slot, energy=order.energy, price=Amount(order.price))


def play_day(world: World, quarters: list[Quarter], houses: int) -> Outcome:
    """Play the quarter-hours, and say what came of them as the chain has it."""
    town = open_neighbourhood(world, houses)
    first = town.first_slot()
    prices = [Prices(Amount(each.retail), Amount(each.feed_in)) for each in quarters]
    town.market.announce(by=town.supplier, slot=first, prices=prices)
    for offset, quarter in enumerate(quarters):
        place_orders(town, first + offset, quarter)
    for offset, quarter in enumerate(quarters):
        meter_quarter(town, first + offset, quarter)
    return _finish(town, first, quarters)


def meter_quarter(town: Neighbourhood, slot: int, quarter: Quarter) -> None:
    """Wait until a quarter-hour has ended, and bring all readings."""
    town.world.wait_until(town.begins(slot + 1) + minutes(1))
    for house, (consumed, produced) in enumerate(quarter.readings):
        town.meter(house, slot, consumed, produced)


def _finish(town: Neighbourhood, first: int, quarters: list[Quarter]) -> Outcome:
    world = town.world
    world.wait_until(town.begins(first + len(quarters) + 1) + minutes(1))
    trades = world.events(Traded)
    renewable = town.market.renewable_asset()
    return Outcome(
        trades=len(trades),
        sold=sum(each.sold for each in trades),
        bought=sum(each.bought for each in trades),
        turnover=sum(each.paid.units for each in trades),
        fees=sum(each.fee.units for each in trades),
        money=tuple(town.market.account(each).units - RICH for each in town.houses),
        renewable=tuple(world.balance(each, renewable) for each in town.houses),
        supplier=town.market.account(town.supplier).units - 10 * RICH,
    )
