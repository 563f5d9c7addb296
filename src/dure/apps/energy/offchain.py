"""What happens outside of the chain: meters sign, real profiles are read, a day is reckoned.

`reckon_slot` is a second market on plain lists, written apart from the contract, to compare with.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Final

from dure.core.codec import encode
from dure.core.errors import ConfigurationError
from dure.core.types import Address
from dure.identity.keys import SigningKey

QUARTERS: Final = 96
FIRST_QUARTER: Final = 40
HOUSES_MAX: Final = 20
LOSSES: Final = ((10, 30, 60), (30, 10, 30), (60, 30, 10))
FEE: Final = 20
FLATS: Final = 20
"""How many flats each profile stands for: a member of the market is a block."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order; `house` counts from 0, energy in watt-hours, price for a kilowatt-hour."""

    house: int
    is_purchase: bool
    energy: int
    price: int


@dataclass(frozen=True, slots=True)
class Trade:
    """Who sold to whom, what was fed in, what arrived, and what was paid."""

    seller: int
    buyer: int
    sold: int
    bought: int
    paid: int


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter-hour: supplier's prices, orders, and what each house consumed and produced."""

    retail: int
    feed_in: int
    orders: tuple[Order, ...]
    readings: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a day; money is what each account holds more or less than at the beginning."""

    trades: int
    sold: int
    bought: int
    turnover: int
    fees: int
    money: tuple[int, ...]
    renewable: tuple[int, ...]
    supplier: int


def sign_reading(
    key: SigningKey, market: Address, slot: int, consumed: int, produced: int
) -> bytes:
    """Return a meter's signature of a reading, for one market and one quarter-hour."""
    return key.sign(encode(("energy reading", market, slot, consumed, produced)))


def reckon_slot(
    orders: Sequence[Order], feeders: Sequence[int], losses: Sequence[Sequence[int]]
) -> list[Trade]:
    """Match orders by the rules R4 to R6, from a sorted list of all pairs of each bid."""
    trades: list[Trade] = []
    bids = sorted((each for each in orders if each.is_purchase), key=lambda each: -each.price)
    asks = [each for each in orders if not each.is_purchase]
    left = {each.house: each.energy for each in asks}
    for bid in bids:
        wanted = bid.energy
        row = losses[feeders[bid.house]]
        common = 1
        for loss in set(row):
            common *= 1000 - loss
        ranked = sorted(
            asks,
            key=lambda ask, row=row, common=common: (  # type: ignore[misc]
                ask.price * (common // (1000 - row[feeders[ask.house]])),
                row[feeders[ask.house]],
            ),
        )
        for ask in ranked:
            arrives = 1000 - row[feeders[ask.house]]
            if wanted == 0 or ask.price * 1000 > bid.price * arrives:
                break
            if left[ask.house] == 0:
                continue
            sent = min(left[ask.house], -(-wanted * 1000 // arrives))
            received = sent * arrives // 1000
            if received == 0 or bid.price * received < ask.price * sent:
                continue
            paid = (bid.price * received + ask.price * sent) // 2000
            left[ask.house] -= sent
            wanted -= received
            trades.append(Trade(ask.house, bid.house, sent, received, paid))
    return trades


def reckon_day(quarters: Sequence[Quarter], feeders: Sequence[int]) -> Outcome:
    """Reckon what a day must come to, with enough money on every account."""
    count = len(feeders)
    money, renewable, supplier, fees = [0] * count, [0] * count, 0, 0
    everything: list[Trade] = []
    for quarter in quarters:
        trades = reckon_slot(quarter.orders, feeders, LOSSES)
        everything += trades
        for house, (consumed, produced) in enumerate(quarter.readings):
            sales = [each for each in trades if each.seller == house]
            buys = [each for each in trades if each.buyer == house]
            sold, bought = sum(each.sold for each in sales), sum(each.bought for each in buys)
            fee = sum(each.paid * FEE // 1000 for each in sales)
            energy = consumed - produced - bought + sold
            price = quarter.retail if energy > 0 else quarter.feed_in
            due = price * abs(energy) // 1000 * (1 if energy > 0 else -1)
            money[house] += sum(each.paid for each in sales) - fee - due
            money[house] -= sum(each.paid for each in buys)
            supplier += due
            fees += fee
            if sold:
                renewable[house] += fee * max(0, min(sold, produced - consumed)) // sold
    return Outcome(
        trades=len(everything),
        sold=sum(each.sold for each in everything),
        bought=sum(each.bought for each in everything),
        turnover=sum(each.paid for each in everything),
        fees=fees,
        money=tuple(money),
        renewable=tuple(renewable),
        supplier=supplier,
    )


def find_profiles() -> Path:
    """Return the folder of the data package's files; the package itself is never imported."""
    found = find_spec("ev2gym")
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        raise ConfigurationError("the profiles of the package ev2gym are not installed")
    return Path(places[0]) / "data"


def _read_rows(name: str, start: int, count: int) -> list[list[str]]:
    with (find_profiles() / name).open(encoding="utf-8", newline="") as file:
        return list(islice(csv.reader(file), start, start + count))


def plan_day(*, houses: int, quarters: int, day: int) -> list[Quarter]:
    """Plan a day of 2019, counted from 0: orders are what the same quarter was a day before.

    Every second house has panels. A kilowatt in the profiles is taken as 250 watt-hours a quarter.
    """
    if not 2 <= houses <= HOUSES_MAX:
        raise ConfigurationError(f"choose 2 to {HOUSES_MAX} houses")
    if not 1 <= quarters <= QUARTERS - FIRST_QUARTER:
        raise ConfigurationError(f"choose 1 to {QUARTERS - FIRST_QUARTER} quarter-hours")
    if not 1 <= day <= 364:
        raise ConfigurationError("choose a day from 1 to 364")
    loads = _read_rows("residential_loads.csv", (day - 1) * QUARTERS, 2 * QUARTERS)
    suns = _read_rows("pv_netherlands.csv", 1 + (day - 1) * 24, 48)
    columns = [each for each in range(len(loads[0])) if sum(float(row[each]) for row in loads) > 0][
        :houses
    ]
    market = _read_prices(day)

    def read(house: int, quarter: int) -> tuple[int, int]:
        sun = float(suns[quarter // 4][2]) * 250 * FLATS * (3 + house % 3) if house % 2 else 0.0
        return round(float(loads[quarter][columns[house]]) * 250 * FLATS), round(sun)

    planned: list[Quarter] = []
    for quarter in range(FIRST_QUARTER, FIRST_QUARTER + quarters):
        wholesale = market[quarter // 4]
        retail, feed_in = wholesale + 120, wholesale
        orders = []
        for house in range(houses):
            consumed, produced = read(house, quarter)
            net = consumed - produced
            part = 60 + 2 * house if net > 0 else 10 + 3 * house
            if net:
                price = feed_in + 120 * part // 100
                orders.append(Order(house, net > 0, abs(net), price))
        readings = tuple(read(house, quarter + QUARTERS) for house in range(houses))
        planned.append(Quarter(retail, feed_in, tuple(orders), readings))
    return planned


def _read_prices(day: int) -> list[int]:
    """Return hourly prices of a day of 2019 in won a kilowatt-hour, at 1,300 won a euro."""
    rows = [
        row
        for row in _read_rows("Netherlands_day-ahead-2015-2024.csv", 1, 50_000)
        if row[1].startswith("2019-")
    ]
    return [max(0, round(float(row[3]) * 1.3)) for row in rows[day * 24 : day * 24 + 24]]
