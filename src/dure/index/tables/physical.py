"""An application's table in the database: its own columns, and where each row comes from.

A row of a table with a key is what was known of one thing after one block; `row_until` is the block
that said something new of it, `OPEN` while nothing has. So a page reads the open rows, and to take
a block back is to delete its rows and to open those again that it had closed: no earlier value has
to be worked out.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Text,
)
from sqlalchemy import Column as SqlColumn
from sqlalchemy import (
    Table as SqlTable,
)
from sqlalchemy.types import TypeEngine

from dure.core.types import INT_MAX
from dure.index.listing.query import Column, ColumnType, Compare, TableDescription
from dure.index.tables.declaration import ApplicationTables, Table

OPEN: Final = INT_MAX
"""`row_until` of what is known now."""
KEY_LENGTH_MAX: Final = 160
TEXT_KEPT_MAX: Final = 2_000
"""Characters of a text that a table keeps; the event has all of it."""
_NAME_MAX: Final = 60
"""PostgreSQL takes 63."""

PLACE: Final = ("row_height", "row_receipt", "row_call", "row_number")
"""Where the event stands that said the last of a row."""

_RANGE: Final = (Compare.IS, Compare.FROM, Compare.TO)
_COMPARES: Final[dict[ColumnType, tuple[Compare, ...]]] = {
    ColumnType.TEXT: (Compare.IS, Compare.CONTAINS),
    ColumnType.CHOICE: (Compare.IS,),
    ColumnType.INTEGER: _RANGE,
    ColumnType.AMOUNT: _RANGE,
    ColumnType.TIME: _RANGE,
    ColumnType.DURATION: _RANGE,
    ColumnType.DECIMAL: _RANGE,
    ColumnType.BYTES: (Compare.IS,),
    ColumnType.ADDRESS: (Compare.IS,),
    ColumnType.ASSET: (Compare.IS,),
    ColumnType.BOOL: (Compare.IS,),
    ColumnType.JSON: (Compare.CONTAINS,),
}
_SQL_TYPES: Final[dict[ColumnType, type[TypeEngine[Any]]]] = {
    ColumnType.TEXT: Text,
    ColumnType.CHOICE: Text,
    ColumnType.JSON: Text,
    ColumnType.BOOL: Boolean,
    ColumnType.BYTES: LargeBinary,
    ColumnType.ADDRESS: LargeBinary,
    ColumnType.ASSET: LargeBinary,
}

_CONTRACT: Final = Column("row_contract", ColumnType.ADDRESS, compares=(Compare.IS,))
_EVENT: Final = Column("row_event", ColumnType.TEXT, sorts=True, compares=(Compare.IS,))
_HEIGHT: Final = Column("row_height", ColumnType.INTEGER, sorts=True, compares=_RANGE)
_TIME: Final = Column("row_time", ColumnType.TIME, sorts=True, compares=_RANGE)
_SOURCE: Final = Column("row_source", ColumnType.BYTES, compares=(Compare.IS,))
_OF_ALL: Final = (_CONTRACT, _EVENT, _HEIGHT, _TIME, _SOURCE)
_OF_KEYED: Final = (
    Column("row_key", ColumnType.TEXT, compares=(Compare.IS, Compare.CONTAINS)),
    *_OF_ALL,
    Column("row_events", ColumnType.INTEGER, sorts=True, compares=_RANGE),
    Column("row_first_height", ColumnType.INTEGER, sorts=True, compares=_RANGE),
    Column("row_first_time", ColumnType.TIME, sorts=True, compares=_RANGE),
)


@dataclass(frozen=True, slots=True)
class PhysicalTable:
    """A declared table, its description for readers, and where its rows stand."""

    declared: Table
    description: TableDescription
    sql: SqlTable

    @property
    def is_keyed(self) -> bool:
        """Say whether a row is a thing, and not an event."""
        return bool(self.declared.key)


def build_physical(application: ApplicationTables, metadata: MetaData) -> tuple[PhysicalTable, ...]:
    """Return an application's tables as they stand in the database."""
    return tuple(
        PhysicalTable(
            table,
            _describe(application.application, table),
            _build_sql(_name(application.application, table.name), table, metadata),
        )
        for table in application.tables
    )


def _name(application: str, table: str) -> str:
    """Return a name that no other table has: no application's has a `_`, and no table's a `-`.

    Those of the greatest length all end with a digest.
    """
    name = f"app_{application}_{table}"
    if len(name) < _NAME_MAX:
        return name
    return f"{name[: _NAME_MAX - 13]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _describe(application: str, table: Table) -> TableDescription:
    columns = tuple(
        Column(
            column.name,
            column.type,
            sorts=column.type is not ColumnType.JSON,
            compares=_COMPARES[column.type],
            asset=column.asset,
            places=column.places,
        )
        for column in table.columns
    )
    return TableDescription(
        name=table.name,
        columns=columns + (_OF_KEYED if table.key else _OF_ALL),
        sort="row_height",
        application=application,
        contract=table.contract,
        key=table.key,
        title_en=table.title_en,
        title_ko=table.title_ko,
    )


def _build_sql(name: str, table: Table, metadata: MetaData) -> SqlTable:
    own: list[SqlColumn[Any]] = [
        SqlColumn(column.name, _SQL_TYPES.get(column.type, BigInteger)) for column in table.columns
    ]
    rows: list[SqlColumn[Any]] = [
        SqlColumn("row_contract", LargeBinary(32), nullable=False),
        SqlColumn("row_event", String(64), nullable=False),
        SqlColumn("row_height", BigInteger, nullable=False),
        SqlColumn("row_receipt", Integer, nullable=False),
        SqlColumn("row_call", Integer, nullable=False),
        SqlColumn("row_number", Integer, nullable=False),
        SqlColumn("row_time", BigInteger, nullable=False),
        SqlColumn("row_source", LargeBinary(32), nullable=False),
    ]
    if not table.key:
        return SqlTable(name, metadata, *own, *rows, PrimaryKeyConstraint(*PLACE))
    rows += [
        SqlColumn("row_key", String(KEY_LENGTH_MAX), nullable=False),
        SqlColumn("row_until", BigInteger, nullable=False),
        SqlColumn("row_events", BigInteger, nullable=False),
        SqlColumn("row_first_height", BigInteger, nullable=False),
        SqlColumn("row_first_time", BigInteger, nullable=False),
    ]
    by_key = Index(f"{name}-k", "row_key", "row_until", "row_contract")
    return SqlTable(name, metadata, *own, *rows, PrimaryKeyConstraint(*PLACE), by_key)
