"""Rows that are all at hand: filtered, sorted and cut into pages here.

A filter fits where the value or its words hold what was typed, upper and lower case alike; one of a
column with choices fits where they are the same. The cursor is how many rows stand before.
"""

from collections.abc import Mapping, Sequence

from dure.console.tables.kinds import Cell, Value
from dure.console.tables.model import Column, InvalidTableQuery, Query, Row, Rows


def select_rows(columns: Sequence[Column], rows: Sequence[Row], query: Query) -> Rows:
    """Return the page of rows that the query asks for; raise `InvalidTableQuery`."""
    choices = {column.name for column in columns if column.choices}
    fitting = [row for row in rows if _fits(row, query.filters, choices)]
    if query.sort is not None:
        name = query.sort
        known = [row for row in fitting if _get(row, name) is not None]
        unknown = [row for row in fitting if _get(row, name) is None]
        known.sort(key=lambda row: _rank(_get(row, name)), reverse=query.descending)
        fitting = known + unknown
    start = _read_start(query.cursor)
    end = start + query.limit
    following = str(end) if end < len(fitting) else None
    return Rows(fitting[start:end], following, len(fitting))


def _fits(row: Row, filters: Mapping[str, str], choices: set[str]) -> bool:
    return all(
        str(_get(row, name)) == wanted
        if name in choices
        else wanted.casefold() in _get_searched(row.get(name)).casefold()
        for name, wanted in filters.items()
    )


def _get_searched(given: Cell | Value) -> str:
    """Return everything of a cell that a person may look for."""
    if isinstance(given, Cell):
        return f"{given.words} {'' if given.value is None else given.value}"
    return "" if given is None else str(given)


def _get(row: Row, name: str) -> Value:
    given = row.get(name)
    return given.value if isinstance(given, Cell) else given


def _rank(value: Value) -> tuple[bool, int, str]:
    """Return where a value stands: numbers by size before text by letters."""
    if isinstance(value, int):
        return (False, value, "")
    return (True, 0, str(value).casefold())


def _read_start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 9):
        raise InvalidTableQuery("the page's address says a place that no row has")
    return int(cursor)
