"""Several calls of one transaction: what they share, and what each has for itself."""

import pytest

from dure.contract.limits import MEMORY_BYTES_MAX, TEXT_MAX
from dure.contract.ports import Invocation, Meter, Refusal
from dure.core.codec import encode
from tests.unit.contract.fake_ledger import Bench, person
from tests.unit.contract.program_files import contract

PLAIN = person(200)
GAS = 10_000_000

SOURCE = contract(
    """
totals: Map[Address, int]
read: Var[int]

@call
def add(self, to: Address, amount: int) -> int:
    before = self.totals.get(to, 0)
    require(amount > 0, "nothing")
    self.totals[to] = before + amount
    to = self.sender
    self.totals[to] = self.totals.get(to, 0) - amount
    return self.totals[to]

@call
def swallow(self, a: str, b: str, c: str) -> None:
    self.read += len(a) + len(b) + len(c)

@view
def total(self, of: Address) -> int:
    return self.totals.get(of, 0)
"""
)


def build_call(method: str, *values: object) -> Invocation:
    return Invocation(PLAIN, method, encode(values), person(1), None)


def test_calls_of_one_transaction_do_what_they_do_in_transactions_of_their_own() -> None:
    calls = [build_call("add", person(each), each) for each in (2, 3, 1, 2)]
    together, apart = Bench(SOURCE), Bench(SOURCE)
    meter = Meter(GAS)
    running = together.machine.open(together.ledger, meter)
    results = [running.invoke(call) for call in calls]
    used = 0
    for call, result in zip(calls, results, strict=True):
        own = Meter(GAS)
        assert apart.machine.open(apart.ledger, own).invoke(call) == result
        used += own.used
    assert meter.used == used
    assert together.ledger.state == apart.ledger.state
    assert running.view(build_call("total", person(1))) == encode(-7)
    assert running.invoke(calls[0]) == encode(-9), "what may write may do so after a view"


def test_what_one_call_builds_does_not_count_for_the_next() -> None:
    """Each byte of a text counts as 25 built ones, so four such calls pass the bound together."""
    bench = Bench(SOURCE)
    running = bench.machine.open(bench.ledger, Meter(GAS))
    call = build_call("swallow", *["x" * TEXT_MAX] * 3)
    assert 4 * 25 * len(call.arguments) > MEMORY_BYTES_MAX
    for _ in range(4):
        running.invoke(call)
    assert bench.ledger.state[PLAIN, encode(("read",))] == encode(4 * 3 * TEXT_MAX)


def test_a_view_begins_no_contract() -> None:
    bench = Bench(SOURCE)
    running = bench.machine.open(bench.ledger, Meter(GAS))
    with pytest.raises(Refusal) as refused:
        running.view(build_call("init"))
    assert refused.value.code == "unknown_method"
    assert bench.ledger.state == {}
    bench.machine.open(bench.ledger, Meter(GAS)).invoke(build_call("init"))
    assert len(bench.ledger.state) == 1
