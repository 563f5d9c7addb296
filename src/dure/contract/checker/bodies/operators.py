"""Which operators work on which types: one table."""

import ast
from typing import Final

from dure.contract.shapes import BOOL, BYTES, DURATION, INT, STR, TIME, Sort, Type

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

ORDERED: Final = frozenset({INT, STR, BYTES, TIME, DURATION})
"""Types with `<`."""

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


def find_binary(operator: ast.operator, left: Type, right: Type) -> Type | None:
    """Return the result's type, or None where the operator does not work on these."""
    if isinstance(operator, ast.Add) and left.sort is Sort.LIST and left == right:
        return left
    return BINARY.get((type(operator), left, right))


def is_comparable(kind: Type) -> bool:
    """Say whether `==` works: on scalars and choices, whose comparison has a bounded cost."""
    return kind.sort in (Sort.SCALAR, Sort.CHOICE)
