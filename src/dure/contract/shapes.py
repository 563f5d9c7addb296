"""What a contract file declares, as plain data.

Types, records, events, choices, state fields and signatures.

The checker builds these from the syntax tree, the compiler reads them, and `interface` turns them
into JSON for everybody who never sees the source.
"""

import ast
import enum
from dataclasses import dataclass, field
from typing import Final, Literal


class Sort(enum.Enum):
    """The families of types."""

    NOTHING = "nothing"
    SCALAR = "scalar"
    LIST = "list"
    RECORD = "record"
    CHOICE = "choice"
    MAP = "map"
    INTERFACE = "interface"
    UNKNOWN = "unknown"
    """Stands where an error was already reported.

    Fits everywhere, so that one mistake is told once.
    """


@dataclass(frozen=True, slots=True)
class Type:
    """A static type. `items` holds a list's item, or a map's key and value."""

    sort: Sort
    name: str
    items: tuple["Type", ...] = ()

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(map(str, self.items))}]" if self.items else self.name

    @property
    def item(self) -> "Type":
        """The type of a list's items, or a map's values."""
        return self.items[-1]


INT: Final = Type(Sort.SCALAR, "int")
BOOL: Final = Type(Sort.SCALAR, "bool")
STR: Final = Type(Sort.SCALAR, "str")
BYTES: Final = Type(Sort.SCALAR, "bytes")
ADDRESS: Final = Type(Sort.SCALAR, "Address")
ASSET: Final = Type(Sort.SCALAR, "Asset")
TIME: Final = Type(Sort.SCALAR, "Time")
DURATION: Final = Type(Sort.SCALAR, "Duration")
NOTHING: Final = Type(Sort.NOTHING, "None")
UNKNOWN: Final = Type(Sort.UNKNOWN, "unknown")

SCALARS: Final = {
    scalar.name: scalar for scalar in (INT, BOOL, STR, BYTES, ADDRESS, ASSET, TIME, DURATION)
}
NUMERIC: Final = frozenset({INT, TIME, DURATION})
"""Types whose values are integers when running."""


def list_of(item: Type) -> Type:
    """Return `list[item]`."""
    return Type(Sort.LIST, "list", (item,))


def map_of(key: Type, value: Type) -> Type:
    """Return `Map[key, value]`."""
    return Type(Sort.MAP, "Map", (key, value))


@dataclass(frozen=True, slots=True)
class Field:
    """A named place for a value of one type: of a record, an event, or a parameter."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Shape:
    """A record or an event."""

    name: str
    fields: tuple[Field, ...]
    docstring: str

    def find(self, name: str) -> Field | None:
        """Return the field of that name."""
        return next((each for each in self.fields if each.name == name), None)


@dataclass(frozen=True, slots=True)
class ChoiceShape:
    """A choice: (member name, text) in the order written."""

    name: str
    members: tuple[tuple[str, str], ...]
    docstring: str


ConstantValue = int | bool | str | bytes


@dataclass(frozen=True, slots=True)
class Constant:
    """A module constant; a duration's value is its milliseconds."""

    name: str
    type: Type
    value: ConstantValue


Kind = Literal["init", "call", "view", "scheduled", "internal"]


@dataclass(frozen=True, slots=True)
class Method:
    """A method's signature, and its syntax tree."""

    name: str
    kind: Kind
    parameters: tuple[Field, ...]
    result: Type
    docstring: str
    node: ast.FunctionDef = field(compare=False)
    pays: str = ""
    """Name of the `Var[Asset]` in which the method accepts money; empty where it accepts none."""
    role: str = ""
    """The role that a caller must hold; empty where anybody may call."""


@dataclass(frozen=True, slots=True)
class InterfaceShape:
    """Another contract as this file sees it."""

    name: str
    methods: dict[str, Method]


@dataclass(frozen=True, slots=True)
class ContractShape:
    """A contract class. `state` gives a `Var`'s value type, or a map type."""

    name: str
    docstring: str
    state: dict[str, Type]
    methods: dict[str, Method]

    @property
    def initialiser(self) -> Method | None:
        """The `@init` method."""
        return next((each for each in self.methods.values() if each.kind == "init"), None)


@dataclass(slots=True)
class Declarations:
    """All that a file declares, by name."""

    imported: set[str] = field(default_factory=set)
    constants: dict[str, Constant] = field(default_factory=dict)
    records: dict[str, Shape] = field(default_factory=dict)
    events: dict[str, Shape] = field(default_factory=dict)
    choices: dict[str, ChoiceShape] = field(default_factory=dict)
    interfaces: dict[str, InterfaceShape] = field(default_factory=dict)
    contracts: dict[str, ContractShape] = field(default_factory=dict)

    def find_type(self, name: str) -> Type | None:
        """Return the value type that `name` names in this file."""
        if name in SCALARS and (name in self.imported or name in BUILTIN_TYPES):
            return SCALARS[name]
        if name in self.records:
            return Type(Sort.RECORD, name)
        if name in self.choices:
            return Type(Sort.CHOICE, name)
        return None


BUILTIN_TYPES: Final = frozenset({"int", "bool", "str", "bytes", "list"})
