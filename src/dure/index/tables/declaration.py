"""An application's own tables, as data: what becomes a row, and what its events tell of it.

```python
POLICIES = Table(
    "policies",
    contract="FlightDelay",
    key=("policy",),
    columns=(
        TableColumn("policy", ColumnType.INTEGER),
        TableColumn("traveller", ColumnType.ADDRESS),
        TableColumn("premium", ColumnType.AMOUNT, asset="money"),
        TableColumn("state", ColumnType.CHOICE),
        TableColumn("paid", ColumnType.AMOUNT, asset="money"),
    ),
    tells=(
        Told("PolicySold", sets={"state": "OPEN"}),
        Told("CoverPaid", takes={"paid": "amount"}, sets={"state": "PAID"}),
    ),
)
```

Rules
-----
1. With a `key`, a row is one thing of one contract: whatever names a key for the first time makes
   the row, whatever names it again changes it. Without a key, each event is a row and stays as it
   is.
2. An event gives each column the field of the same name, where it has one; `takes` names fields of
   other names, `sets` gives a fixed value, `adds` adds a field to what stands there. What an event
   does not tell stays as it was, or empty.
3. A field that is not of the column's type, in whatever version of the contract, is not taken.
4. Columns called `row_…` are the table's own: where each row came from, and when.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dure.core.errors import ConfigurationError
from dure.index.listing.query import ColumnType

TABLE_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
APPLICATION_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
COLUMN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
COLUMNS_MAX: Final = 60
TABLES_MAX: Final = 60
"""Of one application."""
OWN_PREFIX: Final = "row_"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column and what stands in it."""

    name: str
    type: ColumnType
    asset: str = ""
    """Of an amount: the column with its asset, or the contract's state field that holds it."""
    places: int = 0
    """Of a decimal: digits behind the point."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one kind of event tells of a row."""

    event: str
    takes: Mapping[str, str] = field(default_factory=dict)
    """Column to the event's field, where their names differ."""
    sets: Mapping[str, str | int | bool] = field(default_factory=dict)
    """Column to a fixed value."""
    adds: Mapping[str, str] = field(default_factory=dict)
    """Column to the field that is added to it; what would pass the largest integer stays there."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of an application. Made wrong, it is refused at once: `ConfigurationError`."""

    name: str
    contract: str
    """Name of the contract class; each contract of that class on the chain has rows here."""
    columns: tuple[TableColumn, ...]
    tells: tuple[Told, ...]
    key: tuple[str, ...] = ()
    """The columns that name a thing; empty where each event is a row."""
    title_en: str = ""
    title_ko: str = ""

    def __post_init__(self) -> None:
        problem = _find_problem(self)
        if problem:
            raise ConfigurationError(f"the table {self.name[:64]!r}: {problem}", table=self.name)


@dataclass(frozen=True, slots=True)
class ApplicationTables:
    """All tables of one application."""

    application: str
    """Its slug."""
    tables: tuple[Table, ...]
    title_en: str = ""
    title_ko: str = ""

    def __post_init__(self) -> None:
        names = [table.name for table in self.tables]
        if not APPLICATION_NAME.fullmatch(self.application):
            raise ConfigurationError(
                f"{self.application[:64]!r} is no application's name", application=self.application
            )
        if len(set(names)) != len(names) or len(names) > TABLES_MAX:
            raise ConfigurationError(
                f"{self.application} has two tables of one name, or more than {TABLES_MAX}",
                application=self.application,
            )


def _find_problem(table: Table) -> str:
    """Return what is wrong with a table; empty where nothing is."""
    names = [column.name for column in table.columns]
    known = set(names)
    problems = {
        "a name has small letters, digits and _, at most 40": not TABLE_NAME.fullmatch(table.name),
        f"it has 1 to {COLUMNS_MAX} columns": not 1 <= len(names) <= COLUMNS_MAX,
        f"a column's name is a word that does not begin with {OWN_PREFIX}": not all(
            COLUMN_NAME.fullmatch(name) and not name.lower().startswith(OWN_PREFIX)
            for name in names
        ),
        "two columns differ at most in capital letters": len({name.lower() for name in names})
        != len(names),
        "its key is made of its columns": not known.issuperset(table.key),
        "no event tells of it, or one twice": len({told.event for told in table.tells})
        != max(1, len(table.tells)),
        "an event tells of a column that is not there": not all(
            known.issuperset((*told.takes, *told.sets, *told.adds)) for told in table.tells
        ),
        "only integers and amounts are added up": not all(
            column.type in {ColumnType.INTEGER, ColumnType.AMOUNT}
            for told in table.tells
            for column in table.columns
            if column.name in told.adds
        ),
        "a fixed value is none of its column's type": not all(
            isinstance(told.sets[column.name], FIXED_TYPES.get(column.type, ()))
            for told in table.tells
            for column in table.columns
            if column.name in told.sets
        ),
    }
    return next((text for text, is_wrong in problems.items() if is_wrong), "")


FIXED_TYPES: Final[Mapping[ColumnType, type | tuple[type, ...]]] = {
    ColumnType.TEXT: str,
    ColumnType.CHOICE: str,
    ColumnType.INTEGER: int,
    ColumnType.AMOUNT: int,
    ColumnType.BOOL: bool,
}
"""The columns that `sets` may fill, and with what."""
