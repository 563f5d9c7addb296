"""Lists whose rows are rows of the database: sorted by any column, paged by the last row's values.

Long texts and bytes are ordered by their beginning; behind it, and behind equal values, by the
place of the row, which no two have in common. Rows without a value come before all others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Column as SqlColumn,
)
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)

from dure.index.listing.checking import check_query
from dure.index.listing.cursor import Part, PartType, read_cursor, write_cursor
from dure.index.listing.query import (
    TOTAL_MAX,
    Column,
    ColumnType,
    Compare,
    Condition,
    Query,
    TableDescription,
)

CHARACTERS_SORTED: Final = 24
BYTES_SORTED: Final = 32
_BEGINNINGS: Final[Mapping[ColumnType, int]] = {
    ColumnType.TEXT: CHARACTERS_SORTED,
    ColumnType.CHOICE: CHARACTERS_SORTED,
    ColumnType.BYTES: BYTES_SORTED,
    ColumnType.ADDRESS: BYTES_SORTED,
    ColumnType.ASSET: BYTES_SORTED,
}
_CURSOR_TYPES: Final[Mapping[ColumnType, PartType]] = {
    ColumnType.TEXT: str,
    ColumnType.CHOICE: str,
    ColumnType.BYTES: bytes,
    ColumnType.ADDRESS: bytes,
    ColumnType.ASSET: bytes,
}
"""What a cursor has of a column; of the others an integer."""


@dataclass(frozen=True, slots=True)
class SqlList:
    """A list that stands in one table."""

    description: TableDescription
    columns: Mapping[str, SqlColumn[Any]]
    """By the names of the description; those of `place` may stand beside them."""
    place: tuple[SqlColumn[Any], ...]
    """What no two rows have in common."""
    where: tuple[ColumnElement[bool], ...] = ()
    """What all rows of the list meet."""


@dataclass(frozen=True, slots=True)
class SqlPage:
    """Rows by column name, and what a `Page` says of them."""

    rows: Sequence[Mapping[str, Any]]
    next: str
    total: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class _Order:
    """The values by which rows are ordered, the first before the second."""

    parts: tuple[ColumnElement[Any], ...]
    types: tuple[PartType, ...]
    is_nullable: bool


def read_page(connection: Connection, source: SqlList, query: Query) -> SqlPage:
    """Return one page; raise `InvalidQuery`."""
    column = check_query(source.description, query)
    conditions = [*source.where, *(_write(source, each) for each in query.conditions)]
    order = _choose_order(source, column)
    wanted = select(*source.columns.values()).add_columns(
        *(part.label(f"order_{i}") for i, part in enumerate(order.parts))
    )
    wanted = wanted.where(*conditions)
    if query.after:
        wanted = wanted.where(_stands_after(order, query))
    directed = [part.desc() if query.descending else part.asc() for part in order.parts]
    wanted = wanted.order_by(*directed).limit(query.limit + 1)
    rows = connection.execute(wanted).mappings().all()
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    last = [shown[-1][f"order_{i}"] for i in range(len(order.parts))] if more else []
    total = _count(connection, source, conditions)
    return SqlPage(
        rows=[{name: row[each] for name, each in source.columns.items()} for row in shown],
        next=write_cursor(last) if more else "",
        total=min(total, TOTAL_MAX),
        has_more=total > TOTAL_MAX,
    )


def _write(source: SqlList, condition: Condition) -> ColumnElement[bool]:
    """Return a condition as SQL."""
    column = source.columns[condition.column]
    match condition.compare:
        case Compare.IS:
            return column == condition.value
        case Compare.FROM:
            return column >= condition.value
        case Compare.TO:
            return column <= condition.value
        case Compare.CONTAINS:
            wanted = str(condition.value).lower()
            return func.lower(column).contains(wanted, autoescape=True)


def _choose_order(source: SqlList, column: Column) -> _Order:
    sql = source.columns[column.name]
    value = _choose_value(sql, column.type)
    place_types = [_get_type(each) for each in source.place]
    if any(sql is each for each in source.place):
        # The place alone says it all; what it begins with is what was asked for.
        rest = [each for each in source.place if each is not sql]
        own = (sql, *rest)
        return _Order(own, tuple(_get_type(each) for each in own), is_nullable=False)
    type_ = _CURSOR_TYPES.get(column.type, int)
    if not sql.nullable:
        return _Order((value, *source.place), (type_, *place_types), is_nullable=False)
    has_value = case((sql.is_(None), 0), else_=1)
    parts = (has_value, value, *source.place)
    return _Order(parts, (int, type_, *place_types), is_nullable=True)


def _choose_value(sql: SqlColumn[Any], type_: ColumnType) -> ColumnElement[Any]:
    """Return what rows are ordered by: something short that a cursor can hold."""
    if type_ is ColumnType.BOOL:
        return case((sql.is_(True), 1), else_=0)
    length = _BEGINNINGS.get(type_)
    return sql if length is None else func.substr(sql, 1, length)


def _get_type(column: SqlColumn[Any]) -> PartType:
    return bytes if column.type.python_type is bytes else int


def _stands_after(order: _Order, query: Query) -> ColumnElement[bool]:
    """Say that a row comes behind a place in the order asked for.

    Not all databases compare tuples.
    """
    place = read_cursor(query.after, order.types, nullable=1 if order.is_nullable else None)
    pairs: list[tuple[ColumnElement[Any], Part]] = list(zip(order.parts, place, strict=True))
    if order.is_nullable and place[1] is None:
        del pairs[1]
    later = [
        and_(
            *(part == value for part, value in pairs[:i]),
            pairs[i][0] < pairs[i][1] if query.descending else pairs[i][0] > pairs[i][1],
        )
        for i in range(len(pairs))
    ]
    return or_(*later)


def _count(
    connection: Connection, source: SqlList, conditions: Sequence[ColumnElement[bool]]
) -> int:
    """Return how many rows meet the conditions, counting a little further than anybody is told."""
    one = select(literal(1)).select_from(source.place[0].table).where(*conditions)
    counted = select(func.count()).select_from(one.limit(TOTAL_MAX + 1).subquery())
    return int(connection.execute(counted).scalar_one())
