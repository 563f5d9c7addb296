"""What the page of pitfalls says about the language is so."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dure.contract.source import check_text
from dure.testing import World

TRAPS = '''
from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Contract,
    Decimal,
    List,
    Rounding,
    Var,
    call,
    days,
    init,
    require,
    scheduled,
    view,
)


class Rate(Decimal):
    """Whole per cent, rounded down."""

    places = 2
    rounding = Rounding.DOWN


class Traps(Contract):
    """One of each."""

    owner: Var[Address]
    money: Var[Asset]
    numbers: List[int] = List(limit=1_000)
    done: Var[int]
    total: Var[Amount]

    @init
    def open(self, money: Asset) -> None:
        """Begin."""
        self.owner = self.sender
        self.money = money

    @view
    def halve(self, number: int) -> int:
        """Round down."""
        return number // 2

    @view
    def interest(self, amount: Amount, count: int, first: bool) -> Amount:
        """Divide first, or last."""
        return amount // 365 * count if first else amount * count // 365

    @view
    def twice(self, amount: Amount, rate: Rate, rate_first: bool) -> Amount:
        """Round the rate first, or the amount twice."""
        return amount * (rate * rate) if rate_first else amount * rate * rate

    @call
    def fill(self, count: int) -> None:
        """Make the list longer."""
        for number in range(count):
            self.numbers.append(number)

    @call(pays="money")
    def put_in(self) -> None:
        """Keep money."""
        self.total += self.paid

    @call
    def order(self, gas: int) -> None:
        """Order work for tomorrow."""
        self.schedule(self.now + days(1), self.work, gas=gas)

    @call
    def order_as_owner(self) -> None:
        """Order for tomorrow what only the owner may do."""
        require(self.sender == self.owner, "only the owner")
        self.schedule(self.now + days(1), self.as_owner)

    @scheduled
    def work(self) -> None:
        """Walk through all, later."""
        self.done = self.count()

    @scheduled
    def as_owner(self) -> None:
        """Ask for who is never the caller."""
        require(self.sender == self.owner, "only the owner")
        self.done = -1

    @view
    def what_was_done(self) -> int:
        """Return it."""
        return self.done

    def count(self) -> int:
        count = 0
        for number in self.numbers:
            count += 1 if number >= 0 else 0
        return count
'''


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return the contract class with the traps in it."""
    folder: Path = tmp_path_factory.mktemp("traps")
    (folder / "contract_traps.py").write_text(TRAPS, "utf-8")
    sys.path.insert(0, str(folder))
    yield importlib.import_module("contract_traps").Traps
    sys.path.remove(str(folder))
    del sys.modules["contract_traps"]


@pytest.fixture
def story(traps: Any) -> tuple[World, Any, Any]:
    """Return a world, somebody with money, and the contract."""
    world = World()
    ann = world.person("ann", won=10_000)
    return world, ann, world.deploy(traps, by=ann, money=world.asset("won"))


def test_the_traps_are_a_contract() -> None:
    assert check_text(TRAPS) == []


def test_down_means_down(story: tuple[World, Any, Any]) -> None:
    _, _, contract = story
    assert (contract.halve(7), contract.halve(-7)) == (3, -4)


def test_dividing_first_throws_away(story: tuple[World, Any, Any]) -> None:
    _, _, contract = story
    early = contract.interest(amount=364, count=365, first=True)
    late = contract.interest(amount=364, count=365, first=False)
    assert (early.units, late.units) == (0, 364)


def test_the_order_of_rounding_shows(story: tuple[World, Any, Any]) -> None:
    _, _, contract = story
    rate_first = contract.twice(amount=10_000, rate="0.15", rate_first=True)
    twice = contract.twice(amount=10_000, rate="0.15", rate_first=False)
    assert (rate_first.units, twice.units) == (200, 225)


def test_gas_that_was_enough_is_too_little_once_the_list_has_grown(
    story: tuple[World, Any, Any],
) -> None:
    world, ann, contract = story
    contract.fill(by=ann, count=10)
    contract.order(by=ann, gas=20_000)
    world.wait(days=1)
    assert contract.what_was_done() == 10
    contract.fill(by=ann, count=990)
    contract.order(by=ann, gas=20_000)
    with world.refused("out_of_gas"):
        world.wait(days=1)
    assert contract.what_was_done() == 10


def test_a_scheduled_call_is_sent_by_the_contract_itself(story: tuple[World, Any, Any]) -> None:
    world, ann, contract = story
    contract.order_as_owner(by=ann)
    with world.refused("only the owner"):
        world.wait(days=1)


def test_money_arrives_without_a_call(story: tuple[World, Any, Any]) -> None:
    world, ann, contract = story
    contract.put_in(by=ann, pay=100)
    world.transfer(by=ann, to=contract, asset="won", amount=50)
    assert world.balance(contract, "won") == 150
