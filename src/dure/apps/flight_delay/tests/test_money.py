"""In whatever order things happen, the contract can pay what it owes and money is conserved."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dure.apps.flight_delay.contract import Outcome, Policy, State
from dure.apps.flight_delay.tests.scene import RICH, Scene, open_business
from dure.contract.language import Time, hours
from dure.testing import Refused, World

FLIGHTS = st.sampled_from(["KE81 ICN-JFK", "OZ222 ICN-JFK", "KE81 JFK-ICN"])
SETTLED = {
    Outcome.IN_TIME: State.ENDED,
    Outcome.LATE: State.PAID,
    Outcome.CANCELLED: State.REFUNDED,
}


class Business(RuleBasedStateMachine):
    """Buys, reports, cancellations, withdrawals and new terms at any time, by anybody."""

    scene: Scene

    @initialize(reserve=st.integers(0, 1_000), premium=st.integers(1, 20))
    def begin(self, reserve: int, premium: int) -> None:
        self.scene = open_business(World(), reserve=reserve, premium=premium, cover=premium * 5)
        self.sold = 0

    @rule(flight=FLIGHTS, times=st.integers(1, 3))
    def buy(self, flight: str, times: int) -> None:
        for _ in range(times):
            try:
                self.scene.buy(flight=flight)
            except Refused:
                return
            self.sold += 1

    @rule(flight=FLIGHTS, late_minutes=st.integers(-30, 600))
    def report(self, flight: str, late_minutes: int) -> None:
        self.attempt(lambda: self.scene.report(late_minutes, flight))

    @rule(flight=FLIGHTS)
    def cancel(self, flight: str) -> None:
        self.attempt(lambda: self.scene.cancel(flight))

    @rule(amount=st.integers(0, 2_000))
    def withdraw(self, amount: int) -> None:
        cover, insurer = self.scene.cover, self.scene.insurer
        self.attempt(lambda: cover.withdraw(by=insurer, amount=amount))

    @rule(premium=st.integers(0, 30), factor=st.integers(0, 101))
    def set_terms(self, premium: int, factor: int) -> None:
        cover, insurer = self.scene.cover, self.scene.insurer
        self.attempt(lambda: cover.set_terms(by=insurer, premium=premium, cover=premium * factor))

    @precondition(lambda self: self.sold > 0)
    @rule(choice=st.integers(0, 1_000))
    def settle(self, choice: int) -> None:
        number = choice % self.sold + 1
        self.attempt(lambda: self.scene.cover.settle(by=self.scene.stranger, number=number))

    @rule(count=st.integers(1, 30))
    def wait(self, count: int) -> None:
        self.scene.world.wait(hours=count)

    @staticmethod
    def attempt(action: object) -> None:
        assert callable(action)
        try:
            action()
        except Refused:
            return

    @invariant()
    def what_is_owed_is_there(self) -> None:
        scene = self.scene
        policies = [scene.cover.policy(number) for number in range(1, self.sold + 1)]
        owed = sum(policy.cover.units for policy in policies if policy.state is State.OPEN)
        held = scene.world.balance(scene.cover, "won")
        assert scene.free_reserve == held - owed >= 0
        assert scene.insurer.won + scene.traveller.won + held == 2 * RICH
        assert scene.world.conserved()

    @invariant()
    def every_policy_is_where_its_flight_put_it(self) -> None:
        for number in range(1, self.sold + 1):
            policy = self.scene.cover.policy(number)
            assert policy.state is self.expected_state(policy)

    def expected_state(self, policy: Policy) -> State:
        outcome = self.scene.cover.status(policy.flight, policy.departs).outcome
        if outcome in SETTLED:
            return SETTLED[outcome]
        now: Time = self.scene.world.now
        return State.REFUNDED if now >= policy.departs + hours(48) else State.OPEN


Business.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestBusiness = Business.TestCase
