"""A session at the market: orders drawn by lot, what must come of them, and playing them.

What is expected is reckoned here on plain lists, without contract and chain: a second order book,
written from the rules R7 to R9 alone, and the flows of a bond from `offchain`.
"""

import random
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from dure.apps.securities.contracts.agent import Flow, FlowKind
from dure.apps.securities.contracts.depository import Kind, Security
from dure.apps.securities.contracts.market import MATCHES_MAX, Settled
from dure.apps.securities.offchain import DayCount, Terms, build_schedule, share_out, to_moment
from dure.apps.securities.stories import (
    LOT,
    SHARE,
    House,
    open_house,
    open_market,
    open_offering,
    register_share,
)
from dure.contract.language import Amount, Time, days
from dure.contract.library.order_queue import Side
from dure.core.errors import ConfigurationError
from dure.testing import Deployed, Person, World

TRADERS: Final = ("ann", "bob", "cho", "dan", "eve")
ORDERS_MAX: Final = 500
RICH: Final = 1_000_000_000
SHARES: Final = 2_000
"""What each trader begins with."""
PRICE: Final = 70_000
BOND: Final = "KR6000000010"
BONDS: Final = 40
NEW_SHARE: Final = "KR7000660001"
NEW_SHARES: Final = 1_000
NEW_PRICE: Final = 5_000
DIVIDEND: Final = 300
TERMS: Final = Terms(
    principal=Fraction(10_000),
    rate=Fraction("0.05"),
    begins=date(2026, 1, 31),
    matures=date(2028, 1, 31),
    anchor=date(2026, 7, 31),
    cycle="P6ML1",
    day_count=DayCount.THIRTY_E_360,
    is_end_of_month=True,
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a trader sends; `is_now` leaves nothing behind in the book."""

    trader: int
    is_buy: bool
    lots: int
    price: int
    is_now: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a session comes to; units and money of each trader at the end, money in won."""

    trades: int
    turnover: int
    last_price: int
    units: tuple[int, ...]
    money: tuple[int, ...]
    bond_payments: int
    allotted: tuple[int, ...]
    """New shares that each trader got in the public offering."""
    dividends: tuple[int, ...]
    """What the record date brought each trader, though the first sold everything after it."""


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """Orders, and what must come of them."""

    orders: tuple[Order, ...]
    asked: tuple[int, ...]
    expected: Outcome


@dataclass(slots=True)
class _Book:
    """The reference: resting orders as [price, number, trader, lots], two lists."""

    buys: list[list[int]] = field(default_factory=list)
    sells: list[list[int]] = field(default_factory=list)
    prices: list[tuple[int, int]] = field(default_factory=list)
    units: list[int] = field(default_factory=lambda: [SHARES] * len(TRADERS))
    money: list[int] = field(default_factory=lambda: [RICH] * len(TRADERS))

    def fits(self, order: Order) -> bool:
        other = self.sells if order.is_buy else self.buys
        prices = [each[0] for each in other]
        return bool(prices) and (
            order.price >= min(prices) if order.is_buy else order.price <= max(prices)
        )

    def take(self, number: int, order: Order) -> None:
        left = order.lots
        for _ in range(MATCHES_MAX if order.is_now else ORDERS_MAX):
            if left == 0 or not self.fits(order):
                break
            other = self.sells if order.is_buy else self.buys
            best = min(other, key=lambda o: (o[0] if order.is_buy else -o[0], o[1]))
            if best[2] == order.trader:
                other.remove(best)
                continue
            lots = min(left, best[3])
            self.settle(order, best[2], lots, best[0])
            left, best[3] = left - lots, best[3] - lots
            if best[3] == 0:
                other.remove(best)
        if left and not order.is_now:
            (self.buys if order.is_buy else self.sells).append(
                [order.price, number, order.trader, left]
            )

    def settle(self, order: Order, other: int, lots: int, price: int) -> None:
        buyer, seller = (order.trader, other) if order.is_buy else (other, order.trader)
        self.units[buyer] += lots * LOT
        self.units[seller] -= lots * LOT
        self.money[buyer] -= lots * price
        self.money[seller] += lots * price
        self.prices.append((price, lots))


def plan_session(orders: int, seed: int) -> SessionPlan:
    """Draw orders around a price that wanders, and reckon what must come of them."""
    if not 1 <= orders <= ORDERS_MAX:
        raise ConfigurationError(f"choose 1 to {ORDERS_MAX} orders")
    draw, book, price = random.Random(seed), _Book(), PRICE  # noqa: S311 - no secret
    drawn: list[Order] = []
    for number in range(1, orders + 1):
        price += draw.randint(-3, 3) * 100
        is_buy = draw.random() < 0.5
        trader, lots = draw.randrange(len(TRADERS)), draw.randint(1, 4)
        order = Order(trader, is_buy, lots, price + draw.randint(-4, 4) * 100, is_now=False)
        if draw.random() < 0.25:
            now = Order(order.trader, order.is_buy, order.lots, order.price, is_now=True)
            order = now if book.fits(now) else order
        book.take(number, order)
        drawn.append(order)
    paid = BONDS * sum(each.amount for each in build_schedule(TERMS))
    asked = tuple(draw.randint(1, NEW_SHARES) for _ in TRADERS)
    allotted = share_out(NEW_SHARES, asked)
    outcome = Outcome(
        trades=len(book.prices),
        turnover=sum(price * lots for price, lots in book.prices),
        last_price=book.prices[-1][0] if book.prices else 0,
        units=tuple(book.units),
        money=tuple(each + paid for each in book.money),
        bond_payments=paid * len(TRADERS),
        allotted=allotted,
        dividends=tuple(units * DIVIDEND for units in allotted),
    )
    return SessionPlan(tuple(drawn), asked, outcome)


def play_session(world: World, plan: SessionPlan) -> Outcome:
    """Play the orders, cancel what is left, then let the bond run to its end."""
    registrar, court = world.people("registrar", "court")
    (company,) = world.people("company", won=RICH)
    traders = world.people(*TRADERS, won=RICH)
    house = open_house(world, registrar, court, [company, *traders])
    register_share(house, registrar, company, SHARES * len(traders))
    market = open_market(world, house, registrar)
    _issue_bond(house, registrar, company, traders)
    for trader in traders:
        house.depository.transfer(by=company, isin=SHARE, to=trader, units=SHARES)
    for order in plan.orders:
        _send(market, traders[order.trader], order)
    settled = world.events(Settled)
    _clear(market, traders, plan)
    before = world.balance(house.agent, "won")
    world.wait_until(Time(to_moment(TERMS.matures)))
    bond_payments = before - world.balance(house.agent, "won")
    money = tuple(each.won for each in traders)
    allotted = _offer(world, house, registrar, company, traders, plan.asked)
    return Outcome(
        trades=len(settled),
        turnover=sum(each.paid.units for each in settled),
        last_price=market.price().units,
        units=tuple(house.depository.holding(SHARE, each).units for each in traders),
        money=money,
        bond_payments=bond_payments,
        allotted=allotted,
        dividends=_pay_dividend(world, house, company, traders),
    )


def _issue_bond(
    house: House,
    registrar: Person,
    company: Person,
    traders: tuple[Person, ...],
) -> None:
    schedule = build_schedule(TERMS)
    units = BONDS * len(traders)
    matures = Time(to_moment(TERMS.matures))
    security = Security(
        Kind.BOND, "Hanbit 5% 2028", company.address, int(TERMS.principal), units, matures
    )
    house.depository.register_security(by=registrar, isin=BOND, security=security)
    house.agent.announce(
        by=registrar,
        isin=BOND,
        flows=[Flow(FlowKind[each.kind], Time(each.at), each.amount) for each in schedule],
    )
    house.depository.issue(by=company, isin=BOND, units=units)
    for trader in traders:
        house.depository.transfer(by=company, isin=BOND, to=trader, units=BONDS)
    house.agent.fund(by=company, pay=units * sum(each.amount for each in schedule), isin=BOND)


def _offer(
    world: World,
    house: House,
    registrar: Person,
    company: Person,
    traders: tuple[Person, ...],
    asked: tuple[int, ...],
) -> tuple[int, ...]:
    depository = house.depository
    security = Security(Kind.SHARE, "Hanbit Energy", company.address, 5_000, NEW_SHARES, Time(0))
    depository.register_security(by=registrar, isin=NEW_SHARE, security=security)
    depository.issue(by=company, isin=NEW_SHARE, units=NEW_SHARES)
    offering = open_offering(world, house, registrar)
    number = offering.open_offer(
        by=company,
        isin=NEW_SHARE,
        units=NEW_SHARES,
        price=Amount(NEW_PRICE),
        minimum=1,
        closes=world.now + days(7),
    )
    for trader, units in zip(traders, asked, strict=True):
        offering.bid(by=trader, pay=units * NEW_PRICE, number=number, units=units)
    world.wait(days=8)
    return tuple(depository.holding(NEW_SHARE, each).units for each in traders)


def _pay_dividend(
    world: World, house: House, company: Person, traders: tuple[Person, ...]
) -> tuple[int, ...]:
    before = [each.won for each in traders]
    issued = house.depository.series_of(NEW_SHARE).issued
    record = world.now + days(5)
    house.agent.declare_dividend_of_record(
        by=company,
        pay=issued * DIVIDEND,
        isin=NEW_SHARE,
        amount=DIVIDEND,
        at=record + days(5),
        record=record,
    )
    world.wait_until(record)
    first, second = traders[:2]
    units = house.depository.holding(NEW_SHARE, first).units
    if units:
        house.depository.transfer(by=first, isin=NEW_SHARE, to=second, units=units)
    world.wait(days=6)
    return tuple(each.won - was for each, was in zip(traders, before, strict=True))


def _send(market: Deployed, trader: Person, order: Order) -> None:
    price = Amount(order.price)
    if order.is_buy:
        call = market.buy_now if order.is_now else market.buy
        call(by=trader, pay=order.lots * order.price, lots=order.lots, price=price)
    else:
        call = market.sell_now if order.is_now else market.sell
        call(by=trader, lots=order.lots, price=price)


def _clear(market: Deployed, traders: tuple[Person, ...], plan: SessionPlan) -> None:
    for side in (Side.BUY, Side.SELL):
        for _ in plan.orders:
            number = market.best_order(side)
            if number == 0:
                break
            owner = market.order(number).trader
            by = next(each for each in traders if each.address == owner)
            market.cancel_order(by=by, number=number)
    for trader in traders:
        if market.account(trader) > Amount(0):
            market.withdraw(by=trader)
