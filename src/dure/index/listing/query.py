"""How lists are asked, and what an answer looks like: the same words for every list.

A `Query` sorts by one column, keeps what meets all its conditions, and reads one page. The page
says where the next one begins. Such a place names a row, not a number of rows, so nothing is lost
and nothing comes twice while the chain grows; rows that came since stand before it.

Which columns there are, and what may be done with each, a `TableDescription` says. Whatever does
not fit it is refused (`InvalidQuery`), and every text has a bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from dure.core.errors import InvalidEncoding

R_co = TypeVar("R_co", covariant=True)

Cell = int | str | bytes | bool | None
"""A value in a table. Moments are milliseconds since 1970, amounts are minor units."""

LIMIT_MAX: Final = 500
CONDITIONS_MAX: Final = 8
TEXT_MAX: Final = 200
"""Characters of what a condition compares with."""
TOTAL_MAX: Final = 100_000
"""So far rows are counted; beyond, a list only says that there are more."""


class InvalidQuery(InvalidEncoding):
    """A list was asked for what it does not have: the message names the column or the word."""


class ColumnType(StrEnum):
    """What stands in a column, and so how it is shown, sorted and compared."""

    TEXT = "text"
    INTEGER = "integer"
    AMOUNT = "amount"
    """Money in minor units; `Column.asset` says of which asset."""
    TIME = "time"
    DURATION = "duration"
    """Milliseconds."""
    BYTES = "bytes"
    """Shown in hexadecimal: hashes, ids, keys."""
    ADDRESS = "address"
    ASSET = "asset"
    """The 32 bytes of an asset's id."""
    BOOL = "bool"
    CHOICE = "choice"
    """The name of one of a contract's choices; its words are in the contract's interface."""
    DECIMAL = "decimal"
    """An integer of units of 10**-`Column.places`."""
    JSON = "json"
    """Lists and records, as the text of their JSON form."""


class Compare(StrEnum):
    """What a condition asks of a cell. An empty cell meets none."""

    IS = "is"
    CONTAINS = "contains"
    """Of texts; capital and small ASCII letters are the same."""
    FROM = "from"
    """The value or above."""
    TO = "to"
    """The value or below."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column, and what may be asked of it."""

    name: str
    type: ColumnType
    sorts: bool = False
    compares: tuple[Compare, ...] = ()
    asset: str = ""
    """Of an amount: the column with its asset, or the contract's state field that holds it.

    Empty where nobody says.
    """
    places: int = 0
    """Of a decimal: digits behind the point."""
    is_hidden: bool = False
    """It can be asked for and is no part of a row: `account`, which finds an address in any role.
    """


@dataclass(frozen=True, slots=True)
class TableDescription:
    """A list of the read model: chain's own (`application` empty) or an application's."""

    name: str
    columns: tuple[Column, ...]
    sort: str
    """The column by which it is sorted where nobody asks; the newest first."""
    application: str = ""
    contract: str = ""
    """Of an application's table: the contract class whose events it is made of."""
    key: tuple[str, ...] = ()
    """Of an application's table with one row a thing: the columns that name it.

    Empty where each event is a row.
    """
    title_en: str = ""
    title_ko: str = ""
    """What people call it; empty where the application does not say."""

    def find(self, name: str) -> Column:
        """Return the column of that name; raise `InvalidQuery` naming those that there are."""
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(column.name for column in self.columns)
        raise InvalidQuery(f"{self.name} has no column {name[:64]!r}; it has {known}")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row has to meet: `Condition("height", Compare.FROM, 100)`."""

    column: str
    compare: Compare
    value: int | str | bytes | bool


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows, in which order, and which page of them."""

    sort: str = ""
    """A column that sorts; empty for the table's own."""
    descending: bool = True
    conditions: tuple[Condition, ...] = ()
    after: str = ""
    """`next` of the page before, asked with the same order and conditions; empty at the start."""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[R_co]):
    """One page of rows."""

    rows: tuple[R_co, ...]
    next: str
    """`after` of the next page; empty where nothing follows.

    A page may have fewer rows than its limit, even none, and still a next one: where rows have to
    be looked for, one question reads only so far.
    """
    total: int | None
    """How many rows meet the conditions, at most `TOTAL_MAX`; None where nobody counted."""
    has_more: bool
    """Whether there are more than `total`."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of an application's table."""

    cells: Mapping[str, Cell]
    """By column, in the order of the description."""
