"""Module constants: `GRACE = hours(36)`.

Worked out by the checker, so that no code of the module ever runs.
"""

import ast
import operator
from collections.abc import Callable
from typing import Final

from dure.contract.checker.vocabulary import DURATION_UNITS
from dure.contract.limits import WIDE_MAX
from dure.contract.shapes import BOOL, BYTES, DURATION, INT, STR, Constant, ConstantValue, Type

TypedValue = tuple[Type, ConstantValue]

_OPERATORS: Final[dict[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}
_EXPONENT_MAX: Final = 255


def compute_constant(node: ast.expr, known: dict[str, Constant]) -> TypedValue | None:
    """Return the type and value of a constant expression, or None where it is none."""
    match node:
        case ast.Constant(value=value):
            return _read_literal(value)
        case ast.Name(id=name) if name in known:
            return known[name].type, known[name].value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _negate(compute_constant(operand, known))
        case ast.BinOp(left=left, op=op, right=right):
            return _combine(compute_constant(left, known), op, compute_constant(right, known))
        case ast.Call(func=ast.Name(id=unit), args=[count], keywords=[]) if unit in DURATION_UNITS:
            return _read_duration(compute_constant(count, known), unit)
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
    if operand is None or operand[0] not in (INT, DURATION) or not isinstance(operand[1], int):
        return None
    return operand[0], -operand[1]


def _combine(
    left: TypedValue | None, op: ast.operator, right: TypedValue | None
) -> TypedValue | None:
    if left is None or right is None:
        return None
    (left_type, a), (right_type, b) = left, right
    compute = _OPERATORS.get(type(op))
    scaled = left_type == DURATION and right_type == INT and isinstance(op, ast.Mult)
    same = left_type == right_type and (left_type == INT or isinstance(op, ast.Add | ast.Sub))
    if compute is None or not (scaled or (same and left_type in (INT, DURATION))):
        return None
    assert isinstance(a, int)
    assert isinstance(b, int)
    if isinstance(op, ast.Pow) and not 0 <= b <= _EXPONENT_MAX:
        return None
    if isinstance(op, ast.FloorDiv) and b == 0:
        return None
    return _bounded(left_type, compute(a, b))


def _read_duration(count: TypedValue | None, unit: str) -> TypedValue | None:
    if count is None or count[0] != INT or not isinstance(count[1], int):
        return None
    return _bounded(DURATION, count[1] * DURATION_UNITS[unit])


def _bounded(kind: Type, value: int) -> TypedValue | None:
    return (kind, value) if abs(value) <= WIDE_MAX else None
