"""Money waits with the contract until the seller has delivered, somebody decides, or time is up."""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.contract.language import Amount, Time, days, hours
from dure.contract.library.escrow import (
    Beneficiary,
    DealOpened,
    DealState,
    DisputeRaised,
    Escrow,
    PaidFromEscrow,
)
from dure.core.types import Hash
from dure.testing import Deployed, Person, Refused, World
from tests.unit.contract.library.foreign_money import pay_with

RICH = 1_000
TERMS = Hash(b"t" * 32)
SIDES = st.sampled_from(Beneficiary)
PEOPLE = st.sampled_from(["buyer", "seller", "arbiter"])


class Scene:
    """A buyer, a seller, an arbiter, and an escrow for won."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.buyer, self.seller, self.arbiter = world.people("buyer", "seller", "arbiter", won=RICH)
        self.escrow: Deployed = world.deploy(Escrow, by=self.arbiter, money=world.asset("won"))
        self.deadline: Time = world.now + days(30)

    def open(
        self,
        *milestones: int,
        pay: int | None = None,
        deadline: Time | None = None,
        at_deadline: Beneficiary = Beneficiary.BUYER,
        seller: Person | None = None,
        arbiter: Person | None = None,
    ) -> int:
        number = self.escrow.open_deal(
            by=self.buyer,
            seller=seller or self.seller,
            arbiter=arbiter or self.arbiter,
            terms=TERMS,
            milestones=[Amount(each) for each in milestones],
            deadline=deadline or self.deadline,
            at_deadline=at_deadline,
            pay=sum(milestones) if pay is None else pay,
        )
        assert isinstance(number, int)
        return number

    @property
    def money(self) -> tuple[int, int]:
        """What buyer and seller have gained or lost."""
        return self.buyer.won - RICH, self.seller.won - RICH


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def state(scene: Scene, number: int = 1) -> DealState:
    found = scene.escrow.deal(number).state
    assert isinstance(found, DealState)
    return found


# Opening


def test_the_price_waits_with_the_contract(scene: Scene) -> None:
    assert scene.open(60, 40) == 1
    assert scene.money == (-100, 0)
    assert scene.world.balance(scene.escrow, "won") == 100
    deal = scene.escrow.deal(1)
    assert (deal.buyer, deal.seller) == (scene.buyer.address, scene.seller.address)
    assert (deal.balance, deal.terms, deal.state) == (Amount(100), TERMS, DealState.OPEN)
    (told,) = scene.world.events(DealOpened)
    assert (told.deal, told.price, told.deadline) == (1, Amount(100), scene.deadline)


def test_deals_are_numbered_and_apart(scene: Scene) -> None:
    assert [scene.open(10), scene.open(20)] == [1, 2]
    scene.escrow.release(by=scene.buyer, number=2)
    assert scene.escrow.deal(1).balance == Amount(10)
    assert (state(scene, 1), state(scene, 2)) == (DealState.OPEN, DealState.CLOSED)


@pytest.mark.parametrize("pay", [0, 99, 101])
def test_the_payment_is_the_sum_of_the_milestones(scene: Scene, pay: int) -> None:
    with scene.world.refused("the payment is not the sum of milestones"):
        scene.open(60, 40, pay=pay)
    assert scene.money == (0, 0)


@pytest.mark.parametrize("count", [0, 21])
def test_a_price_has_one_to_twenty_milestones(scene: Scene, count: int) -> None:
    with scene.world.refused("a price has 1 to 20 milestones"):
        scene.open(*[1] * count)


def test_a_price_may_have_twenty_milestones(scene: Scene) -> None:
    scene.open(*[1] * 20)
    for _ in range(20):
        scene.escrow.release(by=scene.buyer, number=1)
    assert state(scene) == DealState.CLOSED


def test_a_milestone_is_above_zero(scene: Scene) -> None:
    with scene.world.refused("a milestone is above zero"):
        scene.open(100, 0)


def test_buyer_seller_and_arbiter_are_three(scene: Scene) -> None:
    with scene.world.refused("buyer and seller are two"):
        scene.open(10, seller=scene.buyer)
    for person in (scene.buyer, scene.seller):
        with scene.world.refused("the arbiter is neither of the two"):
            scene.open(10, arbiter=person)


def test_a_deadline_lies_ahead_and_within_five_years(scene: Scene) -> None:
    with scene.world.refused("the deadline has passed"):
        scene.open(10, deadline=scene.world.now)
    with scene.world.refused("a deadline lies within five years"):
        scene.open(10, deadline=scene.world.now + days(1_825) + hours(1))


# Releasing


def test_the_buyer_releases_one_milestone_after_the_other(scene: Scene) -> None:
    scene.open(60, 40)
    scene.escrow.release(by=scene.buyer, number=1)
    assert scene.money == (-100, 60)
    scene.escrow.release(by=scene.buyer, number=1)
    assert scene.money == (-100, 100)
    assert state(scene) == DealState.CLOSED
    assert [each.amount for each in scene.world.events(PaidFromEscrow)] == [Amount(60), Amount(40)]


def test_only_the_buyer_releases(scene: Scene) -> None:
    scene.open(100)
    for person in (scene.seller, scene.arbiter):
        with scene.world.refused("only the buyer may release a milestone"):
            scene.escrow.release(by=person, number=1)


def test_nothing_is_released_twice(scene: Scene) -> None:
    scene.open(100)
    scene.open(100)
    scene.escrow.release(by=scene.buyer, number=1)
    with scene.world.refused("the deal is closed"):
        scene.escrow.release(by=scene.buyer, number=1)
    assert scene.world.balance(scene.escrow, "won") == 100


def test_there_is_nothing_to_release_in_a_deal_that_was_never_opened(scene: Scene) -> None:
    with scene.world.refused("missing_key"):
        scene.escrow.release(by=scene.buyer, number=7)


# Refunding


def test_the_seller_gives_back_what_is_held(scene: Scene) -> None:
    scene.open(60, 40)
    scene.escrow.release(by=scene.buyer, number=1)
    scene.escrow.refund(by=scene.seller, number=1)
    assert scene.money == (-60, 60)
    assert state(scene) == DealState.CLOSED


def test_only_the_seller_refunds_and_only_once(scene: Scene) -> None:
    scene.open(100)
    for person in (scene.buyer, scene.arbiter):
        with scene.world.refused("only the seller may give a refund"):
            scene.escrow.refund(by=person, number=1)
    scene.escrow.refund(by=scene.seller, number=1)
    with scene.world.refused("the deal is closed"):
        scene.escrow.refund(by=scene.seller, number=1)


# Disputes


@pytest.mark.parametrize("to_seller", [0, 1, 30, 100])
def test_the_arbiter_divides_what_is_held(scene: Scene, to_seller: int) -> None:
    scene.open(100)
    scene.escrow.dispute(by=scene.seller, number=1)
    scene.escrow.decide(by=scene.arbiter, number=1, to_seller=Amount(to_seller))
    assert scene.money == (-to_seller, to_seller)
    assert state(scene) == DealState.CLOSED


def test_the_arbiter_decides_disputes_only(scene: Scene) -> None:
    scene.open(100)
    with scene.world.refused("the deal is not in dispute"):
        scene.escrow.decide(by=scene.arbiter, number=1, to_seller=Amount(50))
    scene.escrow.dispute(by=scene.buyer, number=1)
    for person in (scene.buyer, scene.seller):
        with scene.world.refused("only the arbiter may decide"):
            scene.escrow.decide(by=person, number=1, to_seller=Amount(50))
    with scene.world.refused("the deal holds less than that"):
        scene.escrow.decide(by=scene.arbiter, number=1, to_seller=Amount(101))
    scene.escrow.decide(by=scene.arbiter, number=1, to_seller=Amount(50))
    with scene.world.refused("the deal is not in dispute"):
        scene.escrow.decide(by=scene.arbiter, number=1, to_seller=Amount(50))


def test_only_buyer_or_seller_raise_a_dispute_and_once(scene: Scene) -> None:
    scene.open(100)
    with scene.world.refused("only buyer or seller may raise a dispute"):
        scene.escrow.dispute(by=scene.arbiter, number=1)
    scene.escrow.dispute(by=scene.buyer, number=1)
    with scene.world.refused("the deal is not open"):
        scene.escrow.dispute(by=scene.seller, number=1)
    assert len(scene.world.events(DisputeRaised)) == 1


def test_in_a_dispute_either_side_may_give_in(scene: Scene) -> None:
    scene.open(60, 40)
    scene.escrow.dispute(by=scene.buyer, number=1)
    scene.escrow.release(by=scene.buyer, number=1)
    scene.escrow.refund(by=scene.seller, number=1)
    assert scene.money == (-60, 60)


def test_a_dispute_gives_the_arbiter_thirty_days(scene: Scene) -> None:
    scene.open(100)
    scene.world.wait(days=29)
    raised = scene.world.now
    scene.escrow.dispute(by=scene.seller, number=1)
    scene.world.wait(days=29)
    assert state(scene) == DealState.DISPUTED
    scene.world.wait_until(raised + days(31))
    assert scene.money == (0, 0)
    assert state(scene) == DealState.CLOSED


def test_an_early_dispute_leaves_the_deadline(scene: Scene) -> None:
    late = scene.world.now + days(100)
    scene.open(100, deadline=late)
    scene.escrow.dispute(by=scene.buyer, number=1)
    assert scene.escrow.deal(1).deadline == late


# The deadline


@pytest.mark.parametrize(
    ("at_deadline", "money"), [(Beneficiary.BUYER, (-60, 60)), (Beneficiary.SELLER, (-100, 100))]
)
def test_at_the_deadline_the_rest_goes_by_itself_where_the_terms_say(
    scene: Scene, at_deadline: Beneficiary, money: tuple[int, int]
) -> None:
    scene.open(60, 40, at_deadline=at_deadline)
    scene.escrow.release(by=scene.buyer, number=1)
    scene.world.wait_until(scene.deadline - hours(1))
    assert scene.money == (-100, 60)
    scene.world.wait_until(scene.deadline)
    assert scene.money == money
    assert state(scene) == DealState.CLOSED


def test_a_closed_deal_has_no_deadline(scene: Scene) -> None:
    scene.open(100)
    scene.open(100)
    scene.escrow.release(by=scene.buyer, number=1)
    scene.escrow.refund(by=scene.seller, number=2)
    scene.world.wait_until(scene.deadline + days(1))
    assert scene.money == (-100, 100)


def test_nobody_calls_the_deadline(scene: Scene) -> None:
    scene.open(100)
    with scene.world.refused("not_permitted"):
        scene.escrow.end_deal(by=scene.buyer, number=1)


def test_a_deal_is_settled_by_hand_after_the_deadline_only(scene: Scene) -> None:
    scene.open(100)
    with scene.world.refused("the deadline has not passed"):
        scene.escrow.settle(by=scene.buyer, number=1)
    scene.world.wait_until(scene.deadline)
    with scene.world.refused("the deal is closed"):
        scene.escrow.settle(by=scene.buyer, number=1)


# What somebody tries


def test_other_money_is_not_taken(scene: Scene) -> None:
    rich = scene.world.person("rich", usd=RICH)
    deal = (scene.seller, scene.arbiter, TERMS, [100], scene.deadline, Beneficiary.BUYER)
    with scene.world.refused("payment_not_accepted"):
        pay_with(scene.world, "usd", "open_deal", *deal, contract=scene.escrow, by=rich)
    assert rich.usd == RICH


def test_money_that_was_only_sent_buys_nothing(scene: Scene) -> None:
    scene.world.transfer(by=scene.buyer, to=scene.escrow, asset="won", amount=500)
    scene.open(100)
    scene.escrow.refund(by=scene.seller, number=1)
    assert scene.money == (-500, 0)
    assert scene.escrow.every_deal_is_covered()


class Trade(RuleBasedStateMachine):
    """In whatever order things happen, each unit is the buyer's, the seller's, or in a deal."""

    @initialize()
    def begin(self) -> None:
        self.scene = Scene(World())
        self.opened = 0

    @rule(milestones=st.lists(st.integers(1, 5), min_size=1, max_size=3), side=SIDES)
    def open(self, milestones: list[int], side: Beneficiary) -> None:
        self.scene.deadline = self.scene.world.now + days(5)
        self.opened = self.scene.open(*milestones, at_deadline=side)

    @rule(
        number=st.integers(1, 5), by=PEOPLE, act=st.sampled_from(["release", "refund", "dispute"])
    )
    def act(self, number: int, by: str, act: str) -> None:
        person = getattr(self.scene, by)
        self.attempt(lambda: getattr(self.scene.escrow, act)(by=person, number=number))

    @rule(number=st.integers(1, 5), by=PEOPLE, to_seller=st.integers(0, 10))
    def decide(self, number: int, by: str, to_seller: int) -> None:
        person = getattr(self.scene, by)
        self.attempt(
            lambda: self.scene.escrow.decide(by=person, number=number, to_seller=Amount(to_seller))
        )

    @rule(number=st.integers(1, 5), count=st.integers(1, 4))
    def wait(self, number: int, count: int) -> None:
        self.scene.world.wait(days=count)
        settle = self.scene.escrow.settle
        self.attempt(lambda: settle(by=self.scene.arbiter, number=number))

    @staticmethod
    def attempt(action: Callable[[], object]) -> None:
        try:
            action()
        except Refused:
            return

    @invariant()
    def every_unit_is_somewhere(self) -> None:
        escrow = self.scene.escrow
        deals = [escrow.deal(number) for number in range(1, self.opened + 1)]
        held = sum(deal.balance.units for deal in deals)
        assert self.scene.world.balance(escrow, "won") == held == -sum(self.scene.money)
        assert all(
            (deal.balance == Amount(0)) == (deal.state is DealState.CLOSED) for deal in deals
        )
        assert escrow.every_deal_is_covered()

    @invariant()
    def no_deal_outlives_its_deadline(self) -> None:
        for number in range(1, self.opened + 1):
            deal = self.scene.escrow.deal(number)
            assert deal.state is DealState.CLOSED or self.scene.world.now < deal.deadline


Trade.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestTrade = Trade.TestCase
