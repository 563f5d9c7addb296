"""Bounded memory: how much an engine and its driver may ever hold, whatever peers send.

`measure` walks an engine's data and counts the entries of every collection that it finds, by its
place. The bounds are stated here, once, for a set of n validators; a collection that nobody has
stated a bound for gets the strict one, so that a new one has to be thought about.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from dure.testing.simulation.checks.violations import SafetyViolation

VOTES: Final = 64
"""Rounds in which one validator's votes are kept, and messages kept for later of one sender."""
BLOCKS: Final = 8
DEPTH_MAX: Final = 4
PARAMETERS: Final = "__dataclass_params__"

PER_MEMBER: Final[Mapping[str, int]] = {
    "state.prepares._rounds": VOTES,
    "state.prepares._kept": VOTES,
    "state.commits._rounds": VOTES,
    "state.commits._kept": VOTES,
    "_future._messages": VOTES,
}
"""Entries for each validator; one for each where nothing is said."""

ALWAYS: Final = 4 * BLOCKS
"""Entries of any collection beside those for each validator."""


def measure(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, int]]:
    """Yield the place and number of entries of each collection that `value` holds by itself."""
    for field in fields(value):
        held = getattr(value, field.name)
        name = f"{place}.{field.name}" if place else field.name
        if isinstance(held, Collection) and not isinstance(held, str | bytes):
            yield name, _count(held)
        elif _is_memory(held) and depth < DEPTH_MAX:
            yield from measure(held, name, depth + 1)


def check_bounds(name: str, engine: object, members: int) -> None:
    """Raise `SafetyViolation` where an engine holds more than it ever may."""
    for place, entries in measure(engine):
        limit = ALWAYS + members * PER_MEMBER.get(place, 1)
        if entries > limit:
            raise SafetyViolation(f"{name} holds {entries} entries in {place}, above {limit}")


def _count(held: Collection[object]) -> int:
    """Return the entries of a collection; those of collections inside it count one by one."""
    inside = held.values() if isinstance(held, Mapping) else ()
    nested = [each for each in inside if isinstance(each, dict | list | set)]
    return sum(map(len, nested)) if nested else len(held)


def _is_memory(value: object) -> bool:
    """Say whether a value is a part that the engine changes, and not a frozen value."""
    if isinstance(value, type) or not is_dataclass(value):
        return False
    return not getattr(value, PARAMETERS).frozen
