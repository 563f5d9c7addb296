"""What a contract file declares, as plain data.

Types, records, events, choices, state fields and signatures.

The checker builds these from the syntax tree, the compiler reads them, and `interface` turns them
into JSON for everybody who never sees the source.
"""

import ast
import enum
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from dure.contract.language.numbers import Rounding


class Sort(enum.Enum):
    """The families of types."""

    NOTHING = "nothing"
    SCALAR = "scalar"
    LIST = "list"
    RECORD = "record"
    CHOICE = "choice"
    DECIMAL = "decimal"
    CURRENCY = "currency"
    """A name of money: no value has it, but `Asset[Won]` and `Amount[Won]` do."""
    MAP = "map"
    STORED_LIST = "stored list"
    INTERFACE = "interface"
    UNKNOWN = "unknown"
    """Stands where an error was already reported.

    Fits everywhere, so that one mistake is told once.
    """


@dataclass(frozen=True, slots=True)
class Type:
    """A static type.

    `items` holds a list's item, a map's key and value, or the currency of an asset or an amount.
    """

    sort: Sort
    name: str
    items: tuple["Type", ...] = ()

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(map(str, self.items))}]" if self.items else self.name

    @property
    def item(self) -> "Type":
        """The type of a list's items, or a map's values."""
        return self.items[-1]

    @property
    def is_numeric(self) -> bool:
        """Whether values are integers when running."""
        return self.sort is Sort.DECIMAL or self.name in _NUMERIC_NAMES

    @property
    def is_never_negative(self) -> bool:
        """Whether a value below zero is refused where it leaves an expression."""
        return self.name in ("Amount", "Time")


INT: Final = Type(Sort.SCALAR, "int")
BOOL: Final = Type(Sort.SCALAR, "bool")
STR: Final = Type(Sort.SCALAR, "str")
BYTES: Final = Type(Sort.SCALAR, "bytes")
ADDRESS: Final = Type(Sort.SCALAR, "Address")
HASH: Final = Type(Sort.SCALAR, "Hash")
ASSET: Final = Type(Sort.SCALAR, "Asset")
AMOUNT: Final = Type(Sort.SCALAR, "Amount")
TIME: Final = Type(Sort.SCALAR, "Time")
DURATION: Final = Type(Sort.SCALAR, "Duration")
NOTHING: Final = Type(Sort.NOTHING, "None")
UNKNOWN: Final = Type(Sort.UNKNOWN, "unknown")

SCALARS: Final = {
    scalar.name: scalar
    for scalar in (INT, BOOL, STR, BYTES, ADDRESS, HASH, ASSET, AMOUNT, TIME, DURATION)
}
_NUMERIC_NAMES: Final = frozenset({"int", "Amount", "Time", "Duration"})


def is_asset(kind: Type) -> bool:
    """Say whether values of the type name an asset, of whatever currency."""
    return kind.name == "Asset"


def is_amount(kind: Type) -> bool:
    """Say whether values of the type are money, of whatever currency."""
    return kind.name == "Amount"


def list_of(item: Type) -> Type:
    """Return `list[item]`."""
    return Type(Sort.LIST, "list", (item,))


def with_currency(kind: Type, currency: tuple[Type, ...]) -> Type:
    """Return an asset or an amount of another currency, () for none; other types as they are."""
    return Type(kind.sort, kind.name, currency) if kind.name in ("Asset", "Amount") else kind


def of_currency(money: Type, currency: str) -> Type:
    """Return `Asset[currency]` or `Amount[currency]`."""
    return with_currency(money, (Type(Sort.CURRENCY, currency),))


def map_of(key: Type, value: Type) -> Type:
    """Return `Map[key, value]`."""
    return Type(Sort.MAP, "Map", (key, value))


def stored_list_of(item: Type) -> Type:
    """Return `List[item]`: a list in the state, each item under a key of its own."""
    return Type(Sort.STORED_LIST, "List", (item,))


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


@dataclass(frozen=True, slots=True)
class CurrencyShape:
    """A name of money."""

    name: str
    docstring: str


@dataclass(frozen=True, slots=True)
class DecimalShape:
    """A class of fixed-point numbers: integers of units of 10**-places."""

    name: str
    places: int
    rounding: Rounding
    docstring: str

    @property
    def scale(self) -> int:
        """Units of the number one."""
        return int(10**self.places)


ConstantValue = int | bool | str | bytes


@dataclass(frozen=True, slots=True)
class Constant:
    """A module constant.

    The value of a duration is its milliseconds, of an amount or a decimal its units.
    """

    name: str
    type: Type
    value: ConstantValue


Kind = Literal[
    "init", "call", "view", "scheduled", "invariant", "migrate", "transfer_rule", "internal"
]
READING_KINDS: Final[frozenset[Kind]] = frozenset({"view", "invariant", "transfer_rule"})
"""Methods that change nothing: anybody may ask them, and other methods may call them."""


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
    roles: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    """Who may call: holders of one of the roles, and whoever stands in one of the fields.

    Anybody where both are empty.
    """
    is_reentrant: bool = False
    """Whether it may be called while another method of the contract still runs."""


@dataclass(frozen=True, slots=True)
class InterfaceShape:
    """Another contract as this file sees it."""

    name: str
    methods: dict[str, Method]


@dataclass(frozen=True, slots=True)
class ContractShape:
    """A contract class, with everything that it inherits."""

    name: str
    docstring: str
    state: dict[str, Type]
    """A `Var`'s value type, a map type, or the type of a stored list."""
    methods: dict[str, Method]
    limits: dict[str, int] = field(default_factory=dict)
    """How many items each stored list may have."""
    origins: dict[str, str] = field(default_factory=dict)
    """Which class each field and method is written in."""
    ancestors: tuple[str, ...] = ()
    """Every class that it inherits from, directly or through others, each once."""
    initialiser: Method | None = None
    """The `@init` that runs when this class is deployed; its own calls those of its ancestors."""
    initialised: tuple[str, ...] = ()
    """The classes whose `@init` runs in it."""

    @property
    def own_methods(self) -> list[Method]:
        """The methods that are written in the class itself."""
        return [each for each in self.methods.values() if self.origins[each.name] == self.name]

    @property
    def entries(self) -> list[Method]:
        """The methods that are there for the outside."""
        return [
            each
            for each in self.methods.values()
            if each.kind != "internal" and (each.kind != "init" or each is self.initialiser)
        ]


@dataclass(slots=True)
class Declarations:
    """What has a meaning in one file, by name: what it declares, and what it imports."""

    module: str = ""
    """Name of the library module; empty for the contract's own file."""
    imported: set[str] = field(default_factory=set)
    """Words of the language."""
    constants: dict[str, Constant] = field(default_factory=dict)
    records: dict[str, Shape] = field(default_factory=dict)
    events: dict[str, Shape] = field(default_factory=dict)
    choices: dict[str, ChoiceShape] = field(default_factory=dict)
    currencies: dict[str, CurrencyShape] = field(default_factory=dict)
    decimals: dict[str, DecimalShape] = field(default_factory=dict)
    interfaces: dict[str, InterfaceShape] = field(default_factory=dict)
    contracts: dict[str, ContractShape] = field(default_factory=dict)
    places: dict[str, ast.stmt] = field(default_factory=dict)
    """Where the file itself declares a name."""
    broken: set[str] = field(default_factory=set)
    """Names whose declaration was refused: they fit everywhere, so that it is told once."""
    words: list[str] = field(default_factory=list)
    """The texts at the end of the file, `en:` and `ko:`: its names in plain words."""

    @property
    def tables(self) -> tuple[dict[str, Any], ...]:
        """Every table of declared things, each by name."""
        return (
            self.constants,
            self.records,
            self.events,
            self.choices,
            self.currencies,
            self.decimals,
            self.interfaces,
            self.contracts,
        )

    def has(self, name: str) -> bool:
        """Say whether a declaration or an import gives the name a meaning."""
        return name in self.broken or any(name in table for table in self.tables)

    def borrow(self, name: str, lender: "Declarations") -> None:
        """Give the name the meaning that it has in another file."""
        for own, table in zip(self.tables, lender.tables, strict=True):
            if name in table:
                own[name] = table[name]
        if name in lender.broken:
            self.broken.add(name)

    def find_type(self, name: str) -> Type | None:
        """Return the value type that `name` names in this file; None where it names none."""
        if name in SCALARS and (name in self.imported or name in BUILTIN_TYPES):
            return SCALARS[name]
        if name in self.records:
            return Type(Sort.RECORD, name)
        if name in self.choices:
            return Type(Sort.CHOICE, name)
        if name in self.decimals:
            return Type(Sort.DECIMAL, name)
        return UNKNOWN if name in self.broken else None


BUILTIN_TYPES: Final = frozenset({"int", "bool", "str", "bytes", "list"})


@dataclass(slots=True)
class Bundle:
    """The contract's own file and the library modules that come with it."""

    modules: dict[str, Declarations] = field(default_factory=dict)
    """By name, each behind those that it imports; the contract's own file has the empty name."""
    whole: Declarations = field(default_factory=Declarations)
    """Everything that any of them declares: a name means the same in all of them."""

    @property
    def own(self) -> Declarations:
        """What has a meaning in the contract's own file."""
        return self.modules[""]

    @property
    def contracts(self) -> dict[str, ContractShape]:
        """The contract classes of the contract's own file."""
        own = self.own
        return {name: each for name, each in own.contracts.items() if name in own.places}

    def find_home(self, name: str) -> Declarations:
        """Return the file that declares the name."""
        return next(each for each in self.modules.values() if name in each.places)
