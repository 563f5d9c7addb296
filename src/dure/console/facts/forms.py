"""Forms for a contract's methods, made from its interface: what to ask a person for, and how.

A field knows its type as the author wrote it and the kind of input that fits. Money is asked for in
units that people know where the contract's own state says which asset is meant: `Amount[Won]` is of
the asset in the field `Asset[Won]`, a bare `Amount` of the contract's only asset.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from dure.chain import state
from dure.console.agreement import Reading
from dure.contract.interface import FieldInterface, Interface, MethodInterface, parse_type
from dure.contract.shapes import Sort, Type
from dure.core.codec import decode, encode
from dure.core.errors import InvalidEncoding
from dure.core.types import Address, AssetId

ASKED: Final = frozenset({"view", "invariant"})
"""Kinds of methods that answer and change nothing."""
CALLED: Final = "call"
DEPTH_MAX: Final = 8
"""Records inside of records and lists; deeper ones are typed in as JSON."""

_SCALARS: Final = {
    "int": "integer",
    "Time": "time",
    "Duration": "duration",
    "Amount": "amount",
    "bool": "truth",
    "str": "text",
    "bytes": "bytes",
    "Address": "address",
    "Asset": "asset",
    "Hash": "hash",
}


@dataclass(frozen=True, slots=True)
class Money:
    """An asset that a contract speaks of."""

    asset: str
    code: str
    decimals: int


@dataclass(frozen=True, slots=True)
class FormField:
    """One thing to be asked for, or to be shown."""

    name: str
    label: str
    """What the author calls it for people; else its name."""
    type: str
    kind: str
    """Which input fits.

    `integer`, `time`, `duration`, `amount`, `truth`, `text`, `bytes`, `address`, `asset`, `hash`,
    `decimal`, `choice`, `list`, `record`, `nothing` or `json`.
    """
    places: int = 0
    """Digits behind the point."""
    unit: str = ""
    """The asset's code, of an amount whose asset is known."""
    options: tuple[tuple[str, str], ...] = ()
    """Of a choice: each member and its words."""
    fields: tuple["FormField", ...] = ()
    """Of a record, or the one item of a list."""

    def to_builtins(self) -> dict[str, Any]:
        """Return the field as data for a page's script."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class MethodForm:
    """One method, as a person may ask or call it."""

    name: str
    label: str
    text: str
    """What it does, in the author's words."""
    is_asked: bool
    """Whether it only answers; otherwise it is called by a signed transaction."""
    fields: tuple[FormField, ...]
    result: FormField
    who: tuple[str, ...]
    """Who may call it; empty for anybody."""
    takes_money: bool
    money: Money | None
    """What it takes; None where nobody has said yet which asset that is."""


def build_forms(
    interface: Interface, reading: Reading, money: Mapping[str, Money]
) -> list[MethodForm]:
    """Return the forms of all methods that people ask or call, in the interface's order.

    `money` is what `find_money` found.
    """
    builder = _Builder(interface, reading.words, money)
    return [
        builder.build_method(method, reading.texts.get(method.name, method.docstring))
        for method in interface.methods.values()
        if method.kind in ASKED or method.kind == CALLED
    ]


def find_money(view: state.View, contract: Address, interface: Interface) -> dict[str, Money]:
    """Return the assets in a contract's own state, by the name of the field."""
    found: dict[str, Money] = {}
    for field, text in interface.state.items():
        if parse_type(text, interface).name != "Asset":
            continue
        stored = view.get(state.key_storage(contract, encode((field,))))
        money = None if stored is None else _open_asset(view, stored)
        if money is not None:
            found[field] = money
    return found


def _open_asset(view: state.View, stored: bytes) -> Money | None:
    try:
        asset = AssetId(decode(bytes, stored))
    except InvalidEncoding:
        return None
    record = view.load(state.AssetRecord, state.key_asset(asset))
    return None if record is None else Money(asset.hex(), record.code, record.decimals)


@dataclass(frozen=True, slots=True)
class _Builder:
    interface: Interface
    words: Mapping[str, str]
    money: Mapping[str, Money]

    def build_method(self, method: MethodInterface, text: str) -> MethodForm:
        return MethodForm(
            name=method.name,
            label=self._call(method.name),
            text=text.partition("\n")[0],
            is_asked=method.kind in ASKED,
            fields=self._build_all(method.parameters, 0),
            result=self._build("", method.result, 0),
            who=tuple(self.words.get(each, each) for each in method.roles + method.parties),
            takes_money=bool(method.pays),
            money=self.money.get(method.pays),
        )

    def _build_all(self, fields: Sequence[FieldInterface], depth: int) -> tuple[FormField, ...]:
        return tuple(self._build(each.name, each.type, depth) for each in fields)

    def _build(self, name: str, text: str, depth: int) -> FormField:
        kind = parse_type(text, self.interface)
        label = self._call(name)
        if depth > DEPTH_MAX:
            return FormField(name, label, text, "json")
        match kind.sort:
            case Sort.LIST:
                item = self._build("", str(kind.item), depth + 1)
                return FormField(name, label, text, "list", fields=(item,))
            case Sort.RECORD:
                fields = self.interface.records[kind.name].fields
                inner = self._build_all(fields, depth + 1)
                return FormField(name, label, text, "record", fields=inner)
            case Sort.CHOICE:
                members = self.interface.choices[kind.name].members
                options = tuple((each.name, self._call(each.text)) for each in members)
                return FormField(name, label, text, "choice", options=options)
            case Sort.DECIMAL:
                places = self.interface.decimals[kind.name].places
                return FormField(name, label, text, "decimal", places)
            case Sort.NOTHING:
                return FormField(name, label, text, "nothing")
            case _:
                return self._build_scalar(name, label, text, kind)

    def _build_scalar(self, name: str, label: str, text: str, kind: Type) -> FormField:
        money = self._find_money(kind) if kind.name == "Amount" else None
        if money is None:
            return FormField(name, label, text, _SCALARS.get(kind.name, "json"))
        return FormField(name, label, text, "amount", money.decimals, money.code)

    def _find_money(self, kind: Type) -> Money | None:
        """Return the asset of an amount, where the contract's state leaves no doubt."""
        currency = {
            field: money
            for field, money in self.money.items()
            if parse_type(self.interface.state[field], self.interface).items == kind.items
        }
        fitting = currency if kind.items else self.money
        return next(iter(fitting.values())) if len(fitting) == 1 else None

    def _call(self, name: str) -> str:
        return self.words.get(name, name)
