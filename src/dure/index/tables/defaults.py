"""The tables of an application that declares none, made from its contracts' interfaces.

Each kind of event is a table in which every event is a row. And where a field begins at least two
kinds of events, it names a thing of which the contract speaks again and again: policy 7 was sold,
policy 7 was paid. Then the table `threads` has one row a thing, with everything that was ever told
of it, the newest value of each field.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from dure.contract.interface import FieldInterface, Interface, ShapeInterface, parse_type
from dure.contract.shapes import Sort
from dure.index.listing.query import ColumnType
from dure.index.tables.declaration import (
    COLUMN_NAME,
    COLUMNS_MAX,
    OWN_PREFIX,
    TABLE_NAME,
    TABLES_MAX,
    Table,
    TableColumn,
    Told,
)
from dure.index.tables.telling import choose_type

THREADS: Final = "threads"
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def build_default_tables(interfaces: Sequence[Interface]) -> tuple[Table, ...]:
    """Return the tables of an application's contracts."""
    several = len(interfaces) > 1
    tables: dict[str, Table] = {}
    for interface in interfaces:
        prefix = f"{_write_name(interface.name)}_" if several else ""
        made = [_build_threads(f"{prefix}{THREADS}", interface)]
        made += [
            _build_log(f"{prefix}{_write_name(event.name)}", interface, event)
            for event in interface.events.values()
        ]
        for table in made:
            if table is not None and len(tables) < TABLES_MAX:
                tables.setdefault(table.name, table)
    return tuple(tables.values())


def find_key(interface: Interface) -> str | None:
    """Return the field that begins at least two kinds of events, the most frequent one."""
    firsts = Counter(each.fields[0].name for each in interface.events.values() if each.fields)
    name, count = firsts.most_common(1)[0] if firsts else ("", 0)
    return name if count >= 2 else None


def _build_threads(name: str, interface: Interface) -> Table | None:
    key = find_key(interface)
    events = [each for each in interface.events.values() if each.fields]
    events = [each for each in events if each.fields[0].name == key]
    fields = {each.name: each for event in reversed(events) for each in event.fields}
    ordered = [fields[each] for each in dict.fromkeys(f.name for e in events for f in e.fields)]
    columns = _build_columns(interface, ordered)
    if key is None or key not in {column.name for column in columns}:
        return None
    if not TABLE_NAME.fullmatch(name):
        return None
    told = tuple(Told(event.name) for event in events)
    return Table(name, interface.name, columns, told, key=(key,))


def _build_log(name: str, interface: Interface, event: ShapeInterface) -> Table | None:
    columns = _build_columns(interface, event.fields)
    if not columns or not TABLE_NAME.fullmatch(name):
        return None
    return Table(name, interface.name, columns, (Told(event.name),))


def _build_columns(
    interface: Interface, fields: Sequence[FieldInterface]
) -> tuple[TableColumn, ...]:
    """Return columns for the fields that can be columns; names that look alike only once."""
    found: dict[str, TableColumn] = {}
    for each in fields:
        kind = parse_type(each.type, interface)
        type_ = choose_type(kind)
        is_own = each.name.lower().startswith(OWN_PREFIX)
        if type_ is None or is_own or not COLUMN_NAME.fullmatch(each.name):
            continue
        places = interface.decimals[kind.name].places if kind.sort is Sort.DECIMAL else 0
        asset = _find_asset(interface, fields) if type_ is ColumnType.AMOUNT else ""
        found.setdefault(each.name.lower(), TableColumn(each.name, type_, asset, places))
    return tuple(found.values())[:COLUMNS_MAX]


def _find_asset(interface: Interface, fields: Sequence[FieldInterface]) -> str:
    """Return where the asset of an event's amounts stands, if only one place can be meant."""
    beside = [each.name for each in fields if each.type.startswith("Asset")]
    stored = [name for name, type_ in interface.state.items() if type_.startswith("Asset")]
    places = beside or stored
    return places[0] if len(places) == 1 else ""


def _write_name(name: str) -> str:
    """Return a class name as a table's: `PolicySold` is `policy_sold`."""
    return _WORD.sub("_", name).lower()
