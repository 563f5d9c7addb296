"""What a table is: columns, and a function that fetches the rows that a query asks for.

A table that is fetched from the read model passes sort, filters, cursor and limit on to it; one
whose rows are all at hand leaves them to `select_rows`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request

from dure.api.http.errors import InvalidRequest
from dure.console.settings import ROWS_USUAL
from dure.console.site import Site
from dure.console.tables.kinds import Cell, Kind, Value


class InvalidTableQuery(InvalidRequest):
    """The address asks for what this table does not have."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    """Of the value in a row; stands in addresses and files."""
    label: str
    """A key of the console's texts."""
    kind: Kind = Kind.TEXT
    is_sortable: bool = False
    is_filterable: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    """Where a filter has few values: each with its key in the texts."""
    words: str = ""
    """In place of `label`, where they come from an application, in the reader's language."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows are wanted."""

    sort: str | None = None
    """A sortable column; None leaves the order to the table."""
    descending: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    """Filterable columns and what was typed for each; `fetch` says what fits."""
    cursor: str | None = None
    """Where the rows begin, as `Rows.next` said; None for the first page."""
    limit: int = ROWS_USUAL


Row = Mapping[str, Cell | Value]
"""Values by column name; a missing one is empty."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows."""

    rows: Sequence[Row]
    next: str | None = None
    """The cursor of the next page; None at the end. Letters, digits and `._~:-`, at most 200."""
    total: int | None = None
    """How many rows fit in all; None where counting would cost too much."""


Fetch = Callable[[Site, Request, Query], Awaitable[Rows]]


@dataclass(frozen=True, slots=True)
class Table:
    """A list of one page."""

    name: str
    """Lower-case letters, digits and `_`; its own on its page."""
    columns: tuple[Column, ...]
    fetch: Fetch
    label: str = ""
    """A key of the texts: what screen readers and files call it; without one its name."""
    empty: str = "none_yet"
    """A key of the texts: what stands where there are no rows."""
    words: str = ""
    """In place of `label`, where they come from an application, in the reader's language."""

    def get_column(self, name: str) -> Column | None:
        """Return a column by its name."""
        return next((each for each in self.columns if each.name == name), None)
