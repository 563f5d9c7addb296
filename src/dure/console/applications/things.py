"""What became of each thing, told from a contract's events alone: policy 7 was sold, then paid.

A thing's key is the field that stands first in at least two kinds of what the contract says.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dure.console.applications.values import ValueWriter
from dure.testing.recording import RecordedEvent


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing and the newest word about it."""

    key: str
    """What kind of thing: the field's name, in the reader's language."""
    name: str
    latest: str
    is_fresh: bool
    """Whether the newest event of all told of it."""


def list_things(events: Sequence[RecordedEvent], writer: ValueWriter) -> tuple[Thing, ...]:
    """Return the things that the events so far told of, in the order in which they came up."""
    kinds = {(each.contract, each.name): each.fields[0].name for each in events if each.fields}
    shared = {key for key, count in Counter(_drop_event(kinds)).items() if count >= 2}
    told: dict[tuple[str, str, str], tuple[RecordedEvent, int]] = {}
    for place, event in enumerate(events):
        if event.fields and (event.contract, event.fields[0].name) in shared:
            first = event.fields[0]
            told[event.contract, first.name, writer.write(first.type, first.value)] = (event, place)
    return tuple(
        Thing(
            key=writer.words.head(key),
            name=name,
            latest=writer.words.head(event.name),
            is_fresh=place == len(events) - 1,
        )
        for (_, key, name), (event, place) in told.items()
    )


def _drop_event(kinds: dict[tuple[str, str], str]) -> list[tuple[str, str]]:
    return [(contract, key) for (contract, _), key in kinds.items()]
