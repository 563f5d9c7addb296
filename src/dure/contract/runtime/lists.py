"""Lists in the state: each item under a key of its own.

An item's key is `encode((field, index))`; the length stands under `encode((field,))`. Every item
that is read is paid for, so a walk costs by its length.
"""

from collections.abc import Iterator
from typing import Any, Final

from dure.contract.runtime.frame import Frame, refuse
from dure.contract.runtime.state import build_accessors
from dure.contract.shapes import INT, Type, map_of
from dure.contract.wire import WireTypes

_ABSENT: Final = object()
_NO_ITEM: Final = "there is no item at that index"


class StoredList:
    """What the compiled code does with one field."""

    ACTIONS: Final = ("length", "read_item", "write_item", "append", "pop", "walk", "holds")

    def __init__(self, name: str, item: Type, limit: int, wire: WireTypes) -> None:
        counts = build_accessors(name, INT, wire)
        items = build_accessors(name, map_of(INT, item), wire)
        assert isinstance(counts.key, bytes)
        assert not isinstance(items.key, bytes)
        self._name = name
        self._limit = limit
        self._count_key, self._counts = counts.key, counts
        self._build_key, self._items = items.key, items

    def length(self, frame: Frame) -> int:
        """Return how many items there are."""
        return int(self._counts.read(frame, self._count_key))

    def read_item(self, frame: Frame, index: int) -> Any:
        """Return an item; a negative index counts from the end."""
        value = self._items.read_or(frame, _ABSENT, self._find(frame, index))
        if value is _ABSENT:
            refuse("index_out_of_range", _NO_ITEM)
        return value

    def write_item(self, frame: Frame, value: Any, index: int) -> None:
        """Put `value` at an index that the list has."""
        key = self._find(frame, index)
        if not self._items.has(frame, key):
            refuse("index_out_of_range", _NO_ITEM)
        self._items.write(frame, value, key)

    def append(self, frame: Frame, value: Any) -> None:
        """Add an item at the end."""
        count = self.length(frame)
        if count >= self._limit:
            refuse("list_full", f"the list {self._name} has {self._limit} items already")
        self._items.write(frame, value, self._build_key(count))
        self._counts.write(frame, count + 1, self._count_key)

    def pop(self, frame: Frame) -> Any:
        """Take the last item off."""
        count = self.length(frame)
        if count == 0:
            refuse("index_out_of_range", "the list is empty")
        value = self.read_item(frame, count - 1)
        self._items.remove(frame, self._build_key(count - 1))
        self._counts.write(frame, count - 1, self._count_key)
        return value

    def walk(self, frame: Frame) -> Iterator[Any]:
        """Give each item, up to the length that the list has at the first step."""
        for place in range(self.length(frame)):
            yield self.read_item(frame, place)

    def holds(self, frame: Frame, value: Any) -> bool:
        """Say whether an item equals `value`."""
        return any(item == value for item in self.walk(frame))

    def _find(self, frame: Frame, index: int) -> bytes:
        place = index + self.length(frame) if index < 0 else index
        if not 0 <= place < self._limit:
            refuse("index_out_of_range", _NO_ITEM)
        return self._build_key(place)
