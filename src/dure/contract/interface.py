"""A contract's interface: what may be called, with which types, and what it tells.

As data that becomes JSON.

SDK, API, console and command line read this and never run or parse the source. Types are written as
the author wrote them: `int`, `list[Policy]`, `Map[str, int]`; `parse_type` reads them back.
"""

import re
from typing import Final

from msgspec import Struct

from dure.contract.bundle import Source
from dure.contract.checker.check import check_declarations
from dure.contract.checker.declared.selection import select_declarations
from dure.contract.language.numbers import write_units
from dure.contract.limits import LANGUAGE_VERSION
from dure.contract.problems import Problems, UnsafeSource
from dure.contract.shapes import (
    NOTHING,
    SCALARS,
    Constant,
    ContractShape,
    Declarations,
    Field,
    Kind,
    Method,
    Shape,
    Sort,
    Type,
    list_of,
    map_of,
    of_currency,
    stored_list_of,
)
from dure.core.errors import InvalidEncoding


class FieldInterface(Struct, frozen=True):
    """A parameter, or a field of a record or an event."""

    name: str
    type: str


class MethodInterface(Struct, frozen=True):
    """A method that can be called from outside."""

    name: str
    kind: Kind
    parameters: tuple[FieldInterface, ...]
    result: str
    """A type, or `None`."""
    pays: str
    """Name of the state field that holds the accepted asset.

    Empty where the method accepts no money.
    """
    roles: tuple[str, ...]
    parties: tuple[str, ...]
    """Who may call: holders of one of the roles, and whoever stands in one of the state's fields.

    Anybody where both are empty.
    """
    docstring: str


class ShapeInterface(Struct, frozen=True):
    """A record or an event."""

    name: str
    fields: tuple[FieldInterface, ...]
    docstring: str


class MemberInterface(Struct, frozen=True):
    """A member of a choice: on the chain it is its name, `text` is for people."""

    name: str
    text: str


class ChoiceInterface(Struct, frozen=True):
    """A choice."""

    name: str
    members: tuple[MemberInterface, ...]
    docstring: str


class CurrencyInterface(Struct, frozen=True):
    """A name of money, for people: on the chain `Amount[Won]` is an amount like any other."""

    name: str
    docstring: str


class DecimalInterface(Struct, frozen=True):
    """A class of fixed-point numbers: on the chain an integer of units of 10**-places."""

    name: str
    places: int
    rounding: str
    """Name of a member of `dure.contract.language.Rounding`."""
    docstring: str


class ConstantInterface(Struct, frozen=True):
    """A module constant.

    Bytes as hexadecimal text, a duration in milliseconds, an amount in minor units, a decimal
    written out.
    """

    name: str
    type: str
    value: int | bool | str


class Interface(Struct, frozen=True, eq=False):
    """Everything that a caller needs to know of one contract.

    Two are the same where their JSON is the same.
    """

    language_version: int
    name: str
    docstring: str
    methods: dict[str, MethodInterface]
    records: dict[str, ShapeInterface]
    events: dict[str, ShapeInterface]
    choices: dict[str, ChoiceInterface]
    currencies: dict[str, CurrencyInterface]
    decimals: dict[str, DecimalInterface]
    state: dict[str, str]
    """Name of a field to its type: what a `Var` holds, a `Map[…]` or a `List[…]`."""
    limits: dict[str, int]
    """How many items each `List` field may have."""
    constants: dict[str, ConstantInterface]

    @property
    def initialiser(self) -> MethodInterface | None:
        """The `@init` method, called as `init`."""
        return next((each for each in self.methods.values() if each.kind == "init"), None)

    @property
    def migration(self) -> MethodInterface | None:
        """The `@migrate` method, which runs when the code replaces an older version."""
        return next((each for each in self.methods.values() if each.kind == "migrate"), None)


def build_interface(source: Source) -> Interface:
    """Return the interface of a contract.

    Raise `UnsafeSource`, without running any of it.
    """
    problems = Problems()
    bundle = check_declarations(source, problems)
    if not problems and source.class_name not in bundle.contracts:
        problems.add("no-contract", None)
    if problems:
        raise UnsafeSource(problems.listed())
    contract = bundle.contracts[source.class_name]
    return describe(select_declarations(bundle, contract), contract)


def describe(known: Declarations, contract: ContractShape) -> Interface:
    """Return the interface of one contract, with the declarations that matter to it."""
    return Interface(
        language_version=LANGUAGE_VERSION,
        name=contract.name,
        docstring=contract.docstring,
        methods={each.name: _describe_method(each) for each in contract.entries},
        records={name: _describe_shape(each) for name, each in known.records.items()},
        events={name: _describe_shape(each) for name, each in known.events.items()},
        choices={
            name: ChoiceInterface(
                name, tuple(MemberInterface(*member) for member in each.members), each.docstring
            )
            for name, each in known.choices.items()
        },
        currencies={
            name: CurrencyInterface(name, each.docstring) for name, each in known.currencies.items()
        },
        decimals={
            name: DecimalInterface(name, each.places, each.rounding.name, each.docstring)
            for name, each in known.decimals.items()
        },
        state={name: str(kind) for name, kind in contract.state.items()},
        limits=contract.limits,
        constants={name: _describe_constant(each, known) for name, each in known.constants.items()},
    )


def _describe_fields(fields: tuple[Field, ...]) -> tuple[FieldInterface, ...]:
    return tuple(FieldInterface(each.name, str(each.type)) for each in fields)


def _describe_method(method: Method) -> MethodInterface:
    return MethodInterface(
        name=method.name,
        kind=method.kind,
        parameters=_describe_fields(method.parameters),
        result=str(method.result),
        pays=method.pays,
        roles=method.roles,
        parties=method.parties,
        docstring=method.docstring,
    )


def _describe_shape(shape: Shape) -> ShapeInterface:
    return ShapeInterface(shape.name, _describe_fields(shape.fields), shape.docstring)


def _describe_constant(constant: Constant, known: Declarations) -> ConstantInterface:
    value = constant.value
    if isinstance(value, bytes):
        value = value.hex()
    elif constant.type.sort is Sort.DECIMAL:
        value = write_units(int(value), known.decimals[constant.type.name].places)
    return ConstantInterface(constant.name, str(constant.type), value)


_LIST: Final = re.compile(r"list\[(.+)\]")
_STORED_LIST: Final = re.compile(r"List\[(.+)\]")
_MAP: Final = re.compile(r"Map\[([\w\[\]]+), (.+)\]")
_MONEY: Final = re.compile(r"(Asset|Amount)\[(\w+)\]")


def parse_type(text: str, interface: Interface) -> Type:
    """Return the type that `text` names.

    Raise `InvalidEncoding` where this interface has none of that name.
    """
    if found := _LIST.fullmatch(text):
        return list_of(parse_type(found[1], interface))
    if found := _STORED_LIST.fullmatch(text):
        return stored_list_of(parse_type(found[1], interface))
    if found := _MAP.fullmatch(text):
        return map_of(parse_type(found[1], interface), parse_type(found[2], interface))
    if text in SCALARS:
        return SCALARS[text]
    if text in interface.records:
        return Type(Sort.RECORD, text)
    if text in interface.choices:
        return Type(Sort.CHOICE, text)
    if text in interface.decimals:
        return Type(Sort.DECIMAL, text)
    if (found := _MONEY.fullmatch(text)) and found[2] in interface.currencies:
        return of_currency(SCALARS[found[1]], found[2])
    if text == "None":
        return NOTHING
    message = f"the interface of {interface.name} has no type {text}"
    raise InvalidEncoding(message)
