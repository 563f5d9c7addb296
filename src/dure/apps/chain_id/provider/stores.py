"""What is remembered for minutes: never more than so many entries, each gone at its time."""

from collections.abc import Callable
from typing import Generic, TypeVar

from dure.core.errors import Unavailable

T = TypeVar("T")


class ExpiringStore(Generic[T]):
    """Values by key, all of one lifetime. Full, it refuses new ones and keeps those it has."""

    def __init__(self, *, entries_max: int, lifetime_s: float, clock: Callable[[], float]) -> None:
        self._entries_max = entries_max
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._entries: dict[str, tuple[float, T]] = {}

    def __len__(self) -> int:
        self._forget()
        return len(self._entries)

    def put(self, key: str, value: T) -> None:
        """Remember a value; raise `Unavailable` where there are too many."""
        self._forget()
        if len(self._entries) >= self._entries_max:
            raise Unavailable("too many people are signing in right now: try again in a minute")
        self._entries[key] = (self._clock() + self._lifetime_s, value)

    def get(self, key: str) -> T | None:
        """Return a value, None where there is none any more."""
        self._forget()
        found = self._entries.get(key)
        return None if found is None else found[1]

    def take(self, key: str) -> T | None:
        """Return a value and forget it: it is given out once."""
        self._forget()
        found = self._entries.pop(key, None)
        return None if found is None else found[1]

    def replace(self, key: str, value: T) -> None:
        """Change a value that is there; it is forgotten at the time at which it would have been."""
        deadline, _ = self._entries[key]
        self._entries[key] = (deadline, value)

    def _forget(self) -> None:
        now = self._clock()
        # All live equally long, so the oldest stand in front.
        while self._entries:
            key = next(iter(self._entries))
            if self._entries[key][0] > now:
                break
            del self._entries[key]
