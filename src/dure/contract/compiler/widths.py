"""Finds where guards around integers are not needed.

The *width* of an expression is a number of bits w with |value| ≤ 2^w. An expression is *exact*
where its value surely keeps the bounds of its type (64 bits; a Time or an Amount also not
negative): then it may be stored or passed as it is. A guard is left out only where it could not
fire, so gas and results are the same with and without.
"""

import ast
from collections.abc import Iterator
from typing import Final

from dure.contract.checker.bodies.meanings import Builtin, Fixed, Inside, Meaning, Rounded, Scale
from dure.contract.checker.bodies.scope import Notes
from dure.contract.limits import WIDE_MAX
from dure.contract.shapes import Method
from dure.core.types import INT_MAX, INT_MIN

EXACT_BITS: Final = 63
LOCAL_BITS: Final = WIDE_MAX.bit_length()
_UNKNOWN_BITS: Final = 10 * LOCAL_BITS


class Widths:
    """The widths inside one method."""

    def __init__(self, method: Method, notes: Notes) -> None:
        self._notes = notes
        self._wide_locals: set[str] = set()
        self._asked: set[str] = set()
        """Locals on which an answer depended."""
        self._exact: dict[ast.expr, bool] = {}
        self._widths: dict[ast.expr, int] = {}
        self._find_wide_locals(method.node)

    def is_exact(self, node: ast.expr) -> bool:
        """Say whether the value may be stored or passed without a guard."""
        if node not in self._exact:
            self._exact[node] = self._find_whether_exact(node)
        return self._exact[node]

    def _find_whether_exact(self, node: ast.expr) -> bool:
        meaning = self._notes.meanings.get(node)
        if meaning is not None:
            return self._is_meaning_exact(node, meaning)
        match node:
            case ast.Constant(value=int() as value):
                return self._fits(node, value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
                return self._fits(node, -value)
            case ast.Name(id=name):
                self._asked.add(name)
                return name not in self._wide_locals
            case ast.IfExp(body=body, orelse=orelse):
                return self.is_exact(body) and self.is_exact(orelse)
            case ast.BinOp(
                op=ast.FloorDiv(), left=left, right=ast.Constant(value=int() as divisor)
            ):
                return divisor > 0 and self.is_exact(left)
            case ast.BinOp(op=ast.Mod(), right=right):
                # A remainder has the sign of the divisor.
                is_negative = self._notes.types[node].is_never_negative and not _is_positive(right)
                return self.is_exact(right) and not is_negative
            case ast.BinOp() | ast.UnaryOp():
                return not self._notes.types[node].is_numeric
            case _:
                return True

    def _is_meaning_exact(self, node: ast.expr, meaning: Meaning) -> bool:
        match meaning:
            case Fixed(value=int() as value):
                return self._fits(node, value)
            case Builtin(form="min" | "max", arguments=arguments):
                return all(self.is_exact(argument) for argument in arguments)
            case Scale(factor=1, argument=ast.Constant(value=int() as value)):
                return self._fits(node, value)
            case Builtin(form="abs" | "sum") | Scale() | Rounded():
                return False
            case Inside():
                return isinstance(node, ast.Attribute) and self.is_exact(node.value)
            case _:
                return True

    def _fits(self, node: ast.expr, value: int) -> bool:
        lowest = 0 if self._notes.types[node].is_never_negative else INT_MIN
        return lowest <= value <= INT_MAX

    def get_width(self, node: ast.expr) -> int:
        """Return a bound of the value's bits."""
        if node not in self._widths:
            self._widths[node] = self._find_width(node)
        return self._widths[node]

    def _find_width(self, node: ast.expr) -> int:
        if self.is_exact(node):
            return EXACT_BITS
        meaning = self._notes.meanings.get(node)
        if meaning is not None:
            return self._get_meaning_width(node, meaning)
        match node:
            case ast.Constant(value=int() as value):
                return value.bit_length()
            case ast.UnaryOp(operand=operand):
                return self.get_width(operand) + 1
            case ast.IfExp(body=body, orelse=orelse):
                return max(self.get_width(body), self.get_width(orelse))
            case ast.BinOp(left=left, op=operator, right=right):
                return self.get_result_width(operator, left, right)
            case _:
                return LOCAL_BITS

    def _get_meaning_width(self, node: ast.expr, meaning: Meaning) -> int:
        match meaning:
            case Fixed(value=int() as value):
                return value.bit_length()
            case Builtin(form="sum", arguments=arguments):
                return max([EXACT_BITS + 14, *map(self.get_width, arguments[1:])]) + 1
            case Builtin(arguments=arguments):
                return max(self.get_width(argument) for argument in arguments)
            case Scale(factor=factor, argument=argument):
                return self.get_width(argument) + factor.bit_length()
            case Rounded():
                # The product is guarded before it is divided.
                return LOCAL_BITS
            case Inside():
                assert isinstance(node, ast.Attribute)
                return self.get_width(node.value)
            case _:
                return _UNKNOWN_BITS

    def get_result_width(self, operator: ast.operator, left: ast.expr, right: ast.expr) -> int:
        """Return the width of `left operator right`, before any guard."""
        a, b = self.get_width(left), self.get_width(right)
        match operator:
            case ast.Add() | ast.Sub():
                return max(a, b) + 1
            case ast.Mult():
                # A product past the bound is guarded at once.
                return min(a + b, LOCAL_BITS)
            case ast.FloorDiv() | ast.RShift():
                return a + 1
            case ast.Mod():
                return b
            case ast.BitAnd() | ast.BitOr() | ast.BitXor():
                return max(a, b) + 1
            case _:
                return LOCAL_BITS

    def is_product_bounded(self, left: ast.expr, right: ast.expr) -> bool:
        """Say whether a product surely keeps within an intermediate result."""
        return self.get_width(left) + self.get_width(right) < LOCAL_BITS

    def _find_wide_locals(self, function: ast.FunctionDef) -> None:
        """Begin with every local exact; take back what is contradicted, until nothing changes.

        A value that is exact stays so while the locals that were asked about it are exact.
        """
        users: dict[str, list[str]] = {}
        waiting: list[str] = []
        for name, value in _find_assignments(function):
            self._asked.clear()
            if value is None or not self.is_exact(value):
                waiting.append(name)
            for asked in self._asked:
                users.setdefault(asked, []).append(name)
        while waiting:
            name = waiting.pop()
            if name not in self._wide_locals:
                self._wide_locals.add(name)
                waiting += users.get(name, ())
        self._exact.clear()
        self._widths.clear()


def _is_positive(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > 0


def _find_assignments(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr | None]]:
    """Give (local, value) pairs; None stands for a value of unknown width."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.AugAssign(target=ast.Name(id=name)):
                yield name, None
            case ast.For(
                target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=arguments)
            ):
                for argument in arguments:
                    yield name, argument
            case _:
                pass
