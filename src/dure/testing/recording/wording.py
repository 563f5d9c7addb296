"""What a contract's file calls its names, methods and events, in each language."""

from collections.abc import Iterator

from dure.contract.agreement import Agreement
from dure.contract.agreement.model import Clause, Text
from dure.testing.recording.record import Language, Words


def read_words(agreement: Agreement) -> Words:
    """Return the words of one contract; English sentences are its docstrings.

    A possibility of a choice is a name with the choice's before it: `Outcome.LATE`.
    """
    names: dict[Language, dict[str, str]] = {
        each: dict(agreement.words[each]) for each in ("en", "ko")
    }
    for name, meaning in _list_possibilities(agreement):
        names["en"].setdefault(name, meaning)
        if meaning in agreement.words["ko"]:
            names["ko"].setdefault(name, agreement.words["ko"][meaning])
    sentences: dict[Language, dict[str, str]] = {"en": {}, "ko": {}}
    for name, text in _list_sentences(agreement):
        if text.en:
            sentences["en"][name] = text.en
        if text.ko:
            sentences["ko"][name] = text.ko
    return Words(names, sentences)


def _list_possibilities(agreement: Agreement) -> Iterator[tuple[str, str]]:
    for choice in agreement.choices:
        for member in choice.members:
            yield f"{choice.name}.{member.name}", member.text


def _list_sentences(agreement: Agreement) -> Iterator[tuple[str, Text]]:
    yield agreement.name, agreement.text
    for clause in _list_clauses(agreement):
        yield clause.name, clause.text
    for told in agreement.events:
        yield told.name, told.text


def _list_clauses(agreement: Agreement) -> Iterator[Clause]:
    for duties in agreement.duties:
        yield from duties.clauses
    yield from (each.clause for each in agreement.scheduled)
    yield from agreement.readings
    yield from filter(None, (agreement.beginning, agreement.migration))
