"""Module constants: `GRACE = hours(36)`.

Worked out by the checker, so that no code of the module ever runs.
"""

import ast
import operator
from collections.abc import Callable
from typing import Final

from dure.contract.checker.vocabulary import DURATION_UNITS
from dure.contract.language.numbers import read_units
from dure.contract.limits import WIDE_MAX, WIDE_MIN
from dure.contract.shapes import (
    AMOUNT,
    BOOL,
    BYTES,
    DURATION,
    INT,
    STR,
    ConstantValue,
    DecimalShape,
    Declarations,
    Sort,
    Type,
    of_currency,
)
from dure.core.types import INT_MAX, INT_MIN

TypedValue = tuple[Type, ConstantValue]

_OPERATORS: Final[dict[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}
_EXPONENT_MAX: Final = 255


def compute_constant(node: ast.expr, known: Declarations) -> TypedValue | None:
    """Return the type and value of a constant expression, or None where it is none."""
    match node:
        case ast.Constant(value=value):
            return _read_literal(value)
        case ast.Name(id=name) if name in known.constants:
            return known.constants[name].type, known.constants[name].value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _negate(compute_constant(operand, known))
        case ast.BinOp(left=left, op=op, right=right):
            return _combine(compute_constant(left, known), op, compute_constant(right, known))
        case ast.Call(func=ast.Name(id=name)) if name in known.decimals:
            units = read_decimal_text(node, known.decimals[name])
            return None if units is None else (Type(Sort.DECIMAL, name), units)
        case ast.Call(func=called, args=[count], keywords=[]):
            return _make(called, compute_constant(count, known), known)
        case _:
            return None


def read_decimal_text(node: ast.Call, shape: DecimalShape) -> int | None:
    """Return the units of `Rate("0.035")`.

    None where it is no number written out with the class's places, or not within 64 bits.
    """
    match node:
        case ast.Call(args=[ast.Constant(value=str() as text)], keywords=[]):
            units = read_units(text, shape.places)
            return units if units is not None and INT_MIN <= units <= INT_MAX else None
        case _:
            return None


def _read_literal(value: object) -> TypedValue | None:
    match value:
        case bool():
            return BOOL, value
        case int():
            return INT, value
        case str():
            return STR, value
        case bytes():
            return BYTES, value
        case _:
            return None


def _negate(operand: TypedValue | None) -> TypedValue | None:
    if operand is None or operand[0].is_never_negative or not operand[0].is_numeric:
        return None
    assert isinstance(operand[1], int)
    return _bounded(operand[0], -operand[1])


def _combine(
    left: TypedValue | None, op: ast.operator, right: TypedValue | None
) -> TypedValue | None:
    if left is None or right is None:
        return None
    (left_type, a), (right_type, b) = left, right
    compute = _OPERATORS.get(type(op))
    scaled = right_type == INT and isinstance(op, ast.Mult)
    same = left_type == right_type and (left_type == INT or isinstance(op, ast.Add | ast.Sub))
    if compute is None or not left_type.is_numeric or not (scaled or same):
        return None
    assert isinstance(a, int)
    assert isinstance(b, int)
    if isinstance(op, ast.Pow) and not 0 <= b <= _EXPONENT_MAX:
        return None
    if isinstance(op, ast.FloorDiv) and b == 0:
        return None
    return _bounded(left_type, compute(a, b))


def _make(called: ast.expr, count: TypedValue | None, known: Declarations) -> TypedValue | None:
    """Return what `hours(2)`, `Amount(5)` or `Won.of(5)` makes of a number."""
    if count is None or count[0] != INT or not isinstance(count[1], int):
        return None
    match called:
        case ast.Name(id=unit) if unit in DURATION_UNITS:
            return _bounded(DURATION, count[1] * DURATION_UNITS[unit])
        case ast.Name(id="Amount") if "Amount" in known.imported:
            return _bounded(AMOUNT, count[1])
        case ast.Attribute(value=ast.Name(id=name), attr="of") if name in known.currencies:
            return _bounded(of_currency(AMOUNT, name), count[1])
        case _:
            return None


def _bounded(kind: Type, value: int) -> TypedValue | None:
    if kind in (INT, DURATION):
        lowest, highest = WIDE_MIN, WIDE_MAX
    else:
        lowest, highest = 0 if kind.is_never_negative else INT_MIN, INT_MAX
    return (kind, value) if lowest <= value <= highest else None
