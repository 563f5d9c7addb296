"""Queries held against a list's description: nothing unchecked reaches the database."""

from collections.abc import Mapping
from typing import Final

from dure.core.types import INT_MAX, INT_MIN
from dure.index.listing.query import (
    CONDITIONS_MAX,
    LIMIT_MAX,
    TEXT_MAX,
    Column,
    ColumnType,
    Compare,
    Condition,
    InvalidQuery,
    Query,
    TableDescription,
)

BYTES_MAX: Final = 64
_TEXTS: Final = (ColumnType.TEXT, ColumnType.CHOICE, ColumnType.JSON)
_PYTHON_TYPES: Final[Mapping[ColumnType, type]] = {
    ColumnType.TEXT: str,
    ColumnType.CHOICE: str,
    ColumnType.JSON: str,
    ColumnType.BYTES: bytes,
    ColumnType.ADDRESS: bytes,
    ColumnType.ASSET: bytes,
    ColumnType.BOOL: bool,
}
"""What is compared with a column's cells; the others are integers."""


def check_query(table: TableDescription, query: Query) -> Column:
    """Return the column that sorts; raise `InvalidQuery` where the query does not fit the list."""
    if not 1 <= query.limit <= LIMIT_MAX:
        raise InvalidQuery(f"a page has 1 to {LIMIT_MAX} rows")
    if len(query.conditions) > CONDITIONS_MAX:
        raise InvalidQuery(f"a list takes {CONDITIONS_MAX} conditions at most")
    for condition in query.conditions:
        _check_condition(table, condition)
    column = table.find(query.sort or table.sort)
    if not column.sorts:
        able = ", ".join(each.name for each in table.columns if each.sorts)
        raise InvalidQuery(f"{table.name} is not sorted by {column.name}; it is by {able}")
    return column


def _check_condition(table: TableDescription, condition: Condition) -> None:
    column = table.find(condition.column)
    if condition.compare not in column.compares:
        able = ", ".join(column.compares) or "no comparison"
        raise InvalidQuery(f"the column {column.name} takes {able}, not {condition.compare}")
    if not _fits(column.type, condition.value):
        raise InvalidQuery(f"the column {column.name} has nothing to do with that value")


def _fits(type_: ColumnType, value: object) -> bool:
    wanted = _PYTHON_TYPES.get(type_, int)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        return False
    match value:
        case str():
            # Half a surrogate pair, or the character 0, is in no text that a database keeps.
            return len(value) <= TEXT_MAX and "\0" not in value and _has_bytes(value)
        case bytes():
            return len(value) <= BYTES_MAX
        case int():
            return INT_MIN <= value <= INT_MAX
        case _:
            return False


def _has_bytes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def find_value(query: Query, column: str) -> object:
    """Return what a column is to be; None where nobody asks.

    Raise `InvalidQuery` where two values are asked for, which no row has.
    """
    found = [
        each.value
        for each in query.conditions
        if each.column == column and each.compare is Compare.IS
    ]
    if len(found) > 1:
        raise InvalidQuery(f"the column {column} is compared twice")
    return found[0] if found else None
