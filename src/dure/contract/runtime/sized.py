"""Operations whose cost grows with their operands.

Charged by size before they work, and bounded in what they build.
"""

import operator
from collections.abc import Callable
from typing import Any

from dure.contract.gas import BUILD, COMPARE, DIGITS_SHIFT, ITEM, SIZE_SHIFT, SORT
from dure.contract.limits import ITEMS_MAX, TEXT_MAX
from dure.contract.runtime.frame import Frame, count_built, refuse

_REFERENCE_BYTES = 64
"""What an item of a list counts for, beside what it refers to."""

Text = str | bytes


def join_text(frame: Frame, a: Any, b: Any) -> Any:
    """Return `a + b` of two texts."""
    _charge_text(frame, len(a) + len(b))
    return a + b


def join_parts(frame: Frame, *parts: object) -> str:
    """Return the text of an f-string: integers in decimal, text as it is."""
    pieces = [part if isinstance(part, str) else _write_digits(frame, part) for part in parts]
    _charge_text(frame, sum(map(len, pieces)))
    return "".join(pieces)


def _write_digits(frame: Frame, number: Any) -> str:
    frame.meter.charge(1 + (number.bit_length() >> DIGITS_SHIFT))
    return str(number)


def number_text(frame: Frame, number: int) -> str:
    """Return the decimal digits."""
    digits = _write_digits(frame, number)
    _charge_text(frame, len(digits))
    return digits


def hexadecimal(frame: Frame, data: bytes) -> str:
    """Return the hexadecimal digits of `data`."""
    _charge_text(frame, 2 * len(data))
    return data.hex()


def encode_text(frame: Frame, text: str) -> bytes:
    """Return `text` in UTF-8."""
    data = text.encode("utf-8")
    _charge_text(frame, len(data))
    return data


def slice_text(frame: Frame, text: Any, lower: int | None, upper: int | None) -> Any:
    """Return a part of a text."""
    start, stop, _ = slice(lower, upper).indices(len(text))
    _charge_text(frame, max(0, stop - start))
    return text[start:stop]


def _charge_text(frame: Frame, length: int) -> None:
    if length > TEXT_MAX:
        refuse("too_large", "a text is too long")
    frame.meter.charge(BUILD + (length >> SIZE_SHIFT))
    count_built(frame, _REFERENCE_BYTES + 4 * length)


def join_lists(frame: Frame, a: list[Any], b: list[Any]) -> list[Any]:
    """Return `a + b` of two lists."""
    _charge_list(frame, len(a) + len(b))
    return a + b


def copy_list(frame: Frame, items: list[Any]) -> list[Any]:
    """Return a copy, and of lists in it too: a record's lists are never shared, so it stays."""
    _charge_list(frame, len(items))
    if items and isinstance(items[0], list):
        return [copy_list(frame, each) for each in items]
    return items.copy()


def build_list(frame: Frame, items: list[Any]) -> list[Any]:
    """Return a list that was just written down."""
    count_built(frame, _REFERENCE_BYTES * (1 + len(items)))
    return items


def slice_list(frame: Frame, items: list[Any], lower: int | None, upper: int | None) -> list[Any]:
    """Return a part of a list."""
    start, stop, _ = slice(lower, upper).indices(len(items))
    _charge_list(frame, max(0, stop - start))
    return items[start:stop]


def _charge_list(frame: Frame, length: int) -> None:
    if length > ITEMS_MAX:
        refuse("too_large", "a list is too long")
    frame.meter.charge(BUILD + ITEM * length)
    count_built(frame, _REFERENCE_BYTES * (1 + length))


def append(frame: Frame, items: list[Any], item: Any) -> None:
    """Add an item at the end."""
    if len(items) >= ITEMS_MAX:
        refuse("too_large", "a list is too long")
    count_built(frame, _REFERENCE_BYTES)
    items.append(item)


def pop(items: list[Any]) -> Any:
    """Take the last item off."""
    if not items:
        refuse("index_out_of_range", "the list is empty")
    return items.pop()


def get_item(items: Any, index: int) -> Any:
    """Return `items[index]`; a negative index counts from the end."""
    if not -len(items) <= index < len(items):
        refuse("index_out_of_range", "there is no item at that index")
    return items[index]


def set_item(items: list[Any], index: int, value: Any) -> None:
    """Put `value` at an index that the list has."""
    if not -len(items) <= index < len(items):
        refuse("index_out_of_range", "there is no item at that index")
    items[index] = value


def total(frame: Frame, items: list[int], start: int = 0) -> int:
    """Return `start` and the sum; ten thousand 64-bit numbers stay far below 256 bits."""
    frame.meter.charge(ITEM * len(items))
    return sum(items, start)


def smallest(frame: Frame, items: list[Any]) -> Any:
    """Return the smallest item."""
    _charge_comparisons(frame, items, len(items))
    return min(items)


def largest(frame: Frame, items: list[Any]) -> Any:
    """Return the largest item."""
    _charge_comparisons(frame, items, len(items))
    return max(items)


def sort(frame: Frame, items: list[Any]) -> list[Any]:
    """Return the items in ascending order, as a new list."""
    if items:
        _charge_comparisons(frame, items, SORT * len(items) * len(items).bit_length())
    _charge_list(frame, len(items))
    return sorted(items)


def _charge_comparisons(frame: Frame, items: list[Any], comparisons: int) -> None:
    if not items:
        refuse("index_out_of_range", "the list is empty")
    frame.meter.charge(ITEM * (len(items) + comparisons))
    if isinstance(items[0], Text):
        frame.meter.charge(comparisons * (max(map(len, items)) >> SIZE_SHIFT))


def _comparing(compare: Callable[[Any, Any], bool]) -> Callable[[Frame, Any, Any], bool]:
    def compare_texts(frame: Frame, a: Any, b: Any) -> bool:
        frame.meter.charge(COMPARE + (min(len(a), len(b)) >> SIZE_SHIFT))
        return compare(a, b)

    return compare_texts


equal = _comparing(operator.eq)
unequal = _comparing(operator.ne)
less = _comparing(operator.lt)
at_most = _comparing(operator.le)
greater = _comparing(operator.gt)
at_least = _comparing(operator.ge)


def is_in_text(frame: Frame, part: Any, whole: Any) -> bool:
    """Say whether `part` stands in `whole`."""
    # CPython searches in linear time but for short parts, where it may look at each character of
    # the part.
    frame.meter.charge(COMPARE + len(whole) * (1 + (min(len(part), 128) >> SIZE_SHIFT)))
    return part in whole


def is_in_list(frame: Frame, item: Any, items: list[Any]) -> bool:
    """Say whether `item` is one of `items`."""
    weight = ITEM + (len(item) >> SIZE_SHIFT if isinstance(item, Text) else 0)
    frame.meter.charge(COMPARE + weight * len(items))
    return item in items


def starts_with(frame: Frame, text: Any, start: Any) -> bool:
    """Say whether `text` begins with `start`."""
    frame.meter.charge(COMPARE + (len(start) >> SIZE_SHIFT))
    return bool(text.startswith(start))


def ends_with(frame: Frame, text: Any, end: Any) -> bool:
    """Say whether `text` ends with `end`."""
    frame.meter.charge(COMPARE + (len(end) >> SIZE_SHIFT))
    return bool(text.endswith(end))
