"""Every list of the read model. Which columns sort and filter, its description says."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, RowMapping, Table, select

from dure.core.errors import NotFound
from dure.index import schema
from dure.index.listing import descriptions
from dure.index.listing.checking import check_query
from dure.index.listing.cursor import read_cursor, write_cursor
from dure.index.listing.keyset import SqlList, read_page
from dure.index.listing.packs_read import (
    EVENTS,
    TRANSACTIONS,
    PackTable,
    count_kinds,
    find_heights,
)
from dure.index.listing.query import InvalidQuery, Page, Query, TableDescription, TableRow
from dure.index.listing.rows import (
    ListedAccount,
    ListedCall,
    ListedContract,
    ListedTransaction,
)
from dure.index.listing.scans import (
    Items,
    Place,
    Scan,
    Stop,
    open_scan,
    scan_calls,
    scan_events,
    scan_transactions,
)
from dure.index.queries import BlockRow, EventRow
from dure.index.tables.physical import OPEN, PhysicalTable

T = TypeVar("T")

_NUMBER_MAX: Final = 2**31
"""No block has so many transactions, no transaction so many calls or events."""


class Lists:
    """Answers queries about one index. All methods block and raise `InvalidQuery`."""

    def __init__(self, engine: Engine, tables: Sequence[PhysicalTable]) -> None:
        self._engine = engine
        self._tables = {
            (table.description.application, table.description.name): table for table in tables
        }
        self._descriptions = {("", each.name): each for each in descriptions.OF_CHAIN} | {
            key: table.description for key, table in self._tables.items()
        }

    def describe_tables(self) -> tuple[TableDescription, ...]:
        """Return every list: the chain's own, then those of applications by their slug."""
        return tuple(self._descriptions.values())

    def describe(self, name: str, application: str = "") -> TableDescription:
        """Return one list by its name; raise `NotFound`.

        The chain's own are blocks, transactions, calls, events, accounts and contracts.
        """
        found = self._descriptions.get((application, name))
        if found is None:
            raise NotFound("there is no list of that name")
        return found

    def read(self, table: TableDescription, query: Query) -> Page[TableRow]:
        """Return rows of whatever list, as cells by column: for what shows every list alike."""
        if table.application:
            return self.list_table(table.application, table.name, query)
        readers: dict[str, Callable[[Query], Page[Any]]] = {
            "blocks": self.list_blocks,
            "transactions": self.list_transactions,
            "calls": self.list_calls,
            "events": self.list_events,
            "accounts": self.list_accounts,
            "contracts": self.list_contracts,
        }
        if table.name not in readers:
            raise NotFound("there is no list of that name")
        page = readers[table.name](query)
        rows = tuple(TableRow(_open_row(table, row)) for row in page.rows)
        return Page(rows, page.next, page.total, page.has_more)

    def list_blocks(self, query: Query) -> Page[BlockRow]:
        """Return blocks.

        Sorts: height, time. Filters: those, transactions, scheduled, bytes, block_id, proposer and
        finality.
        """
        return self._read_rows(descriptions.BLOCKS, schema.BLOCKS, query, _build_block)

    def list_transactions(self, query: Query) -> Page[ListedTransaction]:
        """Return transactions; only their place in the chain (`height`) sorts.

        Filters: height, time, sender, payer, account (sent, paid for, or named in an event),
        contract, method, status.
        """
        columns = ("sender", "payer", "account", "contract", "method", "status")
        return self._scan(
            descriptions.TRANSACTIONS, query, columns, scan_transactions, _count_transactions
        )

    def list_calls(self, query: Query) -> Page[ListedCall]:
        """Return calls of transactions, as far as they were reached; `height` sorts.

        Filters: height, time, sender, contract, method, status.
        """
        columns = ("sender", "contract", "method", "status")
        count = _build_count(TRANSACTIONS, frozenset({"contract", "method"}))
        return self._scan(descriptions.CALLS, query, columns, scan_calls, count, parts=3)

    def list_events(self, query: Query) -> Page[EventRow]:
        """Return events; `height` sorts. `data` is opened by `Contracts.describe_event`.

        Filters: height, time, contract, name, source, account (any 32 bytes that the event names).
        """
        columns = ("contract", "name", "source", "account")
        count = _build_count(EVENTS, frozenset({"contract", "name"}))
        return self._scan(descriptions.EVENTS, query, columns, scan_events, count, parts=4)

    def list_accounts(self, query: Query) -> Page[ListedAccount]:
        """Return accounts. Sorts: address, last_height. Filters: every column, `address` whole."""
        return self._read_rows(
            descriptions.ACCOUNTS, schema.ACCOUNTS, query, lambda row: ListedAccount(**row)
        )

    def list_contracts(self, query: Query) -> Page[ListedContract]:
        """Return contracts. Sorts: name, height. Filters: address, name, height."""
        return self._read_rows(
            descriptions.CONTRACTS, schema.CONTRACTS, query, lambda row: ListedContract(**row)
        )

    def list_table(self, application: str, table: str, query: Query) -> Page[TableRow]:
        """Return rows of an application's table; raise `NotFound` where there is none.

        Sorts: every column but those of JSON. Filters: every column, as its description says.
        """
        found = self._tables.get((application, table))
        if found is None:
            raise NotFound("there is no table of that name")
        where = (found.sql.c.row_until == OPEN,) if found.is_keyed else ()
        columns = found.sql.c
        place = (columns.row_height, columns.row_receipt, columns.row_call, columns.row_number)
        source = SqlList(
            found.description,
            {each.name: columns[each.name] for each in found.description.columns},
            place,
            where,
        )
        with self._engine.connect() as connection:
            page = read_page(connection, source, query)
        return Page(tuple(TableRow(row) for row in page.rows), page.next, page.total, page.has_more)

    def find_rows(self, key: str, limit: int) -> list[tuple[PhysicalTable, RowMapping]]:
        """Return rows of applications whose key is that text, for the search."""
        found: list[tuple[PhysicalTable, RowMapping]] = []
        with self._engine.connect() as connection:
            for table in self._tables.values():
                if table.is_keyed and len(found) < limit:
                    columns = table.sql.c
                    wanted = select(table.sql)
                    wanted = wanted.where(columns.row_key == key, columns.row_until == OPEN)
                    rows = connection.execute(wanted.limit(limit - len(found))).mappings().all()
                    found += [(table, row) for row in rows]
        return found

    def _read_rows(
        self,
        description: TableDescription,
        table: Table,
        query: Query,
        build: Callable[[Mapping[str, Any]], T],
    ) -> Page[T]:
        columns = {each.name: table.c[each.name] for each in description.columns}
        source = SqlList(description, columns, tuple(table.primary_key.columns))
        with self._engine.connect() as connection:
            page = read_page(connection, source, query)
        return Page(tuple(map(build, page.rows)), page.next, page.total, page.has_more)

    def _scan(
        self,
        description: TableDescription,
        query: Query,
        columns: tuple[str, ...],
        read: Callable[[Scan], Items[T]],
        count: Callable[[Connection, Query], int | None],
        *,
        parts: int = 2,
    ) -> Page[T]:
        """Return a page of what packs hold; `parts` is how many numbers name an item's place."""
        check_query(description, query)
        after = _read_place(query.after, parts) if query.after else None
        rows: list[T] = []
        last: Place | None = None
        going_on = ""
        with self._engine.connect() as connection:
            scan = open_scan(connection, query, after, *columns)
            with closing(read(scan)) as items:
                for each in items:
                    if isinstance(each, Stop):
                        going_on = write_cursor(each.place)
                        break
                    if len(rows) == query.limit:
                        assert last is not None
                        going_on = write_cursor(last)
                        break
                    rows.append(each.item)
                    last = each.place
            total = count(connection, query)
        return Page(tuple(rows), going_on, total, has_more=False)


def _read_place(text: str, parts: int) -> Place:
    """Return the place in a cursor; raise `InvalidQuery`."""
    numbers = [each for each in read_cursor(text, [int] * parts) if isinstance(each, int)]
    if any(abs(number) > _NUMBER_MAX for number in numbers[1:]):
        raise InvalidQuery("`after` is the `next` of a page in the same order")
    return tuple(numbers)


def _count_transactions(connection: Connection, query: Query) -> int | None:
    """Return how many there are in a stretch of blocks; None where one would have to look."""
    if not {each.column for each in query.conditions} <= {"height", "time"}:
        return None
    heights = find_heights(connection, query)
    columns = schema.BLOCKS.c
    inside = select(columns.transactions_total, columns.transactions)
    inside = inside.where(columns.height >= heights.lowest, columns.height <= heights.highest)
    first = connection.execute(inside.order_by(columns.height).limit(1)).first()
    last = connection.execute(inside.order_by(columns.height.desc()).limit(1)).first()
    if first is None or last is None:
        return 0
    return int(last.transactions_total - first.transactions_total + first.transactions)


def _build_count(
    table: PackTable, able: frozenset[str]
) -> Callable[[Connection, Query], int | None]:
    """Return what counts the items of a table by their kinds, where kinds are all that is asked."""

    def count(connection: Connection, query: Query) -> int | None:
        asked = {each.column for each in query.conditions} - {"height", "time"}
        if not asked <= able:
            return None
        values = {each.column: each.value for each in query.conditions if each.column in able}
        return count_kinds(connection, table, find_heights(connection, query), values)

    return count


def _build_block(row: Mapping[str, Any]) -> BlockRow:
    return BlockRow(**row)


def _open_row(table: TableDescription, row: Any) -> dict[str, Any]:
    """Return a row's cells; what is no cell, such as a list of calls, is left as it is told."""
    cells = {each.name: getattr(row, each.name) for each in table.columns if not each.is_hidden}
    if "calls" in cells and isinstance(cells["calls"], tuple):
        cells["calls"] = ", ".join(each.method for each in cells["calls"])
    return cells
