"""A table's words in the address of its page: read with bounds, and written again for every link.

Words of `name`: `name.sort`, `name.order` (`asc` or `desc`), `name.rows`, `name.is.<column>` for
each filter, and `name.after` once for every page that was turned, so that there is a way back
without keeping anything.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from dure.console.settings import ROWS_CHOICES
from dure.console.tables.model import InvalidTableQuery, Query, Table

PAGES_TURNED_MAX: Final = 40
"""Pages that the way back remembers."""
FILTER_LENGTH_MAX: Final = 200
CURSOR_LENGTH_MAX: Final = 200
PARAMETERS_MAX: Final = 200
"""Words of the whole address."""
_CURSOR_LETTERS: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:-"
)

Pairs = list[tuple[str, str]]


class TableWords:
    """One table's part of one address, and the rest of it."""

    def __init__(self, table: Table, parameters: QueryParams, rows_usual: int) -> None:
        """Raise `InvalidTableQuery`; `rows_usual` is what the reader has settled on."""
        given = parameters.multi_items()
        if len(given) > PARAMETERS_MAX:
            raise InvalidTableQuery(f"an address has at most {PARAMETERS_MAX} words")
        prefix = f"{table.name}."
        own = [(name.removeprefix(prefix), value) for name, value in given if _is(name, prefix)]
        self._prefix = prefix
        self.rest: Pairs = [
            pair
            for pair in given
            if not _is(pair[0], prefix) and pair[0] not in {"table", "format"}
        ]
        """The words of everything else on the page."""
        self.trail = [_validate_cursor(value) for name, value in own if name == "after"]
        """The cursor of each page turned so far, the present one last."""
        singles = {name: value for name, value in own if name != "after"}
        filters = _read_filters(table, singles)
        sort, descending = _read_order(table, singles)
        self.rows = singles.get("rows")
        cursor = self.trail[-1] if self.trail else None
        limit = rows_usual if self.rows is None else _read_limit(self.rows)
        self.query = Query(sort, descending, filters, cursor, limit)

    def link(
        self,
        *,
        sort: str | None,
        descending: bool,
        trail: Iterable[str] = (),
        rows: str | None = None,
    ) -> str:
        """Return an address with the same filters; without `trail` it is the first page's."""
        own: Pairs = [] if sort is None else [("sort", sort)]
        own += [("order", "desc")] if sort is not None and descending else []
        own += [(f"is.{name}", value) for name, value in self.query.filters.items()]
        shown = self.rows if rows is None else rows
        own += [] if shown is None else [("rows", shown)]
        own += [("after", cursor) for cursor in list(trail)[-PAGES_TURNED_MAX:]]
        return "?" + urlencode([*self.rest, *((self._prefix + name, value) for name, value in own)])

    def name(self, word: str) -> str:
        """Return a word as it stands in an address."""
        return self._prefix + word


def _is(name: str, prefix: str) -> bool:
    return name.startswith(prefix)


def _read_filters(table: Table, words: dict[str, str]) -> dict[str, str]:
    filters: dict[str, str] = {}
    for name, value in words.items():
        if not name.startswith("is.") or not value.strip():
            continue
        column = table.get_column(name.removeprefix("is."))
        if column is None or not column.is_filterable:
            raise InvalidTableQuery("this table cannot be filtered by that")
        if len(value) > FILTER_LENGTH_MAX or not value.isprintable():
            raise InvalidTableQuery(f"a filter is one line of at most {FILTER_LENGTH_MAX} letters")
        if column.choices and value not in {choice for choice, _ in column.choices}:
            raise InvalidTableQuery("that is none of the filter's choices")
        filters[column.name] = value.strip()
    return filters


def _read_order(table: Table, words: dict[str, str]) -> tuple[str | None, bool]:
    sort, order = words.get("sort"), words.get("order", "asc")
    if order not in {"asc", "desc"}:
        raise InvalidTableQuery("an order is asc or desc")
    if sort is None:
        return None, False
    column = table.get_column(sort)
    if column is None or not column.is_sortable:
        raise InvalidTableQuery("this table cannot be sorted by that")
    return sort, order == "desc"


def _read_limit(text: str) -> int:
    if text not in map(str, ROWS_CHOICES):
        raise InvalidTableQuery(f"rows is one of {', '.join(map(str, ROWS_CHOICES))}")
    return int(text)


def _validate_cursor(text: str) -> str:
    if not 0 < len(text) <= CURSOR_LENGTH_MAX or not _CURSOR_LETTERS.issuperset(text):
        raise InvalidTableQuery("the page's address says a place that no row has")
    return text
