"""What thieves try; and whatever is called in whatever order, no unit and no money is lost."""

from typing import Final

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.apps.securities.tests.scene import RICH, SHARE, Scene, open_depository
from dure.chain.transaction import Call
from dure.contract.language import Amount, days, hours
from dure.core.codec import encode
from dure.testing import MemoryStage, Refused, World

WHO: Final = st.integers(0, 3)
LOTS: Final = st.integers(1, 9)
PRICE: Final = st.integers(1, 5)


def test_nobody_appoints_themselves(scene: Scene) -> None:
    for name, arguments in (
        ("appoint", {"system": scene.stranger}),
        ("name_agent", {"agent": scene.stranger}),
        ("admit", {"holder": scene.stranger}),
    ):
        with scene.world.refused("not a registrar"):
            getattr(scene.depository, name)(by=scene.stranger, **arguments)


def test_nobody_but_the_agent_splits_or_redeems(scene: Scene) -> None:
    with scene.world.refused("not the agent"):
        scene.depository.split(by=scene.issuer, isin=SHARE, factor=2)
    with scene.world.refused("not the agent"):
        scene.depository.redeem(by=scene.registrar, isin=SHARE)


def test_helpers_and_scheduled_calls_are_not_for_people(scene: Scene) -> None:
    stage = scene.world._stage
    assert isinstance(stage, MemoryStage)
    for contract, method, refusal in (
        (scene.depository, "carry", "unknown_method"),
        (scene.depository, "issue_to", "unknown_method"),
        (scene.market, "credit", "unknown_method"),
        (scene.agent, "owe_money", "unknown_method"),
        (scene.agent, "fall_due", "not_permitted"),
    ):
        with scene.world.refused(refusal):
            stage.send(
                scene.stranger.account, [Call(contract.address, method, encode((SHARE,)), None)]
            )


def test_nobody_lapses_a_trade_before_its_time(scene: Scene) -> None:
    with scene.world.refused("not_permitted"):
        scene.counter.lapse_trade(by=scene.ann, number=1)


def test_a_market_of_a_depository_that_does_not_know_it_sells_nothing(world: World) -> None:
    scene = open_depository(world)
    scene.depository.dismiss(by=scene.registrar, system=scene.market)
    with world.refused("only a settlement system"):
        scene.market.sell(by=scene.ann, lots=1, price=Amount(1))
    assert scene.units(scene.ann) == (600, 0)


@pytest.mark.parametrize("lots", [0, -1, 2**62])
def test_orders_out_of_bounds_are_refused(scene: Scene, lots: int) -> None:
    with scene.world.refused("an order is for 1 to"):
        scene.market.sell(by=scene.ann, lots=lots, price=Amount(1))


class Trading(RuleBasedStateMachine):
    """Four traders, a court and an issuer do what they like."""

    @initialize()
    def begin(self) -> None:
        self.scene = open_depository(World())

    def attempt(self, name: str, by: int, *, of: str = "market", **arguments: object) -> None:
        """Call, and take a refusal for an answer: that nothing happened then is checked anyway."""
        try:
            getattr(getattr(self.scene, of), name)(by=self.scene.people[by], **arguments)
        except Refused:
            return

    @rule(by=WHO, lots=LOTS, price=PRICE, now=st.booleans())
    def buy(self, by: int, lots: int, price: int, *, now: bool) -> None:
        name = "buy_now" if now else "buy"
        self.attempt(name, by, pay=lots * price, lots=lots, price=Amount(price))

    @rule(by=WHO, lots=LOTS, price=PRICE, now=st.booleans())
    def sell(self, by: int, lots: int, price: int, *, now: bool) -> None:
        self.attempt("sell_now" if now else "sell", by, lots=lots, price=Amount(price))

    @rule(by=WHO, number=st.integers(1, 12))
    def cancel(self, by: int, number: int) -> None:
        self.attempt("cancel_order", by, number=number)

    @rule(by=WHO)
    def withdraw(self, by: int) -> None:
        self.attempt("withdraw", by)

    @rule(by=WHO, to=WHO, units=st.integers(1, 300))
    def offer(self, by: int, to: int, units: int) -> None:
        until = self.scene.world.now + days(1)
        buyer = self.scene.people[to]
        terms = {"isin": SHARE, "buyer": buyer, "units": units, "price": 7, "until": until}
        self.attempt("propose_sale", by, of="counter", **terms)

    @rule(by=WHO, number=st.integers(1, 6))
    def confirm(self, by: int, number: int) -> None:
        self.attempt("confirm_purchase", by, of="counter", pay=7, number=number)

    @rule(by=WHO, to=WHO, units=st.integers(1, 300))
    def pledge(self, by: int, to: int, units: int) -> None:
        due = self.scene.world.now + days(2)
        lender = self.scene.people[to]
        terms = {"isin": SHARE, "lender": lender, "units": units, "claim": 5, "due": due}
        self.attempt("pledge_units", by, of="counter", **terms)

    @rule(by=WHO, number=st.integers(1, 4))
    def take(self, by: int, number: int) -> None:
        self.attempt("take_pledged", by, of="counter", number=number)

    @rule(of=WHO, frozen=st.booleans())
    def judge(self, of: int, *, frozen: bool) -> None:
        scene = self.scene
        try:
            if frozen:
                scene.freeze(scene.people[of])
            else:
                scene.depository.release_holding(
                    by=scene.court, isin=SHARE, holder=scene.people[of]
                )
        except Refused:
            return

    @rule(factor=st.integers(2, 3))
    def split(self, factor: int) -> None:
        scene = self.scene
        try:
            scene.agent.announce_split(
                by=scene.issuer, isin=SHARE, factor=factor, at=scene.world.now + days(1)
            )
        except Refused:
            return

    @rule(amount=st.integers(1, 3), hours_before=st.integers(1, 30))
    def declare(self, amount: int, hours_before: int) -> None:
        scene = self.scene
        at = scene.world.now + days(1)
        issued = scene.depository.series_of(SHARE).issued
        terms = {"isin": SHARE, "amount": amount, "at": at, "record": at - hours(hours_before)}
        try:
            scene.agent.declare_dividend_of_record(by=scene.issuer, pay=issued * amount, **terms)
        except Refused:
            return

    @rule()
    def wait(self) -> None:
        self.scene.world.wait(days=1)

    @invariant()
    def every_unit_is_in_the_register(self) -> None:
        depository = self.scene.depository
        holdings = depository.holdings(SHARE)
        assert sum(each.units for each in holdings) == depository.series_of(SHARE).issued
        assert all(0 <= each.blocked <= each.units and each.units > 0 for each in holdings)

    @invariant()
    def every_won_is_somebodys(self) -> None:
        scene = self.scene
        systems = (scene.market, scene.counter, scene.agent)
        assert all(each.all_money_is_there() for each in systems)
        held = sum(scene.world.balance(each, "won") for each in systems)
        assert sum(each.won for each in scene.people) + held == len(scene.people) * RICH
        assert scene.world.conserved()


# A failure is shown as it was drawn: twenty steps are read sooner than hundreds of worlds are made.
Trading.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
TestTrading = Trading.TestCase
