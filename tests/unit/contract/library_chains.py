"""Chains of the library: what its own tests do, one village with everything at once, a day.

A test's chain is what its scene did, refusals and due calls with it.
"""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dure.apps.flight_delay.contract import FlightDelay
from dure.apps.flight_delay.offchain import Report, Sale, plan_day
from dure.chain.transaction import Call, Payment
from dure.contract.language import Amount, Time, hours
from dure.contract.library.auction import Auction
from dure.contract.library.order_book import OrderBook
from dure.contract.library.ownership import Ownable
from dure.contract.library.registry import Registry
from dure.contract.library.regulated_token import RegulatedToken
from dure.contract.library.roles import Roles
from dure.contract.library.shared_account import SharedAccount
from dure.contract.library.token import Token
from dure.contract.library.unique import UniqueAssets
from dure.contract.library.vesting import Vesting
from dure.core.types import Amount as Units
from dure.core.types import AssetId, Hash, Instant
from dure.sdk import ledger_calls
from dure.testing import Deployed, MemoryStage, NamedAccount, Person, World
from tests.unit.contract.library.shelf import Shelf
from tests.unit.contract.library.tap import Tap
from tests.unit.contract.library.test_promises import RICH, STARTS
from tests.unit.contract.stored_chains import Workload

FOLDER = Path(__file__).parent / "library"
DAY = date(2013, 2, 8)
"""A snowstorm: flights are late, cancelled and diverted."""
WORLD = {"world"}
PREMIUM, COVER, FLOAT = 5_000, 200_000, 500_000_000
START = Instant(1_800_000_000_000)
TOGETHER = 2
"""Transactions of a block: each may take half of a block's gas."""


def play_library_tests(most: int) -> list[Workload]:
    """Return the chains of `most` tests of each file of tests, spread over the file."""
    chains = []
    for file in sorted(FOLDER.glob("test_*.py")):
        module = import_module(f"tests.unit.contract.library.{file.stem}")
        tests = [each for each in vars(module).values() if _is_plain(each, module)]
        for test in tests[:: max(1, len(tests) // most)]:
            with _recording() as stages:
                made: dict[str, object] = {}
                test(*[_make(name, module, made) for name in inspect.signature(test).parameters])
            chains += [
                Workload(f"{file.stem} {test.__name__} {number}", each.genesis, tuple(each.blocks))
                for number, each in enumerate(stages)
            ]
    return chains


def _is_plain(test: Any, module: ModuleType) -> bool:
    """Say whether it is a test that is told once, with what its file knows how to make."""
    if not inspect.isfunction(test) or not test.__name__.startswith("test_"):
        return False
    told_often = hasattr(test, "pytestmark") or hasattr(test, "hypothesis")
    needs = inspect.signature(test).parameters.keys()
    return not told_often and bool(needs) and all(hasattr(module, each) for each in needs - WORLD)


def _make(name: str, module: ModuleType, made: dict[str, object]) -> object:
    """Return what a fixture of the file gives to one test."""
    if name not in made:
        fixture = new_world if name in WORLD else getattr(module, name)._get_wrapped_function()
        needs = inspect.signature(fixture).parameters
        made[name] = fixture(*[_make(each, module, made) for each in needs])
    return made[name]


def new_world() -> World:
    return World()


@contextmanager
def _recording() -> Iterator[list[MemoryStage]]:
    """Note every stage that is made inside."""
    stages: list[MemoryStage] = []

    class Recorded(MemoryStage):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            stages.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dure.testing.world.story.MemoryStage", Recorded)
        yield stages


class Village(World):
    """A world in which the same people take part in everything."""

    def __init__(self, at: Instant = START) -> None:
        self.stage = MemoryStage(at=at, assets={"won": 0, "usd": 2})
        super().__init__(stage=self.stage)
        self.known: dict[str, Person] = {}

    def person(self, name: str, **balances: int) -> Person:
        if name not in self.known:
            self.known[name] = super().person(name, **balances)
        return self.known[name]

    def together(self, orders: Sequence[tuple[Person | NamedAccount, Call]]) -> None:
        """Send each order in a transaction of its own, as many in one block as fit."""
        for start in range(0, len(orders), TOGETHER):
            signed = []
            for who, call in orders[start : start + TOGETHER]:
                account = who.account if isinstance(who, Person) else who
                signed.append(self.stage._sign(account, [call]))
            self.stage._make_block(signed)


def order(
    contract: Deployed, method: str, *given: object, pay: tuple[AssetId, int] | None = None
) -> Call:
    """Return a call to be signed later."""
    data = contract.agreement.values.encode_arguments(method, given, {})
    payment = None if pay is None else Payment(pay[0], Units(pay[1]))
    return Call(contract.address, method, data, payment)


def play_village() -> Workload:
    """Return a chain on which every contract of the library stands and many act in one block."""
    village = Village()
    ann, bob, cho = village.people("ann", "bob", "cho", won=RICH, usd=RICH)
    won, usd = village.asset("won"), village.asset("usd")
    there = {each: start(village) for each, start in STARTS.items()}
    shelf, tap = village.deploy(Shelf, by=ann), village.deploy(Tap, by=bob)
    owned = village.deploy(Ownable, by=ann)
    token, regulated = there[Token], there[RegulatedToken]
    seal, soon = Hash(bytes(32)), village.now + hours(2)
    calls = [
        (ann, order(token, "issue", bob, Amount(50))),
        (bob, order(token, "approve", cho, Amount(20))),
        (cho, order(token, "transfer_from", bob, ann, Amount(7))),
        (cho, order(token, "transfer_from", bob, ann, Amount(70))),
        *((ann, order(regulated, "register", each)) for each in (ann, bob, cho, regulated)),
        (ann, order(regulated, "issue", bob, Amount(900))),
        (bob, ledger_calls.transfer(regulated.asset(), ann.address, Units(500))),
        (cho, order(regulated, "collect_fees")),
        (bob, order(there[Auction], "offer", Amount(9), Amount(3), soon, pay=(usd, 5))),
        (cho, order(there[Auction], "bid", 1, pay=(won, 10))),
        (bob, order(there[OrderBook], "sell", 4, Amount(3), pay=(usd, 4))),
        (cho, order(there[OrderBook], "buy", 3, Amount(5), pay=(won, 15))),
        (ann, order(there[SharedAccount], "pay_in", pay=(won, 40))),
        (ann, order(there[Registry], "register", seal, "deed", village.now, soon)),
        (ann, order(there[UniqueAssets], "issue", bob, seal)),
        (
            ann,
            order(
                there[Vesting], "grant", bob, village.now, hours(1), hours(3), False, pay=(won, 9)
            ),
        ),
        (ann, order(shelf, "grant_role", "librarian", bob)),
        (bob, order(shelf, "add")),
        (bob, order(tap, "run")),
        (cho, order(tap, "pause", "dry")),
        (ann, order(owned, "offer_ownership", bob)),
    ]
    village.together(calls)
    village.stop(tap, "broken")
    village.together([(bob, order(tap, "run")), (bob, order(owned, "accept_ownership"))])
    village.start(tap)
    kept = village.upgrade(owned, Roles)
    village.together([(bob, order(kept, "grant_role", "reader", cho)), (bob, order(tap, "run"))])
    village.wait(days=2)
    several = [order(there[OrderBook], "withdraw"), order(token, "destroy", Amount(1))]
    village.stage.send(bob.account, several)
    return Workload("village", village.stage.genesis, tuple(village.stage.blocks))


def play_day(policies: int) -> Workload:
    """Return a day of real flights, several sales and reports in a block."""
    plan = plan_day(DAY, policies, 1)
    village = Village(plan.begins)
    insurer, airline = village.people("insurer", "airline", won=FLOAT)
    names = [f"traveller {number}" for number in range(plan.travellers)]
    travellers = village.people(*names, won=policies * PREMIUM)
    won = village.asset("won")
    cover = village.deploy(
        FlightDelay,
        by=insurer,
        roles={"flight oracle": airline},
        money=won,
        premium=Amount(PREMIUM),
        cover=Amount(COVER),
    )
    cover.add_reserve(by=insurer, pay=policies * COVER)

    def build(event: Sale | Report) -> tuple[Person, Call]:
        flight, departs = event.flight.name, Time(event.flight.departs)
        match event:
            case Sale(traveller=number):
                call = order(cover, "buy", flight, departs, pay=(won, PREMIUM))
                return travellers[number], call
            case Report(late_minutes=None):
                return airline, order(cover, "report_cancelled", flight, departs)
            case Report(late_minutes=late):
                return airline, order(cover, "report", flight, departs, late)

    events: list[Sale | Report] = sorted([*plan.sales, *plan.reports], key=lambda each: each.at)
    for moment, group in groupby(events, key=lambda each: each.at):
        if moment > village.now.milliseconds:
            village.wait_until(Time(moment))
        village.together([build(each) for each in group])
    village.wait_until(Time(plan.ends))
    return Workload("day", village.stage.genesis, tuple(village.stage.blocks))
