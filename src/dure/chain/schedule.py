"""The queue of calls that the chain makes by itself, in order of (due time, number).

The state holds the calls; this index of their keys is derived from it, so that the next one is
found without a search. Keys sort as bytes in the order in which the calls fall due.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from dure.chain.state import Writes
from dure.core.types import Instant

PREFIX: Final = ord("q")


class Queue:
    """Sorted keys of the waiting calls.

    A candidate that changes it copies it first, so that candidates do not see one another.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        self._keys = sorted(keys)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Queue) and self._keys == other._keys

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def first(self) -> bytes | None:
        """The state key of the call that is due next."""
        return self._keys[0] if self._keys else None

    def copy(self) -> "Queue":
        """Return a queue that can be changed without this one."""
        queue = Queue()
        queue._keys = self._keys.copy()
        return queue

    def apply(self, writes: Writes) -> None:
        """Follow `writes`, of which only scheduled calls matter."""
        for key, value in writes.items():
            if key[0] == PREFIX:
                self._set(key, present=value is not None)

    def _set(self, key: bytes, *, present: bool) -> None:
        position = bisect_left(self._keys, key)
        found = position < len(self._keys) and self._keys[position] == key
        if present and not found:
            self._keys.insert(position, key)
        elif found and not present:
            del self._keys[position]


def has_calls(writes: Writes) -> bool:
    """Say whether `writes` add or take away scheduled calls."""
    for key in writes:  # noqa: SIM110 - asked for every transaction; `any` takes twice as long
        if key[0] == PREFIX:
            return True
    return False


def get_due(key: bytes) -> Instant:
    """Return the ledger time at which the call under this state key is due."""
    return Instant(int.from_bytes(key[1:9], "big"))


def get_number(key: bytes) -> int:
    """Return the number of the call under this state key."""
    return int.from_bytes(key[9:17], "big")
