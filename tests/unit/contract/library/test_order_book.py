"""Orders that fit are traded, by price and then by time, and no unit is lost."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.contract.language import Amount
from dure.contract.library.order_book import OrderBook
from dure.contract.library.order_queue import OrderCancelled, Side, Traded
from dure.testing import Deployed, Person, Refused, World

RICH = 1_000_000
LOT = 10


class Scene:
    """Traders of grain for won, in lots of ten."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ann, self.bob, self.cho = world.people("ann", "bob", "cho", won=RICH, grain=RICH)
        self.book: Deployed = world.deploy(
            OrderBook,
            by=self.ann,
            base=world.asset("grain"),
            quote=world.asset("won"),
            lot=Amount(LOT),
        )

    def buy(self, by: Person, lots: int, price: int) -> int:
        number = self.book.buy(by=by, pay=lots * price, lots=lots, price=Amount(price))
        assert isinstance(number, int)
        return number

    def sell(self, by: Person, lots: int, price: int) -> int:
        number = self.book.sell(by=by, pay=lots * LOT, lots=lots, price=Amount(price))
        assert isinstance(number, int)
        return number

    def trades(self) -> list[tuple[int, int, int, int]]:
        return [
            (each.buy_order, each.sell_order, each.lots, each.price.units)
            for each in self.world.events(Traded)
        ]

    def listed(self, side: Side) -> list[int]:
        """The book's numbers, best first."""
        numbers = []
        number = self.book.best_order(side)
        while number:
            numbers.append(number)
            number = self.book.order(number).next
        return numbers

    def wealth(self, person: Person) -> tuple[int, int]:
        """Won and grain that a person gained or lost, with what stands in the account."""
        quote = self.book.quote_account(person).units
        base = self.book.base_account(person).units
        return person.won + quote - RICH, person.grain + base - RICH


@pytest.fixture
def scene() -> Scene:
    return Scene(World(assets={"won": 0, "grain": 0}))


# Placing


def test_an_order_sets_aside_what_it_may_cost(scene: Scene) -> None:
    scene.buy(scene.ann, 3, 100)
    scene.sell(scene.bob, 4, 200)
    assert (scene.ann.won, scene.bob.grain) == (RICH - 300, RICH - 40)
    assert scene.trades() == []


@pytest.mark.parametrize("pay", [299, 301])
def test_the_payment_is_exact(scene: Scene, pay: int) -> None:
    with scene.world.refused("the payment is not the price of all lots"):
        scene.book.buy(by=scene.ann, pay=pay, lots=3, price=Amount(100))
    with scene.world.refused("the payment is not all lots"):
        scene.book.sell(by=scene.ann, pay=pay, lots=3, price=Amount(100))


@pytest.mark.parametrize("lots", [0, -1, 1_000_000_001])
def test_an_order_is_for_some_lots(scene: Scene, lots: int) -> None:
    with scene.world.refused("an order is for 1 to 1,000,000,000 lots"):
        scene.book.buy(by=scene.ann, pay=0, lots=lots, price=Amount(1))


def test_a_price_is_above_zero(scene: Scene) -> None:
    with scene.world.refused("a price is above zero"):
        scene.sell(scene.ann, 1, 0)


def test_a_lot_is_above_zero(scene: Scene) -> None:
    world = scene.world
    with world.refused("a lot is above zero"):
        world.deploy(
            OrderBook,
            by=scene.ann,
            base=world.asset("grain"),
            quote=world.asset("won"),
            lot=Amount(0),
        )


def test_the_best_price_stands_first_and_of_two_the_older(scene: Scene) -> None:
    for price in (100, 120, 110, 120):
        scene.buy(scene.ann, 1, price)
    for price in (210, 200, 220, 200):
        scene.sell(scene.bob, 1, price)
    assert scene.listed(Side.BUY) == [2, 4, 3, 1]
    assert scene.listed(Side.SELL) == [6, 8, 5, 7]


def test_a_side_of_the_book_has_a_bound(scene: Scene) -> None:
    for _ in range(200):
        scene.buy(scene.ann, 1, 1)
    with scene.world.refused("this side of the book is full"):
        scene.buy(scene.bob, 1, 1)
    scene.book.cancel_order(by=scene.ann, number=200)
    scene.buy(scene.bob, 1, 1)
    with scene.world.refused("this side of the book is full"):
        scene.buy(scene.bob, 1, 1)
    scene.sell(scene.bob, 1, 2)


def test_a_full_side_gives_its_last_place_to_a_better_order(scene: Scene) -> None:
    for _ in range(200):
        scene.buy(scene.ann, 1, 1)
    better = scene.buy(scene.bob, 1, 2)
    assert scene.listed(Side.BUY) == [better, *range(1, 200)]
    assert scene.world.events(OrderCancelled) == [OrderCancelled(200, 1)]
    assert scene.book.quote_account(scene.ann).units == 1
    for _ in range(200):
        scene.sell(scene.ann, 1, 9)
    cheaper = scene.sell(scene.bob, 1, 8)
    assert scene.listed(Side.SELL)[0] == cheaper
    assert scene.book.base_account(scene.ann).units == LOT


# Trading


def test_orders_that_fit_are_traded_at_the_older_price(scene: Scene) -> None:
    scene.sell(scene.bob, 2, 100)
    scene.buy(scene.ann, 2, 130)
    assert scene.trades() == [(2, 1, 2, 100)]
    assert scene.wealth(scene.ann) == (-200, 20)
    assert scene.wealth(scene.bob) == (200, -20)
    scene.buy(scene.ann, 1, 130)
    scene.sell(scene.bob, 1, 100)
    assert scene.trades()[1:] == [(3, 4, 1, 130)]
    assert scene.listed(Side.BUY) == scene.listed(Side.SELL) == []


def test_what_is_not_traded_stays_in_the_book(scene: Scene) -> None:
    scene.sell(scene.bob, 5, 100)
    scene.buy(scene.ann, 2, 100)
    assert scene.book.order(1).lots == 3
    scene.buy(scene.cho, 9, 100)
    assert (scene.listed(Side.SELL), scene.book.order(3).lots) == ([], 6)
    assert scene.wealth(scene.ann) == (-200, 20)
    assert scene.wealth(scene.cho) == (-900, 30)


def test_a_big_order_eats_through_the_book_in_order(scene: Scene) -> None:
    scene.sell(scene.bob, 1, 120)
    scene.sell(scene.cho, 1, 100)
    scene.sell(scene.bob, 1, 110)
    scene.buy(scene.ann, 3, 115)
    assert scene.trades() == [(4, 2, 1, 100), (4, 3, 1, 110)]
    assert scene.wealth(scene.ann) == (-210 - 115, 20)


def test_a_call_makes_at_most_twenty_trades_and_the_contract_goes_on_by_itself(
    scene: Scene,
) -> None:
    for _ in range(50):
        scene.sell(scene.bob, 1, 100)
    scene.buy(scene.ann, 60, 100)
    assert len(scene.trades()) == 50
    heights = scene.world.height
    assert (scene.listed(Side.SELL), scene.book.order(51).lots) == ([], 10)
    scene.book.match_late(by=scene.cho)
    assert (len(scene.trades()), scene.world.height) == (50, heights + 1)


def test_nobody_calls_what_the_contract_does_by_itself(scene: Scene) -> None:
    with scene.world.refused("not_permitted"):
        scene.book.go_on(by=scene.ann)


def test_an_order_now_takes_what_is_there_and_the_rest_comes_back(scene: Scene) -> None:
    scene.sell(scene.bob, 2, 100)
    scene.sell(scene.cho, 1, 150)
    bought = scene.book.buy_now(by=scene.ann, pay=600, lots=5, price=Amount(120))
    assert (bought, scene.listed(Side.BUY)) == (2, [])
    assert scene.wealth(scene.ann) == (-200, 20)
    scene.buy(scene.bob, 1, 90)
    assert scene.book.sell_now(by=scene.ann, pay=20, lots=2, price=Amount(1)) == 1
    assert scene.wealth(scene.ann) == (-110, 10)
    with scene.world.refused("no order fits"):
        scene.book.buy_now(by=scene.ann, pay=149, lots=1, price=Amount(149))


def test_an_order_now_has_its_place_where_a_side_is_full(scene: Scene) -> None:
    for _ in range(200):
        scene.buy(scene.ann, 1, 1)
    scene.sell(scene.cho, 1, 2)
    assert scene.book.buy_now(by=scene.bob, pay=4, lots=2, price=Amount(2)) == 1
    assert len(scene.listed(Side.BUY)) == 200


def test_nobody_trades_with_themselves(scene: Scene) -> None:
    scene.sell(scene.bob, 3, 100)
    scene.sell(scene.cho, 1, 100)
    scene.buy(scene.bob, 1, 100)
    assert scene.trades() == [(3, 2, 1, 100)]
    assert scene.world.events(OrderCancelled) == [OrderCancelled(1, 3)]
    assert scene.wealth(scene.bob) == (-100, 10)


# Cancelling and withdrawing


def test_only_its_trader_cancels_an_order_and_once(scene: Scene) -> None:
    number = scene.buy(scene.ann, 3, 100)
    with scene.world.refused("only its trader may cancel an order"):
        scene.book.cancel_order(by=scene.bob, number=number)
    scene.book.cancel_order(by=scene.ann, number=number)
    assert scene.wealth(scene.ann) == (0, 0)
    assert scene.world.events(OrderCancelled) == [OrderCancelled(number, 3)]
    with scene.world.refused("the order is not in the book"):
        scene.book.cancel_order(by=scene.ann, number=number)


def test_an_order_is_cancelled_from_the_middle(scene: Scene) -> None:
    for price in (100, 110, 120):
        scene.sell(scene.bob, 1, price)
    scene.book.cancel_order(by=scene.bob, number=2)
    assert scene.listed(Side.SELL) == [1, 3]
    assert scene.wealth(scene.bob) == (0, -20)


def test_everybody_withdraws_their_own_account(scene: Scene) -> None:
    scene.sell(scene.bob, 2, 100)
    scene.buy(scene.ann, 2, 130)
    with scene.world.refused("the account is empty"):
        scene.book.withdraw(by=scene.cho)
    scene.book.withdraw(by=scene.ann)
    assert (scene.ann.won, scene.ann.grain) == (RICH - 200, RICH + 20)
    with scene.world.refused("the account is empty"):
        scene.book.withdraw(by=scene.ann)
    scene.book.withdraw(by=scene.bob)
    assert scene.world.balance(scene.book, "won") == 0
    assert scene.world.balance(scene.book, "grain") == 0


class Market(RuleBasedStateMachine):
    """Whatever happens, the book is sorted and not crossed, and every unit is somebody's."""

    @initialize()
    def begin(self) -> None:
        self.scene = Scene(World(assets={"won": 0, "grain": 0}))
        self.people = [self.scene.ann, self.scene.bob, self.scene.cho]
        self.placed = 0

    @rule(by=st.integers(0, 2), lots=st.integers(1, 5), price=st.integers(1, 6))
    def buy(self, by: int, lots: int, price: int) -> None:
        self.placed = self.scene.buy(self.people[by], lots, price)

    @rule(by=st.integers(0, 2), lots=st.integers(1, 5), price=st.integers(1, 6))
    def sell(self, by: int, lots: int, price: int) -> None:
        self.placed = self.scene.sell(self.people[by], lots, price)

    @rule(by=st.integers(0, 2), number=st.integers(1, 20))
    def cancel(self, by: int, number: int) -> None:
        try:
            self.scene.book.cancel_order(by=self.people[by], number=number)
        except Refused:
            return

    @rule(by=st.integers(0, 2))
    def withdraw(self, by: int) -> None:
        try:
            self.scene.book.withdraw(by=self.people[by])
        except Refused:
            return

    @invariant()
    def every_unit_is_somebodys(self) -> None:
        book = self.scene.book
        set_aside = {Side.BUY: 0, Side.SELL: 0}
        for side, each in ((Side.BUY, 1), (Side.SELL, 0)):
            for number in self.scene.listed(side):
                order = book.order(number)
                set_aside[side] += order.lots * (order.price.units if each else LOT)
        wealth = [self.scene.wealth(person) for person in self.people]
        assert sum(won for won, _ in wealth) == -set_aside[Side.BUY]
        assert sum(grain for _, grain in wealth) == -set_aside[Side.SELL]
        assert book.all_money_is_there()
        assert self.scene.world.conserved()

    @invariant()
    def the_book_is_sorted_and_not_crossed(self) -> None:
        book = self.scene.book
        bids = [(-book.order(n).price.units, n) for n in self.scene.listed(Side.BUY)]
        asks = [(book.order(n).price.units, n) for n in self.scene.listed(Side.SELL)]
        assert bids == sorted(bids)
        assert asks == sorted(asks)
        assert not bids or not asks or -bids[0][0] < asks[0][0]


Market.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestMarket = Market.TestCase
