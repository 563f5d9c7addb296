"""The words that have a meaning before the author declares anything."""

from typing import Final

from dure.contract import shapes
from dure.contract.shapes import ADDRESS, ASSET, BOOL, INT, NOTHING, STR, TIME, Type

LANGUAGE_MODULE: Final = "dure.contract.language"

BASES: Final = frozenset({"Contract", "Record", "Event", "Choice", "Interface"})
DECORATORS: Final = frozenset(
    {"init", "call", "view", "scheduled", "invariant", "migrate", "transfer_rule", "only"}
)

DURATION_UNITS: Final = {
    "seconds": 1_000,
    "minutes": 60_000,
    "hours": 3_600_000,
    "days": 86_400_000,
}
"""Functions that make a Duration from an int, with their factor."""

IMPORTABLE: Final = (
    BASES
    | DECORATORS
    | DURATION_UNITS.keys()
    | {"Address", "Asset", "Duration", "List", "Map", "Time", "Var", "require"}
)

BUILTINS: Final = frozenset(
    {
        "abs",
        "bool",
        "bytes",
        "enumerate",
        "int",
        "len",
        "list",
        "max",
        "min",
        "range",
        "sorted",
        "str",
        "sum",
    }
)

RESERVED: Final = IMPORTABLE | BUILTINS | {"self"}
"""Names that nobody may give another meaning."""

CONTEXT: Final[dict[str, Type]] = {
    "sender": ADDRESS,
    "paid": INT,
    "now": TIME,
    "height": INT,
    "address": ADDRESS,
}
"""What `self` knows about the running call."""

HOST_CALLS: Final[dict[str, tuple[tuple[Type, ...], Type]]] = {
    "pay": ((ASSET, ADDRESS, INT), NOTHING),
    "balance_of": ((ASSET,), INT),
    "create_asset": ((STR, INT), ASSET),
    "mint": ((ASSET, ADDRESS, INT), NOTHING),
    "burn": ((ASSET, ADDRESS, INT), NOTHING),
    "freeze": ((ASSET, ADDRESS, BOOL), NOTHING),
    "cancel": ((INT,), BOOL),
    "holding_of": ((ASSET, ADDRESS), INT),
    "move": ((ASSET, ADDRESS, ADDRESS, INT), NOTHING),
    "has_role": ((STR, ADDRESS), BOOL),
}
"""What `self` asks of the ledger: (parameters, result).

`emit`, `schedule` and `set_transfer_rule` have forms of their own.
"""

HOST_PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "pay": ("asset", "to", "amount"),
    "balance_of": ("asset",),
    "create_asset": ("code", "decimals"),
    "mint": ("asset", "to", "amount"),
    "burn": ("asset", "holder", "amount"),
    "freeze": ("asset", "holder", "frozen"),
    "cancel": ("number",),
    "holding_of": ("asset", "holder"),
    "move": ("asset", "source", "to", "amount"),
    "has_role": ("role", "holder"),
}

READ_ONLY_HOST_CALLS: Final = frozenset({"balance_of", "holding_of", "has_role"})

SELF_NAMES: Final = CONTEXT.keys() | HOST_CALLS.keys() | {"emit", "schedule", "set_transfer_rule"}

VALUE_METHODS: Final[dict[tuple[str, str], tuple[tuple[Type, ...], Type]]] = {
    ("str", "startswith"): ((STR,), BOOL),
    ("str", "endswith"): ((STR,), BOOL),
    ("bytes", "startswith"): ((shapes.BYTES,), BOOL),
    ("bytes", "endswith"): ((shapes.BYTES,), BOOL),
    ("bytes", "hex"): ((), STR),
}
"""Methods of plain values: (type, name) → (parameters, result). Lists have their own in `calls`."""
