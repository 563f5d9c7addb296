"""From what a table's reader asks for to what the index is asked, and back.

Columns of a table have the names of the index's columns, so that sorting needs no translation.
Filters come as a person types them; each column says how its text becomes a condition.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from dure.api.routes.operation import read_address
from dure.console.tables import Cell, InvalidTableQuery, Query, Rows
from dure.console.tables.kinds import Value
from dure.core.types import INT_MAX
from dure.index import Compare, Condition, Page
from dure.index import Query as IndexQuery

R = TypeVar("R")

ReadFilter = Callable[[str], Condition]
Row = Mapping[str, Cell | Value]


def build_query(
    asked: Query,
    filters: Mapping[str, ReadFilter],
    fixed: Sequence[Condition] = (),
) -> IndexQuery:
    """Return the question; `fixed` conditions always hold. Raise for a filter that says nothing."""
    conditions = [filters[name](text) for name, text in asked.filters.items()]
    return IndexQuery(
        sort=asked.sort or "",
        descending=asked.descending if asked.sort else True,
        conditions=(*fixed, *conditions),
        after=asked.cursor or "",
        limit=asked.limit,
    )


def build_rows(page: Page[R], show: Callable[[R], Row]) -> Rows:
    """Return a page of the index as rows of a table."""
    total = None if page.has_more else page.total
    return Rows([show(row) for row in page.rows], page.next or None, total)


def match_address(column: str) -> ReadFilter:
    """Return the filter of a column of addresses, typed as `dure1…`."""
    return lambda text: Condition(column, Compare.IS, read_address(text))


def match_text(column: str) -> ReadFilter:
    """Return the filter of a column of names: a part of one is enough."""
    return lambda text: Condition(column, Compare.CONTAINS, text)


def match_word(column: str) -> ReadFilter:
    """Return the filter of a column of names that are asked for whole."""
    return lambda text: Condition(column, Compare.IS, text)


def match_from(column: str) -> ReadFilter:
    """Return the filter of a column of numbers: this one and above."""
    return lambda text: Condition(column, Compare.FROM, read_number(text))


def read_number(text: str) -> int:
    """Return a number that somebody typed, spaces and commas between its digits left aside."""
    digits = "".join(each for each in text if each not in _BETWEEN_DIGITS)
    if not digits.isascii() or not digits.isdigit() or len(digits) > 19 or int(digits) > INT_MAX:
        raise InvalidTableQuery("this filter takes a whole number")
    return int(digits)


def join_words(words: Iterable[str], most: int = 3) -> str:
    """Return a few words on one line, and how many more there are."""
    listed = list(words)
    shown = ", ".join(listed[:most])
    return shown if len(listed) <= most else f"{shown} +{len(listed) - most}"


_BETWEEN_DIGITS: Final = frozenset(" ,\u202f\u00a0")
