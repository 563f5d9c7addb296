"""Estimates from above, by type: of the bytes that a value takes when encoded, and in memory.

`build_measure` tells how long an encoded value would be without building it. One long text may
stand in a list ten thousand times, so that a value of a few pages of memory would take hundreds of
megabytes. What cannot be long is a constant; only texts, lists and the records that hold them are
looked at, and no further than to `MEASURED_BYTES_MAX`.

`estimate_built_factor` tells how many bytes of memory a byte of an encoded value may become. Values
of one byte each are the dearest: a record of one small number takes two bytes, and in memory its
head and a reference.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from dure.contract.limits import VALUE_BYTES_MAX
from dure.contract.shapes import BYTES, STR, Sort, Type
from dure.contract.wire import WireTypes

Measure = Callable[[Any], int]

MEASURED_BYTES_MAX: Final = 9 * VALUE_BYTES_MAX
"""What is estimated to be longer is longer than `VALUE_BYTES_MAX`.

An estimate is at most nine times the size: a small integer takes one byte, a large one nine.
"""

RECORD_BYTES: Final = 48
"""Memory of a record without its parts, from above.

Measured on CPython 3.11, 3.12 and 3.13: 32 bytes and a reference a part. A list takes 56; where one
is estimated, two references are added.
"""
PART_BYTES: Final = 40
"""Memory of a part that is a number: a reference, and the number itself."""

_REFERENCE_BYTES: Final = 8
_NUMBER_FACTOR: Final = 14
"""A number of three bytes becomes a reference and 32 bytes."""
_TEXT_FACTOR: Final = 24
"""A text of three bytes becomes a reference and 64 bytes."""

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
    if not wire.remember(_can_be_long, item):
        bound = wire.estimate_bytes_max(item)
        return lambda items: _OVERHEAD + bound * len(items)
    measure_item = wire.remember(build_measure, item)

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
    short = [kind for _, kind in fields if not wire.remember(_can_be_long, kind)]
    bound = _OVERHEAD + sum(map(wire.estimate_bytes_max, short))
    parts = [
        (each, wire.remember(build_measure, kind)) for each, kind in fields if kind not in short
    ]

    def measure(record: Any) -> int:
        size = bound
        for field, measure_part in parts:
            size += measure_part(getattr(record, field))
        return size

    return measure


def _can_be_long(kind: Type, wire: WireTypes) -> bool:
    if kind.sort is Sort.RECORD:
        return any(wire.remember(_can_be_long, each) for _, each in wire.get_fields(kind.name))
    return kind.sort is Sort.LIST or kind in (STR, BYTES)


def estimate_built_factor(types: Sequence[Type], wire: WireTypes) -> int:
    """Return how many bytes of memory each byte of such encoded values may become, with itself."""
    return 1 + max([wire.remember(_estimate_factor, kind) for kind in types], default=0)


def _estimate_factor(kind: Type, wire: WireTypes) -> int:
    if kind.sort is Sort.LIST:
        memory, size = wire.remember(_estimate_least, kind.item)
        return max(wire.remember(_estimate_factor, kind.item), -(-memory // size), _TEXT_FACTOR)
    if kind.sort is Sort.RECORD:
        memory, size = wire.remember(_estimate_least, kind)
        parts = [wire.remember(_estimate_factor, each) for _, each in wire.get_fields(kind.name)]
        return max(-(-memory // size), *parts)
    return _TEXT_FACTOR if kind in (STR, BYTES) else _NUMBER_FACTOR


def _estimate_least(kind: Type, wire: WireTypes) -> tuple[int, int]:
    """Return memory and encoded bytes of the smallest value of `kind`, its reference included."""
    if kind.sort is Sort.LIST:
        return _REFERENCE_BYTES + RECORD_BYTES + 2 * _REFERENCE_BYTES, 1
    if kind.sort is not Sort.RECORD:
        return _REFERENCE_BYTES, 1
    parts = [wire.remember(_estimate_least, each) for _, each in wire.get_fields(kind.name)]
    memory = _REFERENCE_BYTES + RECORD_BYTES + sum(each for each, _ in parts)
    return memory, 1 + sum(size for _, size in parts)
