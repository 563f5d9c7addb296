"""Prices: what a machine that charges for basic blocks takes beside one that does not."""

import ast

from dure.contract.gas import CALL, COMPARE, NODE, STORAGE_KEY_BYTE, STORAGE_READ
from dure.contract.machine import InProcessMachine
from tests.unit.contract.fake_ledger import Bench
from tests.unit.contract.program_files import contract

SOURCE = contract(
    """
total: Var[int]
names: Map[str, int]

@call
def add(self, number: int) -> int:
    for i in range(number):
        if i % 2 == 0:
            self.total += i
        else:
            pass
    return self.total

@view
def nothing(self) -> None:
    pass

@view
def find(self, name: str) -> int:
    return self.names.get(name, 0)

@view
def equal(self, a: str, b: str) -> bool:
    return a == b

@view
def less(self, a: str, b: str) -> bool:
    return a < b
"""
)


def test_without_charges_for_blocks_everything_else_is_the_same() -> None:
    plain = Bench(SOURCE)
    free = Bench(SOURCE, machine=InProcessMachine(is_metered=False))
    assert plain.call("add", 7) == free.call("add", 7) == 12
    assert plain.ledger.state == free.ledger.state
    assert free.gas_used < plain.gas_used


def test_an_empty_method_costs_its_entering_and_little_more() -> None:
    bench = Bench(SOURCE)
    bench.call("nothing")
    assert CALL < bench.gas_used < CALL + 50


def test_a_long_key_costs_by_its_length() -> None:
    bench = Bench(SOURCE)
    bench.call("find", "")
    short = bench.gas_used
    bench.call("find", "n" * 900)
    assert short > CALL + STORAGE_READ
    assert bench.gas_used >= short + 900 * STORAGE_KEY_BYTE


def test_every_comparison_of_texts_costs_the_same() -> None:
    bench = Bench(SOURCE)
    bench.call("equal", "a", "b")
    equal = bench.gas_used
    bench.call("less", "a", "b")
    assert bench.gas_used == equal > CALL + COMPARE


def test_what_takes_a_guard_is_dearer_than_what_takes_none() -> None:
    guarded = (ast.Mult, ast.FloorDiv, ast.Mod, ast.LShift, ast.RShift, ast.Pow)
    assert all(NODE[operator] > NODE[ast.BinOp] for operator in guarded)
