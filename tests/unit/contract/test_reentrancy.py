"""Contracts that call back while they are being called."""

import pytest

from dure.contract.limits import NESTED_CALLS_MAX
from dure.contract.ports import Payment, Refusal
from dure.core.types import Amount
from tests.unit.contract.fake_ledger import Bench, asset, person
from tests.unit.contract.program_files import contract

WON = asset(9)
BANK, THIEF = person(200), person(201)
BEFORE = """
class Thief(Interface):
    @call
    def receive(self) -> None: ...

    @call
    def poke(self, depth: int) -> Amount: ...

    @view
    def look(self) -> Amount: ...
"""
BANK_SOURCE = contract(
    """
money: Var[Asset]
held: Map[Address, Amount]
depth: Var[int]

@init
def begin(self, money: Asset) -> None:
    self.money = money

@call(pays="money")
def put(self) -> None:
    self.held[self.sender] = self.held.get(self.sender, Amount(0)) + self.paid

@call
def take(self) -> None:
    amount = self.held.get(self.sender, Amount(0))
    Thief(self.sender).paying(self.money, amount).receive()
    self.held[self.sender] = Amount(0)

@call
def call_out(self, depth: int) -> Amount:
    return Thief(self.sender).poke(depth)

@call(reentrant=True)
def call_out_freely(self, depth: int) -> Amount:
    self.depth += 1
    return Thief(self.sender).poke(depth)

@view
def total(self) -> Amount:
    return self.balance_of(self.money)

@view(reentrant=True)
def total_always(self) -> Amount:
    return self.balance_of(self.money)

@call(pays="money", reentrant=True)
def put_always(self) -> None:
    self.held[self.sender] = self.held.get(self.sender, Amount(0)) + self.paid

@scheduled
def clear(self) -> None:
    self.depth = 0

@call
def clear_now(self) -> None:
    Myself(self.address).clear()
""",
    BEFORE + "\nclass Myself(Interface):\n    @call\n    def clear(self) -> None: ...\n",
)
THIEF_SOURCE = contract(
    """
bank: Var[Address]
money: Var[Asset]
way: Var[str]

@init
def begin(self, bank: Address, money: Asset, way: str) -> None:
    self.bank = bank
    self.money = money
    self.way = way

@call
def start(self, amount: Amount) -> None:
    Bank(self.bank).paying(self.money, amount).put()
    Bank(self.bank).take()

@call(pays="money")
def receive(self) -> None:
    if self.way == "take":
        Bank(self.bank).take()
    if self.way == "scheduled":
        Bank(self.bank).clear()

@call
def call_out(self, depth: int) -> Amount:
    return Bank(self.bank).call_out(depth)

@call
def call_out_freely(self, depth: int) -> Amount:
    return Bank(self.bank).call_out_freely(depth)

@call(reentrant=True)
def poke(self, depth: int) -> Amount:
    if self.way == "view":
        return Bank(self.bank).total()
    if self.way == "pay":
        Bank(self.bank).paying(self.money, Amount(1)).put_always()
    if depth > 0:
        return Bank(self.bank).call_out_freely(depth - 1)
    return Bank(self.bank).total_always()
""",
    """
class Bank(Interface):
    @call
    def put(self) -> None: ...

    @call
    def put_always(self) -> None: ...

    @call
    def take(self) -> None: ...

    @call
    def clear(self) -> None: ...

    @call
    def call_out(self, depth: int) -> Amount: ...

    @call
    def call_out_freely(self, depth: int) -> Amount: ...

    @view
    def total(self) -> Amount: ...

    @view
    def total_always(self) -> Amount: ...
""",
)


def attack(way: str, method: str, argument: int) -> tuple[Bench, object]:
    """Have the thief's method called; return what came of it, a result or a refusal's code."""
    bench = Bench(BANK_SOURCE)
    bench.add(THIEF, THIEF_SOURCE)
    bench.call("init", WON)
    bench.call("init", BANK, WON, way, at=THIEF)
    bench.ledger.balances[WON, BANK] = 100
    bench.ledger.balances[WON, THIEF] = 10
    try:
        return bench, bench.call(method, argument, at=THIEF)
    except Refusal as refused:
        return bench, refused.code


def test_money_sent_out_cannot_be_asked_for_a_second_time() -> None:
    assert attack("take", "start", 10)[1] == "reentrant"


def test_who_does_not_call_back_gets_the_money() -> None:
    bench, _ = attack("", "start", 10)
    assert bench.ledger.balances[WON, THIEF] == 10
    assert bench.ledger.balances[WON, BANK] == 100


def test_a_view_in_the_middle_of_a_call_would_tell_half_of_the_truth() -> None:
    assert attack("view", "call_out", 0)[1] == "reentrant"


def test_a_view_that_is_made_for_it_answers_in_the_middle_of_a_call() -> None:
    assert attack("", "call_out", 0)[1] == 100


def test_a_call_that_is_made_for_it_takes_money_in_the_middle_of_a_call() -> None:
    assert attack("pay", "call_out", 0)[1] == 101


def test_calls_that_may_come_back_still_end() -> None:
    assert attack("", "call_out_freely", 3)[1] == 100
    assert attack("", "call_out_freely", NESTED_CALLS_MAX)[1] == "too_deep"


def test_a_stranger_in_the_middle_cannot_call_what_the_scheduler_calls() -> None:
    assert attack("scheduled", "start", 10)[1] == "reentrant"


def test_a_contract_cannot_call_its_own_scheduled_method_as_if_it_were_the_scheduler() -> None:
    bench = Bench(BANK_SOURCE)
    with pytest.raises(Refusal) as refused:
        bench.call("clear_now")
    assert refused.value.code == "reentrant"


def test_money_of_a_refused_sender_is_not_taken() -> None:
    bench = Bench(BANK_SOURCE)
    bench.call("init", WON)
    bench.ledger.balances[WON, person(1)] = 5
    bench.call("put", pay=Payment(WON, Amount(5)))
    assert bench.ledger.balances[WON, BANK] == 5
