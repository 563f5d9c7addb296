"""Which operators work on which types: one table."""

import ast
from typing import Final

from dure.contract.shapes import BOOL, BYTES, DURATION, INT, STR, TIME, Sort, Type, is_amount

_INTEGER: Final = (
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.FloorDiv,
    ast.Mod,
    ast.Pow,
    ast.LShift,
    ast.RShift,
    ast.BitAnd,
    ast.BitOr,
    ast.BitXor,
)

BINARY: Final[dict[tuple[type[ast.operator], Type, Type], Type]] = {
    **{(operator, INT, INT): INT for operator in _INTEGER},
    (ast.Add, STR, STR): STR,
    (ast.Add, BYTES, BYTES): BYTES,
    (ast.Add, TIME, DURATION): TIME,
    (ast.Sub, TIME, DURATION): TIME,
    (ast.Sub, TIME, TIME): DURATION,
    (ast.Add, DURATION, DURATION): DURATION,
    (ast.Sub, DURATION, DURATION): DURATION,
    (ast.Mult, DURATION, INT): DURATION,
    (ast.FloorDiv, DURATION, INT): DURATION,
    (ast.FloorDiv, DURATION, DURATION): INT,
}

UNARY: Final[dict[tuple[type[ast.unaryop], Type], Type]] = {
    (ast.USub, INT): INT,
    (ast.UAdd, INT): INT,
    (ast.Invert, INT): INT,
    (ast.USub, DURATION): DURATION,
    (ast.Not, BOOL): BOOL,
}

SIZED: Final = frozenset({STR, BYTES})
"""Scalars whose comparison costs by their length."""

SYMBOLS: Final[dict[type[ast.AST], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
    ast.Not: "not",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}


_WITH_SAME: Final = (ast.Add, ast.Sub)
_AMOUNT_WITH_INT: Final = (ast.Mult, ast.FloorDiv, ast.Mod)


def find_binary(operator: ast.operator, left: Type, right: Type) -> Type | None:
    """Return the result's type, or None where the operator does not work on these."""
    if isinstance(operator, ast.Add) and left.sort is Sort.LIST and left == right:
        return left
    if is_amount(left):
        return _find_amount(operator, left, right)
    if left.sort is Sort.DECIMAL:
        scales = isinstance(operator, ast.Mult) and (right == INT or right.sort is Sort.DECIMAL)
        same = isinstance(operator, _WITH_SAME) and left == right
        return left if scales or same else None
    return BINARY.get((type(operator), left, right))


def _find_amount(operator: ast.operator, left: Type, right: Type) -> Type | None:
    """Plain amounts and those of each currency are types of their own, and never mix."""
    if right == left:
        if isinstance(operator, ast.FloorDiv):
            return INT
        return left if isinstance(operator, _WITH_SAME) else None
    scales = right.sort is Sort.DECIMAL and isinstance(operator, ast.Mult)
    counts = right == INT and isinstance(operator, _AMOUNT_WITH_INT)
    return left if scales or counts else None


def find_unary(operator: ast.unaryop, operand: Type) -> Type | None:
    """Return the result's type, or None where the operator does not work on this."""
    if operand.sort is Sort.DECIMAL and isinstance(operator, ast.USub):
        return operand
    return UNARY.get((type(operator), operand))


def is_comparable(kind: Type) -> bool:
    """Say whether `==` works: where a comparison has a bounded cost."""
    return kind.sort in (Sort.SCALAR, Sort.CHOICE, Sort.DECIMAL)


def is_ordered(kind: Type) -> bool:
    """Say whether `<` works."""
    return kind.is_numeric or kind in SIZED
