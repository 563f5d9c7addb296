"""The cost table. It belongs to the protocol version: changing it changes the chain.

A statement costs the sum of its syntax nodes, counted on the source tree before anything is
lowered, so that gas is the same on every Python. What depends on sizes is charged when it happens,
by the second table.

One unit stands for five nanoseconds of one core (Xeon, 2.8 GHz, CPython 3.11). Prices are what
`dure bench contract` measures, rounded up: the dearest use of a node decides, so most code takes
two to four nanoseconds a unit, and the worst that is known about ten. Bytes that are written cost
more than they take, because every node keeps and hashes them.
"""

import ast
from typing import Final

GAS_TABLE_VERSION: Final = 1

NODE: Final[dict[type[ast.AST], int]] = {
    ast.Assign: 2,
    ast.AnnAssign: 2,
    ast.AugAssign: 16,  # its guard is a call: 80 ns
    ast.Return: 2,
    ast.Expr: 1,
    ast.If: 4,
    ast.For: 20,
    ast.Break: 1,
    ast.Continue: 1,
    ast.Pass: 0,
    ast.BinOp: 8,
    ast.Mult: 24,  # of 256 bits, guarded: 150 ns
    ast.FloorDiv: 32,
    ast.Mod: 32,
    ast.LShift: 32,
    ast.RShift: 32,
    ast.Pow: 120,  # up to eight squarings: 800 ns
    ast.BoolOp: 3,
    ast.UnaryOp: 3,
    ast.Compare: 6,
    ast.IfExp: 3,
    ast.Call: 14,
    ast.Attribute: 6,  # of the chain's height or time: 100 ns
    ast.Subscript: 20,  # guarded: 120 ns
    ast.Slice: 120,  # bounds are worked out in Python: 700 ns
    ast.List: 40,
    ast.JoinedStr: 60,
    ast.FormattedValue: 60,
    ast.Name: 1,
    ast.Constant: 1,
}
"""Every other node (contexts, other operators, keywords, arguments) is free.

Its parent's cost holds it.
"""

ENTRY: Final = 20
"""Beginning a method."""
TURN: Final = 12
"""One turn of a loop, beside its body: 60 ns."""

CALL: Final = 500
"""Entering a contract, from a transaction or from another contract: 2.5 µs."""
ROLE: Final = 100
"""Asking whether somebody holds a role."""
STORAGE_READ: Final = 100
"""Reading an entry of the state."""
STORAGE_READ_BYTE: Final = 4
"""Of a value: decoding a list of small records takes 35 ns for each of their bytes."""
STORAGE_KEY_BYTE: Final = 1
"""Of a key."""
STORAGE_WRITE: Final = 250
"""Writing an entry of the state."""
STORAGE_WRITE_BYTE: Final = 8
"""Of a value."""
STORAGE_REMOVE: Final = 150
"""Removing an entry of the state."""
EVENT: Final = 150
"""Emitting an event."""
EVENT_BYTE: Final = 4
"""Of an event's fields."""
MONEY: Final = 300
"""Any movement or change of money, and the founding of an asset."""
BALANCE: Final = 60
"""Asking for a balance."""
SCHEDULE: Final = 800
"""Scheduling a call, beside the gas that is paid ahead for it."""
SCHEDULE_BYTE: Final = 8
"""Of a scheduled call's arguments."""
CANCEL: Final = 300
"""Withdrawing a scheduled call."""
MESSAGE_BYTE: Final = 4
"""Arguments and results of a call, each of which is written and read."""

BUILD: Final = 50
"""Building a text or a list, beside what stands in it: 250 ns."""
COMPARE: Final = 30
"""Comparing texts, or looking into a text or a list, beside what is looked at."""
DIGITS_SHIFT: Final = 1
"""Writing a number in decimal costs one unit for two bits of it."""
SIZE_SHIFT: Final = 3
"""Work over text or bytes costs one unit for 8 of them: what is built may need fresh memory."""
ROUND: Final = 160
"""Dividing and rounding a fixed-point number: 800 ns."""
ENCODE: Final = 200
"""Beginning to write values as canonical bytes."""
ENCODE_BYTE: Final = 2
"""Writing values as canonical bytes: lists of small records take 10 ns for each byte."""
DIGEST: Final = 120
"""Beginning a hash."""
DIGEST_SHIFT: Final = 1
"""Hashing costs one unit for 2 bytes, alone and inside a signature."""
SIGNATURE: Final = 14_000
"""Checking an Ed25519 signature: 70 µs."""
ITEM: Final = 3
"""Work over a list costs this for each item."""
SORT: Final = 8
"""Sorting costs this for each item and each doubling of the length."""
