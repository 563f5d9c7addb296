"""What calls and events say, as text for people: names for addresses, moments, words for choices.

Values come in the API's JSON form together with their type as the contract's author wrote it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dure.console.applications.money import MINUS
from dure.console.applications.words import Vocabulary
from dure.console.rendering import shorten, show_number, show_time
from dure.proof.json_form import Json

ITEMS_SHOWN: Final = 4
TEXT_SHOWN: Final = 160
LONG: Final = 40
"""Of a text without a blank: beyond it is a digest or a key, of which the beginning is enough."""

NOTHING: Final = "\u2013"
"""A dash, where there is no value."""

Translate = Callable[..., str]
"""A text of the console by its key."""

_UNITS: Final = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000))


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A named value as it stands on a page."""

    label: str
    text: str
    whole: str = ""
    """The whole value, where `text` is only its beginning or another word for it."""


@dataclass(frozen=True, slots=True)
class ValueWriter:
    """Writes values of one application in one language."""

    words: Vocabulary
    translate: Translate
    people: Mapping[str, str] = field(default_factory=dict)
    """What addresses are called."""
    assets: Mapping[str, str] = field(default_factory=dict)
    """Codes of assets by their id in hexadecimal."""

    def show(self, name: str, type_: str, value: Json) -> ShownValue:
        """Return a named value."""
        text = self.write(type_, value)
        whole = value if isinstance(value, str) and value != text else ""
        return ShownValue(self.words.name(name), text, whole)

    def write(self, type_: str, value: Json) -> str:
        """Return a value as text."""
        match value:
            case None:
                return NOTHING
            case bool():
                return self.translate("value_yes" if value else "value_no")
            case int():
                return self._write_number(type_, value)
            case str():
                return self._write_text(type_, value)
            case list():
                item = type_.removeprefix("list[").removesuffix("]")
                shown = [self.write(item, each) for each in value[:ITEMS_SHOWN]]
                left = len(value) - ITEMS_SHOWN
                more = [self.translate("and_more", count=left)] if left > 0 else []
                return ", ".join(shown + more) or self.translate("value_nothing")
            case _:
                return self._write_record(value)

    def _write_number(self, type_: str, value: int) -> str:
        if type_ == "Time":
            return show_time(value)
        if type_ == "Duration":
            return show_duration(value, self.translate)
        return show_number(value)

    def _write_text(self, type_: str, value: str) -> str:
        if value in self.people:
            return self.people[value]
        if value in self.assets:
            return self.assets[value]
        if len(value) > LONG and " " not in value:
            return shorten(value)
        if type_ not in {"str", ""}:
            # Whatever else is text is a possibility of a choice, or has no words.
            return self.words.choice(type_, value)
        return shorten(value, TEXT_SHOWN)

    def _write_record(self, value: Mapping[str, Any]) -> str:
        shown = [f"{self.words.name(name)}: {self.write('', each)}" for name, each in value.items()]
        return " · ".join(shown)


def show_duration(milliseconds: int, translate: Translate) -> str:
    """Return how long something takes in its two largest units: `2 days 3 hours`."""
    left, parts = abs(milliseconds), list[str]()
    for name, unit in _UNITS:
        count, left = divmod(left, unit)
        if count:
            parts.append(translate(f"count_{name}s" if count > 1 else f"count_{name}", count=count))
    sign = MINUS if milliseconds < 0 else ""
    return sign + " ".join(parts[:2]) if parts else translate("count_moment")
