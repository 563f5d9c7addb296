"""Whatever happens, no money and no energy is made or lost, and nothing is settled twice."""

from collections import Counter
from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.apps.energy.contract import SlotSettled, Traded
from dure.apps.energy.day import open_neighbourhood
from dure.contract.language import Amount, minutes
from dure.testing import Refused, World

HOUSE = st.integers(0, 3)
ENERGY = st.integers(0, 3_000)


class Neighbours(RuleBasedStateMachine):
    """Orders, readings, money in and out, and time, by anybody in any order."""

    @initialize()
    def begin(self) -> None:
        self.town = open_neighbourhood(World(), 4)

    def slot(self) -> int:
        return self.town.first_slot() - 2

    @rule(house=HOUSE, energy=ENERGY, price=st.integers(50, 250), is_purchase=st.booleans())
    def order(self, house: int, energy: int, price: int, *, is_purchase: bool) -> None:
        call = self.town.market.buy if is_purchase else self.town.market.sell
        by = self.town.houses[house]
        with suppress(Refused):
            call(by=by, slot=self.slot(), energy=energy, price=Amount(price))

    @rule(house=HOUSE, consumed=ENERGY, produced=ENERGY)
    def meter(self, house: int, consumed: int, produced: int) -> None:
        with suppress(Refused):
            self.town.meter(house, self.slot() - 2, consumed, produced)

    @rule(house=HOUSE, part=st.integers(1, 100))
    def withdraw(self, house: int, part: int) -> None:
        by = self.town.houses[house]
        with suppress(Refused):
            held = self.town.market.account(by).units
            self.town.market.withdraw(by=by, amount=Amount(held * part // 100))

    @rule(house=HOUSE)
    def pay_bill(self, house: int) -> None:
        by = self.town.houses[house]
        owed = self.town.market.bill(by).units
        if owed:
            self.town.market.pay_bill(by=by, pay=owed)

    @rule()
    def wait(self) -> None:
        self.town.world.wait_until(self.town.begins(self.slot()) + minutes(1))

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        town = self.town
        assert town.world.conserved()
        assert town.market.money_is_there()
        assert town.market.energy_is_conserved()
        assert all(each.bought <= each.sold for each in town.world.events(Traded))

    @invariant()
    def nothing_is_settled_twice(self) -> None:
        counts = Counter(each.slot for each in self.town.world.events(SlotSettled))
        assert all(count == 1 for count in counts.values())

    def teardown(self) -> None:
        """Let everything end: all money lies on accounts, backs renewable money, or is a fee."""
        town = self.town
        town.world.wait(hours=2)
        holders = (*town.houses, town.supplier, town.operator)
        renewable = town.market.renewable_asset()
        kept = sum(town.market.account(each).units for each in holders)
        backing = sum(town.world.balance(each, renewable) for each in town.houses)
        assert town.world.balance(town.market, "won") == kept + backing


TestNeighbours = Neighbours.TestCase
TestNeighbours.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
