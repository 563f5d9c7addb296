"""The cost table. One unit is about ten nanoseconds. It belongs to the protocol version.

Changing it changes the chain.

A statement costs the sum of its syntax nodes, counted on the source tree before anything is
lowered, so that gas is the same on every Python. What depends on sizes is charged when it happens,
by the second table.
"""

import ast
from typing import Final

GAS_TABLE_VERSION: Final = 1

NODE: Final[dict[type[ast.AST], int]] = {
    ast.Assign: 2,
    ast.AnnAssign: 2,
    ast.AugAssign: 6,
    ast.Return: 2,
    ast.Expr: 1,
    ast.If: 3,
    ast.For: 12,
    ast.Break: 1,
    ast.Continue: 1,
    ast.Pass: 0,
    ast.BinOp: 8,
    ast.Mult: 8,
    ast.Pow: 80,
    ast.BoolOp: 3,
    ast.UnaryOp: 3,
    ast.Compare: 6,
    ast.IfExp: 3,
    ast.Call: 14,
    ast.Attribute: 3,
    ast.Subscript: 10,
    ast.Slice: 4,
    ast.List: 6,
    ast.JoinedStr: 10,
    ast.FormattedValue: 12,
    ast.Name: 1,
    ast.Constant: 1,
}
"""Every other node (contexts, other operators, keywords, arguments) is free.

Its parent's cost holds it.
"""

ENTRY: Final = 20
"""Beginning a method."""
TURN: Final = 6
"""One turn of a loop, beside its body."""

CALL: Final = 100
"""Entering a contract, from a transaction or from another contract."""
ROLE: Final = 60
STORAGE_READ: Final = 60
STORAGE_READ_BYTE: Final = 1
STORAGE_WRITE: Final = 200
STORAGE_WRITE_BYTE: Final = 4
STORAGE_REMOVE: Final = 100
EVENT: Final = 100
EVENT_BYTE: Final = 2
MONEY: Final = 300
"""Any movement or change of money, and the founding of an asset."""
BALANCE: Final = 60
SCHEDULE: Final = 500
SCHEDULE_BYTE: Final = 4
CANCEL: Final = 300
MESSAGE_BYTE: Final = 1
"""Arguments and results of a call."""

DIGITS_SHIFT: Final = 1
"""Writing a number in decimal costs one unit for two bits of it."""
SIZE_SHIFT: Final = 4
"""Work over text or bytes costs one unit for 16 of them."""
ITEM: Final = 3
"""Work over a list costs this for each item."""
SORT: Final = 8
"""Sorting costs this for each item and each doubling of the length."""
