"""The highest bid at the close buys the lot, and nobody is held up by anybody else."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.contract.language import Amount, Duration, Time, days, hours, minutes
from dure.contract.library.auction import Auction, BidMade, LotClosed, LotOffered, LotState
from dure.testing import Deployed, Person, Refused, World
from tests.unit.contract.library.foreign_money import pay_with

RICH = 10_000
ONE_MS = Duration(1)


class Scene:
    """A seller of grain, three bidders with won, and an auction."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seller = world.person("seller", grain=RICH)
        self.ann, self.bob, self.cho = world.people("ann", "bob", "cho", won=RICH)
        self.auction: Deployed = world.deploy(
            Auction, by=self.seller, goods=world.asset("grain"), money=world.asset("won")
        )
        self.closes: Time = world.now + days(7)

    def offer(
        self,
        goods: int = 50,
        *,
        reserve: int = 100,
        step: int = 10,
        closes: Time | None = None,
    ) -> int:
        number = self.auction.offer(
            by=self.seller,
            pay=goods,
            reserve=Amount(reserve),
            step=Amount(step),
            closing_time=closes or self.closes,
        )
        assert isinstance(number, int)
        return number

    def bid(self, by: Person, amount: int, number: int = 1) -> None:
        self.auction.bid(by=by, number=number, pay=amount)


@pytest.fixture
def scene() -> Scene:
    return Scene(World(assets={"won": 0, "grain": 0}))


# Offering


def test_the_seller_hands_the_goods_in(scene: Scene) -> None:
    assert scene.offer(50) == 1
    assert scene.seller.grain == RICH - 50
    lot = scene.auction.lot(1)
    assert (lot.goods, lot.reserve, lot.state) == (Amount(50), Amount(100), LotState.OPEN)
    (told,) = scene.world.events(LotOffered)
    assert (told.seller, told.goods) == (scene.seller.address, Amount(50))


def test_there_is_something_to_sell(scene: Scene) -> None:
    with scene.world.refused("there are no goods to sell"):
        scene.offer(0)


@pytest.mark.parametrize(
    ("reserve", "step", "reason"),
    [
        (0, 1, "the reserve price is above zero"),
        (10, 0, "the step is above zero, and not above the reserve"),
        (10, 11, "the step is above zero, and not above the reserve"),
    ],
)
def test_reserve_and_step_make_sense(scene: Scene, reserve: int, step: int, reason: str) -> None:
    with scene.world.refused(reason):
        scene.offer(reserve=reserve, step=step)


def test_an_auction_takes_ten_minutes_to_ninety_days(scene: Scene) -> None:
    with scene.world.refused("an auction takes ten minutes at least"):
        scene.offer(closes=scene.world.now + minutes(10))
    with scene.world.refused("an auction takes 90 days at most"):
        scene.offer(closes=scene.world.now + days(90) + minutes(1))


# Bidding


def test_the_first_bid_meets_the_reserve(scene: Scene) -> None:
    scene.offer()
    assert scene.auction.least_bid(1) == Amount(100)
    with scene.world.refused("the bid is too low"):
        scene.bid(scene.ann, 99)
    scene.bid(scene.ann, 100)
    assert scene.ann.won == RICH - 100


def test_each_bid_is_a_step_above_the_one_before(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 100)
    with scene.world.refused("the bid is too low"):
        scene.bid(scene.bob, 109)
    scene.bid(scene.bob, 110)
    assert scene.auction.least_bid(1) == Amount(120)
    assert [each.bid for each in scene.world.events(BidMade)] == [Amount(100), Amount(110)]


def test_who_is_outbid_gets_the_money_back_by_itself(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 100)
    scene.bid(scene.bob, 200)
    assert (scene.ann.won, scene.bob.won) == (RICH, RICH - 200)
    assert scene.auction.owed(scene.ann) == Amount(0)


def test_who_outbids_themselves_gets_the_lower_bid_back(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 100)
    scene.bid(scene.ann, 300)
    assert scene.ann.won == RICH - 300


def test_the_seller_does_not_bid(scene: Scene) -> None:
    scene.offer()
    with scene.world.refused("the seller does not bid"):
        scene.bid(scene.seller, 0)


def test_there_is_no_bid_for_a_lot_that_was_never_offered(scene: Scene) -> None:
    with scene.world.refused("missing_key"):
        scene.bid(scene.ann, 100, number=9)


def test_nobody_bids_after_the_close(scene: Scene) -> None:
    scene.offer()
    scene.world.wait_until(scene.closes)
    with scene.world.refused("the auction is closed"):
        scene.bid(scene.ann, 100)


def test_a_late_bid_puts_the_close_off(scene: Scene) -> None:
    scene.offer()
    scene.world.wait_until(scene.closes - minutes(10) - ONE_MS)
    scene.bid(scene.ann, 100)
    assert scene.auction.lot(1).closing_time == scene.closes
    scene.world.wait_until(scene.closes - minutes(1))
    scene.bid(scene.bob, 200)
    late = scene.auction.lot(1).closing_time
    assert scene.closes + minutes(9) <= late <= scene.closes + minutes(9) + Duration(5)
    scene.world.wait_until(late - ONE_MS)
    assert scene.auction.lot(1).state == LotState.OPEN
    scene.world.wait_until(late)
    assert scene.auction.lot(1).state == LotState.SOLD
    assert scene.bob.grain == 50


# Closing


def test_at_the_close_goods_and_money_change_hands_by_themselves(scene: Scene) -> None:
    scene.offer(50)
    scene.bid(scene.ann, 100)
    scene.bid(scene.bob, 250)
    scene.world.wait_until(scene.closes)
    assert (scene.bob.grain, scene.seller.won, scene.ann.won) == (50, 250, RICH)
    assert scene.world.balance(scene.auction, "won") == 0
    assert scene.world.balance(scene.auction, "grain") == 0
    (told,) = scene.world.events(LotClosed)
    assert (told.state, told.winner, told.price) == (
        LotState.SOLD,
        scene.bob.address,
        Amount(250),
    )


def test_an_unsold_lot_goes_back_by_itself(scene: Scene) -> None:
    scene.offer(50)
    scene.world.wait_until(scene.closes - hours(1))
    assert scene.seller.grain == RICH - 50
    scene.world.wait_until(scene.closes)
    assert scene.seller.grain == RICH
    assert scene.auction.lot(1).state == LotState.UNSOLD


def test_auctions_run_side_by_side(scene: Scene) -> None:
    scene.offer(10)
    scene.offer(20, closes=scene.closes + days(1))
    scene.bid(scene.ann, 100, number=1)
    scene.bid(scene.ann, 150, number=2)
    scene.world.wait_until(scene.closes)
    assert (scene.ann.grain, scene.ann.won) == (10, RICH - 250)
    scene.bid(scene.bob, 160, number=2)
    scene.world.wait_until(scene.closes + days(1))
    assert (scene.ann.won, scene.bob.grain, scene.seller.won) == (RICH - 100, 20, 260)


def test_nobody_calls_what_the_contract_does_by_itself(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 100)
    with scene.world.refused("not_permitted"):
        scene.auction.close(by=scene.seller, number=1)
    with scene.world.refused("not_permitted"):
        scene.auction.deliver_money(by=scene.ann, to=scene.ann)
    with scene.world.refused("not_permitted"):
        scene.auction.deliver_goods(by=scene.ann, to=scene.ann)


def test_an_auction_is_closed_by_hand_after_its_time_only(scene: Scene) -> None:
    scene.offer()
    with scene.world.refused("the auction still takes bids"):
        scene.auction.close_late(by=scene.seller, number=1)
    scene.world.wait_until(scene.closes)
    with scene.world.refused("the auction is closed"):
        scene.auction.close_late(by=scene.seller, number=1)


def test_who_is_owed_nothing_collects_nothing(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 100)
    scene.auction.collect(by=scene.ann)
    scene.auction.collect(by=scene.seller)
    assert (scene.ann.won, scene.seller.grain) == (RICH - 100, RICH - 50)
    assert scene.auction.goods_and_money_are_there()


# What somebody tries


def test_other_money_is_not_taken(scene: Scene) -> None:
    scene.offer()
    farmer = scene.world.person("farmer", grain=RICH)
    with scene.world.refused("payment_not_accepted"):
        pay_with(scene.world, "grain", "bid", 1, contract=scene.auction, by=farmer)
    assert farmer.grain == RICH


class House(RuleBasedStateMachine):
    """In whatever order things happen, the best bid wins and no unit is lost."""

    @initialize()
    def begin(self) -> None:
        self.scene = Scene(World(assets={"won": 0, "grain": 0}))
        self.bidders = [self.scene.ann, self.scene.bob, self.scene.cho]
        self.bids: dict[int, list[tuple[int, int]]] = {}

    @rule(goods=st.integers(1, 5), minutes_open=st.integers(11, 60))
    def offer(self, goods: int, minutes_open: int) -> None:
        closes = self.scene.world.now + minutes(minutes_open)
        self.bids[self.scene.offer(goods, reserve=5, step=2, closes=closes)] = []

    @rule(number=st.integers(1, 4), by=st.integers(0, 2), amount=st.integers(0, 60))
    def bid(self, number: int, by: int, amount: int) -> None:
        try:
            self.scene.bid(self.bidders[by], amount, number)
        except Refused:
            return
        self.bids[number].append((amount, by))

    @rule(count=st.integers(1, 30))
    def wait(self, count: int) -> None:
        self.scene.world.wait(minutes=count)

    @invariant()
    def the_best_bids_are_all_that_is_kept(self) -> None:
        kept = goods_kept = 0
        spent, goods = [0, 0, 0], [0, 0, 0]
        for number, bids in self.bids.items():
            lot = self.scene.auction.lot(number)
            assert bids == sorted(bids, key=lambda each: each[0])
            best, bidder = bids[-1] if bids else (0, 0)
            is_open = lot.state is LotState.OPEN
            assert is_open == (self.scene.world.now < lot.closing_time)
            kept += best if is_open else 0
            goods_kept += lot.goods.units if is_open else 0
            spent[bidder] += best
            goods[bidder] += 0 if is_open or not bids else lot.goods.units
        assert [RICH - each.won for each in self.bidders] == spent
        assert [each.grain for each in self.bidders] == goods
        assert self.scene.world.balance(self.scene.auction, "won") == kept
        assert self.scene.world.balance(self.scene.auction, "grain") == goods_kept
        assert self.scene.auction.goods_and_money_are_there()


House.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestHouse = House.TestCase
