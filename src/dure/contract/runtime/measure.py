"""Estimates from above of how many bytes a value takes when encoded, without building them.

One long text may stand in a list ten thousand times, so that a value of a few pages of memory would
take hundreds of megabytes. What cannot be long is a constant; only texts, lists and the records
that hold them are looked at, and no further than to `MEASURED_BYTES_MAX`.
"""

from collections.abc import Callable
from typing import Any, Final

from dure.contract.limits import VALUE_BYTES_MAX
from dure.contract.shapes import BYTES, STR, Sort, Type
from dure.contract.wire import WireTypes

Measure = Callable[[Any], int]

MEASURED_BYTES_MAX: Final = 9 * VALUE_BYTES_MAX
"""What is estimated to be longer is longer than `VALUE_BYTES_MAX`.

An estimate is at most nine times the size: a small integer takes one byte, a large one nine.
"""

_OVERHEAD: Final = 5
"""What stands before a text or a list, at most."""


def build_measure(kind: Type, wire: WireTypes) -> Measure:
    """Return the function that estimates the size of a value of `kind`."""
    if kind.sort is Sort.LIST:
        return _build_list_measure(kind.item, wire)
    if kind.sort is Sort.RECORD:
        return _build_record_measure(kind.name, wire)
    if kind in (STR, BYTES):
        return lambda text: _OVERHEAD + 4 * len(text)
    bound = wire.estimate_bytes_max(kind)
    return lambda _: bound


def _build_list_measure(item: Type, wire: WireTypes) -> Measure:
    if item in (STR, BYTES):
        return lambda texts: _OVERHEAD * (1 + len(texts)) + 4 * sum(map(len, texts))
    if not _can_be_long(item, wire):
        bound = wire.estimate_bytes_max(item)
        return lambda items: _OVERHEAD + bound * len(items)
    measure_item = build_measure(item, wire)

    def measure(items: list[Any]) -> int:
        size = _OVERHEAD
        for each in items:
            size += measure_item(each)
            if size > MEASURED_BYTES_MAX:
                break
        return size

    return measure


def _build_record_measure(name: str, wire: WireTypes) -> Measure:
    fields = wire.get_fields(name)
    short = [kind for _, kind in fields if not _can_be_long(kind, wire)]
    bound = _OVERHEAD + sum(map(wire.estimate_bytes_max, short))
    parts = [(each, build_measure(kind, wire)) for each, kind in fields if kind not in short]

    def measure(record: Any) -> int:
        size = bound
        for field, measure_part in parts:
            size += measure_part(getattr(record, field))
        return size

    return measure


def _can_be_long(kind: Type, wire: WireTypes) -> bool:
    if kind.sort is Sort.RECORD:
        return any(_can_be_long(each, wire) for _, each in wire.get_fields(kind.name))
    return kind.sort is Sort.LIST or kind in (STR, BYTES)
