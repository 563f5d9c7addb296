"""A price is paid off in parts that are collected by themselves."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.contract.language import Amount, Duration, Time, days
from dure.contract.library.instalments import (
    CreditorPaid,
    DueDateMissed,
    FeeRate,
    InstalmentPlan,
    Plan,
    PlanEnded,
    PlanState,
    PlanTerms,
)
from dure.testing import Deployed, Person, Refused, World

RICH = 10_000
MONTH = days(30)
ONE_MS = Duration(1)


class Scene:
    """A shop, a customer who pays 1,000 won off in parts of 300, and a plan."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.shop, self.customer, self.other = world.people("shop", "customer", "other", won=RICH)
        self.contract: Deployed = world.deploy(
            InstalmentPlan, by=self.shop, money=world.asset("won")
        )
        self.first_due: Time = world.now + MONTH

    def terms(
        self,
        *,
        price: int = 1_000,
        part: int = 300,
        late_fee: str = "0.05",
        early_discount: str = "0.1",
        misses_allowed: int = 2,
        first_due: Time | None = None,
        period: Duration = MONTH,
    ) -> PlanTerms:
        return PlanTerms(
            price=Amount(price),
            part=Amount(part),
            first_due_date=first_due or self.first_due,
            period=period,
            late_fee=FeeRate(late_fee),
            early_discount=FeeRate(early_discount),
            misses_allowed=misses_allowed,
        )

    def offer(self, terms: PlanTerms | None = None, debtor: Person | None = None) -> int:
        number = self.contract.offer_plan(
            by=self.shop, debtor=debtor or self.customer, terms=terms or self.terms()
        )
        assert isinstance(number, int)
        return number

    def begin(self, deposit: int = 0, terms: PlanTerms | None = None) -> None:
        number = self.offer(terms)
        self.contract.agree(by=self.customer, number=number)
        if deposit:
            self.pay_in(deposit, number)

    def pay_in(self, amount: int, number: int = 1) -> None:
        self.contract.pay_in(by=self.customer, number=number, pay=amount)

    def wait_for_due_date(self, count: int) -> None:
        """Wait until the due date of that number, from 1."""
        self.world.wait_until(self.first_due + MONTH * (count - 1))

    @property
    def plan(self) -> Plan:
        found = self.contract.plan(1)
        assert isinstance(found, Plan)
        return found

    @property
    def money(self) -> tuple[int, int]:
        """What shop and customer have gained or lost."""
        return self.shop.won - RICH, self.customer.won - RICH


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


# Offering and agreeing


def test_an_offer_binds_nobody(scene: Scene) -> None:
    assert scene.offer() == 1
    scene.wait_for_due_date(3)
    assert scene.plan.state == PlanState.OFFERED
    with scene.world.refused("nothing is owed on this plan"):
        scene.pay_in(100)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"part": 0}, "a part is above zero and within the price"),
        ({"part": 1_001}, "a part is above zero and within the price"),
        ({"price": 601, "part": 1}, "a plan has at most 600 parts"),
        ({"period": Duration(1)}, "a period is a day to a year long"),
        ({"period": days(367)}, "a period is a day to a year long"),
        ({"late_fee": "-0.01"}, "a late fee is not below zero"),
        ({"late_fee": "1.0001"}, "a late fee is at most the part that is late"),
        ({"early_discount": "-0.01"}, "a discount is not below zero"),
        ({"early_discount": "1.0001"}, "a discount is at most all of it"),
        ({"misses_allowed": -1}, "a debtor may miss 12 due dates at most"),
        ({"misses_allowed": 13}, "a debtor may miss 12 due dates at most"),
    ],
)
def test_terms_have_bounds(scene: Scene, change: dict[str, object], reason: str) -> None:
    with scene.world.refused(reason):
        scene.offer(scene.terms(**change))  # type: ignore[arg-type]  # deliberately of wrong types


def test_a_plan_may_have_600_parts(scene: Scene) -> None:
    assert scene.offer(scene.terms(price=600, part=1)) == 1


def test_the_first_due_date_lies_ahead_and_within_a_year(scene: Scene) -> None:
    with scene.world.refused("the first due date has passed"):
        scene.offer(scene.terms(first_due=scene.world.now))
    with scene.world.refused("the first part is due within a year"):
        scene.offer(scene.terms(first_due=scene.world.now + days(367)))


def test_creditor_and_debtor_are_two(scene: Scene) -> None:
    with scene.world.refused("creditor and debtor are two"):
        scene.offer(debtor=scene.shop)


def test_only_the_debtor_agrees_once_and_in_time(scene: Scene) -> None:
    scene.offer()
    scene.offer()
    for person in (scene.shop, scene.other):
        with scene.world.refused("only the debtor may agree"):
            scene.contract.agree(by=person, number=1)
    scene.contract.agree(by=scene.customer, number=1)
    with scene.world.refused("the plan is no longer an offer"):
        scene.contract.agree(by=scene.customer, number=1)
    scene.wait_for_due_date(1)
    with scene.world.refused("the first due date has passed"):
        scene.contract.agree(by=scene.customer, number=2)


def test_only_the_creditor_withdraws_and_only_an_offer(scene: Scene) -> None:
    scene.offer()
    with scene.world.refused("only the creditor may withdraw the offer"):
        scene.contract.withdraw_offer(by=scene.customer, number=1)
    scene.contract.withdraw_offer(by=scene.shop, number=1)
    assert scene.plan.state == PlanState.WITHDRAWN
    with scene.world.refused("the plan is no longer an offer"):
        scene.contract.withdraw_offer(by=scene.shop, number=1)
    with scene.world.refused("the plan is no longer an offer"):
        scene.contract.agree(by=scene.customer, number=1)


# Paying in parts


def test_each_part_is_collected_by_itself_and_the_last_is_the_rest(scene: Scene) -> None:
    scene.begin(deposit=1_500)
    gains = []
    for count in range(1, 5):
        scene.wait_for_due_date(count)
        gains.append(scene.money[0])
    assert gains == [300, 600, 900, 1_000]
    assert scene.plan.state == PlanState.REPAID
    assert scene.money == (1_000, -1_000)
    assert [each.amount.units for each in scene.world.events(CreditorPaid)] == [300, 300, 300, 100]
    scene.wait_for_due_date(9)
    assert scene.money == (1_000, -1_000)


def test_nothing_is_collected_before_its_due_date(scene: Scene) -> None:
    scene.begin(deposit=1_000)
    scene.world.wait_until(scene.first_due - ONE_MS)
    assert scene.money == (0, -1_000)
    scene.wait_for_due_date(1)
    assert scene.money == (300, -1_000)


def test_a_price_that_divides_evenly_has_no_smaller_part(scene: Scene) -> None:
    scene.begin(900, scene.terms(price=900, part=300))
    scene.wait_for_due_date(3)
    assert scene.plan.state == PlanState.REPAID
    assert scene.money == (900, -900)


def test_a_deposit_is_taken_out_again(scene: Scene) -> None:
    scene.begin(deposit=500)
    with scene.world.refused("only the debtor may withdraw the deposit"):
        scene.contract.withdraw_deposit(by=scene.shop, number=1, amount=Amount(1))
    for amount in (0, 501):
        with scene.world.refused("the deposit is smaller than that"):
            scene.contract.withdraw_deposit(by=scene.customer, number=1, amount=Amount(amount))
    scene.contract.withdraw_deposit(by=scene.customer, number=1, amount=Amount(500))
    assert scene.money == (0, 0)


def test_somebody_else_may_help(scene: Scene) -> None:
    scene.begin()
    scene.contract.pay_in(by=scene.other, number=1, pay=300)
    scene.wait_for_due_date(1)
    assert scene.money == (300, 0)
    with scene.world.refused("nothing was paid in"):
        scene.pay_in(0)


# Being late


def test_a_missed_date_costs_a_late_fee(scene: Scene) -> None:
    scene.begin(deposit=100)
    scene.wait_for_due_date(1)
    assert scene.money[0] == 100
    assert (scene.plan.arrears, scene.plan.missed) == (Amount(200 + 15), 1)
    assert scene.world.events(DueDateMissed) == [DueDateMissed(1, Amount(15), Amount(215), 1)]


def test_arrears_are_paid_as_soon_as_money_comes_in(scene: Scene) -> None:
    scene.begin(deposit=100)
    scene.wait_for_due_date(1)
    scene.pay_in(200)
    assert (scene.plan.arrears, scene.plan.missed) == (Amount(15), 1)
    scene.pay_in(20)
    assert (scene.plan.arrears, scene.plan.missed, scene.plan.deposit) == (
        Amount(0),
        0,
        Amount(5),
    )
    assert scene.money[0] == 315


def test_a_late_fee_is_rounded_down(scene: Scene) -> None:
    scene.begin(0, scene.terms(part=333, late_fee="0.0101"))
    scene.wait_for_due_date(1)
    assert scene.plan.arrears == Amount(333 + 3)


def test_too_many_misses_make_everything_due(scene: Scene) -> None:
    scene.begin()
    scene.wait_for_due_date(2)
    assert (scene.plan.state, scene.plan.missed) == (PlanState.RUNNING, 2)
    scene.wait_for_due_date(3)
    assert scene.plan.state == PlanState.DEFAULTED
    assert (scene.plan.rest, scene.plan.arrears) == (Amount(0), Amount(1_000 + 45))
    scene.wait_for_due_date(9)
    assert scene.plan.arrears == Amount(1_045)
    with scene.world.refused("the plan is not running"):
        scene.contract.repay_early(by=scene.customer, number=1)
    scene.pay_in(45)
    scene.pay_in(2_000)
    assert scene.money == (1_045, -1_045)
    assert [each.state for each in scene.world.events(PlanEnded)] == [
        PlanState.DEFAULTED,
        PlanState.REPAID,
    ]
    with scene.world.refused("nothing is owed on this plan"):
        scene.pay_in(1)


def test_where_no_miss_is_allowed_the_first_one_is_the_default(scene: Scene) -> None:
    scene.begin(0, scene.terms(misses_allowed=0))
    scene.wait_for_due_date(1)
    assert scene.plan.state == PlanState.DEFAULTED


def test_paying_up_forgives_earlier_misses(scene: Scene) -> None:
    scene.begin()
    scene.wait_for_due_date(2)
    scene.pay_in(630)
    scene.wait_for_due_date(4)
    assert (scene.plan.state, scene.plan.missed) == (PlanState.RUNNING, 2)


# Paying early


def test_everything_is_repaid_early_with_a_discount(scene: Scene) -> None:
    scene.begin(deposit=1_000)
    scene.wait_for_due_date(1)
    assert scene.contract.payoff(1) == Amount(630)
    with scene.world.refused("only the debtor may repay early"):
        scene.contract.repay_early(by=scene.shop, number=1)
    scene.contract.repay_early(by=scene.customer, number=1)
    assert scene.money == (930, -930)
    assert scene.plan.state == PlanState.REPAID
    scene.wait_for_due_date(5)
    assert scene.money == (930, -930)


def test_arrears_have_no_discount(scene: Scene) -> None:
    scene.begin()
    scene.wait_for_due_date(1)
    assert scene.contract.payoff(1) == Amount(315 + 630)
    with scene.world.refused("the deposit does not cover what is left"):
        scene.contract.repay_early(by=scene.customer, number=1)


# What somebody tries


def test_nobody_calls_what_the_contract_does_by_itself(scene: Scene) -> None:
    scene.begin(deposit=1_000)
    with scene.world.refused("not_permitted"):
        scene.contract.collect(by=scene.shop, number=1)
    with scene.world.refused("not_permitted"):
        scene.contract.return_deposit(by=scene.customer, number=1)


def test_a_part_is_not_collected_by_hand_before_it_is_due(scene: Scene) -> None:
    scene.begin(deposit=1_000)
    with scene.world.refused("the due date has not come"):
        scene.contract.collect_late(by=scene.shop, number=1)
    scene.wait_for_due_date(1)
    with scene.world.refused("the due date has not come"):
        scene.contract.collect_late(by=scene.shop, number=1)
    scene.wait_for_due_date(4)
    scene.wait_for_due_date(7)
    with scene.world.refused("the plan is not running"):
        scene.contract.collect_late(by=scene.shop, number=1)


class Debt(RuleBasedStateMachine):
    """In whatever order things happen, price and fees are paid once, and deposits are safe."""

    @initialize(part=st.integers(1, 400), misses_allowed=st.integers(0, 3))
    def begin(self, part: int, misses_allowed: int) -> None:
        self.scene = Scene(World())
        self.scene.begin(0, self.scene.terms(part=part, misses_allowed=misses_allowed, price=400))

    @rule(amount=st.integers(1, 300))
    def pay_in(self, amount: int) -> None:
        try:
            self.scene.pay_in(amount)
        except Refused:
            assert self.scene.plan.state is PlanState.REPAID

    @rule(amount=st.integers(1, 300))
    def withdraw(self, amount: int) -> None:
        try:
            self.scene.contract.withdraw_deposit(
                by=self.scene.customer, number=1, amount=Amount(amount)
            )
        except Refused:
            assert self.scene.plan.deposit < Amount(amount)

    @rule()
    def repay_early(self) -> None:
        try:
            self.scene.contract.repay_early(by=self.scene.customer, number=1)
        except Refused:
            return

    @rule(count=st.integers(1, 40))
    def wait(self, count: int) -> None:
        self.scene.world.wait(days=count)

    @invariant()
    def every_unit_is_somewhere(self) -> None:
        plan, (gained, lost) = self.scene.plan, self.scene.money
        assert self.scene.world.balance(self.scene.contract, "won") == plan.deposit.units
        assert gained + lost + plan.deposit.units == 0
        assert self.scene.contract.deposits_are_there()

    @invariant()
    def the_debt_adds_up(self) -> None:
        plan = self.scene.plan
        fees = sum(each.late_fee.units for each in self.scene.world.events(DueDateMissed))
        owed = self.scene.money[0] + plan.arrears.units + plan.rest.units
        # An early repayment leaves a tenth of the rest out.
        assert owed == 400 + fees or (plan.state is PlanState.REPAID and 360 <= owed - fees < 400)
        assert not (plan.arrears > Amount(0) and plan.deposit > Amount(0))
        assert (plan.state is PlanState.REPAID) == (plan.arrears + plan.rest == Amount(0))


Debt.TestCase.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
TestDebt = Debt.TestCase
