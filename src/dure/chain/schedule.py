"""The queue of calls that the chain makes by itself, in order of (due time, number).

The state holds the calls; this index of their keys is derived from it, so that the next one is found without a search.
Keys sort as bytes in the order in which the calls fall due.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable

from dure.chain.state import Writes
from dure.core.types import Instant

PREFIX = ord("q")


class Queue:
    """Sorted keys of the waiting calls. Copied before it is changed, so that candidates do not see one another."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        self._keys = sorted(keys)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def first(self) -> bytes | None:
        """The state key of the call that is due next."""
        return self._keys[0] if self._keys else None

    def apply(self, writes: Writes) -> "Queue":
        """Return the queue after `writes`; the same object where they touch no scheduled call."""
        touched = [key for key in writes if key[0] == PREFIX]
        if not touched:
            return self
        queue = Queue()
        queue._keys = self._keys.copy()
        for key in touched:
            queue._set(key, present=writes[key] is not None)
        return queue

    def _set(self, key: bytes, *, present: bool) -> None:
        position = bisect_left(self._keys, key)
        found = position < len(self._keys) and self._keys[position] == key
        if present and not found:
            insort(self._keys, key)
        elif found and not present:
            del self._keys[position]


def get_due(key: bytes) -> Instant:
    """Return the ledger time at which the call under this state key is due."""
    return Instant(int.from_bytes(key[1:9], "big"))


def get_number(key: bytes) -> int:
    """Return the number of the call under this state key."""
    return int.from_bytes(key[9:17], "big")
