"""What an expression means, once its names are resolved.

The compiler reads these and looks no name up again.
"""

import ast
from dataclasses import dataclass

from dure.contract.language.numbers import Rounding
from dure.contract.shapes import ConstantValue, InterfaceShape, Method, Type


@dataclass(frozen=True, slots=True)
class Fixed:
    """A constant, a choice's member, or a `Decimal` written out: what it is when running."""

    value: ConstantValue


@dataclass(frozen=True, slots=True)
class Context:
    """`self.sender` and its like."""

    name: str


@dataclass(frozen=True, slots=True)
class VarField:
    """`self.reserved`."""

    name: str


@dataclass(frozen=True, slots=True)
class MapEntry:
    """`self.policies[number]`; several keys for a map of maps."""

    name: str
    keys: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class MapCall:
    """`self.policies.get(key, default)`, `.remove(key)`, and `key in self.policies` as `has`."""

    action: str
    entry: MapEntry
    default: ast.expr | None = None


@dataclass(frozen=True, slots=True)
class StoredItem:
    """`self.bids[index]`."""

    name: str
    index: ast.expr


@dataclass(frozen=True, slots=True)
class StoredListCall:
    """What is done with a whole stored list.

    `action` is `append`, `pop`, `length`, `walk` (by a loop) or `holds` (`in`).
    """

    action: str
    name: str
    arguments: tuple[ast.expr, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordField:
    """`policy.cover`."""

    name: str


@dataclass(frozen=True, slots=True)
class Inside:
    """`duration.milliseconds`, `amount.units`: at run time the value itself."""


@dataclass(frozen=True, slots=True)
class Builtin:
    """A builtin of the language.

    `form` tells variants apart, such as `max` of a list and of single values.
    """

    form: str
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """`hours(n)`, `Time(n)`, `Won.of(n)`, `Rate.from_units(n)`: the number times a factor."""

    factor: int
    argument: ast.expr


@dataclass(frozen=True, slots=True)
class Rounded:
    """`factors[0]` times `factors[1]`, divided by `divisor` and rounded to an integer."""

    factors: tuple[ast.expr, ast.expr | int]
    divisor: ast.expr | int
    rounding: Rounding


@dataclass(frozen=True, slots=True)
class Encoding:
    """`encode(…)`, whose bytes depend on the types of the values."""

    types: tuple[Type, ...]
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class Crypto:
    """`sha256(…)` and `verify_ed25519(…)`."""

    name: str
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class Host:
    """`self.pay(…)` and its like."""

    name: str
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class Emit:
    """`self.emit(Paid(…))`."""

    event: str
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """`self.schedule(at, self.method, …)`."""

    at: ast.expr
    method: Method
    arguments: tuple[ast.expr, ...]
    gas: ast.expr | None


@dataclass(frozen=True, slots=True)
class AttachRule:
    """`self.set_transfer_rule(asset, self.method)`."""

    asset: ast.expr
    method: Method


@dataclass(frozen=True, slots=True)
class OwnCall:
    """`self.helper(…)`."""

    method: Method
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class Build:
    """`Policy(…)`: a new record."""

    record: str
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class Replace:
    """`policy.replace(state=…)`."""

    record: str
    source: ast.expr
    names: tuple[str, ...]
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class ListCall:
    """`numbers.append(n)`, `numbers.pop()`."""

    name: str
    source: ast.expr
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class ValueCall:
    """A method of a plain value: `text.startswith(…)`."""

    name: str
    source: ast.expr
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """`Price(address)`: at run time the address."""

    address: ast.expr


@dataclass(frozen=True, slots=True)
class Remote:
    """`Price(address).current()`, with a payment where `.paying(…)` stands in between."""

    interface: InterfaceShape
    method: Method
    target: ast.expr
    arguments: tuple[ast.expr, ...]
    payment: tuple[ast.expr, ast.expr] | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison or membership test whose cost grows with the values."""

    kind: Type


Meaning = (
    Fixed
    | Context
    | VarField
    | MapEntry
    | MapCall
    | StoredItem
    | StoredListCall
    | RecordField
    | Inside
    | Builtin
    | Scale
    | Rounded
    | Encoding
    | Crypto
    | Host
    | Emit
    | Schedule
    | AttachRule
    | OwnCall
    | Build
    | Replace
    | ListCall
    | ValueCall
    | Reference
    | Remote
    | Comparison
)
