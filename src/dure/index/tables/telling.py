"""From events to what they say of rows. Pure: no database.

An event is opened by the interface of the contract that left it, at the block in which it stands;
what does not fit a column, or cannot be opened, is left out and nothing else.
"""

import decimal
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dure.contract.interface import Interface, parse_type
from dure.contract.shapes import Sort, Type
from dure.contract.values import decode_event, to_json
from dure.core.address import encode_address
from dure.core.errors import InvalidEncoding
from dure.core.types import INT_MAX, Address, Height
from dure.index.listing.query import Cell, ColumnType
from dure.index.packs import PackedEvent
from dure.index.tables.catalogue import Catalogue
from dure.index.tables.declaration import Told
from dure.index.tables.physical import KEY_LENGTH_MAX, TEXT_KEPT_MAX, PhysicalTable

Row = dict[str, Any]

_DIGEST_LENGTH: Final = 64
_SCALARS: Final[Mapping[str, ColumnType]] = {
    "int": ColumnType.INTEGER,
    "Amount": ColumnType.AMOUNT,
    "Time": ColumnType.TIME,
    "Duration": ColumnType.DURATION,
    "bool": ColumnType.BOOL,
    "str": ColumnType.TEXT,
    "bytes": ColumnType.BYTES,
    "Hash": ColumnType.BYTES,
    "Address": ColumnType.ADDRESS,
    "Asset": ColumnType.ASSET,
}
_SORTS: Final[Mapping[Sort, ColumnType]] = {
    Sort.CHOICE: ColumnType.CHOICE,
    Sort.DECIMAL: ColumnType.DECIMAL,
    Sort.LIST: ColumnType.JSON,
    Sort.RECORD: ColumnType.JSON,
}
_TAKES_ALSO: Final[Mapping[ColumnType, ColumnType]] = {ColumnType.TEXT: ColumnType.CHOICE}
"""The name of a choice is a text."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An event with its block, as rows are made of it."""

    height: Height
    time: int
    event: PackedEvent


@dataclass(frozen=True, slots=True)
class Telling:
    """What one event says of one row of one table."""

    table: PhysicalTable
    key: str
    """Empty where the table has none."""
    cells: Mapping[str, Cell]
    adds: Mapping[str, int]
    spoken: Spoken


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of an event, opened."""

    type: ColumnType
    places: int
    value: Cell
    whole: str | None = None
    """A text before it was cut."""


def choose_type(kind: Type) -> ColumnType | None:
    """Return the type of column for values of a type of the language; None where there is none."""
    return _SCALARS.get(kind.name) if kind.sort is Sort.SCALAR else _SORTS.get(kind.sort)


def list_tellings(
    spoken: Spoken,
    tables: Mapping[str, tuple[PhysicalTable, ...]],
    catalogue: Catalogue,
) -> Iterator[Telling]:
    """Yield what an event says of the rows of its contract's tables, by class name."""
    event = spoken.event
    for class_name, interface in catalogue.list_meanings(event.contract, spoken.height):
        told = [
            (table, each)
            for table in tables.get(class_name, ())
            for each in table.declared.tells
            if each.event == event.name
        ]
        fields = _open_event(interface, event) if told else None
        if fields is not None:
            for table, each in told:
                telling = _tell(table, each, fields, spoken)
                if telling is not None:
                    yield telling
            return


def _open_event(interface: Interface, event: PackedEvent) -> dict[str, _Field] | None:
    """Return the fields of an event; None where it is not one of this version."""
    try:
        values = decode_event(interface, event.name, event.data)
    except InvalidEncoding:
        return None
    opened = (
        (each.name, _open_field(interface, each.type, values[each.name]))
        for each in interface.events[event.name].fields
    )
    return {name: found for name, found in opened if found is not None}


def _open_field(interface: Interface, text: str, value: Any) -> _Field | None:
    """Return a field by the type that the interface writes as `text`; None where none fits."""
    kind = parse_type(text, interface)
    type_ = choose_type(kind)
    match type_:
        case None:
            return None
        case ColumnType.JSON:
            form = json.dumps(to_json(interface, text, value), ensure_ascii=False)
            return _Field(type_, 0, cut_text(form), form)
        case ColumnType.DECIMAL:
            return _Field(type_, interface.decimals[kind.name].places, _count_units(value))
        case ColumnType.TEXT | ColumnType.CHOICE:
            return _Field(type_, 0, cut_text(value), value)
        case _:
            return _Field(type_, 0, value)


def _tell(
    table: PhysicalTable, told: Told, fields: Mapping[str, _Field], spoken: Spoken
) -> Telling | None:
    """Return what the event says; None where it names no key."""
    cells: dict[str, Cell] = {}
    adds: dict[str, int] = {}
    whole: dict[str, str] = {}
    for column in table.declared.columns:
        if column.name in told.sets:
            cells[column.name] = told.sets[column.name]
            continue
        is_added = column.name in told.adds
        name = told.adds[column.name] if is_added else told.takes.get(column.name, column.name)
        found = fields.get(name)
        if found is None or not _fits(column.type, column.places, found):
            continue
        if is_added and isinstance(found.value, int):
            adds[column.name] = found.value
        else:
            cells[column.name] = found.value
            if found.whole is not None:
                whole[column.name] = found.whole
    key = [cells.get(name) for name in table.declared.key]
    if any(value is None for value in key):
        return None
    types = {column.name: column.type for column in table.declared.columns}
    parts = [
        whole[name] if name in whole else _write_key(types[name], cells[name])
        for name in table.declared.key
    ]
    return Telling(table, _join_key(parts), cells, adds, spoken)


def _fits(type_: ColumnType, places: int, found: _Field) -> bool:
    is_same = found.type is type_ or found.type is _TAKES_ALSO.get(type_)
    return is_same and (type_ is not ColumnType.DECIMAL or places == found.places)


def _count_units(value: decimal.Decimal) -> int:
    """Return the integer of which a decimal is made, whatever the caller's decimal context."""
    sign, digits, _ = value.as_tuple()
    units = int("".join(map(str, digits)))
    return -units if sign else units


def cut_text(text: str) -> str:
    """Return a text as a table keeps it: bounded, and without the character 0."""
    clean = text.replace("\0", "\ufffd")
    return clean if len(clean) <= TEXT_KEPT_MAX else clean[: TEXT_KEPT_MAX - 1] + "…"


def _write_key(type_: ColumnType, value: Cell) -> str:
    match value:
        case bytes() if type_ is ColumnType.ADDRESS:
            return encode_address(Address(value))
        case bytes():
            return value.hex()
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _join_key(parts: list[str]) -> str:
    """Return a key's text: its parts with `|` between them, or its beginning and its digest.

    All that have a digest, and no others, have the greatest length: so no two keys have one text.
    """
    text = parts[0] if len(parts) == 1 else "|".join(map(_escape, parts))
    if len(text) < KEY_LENGTH_MAX and "\0" not in text:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    length = KEY_LENGTH_MAX - _DIGEST_LENGTH - 1
    return f"{cut_text(text)[:length].ljust(length)}…{digest}"


def _escape(part: str) -> str:
    return part.replace("\\", "\\\\").replace("|", "\\|")


def start_row(telling: Telling) -> Row:
    """Return the row that begins with an event."""
    columns = telling.table.declared.columns
    row: Row = {column.name: None for column in columns}
    row |= dict(telling.cells) | dict(telling.adds) | _describe_place(telling.spoken)
    if telling.table.is_keyed:
        row |= {
            "row_key": telling.key,
            "row_events": 1,
            "row_first_height": telling.spoken.height,
            "row_first_time": telling.spoken.time,
        }
    return row


def change_row(row: Row, telling: Telling) -> Row:
    """Return what is known of a thing after one more event."""
    sums = {
        name: max(-INT_MAX, min(INT_MAX, (row[name] or 0) + more))
        for name, more in telling.adds.items()
    }
    counted = {"row_events": row["row_events"] + 1}
    return row | dict(telling.cells) | sums | counted | _describe_place(telling.spoken)


def _describe_place(spoken: Spoken) -> Row:
    event = spoken.event
    return {
        "row_contract": event.contract,
        "row_event": event.name,
        "row_height": spoken.height,
        "row_receipt": event.receipt,
        "row_call": event.call,
        "row_number": event.number,
        "row_time": spoken.time,
        "row_source": event.source,
    }
