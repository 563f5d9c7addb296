"""What became of each thing, told from a contract's events alone.

A contract usually says again and again what happened to the same thing: policy 7 was sold, policy 7
was paid. Its key is the field that stands first in most kinds of events; all events with the same
key are one thread, and a thread's row has every field that was ever told of it, newest value first,
and the name of its last event.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dure.api.answers.shapes import EventItem
from dure.contract.interface import Interface
from dure.proof.json_form import Json


@dataclass(frozen=True, slots=True)
class Threads:
    """A table: the key's name, the other columns, and one row a thing, newest first."""

    key: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Json, str, tuple[Json, ...]], ...]
    """Key, name of the last event, values of the columns (None where never told)."""


def list_time_fields(interface: Interface) -> frozenset[str]:
    """Return the names of parameters and event fields that are moments."""
    shapes = [each.fields for each in interface.events.values()]
    shapes += [each.parameters for each in interface.methods.values()]
    return frozenset(each.name for shape in shapes for each in shape if each.type == "Time")


def find_key(interface: Interface) -> str | None:
    """Return the field that begins at least two kinds of events, the most frequent one."""
    firsts = Counter(each.fields[0].name for each in interface.events.values() if each.fields)
    name, count = firsts.most_common(1)[0] if firsts else ("", 0)
    return name if count >= 2 else None


def build_threads(interface: Interface, events: Sequence[EventItem]) -> Threads | None:
    """Return the table for events in the order in which they happened.

    None where they share no key.
    """
    key = find_key(interface)
    if key is None:
        return None
    told: dict[str, dict[str, Json]] = {}
    last: dict[str, str] = {}
    columns: dict[str, None] = {}
    for item in events:
        fields = item.event.fields
        if fields is None or next(iter(fields), None) != key:
            continue
        name = str(fields[key])
        # The last told thread comes first: taken out and put in again at the end.
        told[name] = told.pop(name, {}) | fields
        last[name] = item.event.name
        columns.update(dict.fromkeys(fields))
    columns.pop(key, None)
    rows = [
        (values[key], last[name], tuple(values.get(column) for column in columns))
        for name, values in reversed(told.items())
    ]
    return Threads(key, tuple(columns), tuple(rows))
