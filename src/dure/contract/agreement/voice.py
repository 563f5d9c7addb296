"""Says phrases in one language, from its table and the words that the contract's files give."""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

from dure.contract.agreement import english, korean
from dure.contract.agreement.model import Agreement, LanguageCode, Part, Phrase, Text
from dure.contract.checker.vocabulary import DURATION_UNITS

_TEMPLATES: Final = {"en": english.TEMPLATES, "ko": korean.TEMPLATES}
_DURATIONS: Final = {"en": english.DURATIONS, "ko": korean.DURATIONS}
_COMPARING: Final = frozenset(
    {"eq", "ne", "lt", "le", "gt", "ge", "lt.time", "le.time", "gt.time", "ge.time", "is_any"}
)
_BARE_PLACES: Final = ("field", "method")
"""Places of the table that hold a name without its article."""


class _Word(str):
    """A word that a template can inflect: `{name:cap}`, `{name:a}`, `{name:을/를}`, `{test:면}`."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        match spec:
            case "":
                return str(self)
            case "cap":
                return capitalise(self)
            case "a":
                return f"{'an' if self[:1].lower() in set('aeiou') else 'a'} {self}"
            case _ if spec in korean.FORMS:
                return korean.conjugate(str(self), spec)
            case _:
                return korean.add_particle(str(self), spec)


def capitalise(text: str) -> str:
    """Return the text with its first letter as a capital one."""
    return text[:1].upper() + text[1:]


class Voice:
    """Says what an agreement is made of."""

    def __init__(self, agreement: Agreement, language: LanguageCode) -> None:
        self._language = language
        self._templates = _TEMPLATES[language]
        self._words = agreement.words[language]
        self._events = {each.name: each.text for each in agreement.events}
        self._members = {
            (choice.name, member.name): member.text
            for choice in agreement.choices
            for member in choice.members
        }

    def fill(self, key: str, **parts: str) -> str:
        """Return the sentence of that key with its places filled."""
        return self._templates[key].format_map({name: _Word(each) for name, each in parts.items()})

    def say(self, phrase: Phrase) -> str:
        """Return the phrase in this language."""
        special = _SPECIAL.get(phrase.key)
        if special is not None:
            return special(self, phrase.key, phrase.parts)
        said = {name: self._part(phrase.key, name, each) for name, each in phrase.parts.items()}
        return self.fill(phrase.key, **said)

    def translate(self, text: str) -> str:
        """Return what the author calls a name or a text; a name's parts as words otherwise."""
        if text in self._words:
            return self._words[text]
        return text.replace("_", " ") if text.isidentifier() and not text.isupper() else text

    def name(self, name: str) -> str:
        """Say a class's or a constant's name as words: `LoanOffer` is a loan offer."""
        if name in self._words:
            return self._words[name]
        if name.isupper():
            return name.replace("_", " ").lower()
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower()

    def pick(self, text: Text) -> str:
        """Return the docstring in this language, in English where there is no other."""
        return text.ko if self._language == "ko" and text.ko else text.en

    def pick_answer(self, text: Text) -> str:
        """Return what a reading answers: `The price.` for `Return the price.` in its docstring."""
        said = self.pick(text).replace("\n\n", " ")
        return capitalise(said.removeprefix("Return "))

    def say_number(self, key: str, parts: Mapping[str, Any]) -> str:
        del key
        return f"{parts['value']:,}"

    def say_joined(self, key: str, parts: Mapping[str, Any]) -> str:
        """Join conditions; what several in a row are about is said once."""
        items: tuple[Phrase, ...] = parts["items"]
        said = [self._say_joint(items[0])]
        for before, each in pairwise(items):
            whole = self._say_joint(each)
            subject = self._say_subject(each)
            is_same = subject and self._say_subject(before) == subject
            said.append(whole.removeprefix(subject) if is_same else whole)
        joint = self._templates[f"{key}.joint"]
        joined = [joint.format_map({"item": _Word(each)}) for each in said[:-1]]
        return "".join([*joined, said[-1]])

    def _say_subject(self, phrase: Phrase) -> str:
        left = phrase.parts.get("left")
        is_about = phrase.key in _COMPARING and isinstance(left, Phrase)
        return self.fill("subject", left=self.say(left)) if is_about else ""  # type: ignore[arg-type]

    def _say_joint(self, phrase: Phrase) -> str:
        said = self.say(phrase)
        return f"({said})" if phrase.key in ("and", "or", "either") else said

    def say_equal(self, key: str, parts: Mapping[str, Any]) -> str:
        kind = ".member" if parts["right"].key == "member" else ".value"
        left, right = self.say(parts["left"]), self.say(parts["right"])
        return self.fill(key + kind, left=left, right=right)

    def say_member(self, key: str, parts: Mapping[str, Any]) -> str:
        """Say a possibility of a choice by its text."""
        text = self._members[parts["choice"], parts["name"]]
        return self.fill(key, text=self.translate(text))

    def say_list(self, key: str, parts: Mapping[str, Any]) -> str:
        return self._list(parts["items"], key)

    def say_label(self, key: str, parts: Mapping[str, Any]) -> str:
        """Say a name that needs quotation marks, unless the author gave it words."""
        name = parts["name"]
        return self.fill(f"{key}.word" if name in self._words else key, name=self.translate(name))

    def say_source(self, key: str, parts: Mapping[str, Any]) -> str:
        return self.fill(key, text=parts["text"])

    def say_decimal(self, key: str, parts: Mapping[str, Any]) -> str:
        """Say a number without the zeros at its end."""
        text = parts["text"]
        return self.fill(key, text=text.rstrip("0").rstrip(".") if "." in text else text)

    def say_record(self, key: str, parts: Mapping[str, Any]) -> str:
        return self.fill(key, name=self.name(parts["name"]))

    def say_record_of(self, key: str, parts: Mapping[str, Any]) -> str:
        return self.fill(key, record=self.name(parts["record"]), keys=self.say(parts["keys"]))

    def say_event(self, key: str, parts: Mapping[str, Any]) -> str:
        text = self.pick(self._events[parts["event"]]).rstrip(".").split("\n\n")[0]
        event = capitalise(self.name(parts["event"]))
        return self.fill(f"{key}.text" if text else key, event=event, text=text)

    def say_schedule(self, key: str, parts: Mapping[str, Any]) -> str:
        return self.fill(key, method=self.say_bare(parts["method"]), at=self.say_at(parts["at"]))

    def say_at(self, at: Phrase) -> str:
        """Say for when something is scheduled."""
        return self.fill("at.now" if at.key == "now" else "at.moment", at=self.say(at))

    def say_money(self, key: str, parts: Mapping[str, Any]) -> str:
        """Say how much of which money; nothing is nothing in every money."""
        value = self.say(parts["value"])
        return (
            value
            if value == "0"
            else self.fill(key, value=value, currency=self.translate(parts["currency"]))
        )

    def say_duration(self, key: str, parts: Mapping[str, Any]) -> str:
        del key
        milliseconds = parts["value"]
        unit, factor = "milliseconds", 1
        for name, size in sorted(DURATION_UNITS.items(), key=lambda pair: pair[1]):
            if milliseconds and milliseconds % size == 0:
                unit, factor = name, size
        count = milliseconds // factor
        one, many = _DURATIONS[self._language][unit]
        gap = "" if self._language == "ko" else " "
        return f"{count:,}{gap}{one if count == 1 else many}"

    def say_duration_of(self, key: str, parts: Mapping[str, Any]) -> str:
        unit = _DURATIONS[self._language][parts["unit"]][1]
        return self.fill(key, count=self.say(parts["count"]), unit=unit)

    def say_bare(self, phrase: Phrase) -> str:
        """Say a name without its article."""
        name = str(phrase.parts["name"])
        if phrase.key == "label" and name not in self._words:
            return self.say(phrase)
        return self.name(name) if phrase.key == "record" else self.translate(name)

    def _part(self, key: str, place: str, part: Part) -> str:
        match part:
            case Phrase():
                is_bare = place in _BARE_PLACES or (place == "owner" and key == "field_of_each")
                return self.say_bare(part) if is_bare else self.say(part)
            case tuple():
                return self._list(part, place)
            case _:
                said = str(part)
                return self.name(said) if place in _CLASSES else self.translate(said)

    def _list(self, items: tuple[Phrase, ...], place: str) -> str:
        said = [self.say(each) for each in items]
        between = self._templates["list.between"]
        last = self._templates.get(f"{place}.last", self._templates["list.last"])
        return last.join([between.join(said[:-1]), said[-1]]) if len(said) > 1 else said[0]


_CLASSES: Final = ("interface", "choice")
"""Places of the table that hold the name of a class."""
_SPECIAL: Final[dict[str, Callable[[Voice, str, Mapping[str, Any]], str]]] = {
    "number": Voice.say_number,
    "money": Voice.say_money,
    "duration": Voice.say_duration,
    "duration_of": Voice.say_duration_of,
    "and": Voice.say_joined,
    "or": Voice.say_joined,
    "either": Voice.say_joined,
    "both": Voice.say_joined,
    "eq": Voice.say_equal,
    "ne": Voice.say_equal,
    "member": Voice.say_member,
    "list": Voice.say_list,
    "label": Voice.say_label,
    "asset": Voice.say_label,
    "record": Voice.say_record,
    "record_then": Voice.say_record,
    "new_record": Voice.say_record,
    "type.record": Voice.say_record,
    "type.choice": Voice.say_record,
    "record_of": Voice.say_record_of,
    "emit": Voice.say_event,
    "schedule": Voice.say_schedule,
    "source": Voice.say_source,
    "decimal": Voice.say_decimal,
}
"""Phrases whose places need more than the table: numbers, lists, words of the author."""
