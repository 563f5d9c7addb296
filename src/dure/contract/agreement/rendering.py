"""The page that both languages share, filled from their tables.

The layout is Markdown: numbered headings, a numbered clause for each method, lists for conditions
and deeds.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from dure.contract.agreement import english, korean
from dure.contract.agreement.conduct import LOOPS
from dure.contract.agreement.model import (
    Act,
    Agreement,
    Clause,
    Condition,
    LanguageCode,
    Part,
    Party,
    Phrase,
    Text,
)
from dure.contract.checker.vocabulary import DURATION_UNITS

_TEMPLATES: Final = {"en": english.TEMPLATES, "ko": korean.TEMPLATES}
_DURATIONS: Final = {"en": english.DURATIONS, "ko": korean.DURATIONS}


def render(agreement: Agreement, language: LanguageCode) -> str:
    """Return the agreement as a Markdown page."""
    return "\n".join(_Page(agreement, _Voice(agreement, language)).lines()) + "\n"


class _Word(str):
    """A word that a template can inflect: `{name:cap}`, `{name:을/를}`."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        if spec == "cap":
            return self[:1].upper() + self[1:]
        return korean.add_particle(str(self), spec)


class _Voice:
    """Says phrases in one language."""

    def __init__(self, agreement: Agreement, language: LanguageCode) -> None:
        self._agreement = agreement
        self._language = language
        self._templates = _TEMPLATES[language]
        self._events = {each.name: each.text for each in agreement.events}

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

    def say_number(self, key: str, parts: Mapping[str, Any]) -> str:
        del key
        return f"{parts['value']:,}"

    def say_joined(self, key: str, parts: Mapping[str, Any]) -> str:
        return self._templates[f"{key}.between"].join(map(self._say_joint, parts["items"]))

    def _say_joint(self, phrase: Phrase) -> str:
        said = self.say(phrase)
        return f"({said})" if phrase.key in ("and", "or") else said

    def say_list(self, key: str, parts: Mapping[str, Any]) -> str:
        return self._list(parts["items"], key)

    def say_source(self, key: str, parts: Mapping[str, Any]) -> str:
        return self.fill(key, text=parts["text"])

    def say_record(self, key: str, parts: Mapping[str, Any]) -> str:
        return self.fill(key, name=self._words(parts["name"]))

    def say_record_of(self, key: str, parts: Mapping[str, Any]) -> str:
        return self.fill(key, record=self._words(parts["record"]), keys=self.say(parts["keys"]))

    def say_event(self, key: str, parts: Mapping[str, Any]) -> str:
        text = self.pick(self._events[parts["event"]]).rstrip(".").split("\n\n")[0]
        shown = f"{key}.text" if text else key
        return self.fill(shown, event=self.translate(parts["event"]), text=text)

    def say_schedule(self, key: str, parts: Mapping[str, Any]) -> str:
        moment = "at.now" if parts["at"].key == "now" else "at.moment"
        at = self.fill(moment, at=self.say(parts["at"]))
        return self.fill(key, method=self._bare(parts["method"]), at=at)

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

    def _part(self, key: str, place: str, part: Part) -> str:
        match part:
            case Phrase():
                return (
                    self._bare(part)
                    if place in ("field", "method") or (place == "owner" and key == "field_of_each")
                    else self.say(part)
                )
            case tuple():
                return self._list(part, place)
            case _:
                return self.translate(str(part))

    def _bare(self, phrase: Phrase) -> str:
        """Say a name without its article."""
        name = phrase.parts.get("name")
        if not isinstance(name, str) or phrase.key == "label":
            return self.say(phrase)
        return self._words(name) if phrase.key == "record" else self.translate(name)

    def _words(self, name: str) -> str:
        """Say a class's name as words: `LoanOffer` is a loan offer."""
        translated = self.translate(name)
        if translated != name:
            return translated
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()

    def _list(self, items: tuple[Phrase, ...], place: str) -> str:
        said = [self.say(each) for each in items]
        between = self._templates["list.between"]
        last = self._templates.get(f"{place}.last", self._templates["list.last"])
        return last.join([between.join(said[:-1]), said[-1]]) if len(said) > 1 else said[0]

    def translate(self, text: str) -> str:
        """Return the author's Korean for a name or text; a name's parts as words otherwise."""
        if self._language == "ko" and text in self._agreement.words:
            return self._agreement.words[text]
        return text.replace("_", " ") if text.isidentifier() and not text.isupper() else text

    def pick(self, text: Text) -> str:
        """Return the docstring in this language, in English where there is no other."""
        return text.ko if self._language == "ko" and text.ko else text.en


_SPECIAL: Final[dict[str, Callable[[_Voice, str, Mapping[str, Any]], str]]] = {
    "number": _Voice.say_number,
    "duration": _Voice.say_duration,
    "duration_of": _Voice.say_duration_of,
    "and": _Voice.say_joined,
    "or": _Voice.say_joined,
    "both": _Voice.say_joined,
    "list": _Voice.say_list,
    "record": _Voice.say_record,
    "record_then": _Voice.say_record,
    "new_record": _Voice.say_record,
    "record_of": _Voice.say_record_of,
    "emit": _Voice.say_event,
    "schedule": _Voice.say_schedule,
    "source": _Voice.say_source,
    "decimal": _Voice.say_source,
}
"""Phrases whose places need more than the table: numbers, lists, words of the author."""


class _Page:
    """Writes the sections in order."""

    def __init__(self, agreement: Agreement, voice: _Voice) -> None:
        self._agreement = agreement
        self._voice = voice
        self._section = 0

    def lines(self) -> Iterator[str]:
        agreement, voice = self._agreement, self._voice
        yield "# " + voice.fill("page.title", name=voice.translate(agreement.name))
        yield from self._text(agreement.text)
        yield from self._parties("page.parties", agreement.parties)
        yield from self._parties("page.assets", agreement.assets)
        if agreement.beginning is not None:
            yield from self._heading("page.beginning")
            yield from self._clause(agreement.beginning)
        for duties in agreement.duties:
            is_all = duties.who.key == "anybody"
            key = "page.duties_of_all" if is_all else "page.duties"
            yield from self._heading(key, who=voice.say(duties.who))
            yield from self._clauses(duties.clauses)
        yield from self._scheduled()
        yield from self._named("page.promises", agreement.promises)
        yield from self._named("page.transfer_rules", agreement.transfer_rules)
        yield from self._readings()
        yield from self._terms()
        yield from self._choices()
        yield from self._upgrade()
        yield from self._heading("page.meaning")
        yield from ("", voice.fill("line.meaning"))

    def _heading(self, key: str, **parts: str) -> Iterator[str]:
        self._section += 1
        yield from ("", f"## {self._section}. " + self._voice.fill(key, **parts))

    def _text(self, text: Text) -> Iterator[str]:
        said = self._voice.pick(text)
        if said:
            yield from ("", said)

    def _parties(self, key: str, parties: tuple[Party, ...]) -> Iterator[str]:
        if parties:
            yield from (*self._heading(key), "")
            for each in parties:
                name = self._voice.say(each.name)
                ways = [self._voice.say(way) for way in each.how]
                how = "; ".join(ways) or self._voice.fill("nobody_yet")
                yield "* " + self._voice.fill("line.party", name=name, how=how)

    def _named(self, key: str, clauses: tuple[Clause, ...]) -> Iterator[str]:
        if clauses:
            yield from self._heading(key)
            yield from self._clauses(clauses)

    def _clauses(self, clauses: tuple[Clause, ...]) -> Iterator[str]:
        for number, clause in enumerate(clauses, start=1):
            yield from self._clause_heading(number, clause)
            yield from self._clause(clause)

    def _clause_heading(self, number: int, clause: Clause) -> Iterator[str]:
        name = self._voice.translate(clause.name)
        yield from ("", f"### {self._section}.{number} {name[:1].upper()}{name[1:]}")

    def _clause(self, clause: Clause) -> Iterator[str]:
        voice = self._voice
        yield from self._text(clause.text)
        facts: list[str] = []
        if clause.parameters:
            named = [
                voice.fill(
                    "line.parameter", name=voice.translate(each.name), type=voice.say(each.type)
                )
                for each in clause.parameters
            ]
            facts.append(voice.fill("line.named", parameters=", ".join(named)))
        if clause.cost is not None:
            facts.append(voice.fill("line.cost", cost=voice.say(clause.cost)))
        if clause.promise is not None:
            facts.append(voice.fill("line.promise", words=voice.say(clause.promise)))
        if facts:
            yield from ("", *(f"* {fact}" for fact in facts))
        yield from self._conditions(clause.conditions)
        yield from self._acts(clause.acts)

    def _conditions(self, conditions: tuple[Condition, ...]) -> Iterator[str]:
        if conditions:
            yield from ("", self._voice.fill("line.only_if"), "")
        for each in conditions:
            parts = {
                "words": self._voice.say(each.words),
                "reason": self._voice.translate(each.reason),
            }
            if each.when:
                when = self._say_when(each.when)
                is_loop = each.when[0].key in LOOPS
                key = "line.condition_loop" if is_loop else "line.condition_when"
                yield "* " + self._voice.fill(key, when=when, **parts)
            else:
                yield "* " + self._voice.fill("line.condition", **parts)

    def _acts(self, acts: tuple[Act, ...]) -> Iterator[str]:
        if acts:
            yield from ("", self._voice.fill("line.then"), "")
        yield from self._act_tree(acts, 0)

    def _act_tree(self, acts: Iterable[Act], depth: int) -> Iterator[str]:
        """Write the acts; those that share their next condition stand below it."""
        indent = "  " * depth
        for test, group in groupby(acts, key=lambda act: act.when[depth : depth + 1]):
            if test:
                yield f"{indent}* " + self._say_head(test[0])
                yield from self._act_tree(group, depth + 1)
                continue
            for act in group:
                yield f"{indent}* " + self._voice.fill("line.act", act=self._voice.say(act.words))

    def _say_head(self, test: Phrase) -> str:
        said = self._voice.say(test)
        if test.key in LOOPS:
            return self._voice.fill("line.loop", loop=said)
        return self._voice.fill("line.when", when=said)

    def _say_when(self, when: tuple[Phrase, ...]) -> str:
        return self._voice.say(Phrase("and", {"items": when}))

    def _scheduled(self) -> Iterator[str]:
        if not self._agreement.scheduled:
            return
        yield from self._heading("page.scheduled")
        for number, each in enumerate(self._agreement.scheduled, start=1):
            yield from self._clause_heading(number, each.clause)
            yield from self._text(each.clause.text)
            moments = "; ".join(
                self._voice.fill("at.now") if at.key == "now" else self._voice.say(at)
                for at in each.at
            )
            key = "line.at" if moments else "line.never_scheduled"
            yield from ("", self._voice.fill(key, at=moments))
            yield from self._conditions(each.clause.conditions)
            yield from self._acts(each.clause.acts)

    def _readings(self) -> Iterator[str]:
        if self._agreement.readings:
            yield from (*self._heading("page.readings"), "")
        for each in self._agreement.readings:
            text = self._voice.pick(each.text).replace("\n\n", " ")
            name = self._voice.translate(each.name)
            shown = name[:1].upper() + name[1:]
            yield f"* {shown}: {text}" if text else f"* {shown}"

    def _terms(self) -> Iterator[str]:
        if self._agreement.terms:
            yield from (*self._heading("page.terms"), "")
        for each in self._agreement.terms:
            name = self._voice.translate(each.name).replace("_", " ").lower()
            value = self._voice.say(each.value)
            yield "* " + self._voice.fill("line.term", name=name, value=value)

    def _choices(self) -> Iterator[str]:
        if self._agreement.choices:
            yield from self._heading("page.choices")
        for each in self._agreement.choices:
            text = self._voice.pick(each.text)
            yield from (
                "",
                f"**{self._voice.translate(each.name)}**" + (f": {text}" if text else ""),
                "",
            )
            for member in each.members:
                name = self._voice.translate(member.name)
                said = self._voice.translate(member.text)
                yield "* " + self._voice.fill("line.member", name=name, text=said)

    def _upgrade(self) -> Iterator[str]:
        yield from (*self._heading("page.upgrade"), "", self._voice.fill("line.upgrade"))
        if self._agreement.migration is not None:
            yield from ("", self._voice.fill("line.migration"))
            yield from self._clause(self._agreement.migration)
