"""Rows of applications' tables, written with their blocks and taken back with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, Final

from sqlalchemy import Connection, MetaData, and_, bindparam, delete, insert, select, update

from dure.core.types import Address, Height
from dure.index.packs import decode_events
from dure.index.rows import BlockRows
from dure.index.tables.catalogue import Catalogue
from dure.index.tables.declaration import ApplicationTables
from dure.index.tables.physical import OPEN, PLACE, PhysicalTable, build_physical
from dure.index.tables.telling import Row, Spoken, Telling, change_row, list_tellings, start_row

_LOOKUP: Final = 500
"""Keys in one question: databases take only so many."""

# What is bound in an update begins as no column of an application may: a name that is also a
# column's would be set.

Thing = tuple[Address, str]
"""A contract and a key: what a row of a keyed table is about."""


class Keeper:
    """The tables of all known applications. Its methods run in a transaction of the caller's."""

    def __init__(self, applications: Sequence[ApplicationTables]) -> None:
        self.metadata = MetaData()
        self.tables: tuple[PhysicalTable, ...] = tuple(
            table
            for application in sorted(applications, key=lambda each: each.application)
            for table in build_physical(application, self.metadata)
        )
        self._by_class: dict[str, tuple[PhysicalTable, ...]] = {}
        for table in self.tables:
            name = table.declared.contract
            self._by_class[name] = (*self._by_class.get(name, ()), table)
        self.catalogue = Catalogue(self._by_class)

    def write(self, connection: Connection, blocks: Sequence[BlockRows]) -> None:
        """Take in what the events of new blocks, in rising order, say.

        The catalogue has learned the contracts that left them.
        """
        told: dict[str, list[Telling]] = {}
        for block in blocks if self.tables else ():
            for telling in self._read(block):
                told.setdefault(telling.table.sql.name, []).append(telling)
        for tellings in told.values():
            table = tellings[0].table
            if table.is_keyed:
                _write_things(connection, table, tellings)
            else:
                connection.execute(insert(table.sql), [start_row(each) for each in tellings])

    def retract(self, connection: Connection, height: Height) -> None:
        """Take back what blocks from `height` on said."""
        self.catalogue.forget()
        for table in self.tables:
            columns = table.sql.c
            if table.is_keyed:
                gone = select(columns.row_contract, columns.row_key)
                gone = gone.where(columns.row_height >= height).distinct()
                things = connection.execute(gone).all()
                connection.execute(delete(table.sql).where(columns.row_height >= height))
                _open_again(connection, table, things, height)
            else:
                connection.execute(delete(table.sql).where(columns.row_height >= height))

    def clear(self, connection: Connection) -> None:
        """Empty all tables."""
        self.catalogue.forget()
        for table in self.tables:
            connection.execute(delete(table.sql))

    def _read(self, block: BlockRows) -> Iterator[Telling]:
        """Yield what a block's events say, in order; only packs that matter are opened."""
        wanted = {
            kind["pack"]
            for kind in block.event_kinds
            if any(True for _ in self.catalogue.list_meanings(kind["contract"], block.height))
        }
        for pack in block.events:
            if pack["pack"] in wanted:
                for event in decode_events(pack["data"]):
                    spoken = Spoken(block.height, block.block["time"], event)
                    yield from list_tellings(spoken, self._by_class, self.catalogue)


def _write_things(
    connection: Connection, table: PhysicalTable, tellings: Sequence[Telling]
) -> None:
    """Write what is known of each thing after each block that said something of it."""
    things = list(dict.fromkeys((each.spoken.event.contract, each.key) for each in tellings))
    newest: dict[Thing, Row] = dict(_find_open(connection, table, things))
    stored = dict(newest)
    new: list[Row] = []
    closed: list[Row] = []
    for telling in tellings:
        thing = (telling.spoken.event.contract, telling.key)
        before = newest.get(thing)
        if before is None:
            row = start_row(telling)
            new.append(row)
        elif before["row_height"] == telling.spoken.height:
            # The same block once more: what stood between is nobody's.
            row = change_row(before, telling)
            before.update(row)
            continue
        else:
            row = change_row(before, telling)
            if before is stored.get(thing):
                closed.append(_name_place(before) | {"row_now_until": telling.spoken.height})
            before["row_until"] = telling.spoken.height
            new.append(row)
        row["row_until"] = OPEN
        newest[thing] = row
    if closed:
        here = and_(*(table.sql.c[name] == bindparam(f"row_of_{name}") for name in PLACE))
        connection.execute(
            update(table.sql).where(here).values(row_until=bindparam("row_now_until")), closed
        )
    connection.execute(insert(table.sql), new)


def _find_open(
    connection: Connection, table: PhysicalTable, things: Iterable[Thing]
) -> Iterator[tuple[Thing, Row]]:
    """Yield the open rows of things, in a form that may be changed."""
    columns = table.sql.c
    for contract, same in groupby(sorted(set(things)), key=lambda thing: thing[0]):
        waiting = (key for _, key in same)
        while some := list(islice(waiting, _LOOKUP)):
            found = select(table.sql).where(
                columns.row_key.in_(some),
                columns.row_until == OPEN,
                columns.row_contract == contract,
            )
            for row in connection.execute(found).mappings():
                yield (contract, row["row_key"]), dict(row)


def _open_again(
    connection: Connection, table: PhysicalTable, things: Iterable[Any], height: Height
) -> None:
    """Open the rows that a block from `height` on had closed."""
    columns = table.sql.c
    opened = (
        update(table.sql)
        .where(
            columns.row_contract == bindparam("row_of_contract"),
            columns.row_key == bindparam("row_of_key"),
            columns.row_until >= height,
        )
        .values(row_until=OPEN)
    )
    given = [{"row_of_contract": contract, "row_of_key": key} for contract, key in things]
    if given:
        connection.execute(opened, given)


def _name_place(row: Mapping[str, Any]) -> Row:
    return {f"row_of_{name}": row[name] for name in PLACE}
