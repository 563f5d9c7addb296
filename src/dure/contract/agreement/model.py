"""The agreement as data, in no language.

A `Phrase` is a key of the tables of sentences and what fills its places: other phrases, or the
author's own names and texts. So both languages are written from one reading of the source.
"""

from typing import Literal

from msgspec import Struct

LanguageCode = Literal["en", "ko"]


class Phrase(Struct, frozen=True):
    """Something said: `Phrase("pay", {"amount": …, "asset": …, "to": …})`."""

    key: str
    parts: "dict[str, Part]" = {}


Part = Phrase | tuple[Phrase, ...] | str | int


class Text(Struct, frozen=True):
    """What a docstring says, in English and, where the author wrote it, in Korean."""

    en: str
    ko: str


class Condition(Struct, frozen=True):
    """What must hold for a call to go on."""

    words: Phrase
    reason: str
    """What a refusal says."""
    when: tuple[Phrase, ...]
    """Asked only where all of these hold."""


class Act(Struct, frozen=True):
    """Something that a method does with money, events, other contracts or the scheduler."""

    words: Phrase
    when: tuple[Phrase, ...]
    """Done only where all of these hold."""


class Party(Struct, frozen=True):
    """Somebody who takes part."""

    name: Phrase
    how: tuple[Phrase, ...]
    """Who it is, or how somebody becomes it."""


class Parameter(Struct, frozen=True):
    """What a caller says with a call."""

    name: str
    type: Phrase


class Clause(Struct, frozen=True):
    """One method."""

    name: str
    text: Text
    parameters: tuple[Parameter, ...]
    result: Phrase | None
    cost: Phrase | None
    """The money that comes with the call, where the method accepts any."""
    conditions: tuple[Condition, ...]
    acts: tuple[Act, ...]
    promise: Phrase | None
    """What an `@invariant` says always holds."""


class Duties(Struct, frozen=True):
    """What one kind of caller may do."""

    who: Phrase
    clauses: tuple[Clause, ...]


class Scheduled(Struct, frozen=True):
    """What happens by itself, and the moments for which methods schedule it."""

    clause: Clause
    at: tuple[Phrase, ...]


class Term(Struct, frozen=True):
    """A constant of the file."""

    name: str
    value: Phrase


class Member(Struct, frozen=True):
    """One possibility of a choice."""

    name: str
    text: str


class Choices(Struct, frozen=True):
    """A choice and its possibilities."""

    name: str
    text: Text
    members: tuple[Member, ...]


class Told(Struct, frozen=True):
    """An event."""

    name: str
    text: Text


class Agreement(Struct, frozen=True):
    """One contract in plain words."""

    name: str
    text: Text
    words: dict[LanguageCode, dict[str, str]]
    """What the author calls names and texts, by language."""
    parties: tuple[Party, ...]
    assets: tuple[Party, ...]
    """The kinds of money, and where each comes from."""
    beginning: Clause | None
    duties: tuple[Duties, ...]
    scheduled: tuple[Scheduled, ...]
    promises: tuple[Clause, ...]
    """What always holds."""
    transfer_rules: tuple[Clause, ...]
    readings: tuple[Clause, ...]
    """What everybody may read."""
    terms: tuple[Term, ...]
    choices: tuple[Choices, ...]
    events: tuple[Told, ...]
    migration: Clause | None
    """What happens when this code replaces an older version."""
