"""The words that have a meaning before the author declares anything."""

from typing import Final

from dure.contract.shapes import (
    ADDRESS,
    AMOUNT,
    ASSET,
    BOOL,
    BYTES,
    HASH,
    INT,
    NOTHING,
    STR,
    TIME,
    Field,
    Type,
)

LANGUAGE_MODULE: Final = "dure.contract.language"

BASES: Final = frozenset(
    {"Contract", "Record", "Event", "Choice", "Decimal", "Currency", "Interface"}
)
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
    | {"Address", "Amount", "Asset", "Duration", "Hash", "List", "Map", "Rounding", "Time", "Var"}
    | {"encode", "require", "sha256", "verify_ed25519"}
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
    "paid": AMOUNT,
    "now": TIME,
    "height": INT,
    "address": ADDRESS,
}
"""What `self` knows about the running call."""

Signature = tuple[tuple[Field, ...], Type]


def _takes(result: Type, **parameters: Type) -> Signature:
    return tuple(Field(*each) for each in parameters.items()), result


HOST_CALLS: Final[dict[str, Signature]] = {
    "pay": _takes(NOTHING, asset=ASSET, to=ADDRESS, amount=AMOUNT),
    "balance_of": _takes(AMOUNT, asset=ASSET),
    "holding_of": _takes(AMOUNT, asset=ASSET, holder=ADDRESS),
    "create_asset": _takes(ASSET, code=STR, decimals=INT),
    "mint": _takes(NOTHING, asset=ASSET, to=ADDRESS, amount=AMOUNT),
    "burn": _takes(NOTHING, asset=ASSET, holder=ADDRESS, amount=AMOUNT),
    "freeze": _takes(NOTHING, asset=ASSET, holder=ADDRESS, frozen=BOOL),
    "move": _takes(NOTHING, asset=ASSET, source=ADDRESS, to=ADDRESS, amount=AMOUNT),
    "has_role": _takes(BOOL, role=STR, holder=ADDRESS),
    "cancel": _takes(BOOL, number=INT),
}
"""What `self` asks of the ledger: (parameters, result).

Where the first parameter is an asset, amounts are of its currency. `emit`, `schedule` and
`set_transfer_rule` have forms of their own.
"""

HOST_PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(each.name for each in parameters) for name, (parameters, _) in HOST_CALLS.items()
}

READ_ONLY_HOST_CALLS: Final = frozenset({"balance_of", "holding_of", "has_role"})

PAYING: Final = (Field("asset", ASSET), Field("amount", AMOUNT))
"""What `.paying(…)` takes."""

CRYPTO: Final[dict[str, Signature]] = {
    "sha256": _takes(HASH, data=BYTES),
    "verify_ed25519": _takes(BOOL, key=BYTES, message=BYTES, signature=BYTES),
}
"""Imported functions over bytes: (parameters, result)."""

SELF_NAMES: Final = CONTEXT.keys() | HOST_CALLS.keys() | {"emit", "schedule", "set_transfer_rule"}

VALUE_METHODS: Final[dict[tuple[str, str], tuple[tuple[Type, ...], Type]]] = {
    ("str", "startswith"): ((STR,), BOOL),
    ("str", "endswith"): ((STR,), BOOL),
    ("str", "encode"): ((), BYTES),
    ("bytes", "startswith"): ((BYTES,), BOOL),
    ("bytes", "endswith"): ((BYTES,), BOOL),
    ("bytes", "hex"): ((), STR),
    ("Hash", "hex"): ((), STR),
}
"""Methods of plain values: (type, name) → (parameters, result). Lists have their own in `calls`."""
