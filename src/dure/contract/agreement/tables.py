"""Which phrase stands for which part of the language."""

import ast
from typing import Final

ORDERS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
}
OPPOSITE: Final = {
    "eq": "ne",
    "lt": "ge",
    "gt": "le",
    "lt.time": "ge.time",
    "gt.time": "le.time",
    "has": "has_not",
    "among": "among_not",
    "holds": "holds_not",
    "role": "role_not",
}
OPPOSITES: Final = OPPOSITE | {other: key for key, other in OPPOSITE.items()}

ARITHMETIC: Final[dict[type[ast.operator], str]] = {
    ast.Add: "plus",
    ast.Sub: "minus",
    ast.Mult: "times",
    ast.FloorDiv: "divided",
    ast.Mod: "remainder",
}
GROUPED: Final = frozenset({*ARITHMETIC.values(), "divided_up", "if_else", "smaller", "larger"})
MIRRORED: Final = {"eq": "eq", "ne": "ne", "lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
"""The same comparison said from the other side: `0 < x` is `x > 0`."""
CONTEXT: Final = {
    "sender": "caller",
    "paid": "paid",
    "now": "now",
    "height": "height",
    "address": "contract",
}
CALLS: Final = {
    "abs": "size",
    "sum": "sum",
    "sha256": "digest",
    "sorted": "sorted",
    "encode": "bytes_of",
}
LENGTHS: Final = {"str": "length.text", "bytes": "length.bytes"}
"""What is counted; items of a list otherwise."""
TYPING: Final = frozenset({"Amount", "Time", "Duration", "int", "str", "list", "bool"})
NAMING: Final = {"Asset": "asset", "Time": "label", "bool": "label"}
"""Types whose values go by their bare name."""
NO_NOUNS: Final = frozenset({"at", "by", "since", "to", "until", "who"})
"""Names that no article stands before."""
