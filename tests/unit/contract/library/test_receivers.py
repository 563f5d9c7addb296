"""Who may not receive money holds up nobody else; what could not be paid waits.

The money is a regulated token, whose registrar can strike a holder at any time.
"""

import pytest

from dure.contract.language import Amount, Contract, days
from dure.contract.library.auction import Auction, LotState
from dure.contract.library.escrow import Beneficiary, DealState, Escrow
from dure.contract.library.instalments import FeeRate, InstalmentPlan, PlanState, PlanTerms
from dure.contract.library.order_book import OrderBook
from dure.contract.library.order_queue import Side
from dure.contract.library.regulated_token import RegulatedToken, TransferFee
from dure.contract.library.sealed_auction import SaleState, SealedAuction
from dure.contract.library.vesting import GrantState, Vesting
from dure.core.types import Address, AssetId
from dure.testing import Deployed, Deployment, Person, World
from dure.testing.world.contracts import read_agreement
from tests.unit.contract.library.prying_token import PryingToken

RICH = 1_000
UNREGISTERED = "the receiver is not a registered holder"


class Scene:
    """Three registered holders of a token, which costs no fee."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bank = world.person("bank", usd=RICH)
        self.ann, self.bob, self.cho = world.people("ann", "bob", "cho", usd=RICH)
        self.token: Deployed = world.deploy(
            RegulatedToken,
            by=self.bank,
            roles=dict.fromkeys(("issuer", "registrar"), self.bank),
            code="REG",
            decimals=0,
            collector=self.bank,
            share=TransferFee("0"),
            most=Amount(0),
        )
        self.asset: AssetId = self.token.asset()
        for person in (self.ann, self.bob, self.cho):
            self.register(person)
            self.token.issue(by=self.bank, to=person, amount=Amount(RICH))

    def deploy(self, contract_class: type[Contract], **arguments: object) -> Deployed:
        """Put a contract on the chain that may hold the token."""
        deployed = self.world.deploy(contract_class, by=self.bank, roles=None, **arguments)
        self.register(deployed)
        return deployed

    def register(self, holder: Person | Deployed) -> None:
        self.token.register(by=self.bank, holder=holder)

    def strike(self, holder: Person) -> None:
        self.token.strike(by=self.bank, holder=holder)

    def held(self, by: Person) -> int:
        return self.world.balance(by, self.asset)


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def offer(scene: Scene) -> Deployed:
    auction = scene.deploy(Auction, goods=scene.world.asset("usd"), money=scene.asset)
    closes = scene.world.now + days(7)
    auction.offer(by=scene.cho, pay=50, reserve=Amount(100), step=Amount(10), closing_time=closes)
    return auction


def test_an_auction_goes_on_though_the_outbid_cannot_be_paid(scene: Scene) -> None:
    auction = offer(scene)
    auction.bid(by=scene.ann, number=1, pay=100)
    scene.strike(scene.ann)
    with scene.world.refused(UNREGISTERED):
        auction.bid(by=scene.bob, number=1, pay=200)
    assert auction.lot(1).highest_bidder == scene.bob.address
    assert auction.owed(scene.ann) == Amount(100)
    with scene.world.refused(UNREGISTERED):
        auction.collect(by=scene.ann)
    scene.world.wait(days=8)
    assert (scene.bob.usd, scene.held(scene.cho)) == (RICH + 50, RICH + 200)
    scene.register(scene.ann)
    auction.collect(by=scene.ann)
    assert scene.held(scene.ann) == RICH
    auction.collect(by=scene.ann)
    assert scene.held(scene.ann) == RICH


def test_a_lot_changes_hands_though_its_seller_cannot_be_paid(scene: Scene) -> None:
    auction = offer(scene)
    auction.bid(by=scene.bob, number=1, pay=100)
    scene.strike(scene.cho)
    with scene.world.refused(UNREGISTERED):
        scene.world.wait(days=8)
    assert (scene.bob.usd, auction.lot(1).state) == (RICH + 50, LotState.SOLD)
    scene.register(scene.cho)
    auction.collect(by=scene.cho)
    assert scene.held(scene.cho) == RICH + 100


def test_a_deal_is_settled_by_hand_once_its_side_can_be_paid(scene: Scene) -> None:
    escrow = scene.deploy(Escrow, money=scene.asset)
    escrow.open_deal(
        by=scene.ann,
        seller=scene.bob,
        arbiter=scene.cho,
        terms=b"t" * 32,
        milestones=[100],
        deadline=scene.world.now + days(7),
        at_deadline=Beneficiary.SELLER,
        pay=100,
    )
    scene.strike(scene.bob)
    with scene.world.refused(UNREGISTERED):
        scene.world.wait(days=8)
    assert escrow.deal(1).state == DealState.OPEN
    scene.register(scene.bob)
    escrow.settle(by=scene.cho, number=1)
    assert (scene.held(scene.bob), escrow.deal(1).state) == (RICH + 100, DealState.CLOSED)
    with scene.world.refused("the deal is closed"):
        escrow.settle(by=scene.cho, number=1)


def test_a_part_is_collected_by_hand_and_the_plan_goes_on(scene: Scene) -> None:
    plans = scene.deploy(InstalmentPlan, money=scene.asset)
    terms = PlanTerms(
        price=Amount(300),
        part=Amount(100),
        first_due_date=scene.world.now + days(30),
        period=days(30),
        late_fee=FeeRate("0.05"),
        early_discount=FeeRate("0"),
        misses_allowed=2,
    )
    plans.offer_plan(by=scene.bob, debtor=scene.ann, terms=terms)
    plans.agree(by=scene.ann, number=1)
    plans.pay_in(by=scene.ann, number=1, pay=400)
    scene.strike(scene.bob)
    with scene.world.refused(UNREGISTERED):
        scene.world.wait(days=31)
    scene.world.wait(days=40)
    scene.register(scene.bob)
    plans.collect_late(by=scene.cho, number=1)
    # What fell due meanwhile is collected at once, by itself.
    assert scene.held(scene.bob) == RICH + 200
    scene.strike(scene.ann)
    with scene.world.refused(UNREGISTERED):
        scene.world.wait(days=30)
    assert (scene.held(scene.bob), plans.plan(1).state) == (RICH + 300, PlanState.REPAID)
    scene.register(scene.ann)
    plans.withdraw_deposit(by=scene.ann, number=1, amount=Amount(100))
    assert scene.held(scene.ann) == RICH - 300


def test_a_grant_is_revoked_though_its_beneficiary_cannot_be_paid(scene: Scene) -> None:
    vesting = scene.deploy(Vesting, money=scene.asset)
    vesting.grant(
        by=scene.ann,
        pay=100,
        beneficiary=scene.bob,
        start=scene.world.now,
        cliff=days(0),
        term=days(100),
        is_revocable=True,
    )
    scene.world.wait(days=50)
    scene.strike(scene.bob)
    with scene.world.refused(UNREGISTERED):
        vesting.revoke(by=scene.ann, number=1)
    assert (scene.held(scene.ann), vesting.grant_of(1).state) == (RICH - 50, GrantState.REVOKED)
    scene.register(scene.bob)
    vesting.claim(by=scene.bob, number=1)
    assert scene.held(scene.bob) == RICH + 50


def test_orders_are_traded_though_one_trader_cannot_be_paid(scene: Scene) -> None:
    usd = scene.world.asset("usd")
    book = scene.deploy(OrderBook, base=usd, quote=scene.asset, lot=Amount(10))
    book.sell(by=scene.ann, lots=2, price=Amount(100), pay=20)
    scene.strike(scene.ann)
    book.buy(by=scene.bob, lots=2, price=Amount(100), pay=200)
    book.withdraw(by=scene.bob)
    assert scene.bob.usd == RICH + 20
    with scene.world.refused(UNREGISTERED):
        book.withdraw(by=scene.ann)
    scene.register(scene.ann)
    book.withdraw(by=scene.ann)
    assert scene.held(scene.ann) == RICH + 200


def deploy_without_quota(
    world: World, contract_class: type[Contract], **arguments: object
) -> Deployed:
    """Put a contract on the chain for whose owner nobody pays: it can act, but not plan ahead."""
    agreement = read_agreement(contract_class)
    deployment = Deployment(
        source=agreement.source,
        owner=Address(b"o" * 32),
        arguments=agreement.values.encode_arguments("init", (), arguments),
        roles={},
    )
    return Deployed(agreement, world._stage.deploy(deployment), world._stage)


def test_an_auction_is_closed_by_hand_where_its_own_call_failed(scene: Scene) -> None:
    won, usd = scene.asset, scene.world.asset("usd")
    auction = deploy_without_quota(scene.world, Auction, goods=usd, money=won)
    scene.register(auction)
    closes = scene.world.now + days(7)
    auction.offer(by=scene.cho, pay=50, reserve=Amount(100), step=Amount(10), closing_time=closes)
    auction.bid(by=scene.bob, number=1, pay=100)
    with scene.world.refused("quota_exhausted"):
        scene.world.wait(days=8)
    assert auction.lot(1).state == LotState.OPEN
    with scene.world.refused("the time for bids is over"):
        auction.bid(by=scene.ann, number=1, pay=200)
    auction.close_late(by=scene.ann, number=1)
    assert (scene.bob.usd, scene.held(scene.cho)) == (RICH + 50, RICH + 100)


def test_a_sale_is_closed_by_hand_where_its_own_call_failed(scene: Scene) -> None:
    usd = scene.world.asset("usd")
    auction = deploy_without_quota(scene.world, SealedAuction, goods=usd, money=scene.asset)
    scene.register(auction)
    now = scene.world.now
    auction.offer(
        by=scene.cho,
        pay=50,
        reserve=Amount(100),
        earnest=Amount(0),
        bidding_ends=now + days(1),
        revealing_ends=now + days(2),
    )
    with scene.world.refused("quota_exhausted"):
        scene.world.wait(days=3)
    assert auction.sale(1).state == SaleState.OPEN
    auction.award_late(by=scene.ann, number=1)
    assert (scene.cho.usd, auction.sale(1).state) == (RICH, SaleState.UNSOLD)


def test_orders_are_matched_by_hand_where_the_books_own_call_failed(scene: Scene) -> None:
    usd = scene.world.asset("usd")
    book = deploy_without_quota(scene.world, OrderBook, base=usd, quote=scene.asset, lot=Amount(1))
    scene.register(book)
    for _ in range(50):
        book.sell(by=scene.ann, lots=1, price=Amount(1), pay=1)
    with scene.world.refused("quota_exhausted"):
        book.buy(by=scene.bob, lots=50, price=Amount(1), pay=50)
    assert book.order(51).lots == 30
    book.match_late(by=scene.cho)
    assert book.quote_account(scene.ann) == Amount(50)
    assert book.best_order(Side.SELL) == book.best_order(Side.BUY) == 0


def test_a_token_that_calls_back_while_it_is_paid_is_refused(world: World) -> None:
    buyer, seller, arbiter = world.people("buyer", "seller", "arbiter")
    token = world.deploy(PryingToken, by=buyer, holder=buyer)
    escrow = world.deploy(Escrow, by=buyer, money=token.asset())
    escrow.open_deal(
        by=buyer,
        seller=seller,
        arbiter=arbiter,
        terms=b"t" * 32,
        milestones=[100],
        deadline=world.now + days(7),
        at_deadline=Beneficiary.SELLER,
        pay=100,
    )
    token.pry_into(by=seller, prey=escrow)
    with world.refused("reentrant"):
        escrow.release(by=buyer, number=1)
    assert escrow.deal(1).state == DealState.OPEN
    assert world.balance(escrow, token.asset()) == 100
