"""Nobody sees a bid before all are in; the highest one revealed buys."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.contract.language import Amount, Duration, Time, days, minutes
from dure.contract.library.sealed_auction import (
    BidRevealed,
    BidSealed,
    EarnestForfeited,
    SaleClosed,
    SaleState,
    SealedAuction,
)
from dure.core.codec import encode
from dure.core.types import Hash
from dure.testing import Deployed, Person, World
from tests.unit.contract.library.foreign_money import pay_with

RICH = 10_000
SECRET = b"a secret number!"


class Scene:
    """A seller of 50 grain for at least 100 won, with 20 won of earnest money."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seller = world.person("seller", grain=RICH)
        self.ann, self.bob, self.cho = world.people("ann", "bob", "cho", won=RICH)
        self.auction: Deployed = world.deploy(
            SealedAuction, by=self.seller, goods=world.asset("grain"), money=world.asset("won")
        )
        self.bidding_ends: Time = world.now + days(7)
        self.revealing_ends: Time = world.now + days(8)

    def offer(self, goods: int = 50, *, reserve: int = 100, earnest: int = 20) -> int:
        number = self.auction.offer(
            by=self.seller,
            pay=goods,
            reserve=Amount(reserve),
            earnest=Amount(earnest),
            bidding_ends=self.bidding_ends,
            revealing_ends=self.revealing_ends,
        )
        assert isinstance(number, int)
        return number

    def seal(self, bidder: Person, amount: int, secret: bytes = SECRET) -> Hash:
        """What a bidder works out at home."""
        values = (self.auction.address, 1, bidder.address, amount, secret)
        return Hash(hashlib.sha256(encode(values)).digest())

    def bid(self, by: Person, amount: int, deposit: int = 1_000) -> None:
        self.auction.bid(by=by, number=1, sealed=self.seal(by, amount), pay=deposit)

    def reveal(self, by: Person, amount: int, secret: bytes = SECRET) -> None:
        self.auction.reveal(by=by, number=1, bid=Amount(amount), secret=secret)

    def end_bidding(self) -> None:
        self.world.wait_until(self.bidding_ends)

    def end_revealing(self) -> None:
        self.world.wait_until(self.revealing_ends)


@pytest.fixture
def scene() -> Scene:
    return Scene(World(assets={"won": 0, "grain": 0}))


# Offering


def test_an_offer_makes_sense(scene: Scene) -> None:
    with scene.world.refused("there are no goods to sell"):
        scene.offer(0)
    with scene.world.refused("the reserve price is above zero"):
        scene.offer(reserve=0)
    with scene.world.refused("the earnest money is not above the reserve price"):
        scene.offer(reserve=19)
    scene.revealing_ends = scene.bidding_ends + minutes(9)
    with scene.world.refused("revealing takes ten minutes at least"):
        scene.offer()
    scene.bidding_ends = scene.world.now + minutes(10)
    with scene.world.refused("bidding takes ten minutes at least"):
        scene.offer()
    scene.bidding_ends, scene.revealing_ends = scene.world.now + days(1), scene.world.now + days(91)
    with scene.world.refused("a sale takes 90 days at most"):
        scene.offer()


# Bidding


def test_a_bid_is_a_seal_and_a_deposit(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 150)
    assert scene.ann.won == RICH - 1_000
    told = BidSealed(1, scene.ann.address, Amount(1_000))
    assert scene.world.events(BidSealed) == [told]
    with scene.world.refused("the bidder has bid already"):
        scene.bid(scene.ann, 160)
    with scene.world.refused("the deposit does not cover the reserve price"):
        scene.bid(scene.bob, 99, deposit=99)
    with scene.world.refused("the seller does not bid"):
        scene.bid(scene.seller, 0, deposit=0)


def test_nobody_bids_when_the_time_is_over(scene: Scene) -> None:
    scene.offer()
    scene.end_bidding()
    with scene.world.refused("the time for bids is over"):
        scene.bid(scene.ann, 150)


def test_the_contract_seals_as_a_bidder_does_at_home(scene: Scene) -> None:
    assert scene.auction.seal(1, scene.ann, Amount(150), SECRET) == scene.seal(scene.ann, 150)
    for secret in (b"s" * 15, b"s" * 65):
        with scene.world.refused("a secret number has 16 to 64 bytes"):
            scene.auction.seal(1, scene.ann, Amount(150), secret)


def test_other_money_is_not_taken(scene: Scene) -> None:
    scene.offer()
    farmer = scene.world.person("farmer", grain=RICH)
    with scene.world.refused("payment_not_accepted"):
        sealed = scene.seal(farmer, 100)
        pay_with(scene.world, "grain", "bid", 1, sealed, contract=scene.auction, by=farmer)


# Revealing


def test_nothing_is_revealed_early_or_late(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 150)
    with scene.world.refused("bids are still being handed in"):
        scene.reveal(scene.ann, 150)
    scene.end_revealing()
    with scene.world.refused("the time to reveal bids is over"):
        scene.reveal(scene.ann, 150)


def test_a_bid_cannot_be_changed_copied_or_revealed_twice(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 150)
    copied = scene.seal(scene.ann, 150)
    scene.auction.bid(by=scene.bob, number=1, sealed=copied, pay=1_000)
    scene.end_bidding()
    for person, amount in ((scene.ann, 151), (scene.bob, 150)):
        with scene.world.refused("that is another bid"):
            scene.reveal(person, amount)
    with scene.world.refused("that is another bid"):
        scene.reveal(scene.ann, 150, secret=b"another secret number")
    with scene.world.refused("there is no sealed bid of the caller"):
        scene.reveal(scene.cho, 150)
    scene.reveal(scene.ann, 150)
    with scene.world.refused("there is no sealed bid of the caller"):
        scene.reveal(scene.ann, 150)
    told = BidRevealed(1, scene.ann.address, Amount(150))
    assert scene.world.events(BidRevealed) == [told]


def test_a_bid_is_covered_by_its_deposit(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 1_001)
    scene.end_bidding()
    with scene.world.refused("the deposit does not cover the bid"):
        scene.reveal(scene.ann, 1_001)


def test_who_is_not_the_highest_gets_everything_back_by_itself(scene: Scene) -> None:
    scene.offer()
    for person, amount in ((scene.ann, 150), (scene.bob, 200), (scene.cho, 200)):
        scene.bid(person, amount)
    scene.end_bidding()
    scene.reveal(scene.ann, 150)
    assert scene.ann.won == RICH - 150
    scene.reveal(scene.bob, 200)
    assert (scene.ann.won, scene.bob.won) == (RICH, RICH - 200)
    scene.reveal(scene.cho, 200)
    assert (scene.bob.won, scene.cho.won) == (RICH - 200, RICH)


def test_a_bid_below_the_reserve_price_is_returned(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 99)
    scene.end_bidding()
    scene.reveal(scene.ann, 99)
    assert scene.ann.won == RICH
    scene.end_revealing()
    assert (scene.seller.grain, scene.auction.sale(1).state) == (RICH, SaleState.UNSOLD)


# Closing


def test_goods_and_price_change_hands_by_themselves(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 150)
    scene.end_bidding()
    scene.reveal(scene.ann, 150)
    scene.world.wait_until(scene.revealing_ends - Duration(1))
    assert scene.ann.grain == 0
    scene.end_revealing()
    assert (scene.ann.grain, scene.ann.won, scene.seller.won) == (50, RICH - 150, 150)
    told = SaleClosed(1, SaleState.SOLD, scene.ann.address, Amount(150))
    assert scene.world.events(SaleClosed) == [told]


def test_who_never_reveals_loses_the_earnest_money(scene: Scene) -> None:
    scene.offer()
    scene.bid(scene.ann, 150)
    with scene.world.refused("bids may still be revealed"):
        scene.auction.return_deposit(by=scene.ann, number=1, bidder=scene.ann)
    scene.end_revealing()
    scene.auction.return_deposit(by=scene.cho, number=1, bidder=scene.ann)
    assert (scene.ann.won, scene.seller.won, scene.seller.grain) == (RICH - 20, 20, RICH)
    told = EarnestForfeited(1, scene.ann.address, Amount(20))
    assert scene.world.events(EarnestForfeited) == [told]
    with scene.world.refused("there is no sealed bid of the bidder"):
        scene.auction.return_deposit(by=scene.cho, number=1, bidder=scene.ann)


def test_a_sale_is_closed_by_hand_after_its_time_only(scene: Scene) -> None:
    scene.offer()
    with scene.world.refused("bids may still be revealed"):
        scene.auction.award_late(by=scene.seller, number=1)
    with scene.world.refused("not_permitted"):
        scene.auction.award(by=scene.seller, number=1)
    scene.end_revealing()
    with scene.world.refused("the sale is closed"):
        scene.auction.award_late(by=scene.seller, number=1)


@settings(max_examples=20, deadline=None)
@given(
    bids=st.lists(st.tuples(st.integers(90, 130), st.booleans()), max_size=3),
    earnest=st.integers(0, 100),
)
def test_the_highest_revealed_bid_wins_and_no_unit_is_lost(
    bids: list[tuple[int, bool]], earnest: int
) -> None:
    scene = Scene(World(assets={"won": 0, "grain": 0}))
    scene.offer(earnest=earnest)
    people = [scene.ann, scene.bob, scene.cho]
    for person, (amount, _) in zip(people, bids, strict=False):
        scene.bid(person, amount)
    scene.end_bidding()
    for person, (amount, is_revealed) in zip(people, bids, strict=False):
        if is_revealed:
            scene.reveal(person, amount)
    scene.end_revealing()
    for person, (_, is_revealed) in zip(people, bids, strict=False):
        if not is_revealed:
            scene.auction.return_deposit(by=person, number=1, bidder=person)
    price = max((amount for amount, shown in bids if shown and amount >= 100), default=0)
    silent = [shown for _, shown in bids].count(False)
    assert scene.seller.won == price + earnest * silent
    assert sum(person.won for person in people) == 3 * RICH - scene.seller.won
    assert sum(person.grain for person in people) == (50 if price else 0)
    assert scene.world.balance(scene.auction, "won") == 0
    assert scene.world.balance(scene.auction, "grain") == 0
    assert scene.auction.goods_and_money_are_there()
