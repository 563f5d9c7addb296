"""In whatever order things happen, customers together hold what was paid in and not paid out."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.apps.payments.contract import OrderCreated, Payments
from dure.apps.payments.stories import digest_of
from dure.apps.payments.tests.scene import START, Scene, open_scene
from dure.testing import Deployed, Refused, World
from dure.testing.invariants import check_invariants

DOLLARS = 100_000
NUMBERS = st.integers(1, 8)
CODES = st.sampled_from(["AC04", "AM09", "MS03"])


class Clearing(RuleBasedStateMachine):
    """Orders in one currency and across two, steps out of turn, refusals, returns, days."""

    scene: Scene

    @initialize()
    def begin(self) -> None:
        self.scene = open_scene(World())
        self.withdrawn = 0
        self.quotes = 0

    def attempt(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except Refused:
            return False
        return True

    @rule(amount=st.integers(0, 500_000), is_inside=st.booleans())
    def order(self, amount: int, is_inside: bool) -> None:
        scene = self.scene
        target = scene.clearing.won_narae if is_inside else None
        self.attempt(lambda: scene.order(amount, target=target))

    @rule(minutes=st.integers(1, 1_500), most=st.integers(1, 60_000))
    def quote(self, minutes: int, most: int) -> None:
        self.quotes += self.attempt(lambda: self.scene.quote(minutes=minutes, most=most))

    @rule(amount=st.integers(1, 300_000), reference=st.integers(0, 5))
    def order_abroad(self, amount: int, reference: int) -> None:
        scene = self.scene
        self.attempt(
            lambda: scene.payments.order_abroad(
                by=scene.payer,
                quote=self.quotes,
                amount=amount,
                payee=scene.payee,
                end_to_end=digest_of(f"abroad {reference}"),
            )
        )

    @rule(amount=st.integers(1, 300_000))
    def exchange(self, amount: int) -> None:
        scene = self.scene
        self.attempt(
            lambda: scene.payments.exchange(by=scene.payer, quote=self.quotes, amount=amount)
        )

    @rule(number=NUMBERS, steps=st.integers(1, 4))
    def move(self, number: int, steps: int) -> None:
        """Take an order some steps on, each by the bank whose step it is."""
        for _ in range(steps):
            self.attempt(lambda: self.take_step(number))

    def take_step(self, number: int) -> None:
        scene, payments = self.scene, self.scene.payments
        order = payments.find(number)
        banks = {
            bytes(scene.clearing.won_narae): scene.clearing.narae,
            bytes(scene.clearing.won_maru): scene.clearing.maru,
            bytes(scene.clearing.dollar): scene.clearing.abroad,
        }
        payer_bank, payee_bank = banks[bytes(order.money)], banks[bytes(order.target)]
        checked = {"screening": "CLEAR", "report": digest_of("report")}
        match order.step.name:
            case "CREATED":
                payments.agree(by=payer_bank, number=number, **checked)
            case "AGREED":
                payments.approve(by=payee_bank, number=number, **checked)
            case "APPROVED":
                payments.send(by=payer_bank, number=number)
            case _:
                payments.settle(by=payee_bank, number=number)

    @rule(number=NUMBERS, code=CODES, method=st.sampled_from(["reject", "return_order"]))
    def refuse(self, number: int, code: str, method: str) -> None:
        scene = self.scene
        for bank in (scene.clearing.maru, scene.clearing.abroad):
            call = getattr(scene.payments, method)
            self.attempt(partial(call, by=bank, number=number, reason=code))

    @rule(number=NUMBERS)
    def withdraw_order(self, number: int) -> None:
        scene = self.scene
        self.attempt(lambda: scene.payments.withdraw_order(by=scene.payer, number=number))

    @rule(number=NUMBERS)
    def send_back(self, number: int) -> None:
        scene = self.scene
        self.attempt(lambda: scene.payments.send_back(by=scene.payee, number=number, reason="FOCR"))

    @rule()
    def set_off(self) -> None:
        clearing = self.scene.clearing
        self.attempt(
            lambda: clearing.payments.set_off(
                by=clearing.maru, money=clearing.won_maru, other=clearing.won_narae
            )
        )

    @rule(amount=st.integers(0, 100_000))
    def withdraw(self, amount: int) -> None:
        scene, money = self.scene, self.scene.clearing.won_narae
        if self.attempt(
            lambda: scene.payments.withdraw(by=scene.payer, money=money, amount=amount)
        ):
            self.withdrawn += amount

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.scene.world.wait(hours=hours)

    @invariant()
    def customers_money_is_what_was_paid_in(self) -> None:
        scene, clearing = self.scene, self.scene.clearing
        holders = (scene.payer, scene.payee, scene.dealer)
        won = [clearing.won_narae, clearing.won_maru]
        held = sum(scene.holds(each, money) for each in holders for money in won)
        waiting = sum(scene.world.balance(clearing.payments, money) for money in won)
        assert held + waiting == START - self.withdrawn
        dollars = sum(scene.holds(each, clearing.dollar) for each in holders)
        assert dollars + scene.world.balance(clearing.payments, clearing.dollar) == DOLLARS
        assert scene.world.conserved()

    @invariant()
    def the_contract_holds_open_orders_and_quotes_and_nothing_else(self) -> None:
        scene, payments = self.scene, self.scene.payments
        waiting: Counter[bytes] = Counter()
        for number in range(1, len(scene.world.events(OrderCreated)) + 1):
            order = payments.find(number)
            if order.step.name in ("CREATED", "AGREED", "APPROVED", "SENT"):
                waiting[bytes(order.money)] += order.amount.units
                waiting[bytes(order.target)] += order.target_amount.units if order.quote else 0
        for number in range(1, self.quotes + 1):
            quote = payments.find_quote(number)
            waiting[bytes(quote.gives)] += quote.left.units
        clearing = scene.clearing
        for money in (clearing.won_narae, clearing.won_maru, clearing.dollar):
            assert scene.world.balance(payments, money) == waiting[bytes(money)]


Clearing.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestClearing = Clearing.TestCase


def open_payments(world: World) -> Deployed:
    """The scene's clearing, with a payment under way, for calls that nobody would think of."""
    scene = open_scene(world)
    scene.order()
    scene.quote()
    return scene.payments


test_no_call_breaks_a_promise = check_invariants(
    Payments, start=open_payments, examples=6, steps=25
)
