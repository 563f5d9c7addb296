"""What a cell is: its kind decides how it is shown, where it leads, and how it stands in a file."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dure.console.rendering import shorten, show_machine_time, show_number, show_time

Value = str | int | bool | None
"""What a row holds; bytes come as the text that people know: hexadecimal, or an address."""


class Kind(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    """Milliseconds since 1970."""
    HASH = "hash"
    CODE = "code"
    """A name from a program, as it is."""
    PILL = "pill"
    """One of a few words; `Cell.tone` colours it."""
    ADDRESS = "address"
    """An account, as `dure1…`; leads to its page."""
    CONTRACT = "contract"
    """A contract, as `dure1…`; leads to its page."""
    TRANSACTION = "transaction"
    """A transaction's id in hexadecimal; leads to its page."""
    HEIGHT = "height"
    """A block's height; leads to its page."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with words of its own; a plain value is enough where its kind says all."""

    value: Value
    words: str = ""
    """Shown in place of the value; files hold the value."""
    href: str = ""
    """Where it leads, in place of what its kind says; a path of this console without a query."""
    tone: str = ""
    """`good`, `bad`, `warn` or `quiet`; of pills."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell as the template lays it out."""

    kind: Kind
    text: str
    title: str
    """The whole value where `text` is only its beginning."""
    href: str
    tone: str
    machine_time: str
    """ISO 8601, of a moment; the browser writes it in the reader's own time zone."""


RIGHT_ALIGNED: Final = frozenset({Kind.NUMBER, Kind.HEIGHT})
_SHORTENED: Final = frozenset({Kind.HASH, Kind.ADDRESS, Kind.CONTRACT, Kind.TRANSACTION})
_PAGES: Final = {
    Kind.ADDRESS: "/accounts/",
    Kind.CONTRACT: "/contracts/",
    Kind.TRANSACTION: "/transactions/",
    Kind.HEIGHT: "/blocks/",
}
NOTHING: Final = "\u2013"


def show_cell(kind: Kind, given: Cell | Value) -> Shown:
    """Return a cell as it is laid out; nothing at all is a dash that leads nowhere."""
    cell = given if isinstance(given, Cell) else Cell(given)
    value = cell.value
    if value is None and not cell.words:
        return Shown(Kind.TEXT, NOTHING, "", "", "", "")
    whole = cell.words or _show_value(kind, value)
    text = shorten(whole) if kind in _SHORTENED and not cell.words else whole
    page = _PAGES.get(kind, "")
    return Shown(
        kind=kind,
        text=text,
        title=str(value) if text != whole or (cell.words and kind in _SHORTENED) else "",
        href=cell.href or (f"{page}{value}" if page and value is not None else ""),
        tone=cell.tone,
        machine_time=show_machine_time(value) if kind is Kind.TIME and type(value) is int else "",
    )


def get_value(kind: Kind, given: Cell | Value) -> Value:
    """Return what stands in a file: the value itself, a moment as ISO 8601."""
    value = given.value if isinstance(given, Cell) else given
    if kind is Kind.TIME and type(value) is int:
        return show_machine_time(value) or value
    return value


def _show_value(kind: Kind, value: Value) -> str:
    if kind is Kind.TIME and type(value) is int:
        return show_time(value)
    return show_number(value) if kind is Kind.NUMBER else str(value)
