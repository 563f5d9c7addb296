"""Conditions from texts: what a query string, a form or a command line says of a list.

A text with several conditions is written `status:is:ok,height:from:100`; a comma or a backslash in
a value stands behind a backslash.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from dure.core.address import decode_address
from dure.core.errors import InvalidEncoding
from dure.core.types import INT_MAX, INT_MIN
from dure.index.listing.query import (
    CONDITIONS_MAX,
    TEXT_MAX,
    Column,
    ColumnType,
    Compare,
    Condition,
    InvalidQuery,
    TableDescription,
)

Value = int | str | bytes | bool

WHERE_MAX: Final = CONDITIONS_MAX * (TEXT_MAX + 100)
"""Characters of a text with several conditions."""
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_HEXADECIMAL: Final = re.compile(r"(?:[0-9a-f]{2}){1,64}")
_PART: Final = re.compile(r"((?:[^,\\]|\\.)*)(?:,|$)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL: Final = re.compile(r"[,\\]")


def build_condition(table: TableDescription, column: str, compare: str, text: str) -> Condition:
    """Return the condition that three texts describe; raise `InvalidQuery` saying what is wrong."""
    found = table.find(column)
    try:
        wanted = Compare(compare)
    except ValueError:
        known = ", ".join(Compare)
        raise InvalidQuery(f"there is no comparison {compare[:64]!r}; there are {known}") from None
    if wanted not in found.compares:
        able = ", ".join(found.compares) or "no comparison"
        raise InvalidQuery(f"the column {found.name} takes {able}, not {wanted}")
    if len(text) > TEXT_MAX:
        raise InvalidQuery(f"a condition compares with {TEXT_MAX} characters at most")
    value = text if wanted is Compare.CONTAINS else read_value(found, text)
    return Condition(found.name, wanted, value)


def parse_where(table: TableDescription, text: str) -> tuple[Condition, ...]:
    """Return the conditions in one text; raise `InvalidQuery`."""
    if len(text) > WHERE_MAX:
        raise InvalidQuery(f"conditions have {WHERE_MAX} characters at most")
    conditions = []
    for part in _split(text):
        column, _, rest = part.partition(":")
        compare, colon, value = rest.partition(":")
        if not colon:
            raise InvalidQuery("a condition is written column:comparison:value")
        conditions.append(build_condition(table, column, compare, value))
        if len(conditions) > CONDITIONS_MAX:
            raise InvalidQuery(f"a list takes {CONDITIONS_MAX} conditions at most")
    return tuple(conditions)


def write_where(parts: Mapping[tuple[str, str], str]) -> str:
    """Return the text that `parse_where` reads, of values by column and comparison."""
    written = [f"{column}:{compare}:{value}" for (column, compare), value in parts.items()]
    return ",".join(_SPECIAL.sub(r"\\\g<0>", each) for each in written)


def read_value(column: Column, text: str) -> Value:
    """Return the value that `text` means in a column; raise `InvalidQuery`."""
    read = _READERS.get(column.type)
    if read is None:
        return text
    try:
        return read(column, text)
    except (InvalidEncoding, ValueError, InvalidOperation, OverflowError):
        expected = _EXPECTED[column.type]
        raise InvalidQuery(f"{column.name}: expected {expected}, not {text[:64]!r}") from None


def _split(text: str) -> list[str]:
    parts: list[str] = []
    position = 0
    while position < len(text):
        found = _PART.match(text, position)
        if found is None:
            raise InvalidQuery("a backslash stands before a comma or another backslash")
        parts.append(_ESCAPED.sub(r"\1", found[1]))
        position = found.end()
    return parts


def _read_integer(_column: Column, text: str) -> int:
    return _bound(int(text) if _INTEGER.fullmatch(text) else None)


def _read_time(_column: Column, text: str) -> int:
    """Milliseconds, or a date with or without a time, which is one of UTC where it does not say."""
    if _INTEGER.fullmatch(text):
        return _bound(int(text))
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _read_decimal(column: Column, text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}(\.[0-9]{1,18})?", text, re.ASCII):
        raise ValueError
    units = Decimal(text).scaleb(column.places)
    return _bound(int(units) if units == int(units) else None)


def _read_bytes(_column: Column, text: str) -> bytes:
    if not _HEXADECIMAL.fullmatch(text):
        raise ValueError
    return bytes.fromhex(text)


def _read_bool(_column: Column, text: str) -> bool:
    return {"true": True, "false": False}[text] if text in {"true", "false"} else _refuse()


def _refuse() -> bool:
    raise ValueError


def _bound(number: int | None) -> int:
    if number is None or not INT_MIN <= number <= INT_MAX:
        raise ValueError
    return number


_READERS: Final[Mapping[ColumnType, Callable[[Column, str], Value]]] = {
    ColumnType.INTEGER: _read_integer,
    ColumnType.AMOUNT: _read_integer,
    ColumnType.DURATION: _read_integer,
    ColumnType.TIME: _read_time,
    ColumnType.DECIMAL: _read_decimal,
    ColumnType.BYTES: _read_bytes,
    ColumnType.ASSET: _read_bytes,
    ColumnType.ADDRESS: lambda _column, text: decode_address(text),
    ColumnType.BOOL: _read_bool,
}
_EXPECTED: Final[Mapping[ColumnType, str]] = {
    ColumnType.INTEGER: "a whole number",
    ColumnType.AMOUNT: "an amount in minor units",
    ColumnType.DURATION: "a number of milliseconds",
    ColumnType.TIME: "a date such as 2026-01-31 or milliseconds since 1970",
    ColumnType.DECIMAL: "a number with no more places than the column has",
    ColumnType.BYTES: "hexadecimal digits in small letters",
    ColumnType.ASSET: "an asset's id in hexadecimal",
    ColumnType.ADDRESS: "an address, dure1…",
    ColumnType.BOOL: "true or false",
}
