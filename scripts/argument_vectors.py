"""Known answers for the arguments of a call: JSON values, by the types of an interface, as bytes.

Written from docs/reference/language.md and docs/spec/encoding.md, with a MessagePack writer of its
own. A case is one argument `value` of a method `take` of its type. For the size of the file,

* a number beyond what JSON readers keep stands as {"large": its digits},
* an address as {"address": its bytes}, whose text form `addresses.json` has,
* a long text or list as {"repeat": its part, "times": how often},
* long bytes of an answer as their SHA-256.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

ADDRESS, HASH = sha256(b"address").digest(), sha256(b"hash").digest()
INT_MAX, INT_MIN = 2**63 - 1, -(2**63)
TEXT_MAX, ITEMS_MAX = 65_536, 10_000
SAFE_MAX = 2**53 - 1
LONG_BYTES = 600

INTERFACE: dict[str, Any] = {
    "language_version": 1,
    "name": "Example",
    "docstring": "",
    "methods": {},
    "records": {
        "Lot": {
            "name": "Lot",
            "docstring": "",
            "fields": [{"name": "name", "type": "str"}, {"name": "weight", "type": "int"}],
        },
        "Order": {
            "name": "Order",
            "docstring": "",
            "fields": [
                {"name": "buyer", "type": "Address"},
                {"name": "lots", "type": "list[Lot]"},
                {"name": "state", "type": "State"},
                {"name": "rate", "type": "Rate"},
                {"name": "price", "type": "Amount[Won]"},
            ],
        },
    },
    "events": {},
    "choices": {
        "State": {
            "name": "State",
            "docstring": "",
            "members": [{"name": "OPEN", "text": "open"}, {"name": "SHUT", "text": "shut"}],
        }
    },
    "currencies": {"Won": {"name": "Won", "docstring": ""}},
    "decimals": {
        "Rate": {"name": "Rate", "places": 6, "rounding": "HALF_UP", "docstring": ""},
        "Whole": {"name": "Whole", "places": 0, "rounding": "DOWN", "docstring": ""},
    },
    "state": {},
    "limits": {},
    "constants": {},
}


def build_arguments() -> dict[str, Any]:
    """Return all known answers."""
    return {
        "interface": INTERFACE,
        "accepted": [
            {"type": kind, "value": value} | _describe(pack([wire]))
            for kind, value, wire in _list_accepted()
        ],
        "refused": [
            {"type": kind, "value": value, "why": why} for kind, value, why in _list_refused()
        ],
        "refused_bytes": [
            {"type": kind, "bytes": data, "why": why} for kind, data, why in _list_refused_bytes()
        ],
    }


def _describe(data: bytes) -> dict[str, str]:
    if len(data) <= LONG_BYTES:
        return {"bytes": data.hex()}
    return {"sha256": sha256(data).hexdigest()}


def _repeat(part: Any, times: int) -> dict[str, Any]:
    return {"repeat": part, "times": times}


def pack(value: Any) -> bytes:
    """Return MessagePack in its shortest form."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return _pack_integer(value)
        case str():
            data = value.encode()
            return _pack_length(len(data), (0xA0, 32), (0xD9, 0xDA, 0xDB)) + data
        case bytes():
            return _pack_length(len(value), None, (0xC4, 0xC5, 0xC6)) + value
        case _:
            head = _pack_length(len(value), (0x90, 16), (None, 0xDC, 0xDD))
            return head + b"".join(map(pack, value))


def _pack_integer(value: int) -> bytes:
    if -32 <= value < 128:
        return value.to_bytes(1, "big", signed=value < 0)
    for power in range(4):
        bits = 8 << power
        if 0 <= value < 1 << bits:
            return bytes([0xCC + power]) + value.to_bytes(bits // 8, "big")
        if -(1 << (bits - 1)) <= value < 0:
            return bytes([0xD0 + power]) + value.to_bytes(bits // 8, "big", signed=True)
    raise OverflowError(value)


def _pack_length(
    length: int, small: tuple[int, int] | None, marks: tuple[int | None, int, int]
) -> bytes:
    if small is not None and length < small[1]:
        return bytes([small[0] | length])
    for mark, size in zip(marks, (1, 2, 4), strict=True):
        if mark is not None and length < 1 << 8 * size:
            return bytes([mark]) + length.to_bytes(size, "big")
    raise OverflowError(length)


def _write(number: int) -> int | dict[str, str]:
    return number if abs(number) <= SAFE_MAX else {"large": str(number)}


def _list_accepted() -> Iterator[tuple[str, Any, Any]]:
    edges = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, SAFE_MAX, INT_MAX]
    for kind in ("int", "Duration", "Amount", "Amount[Won]", "Time"):
        yield from ((kind, _write(number), number) for number in edges)
    for number in (-1, -32, -33, -128, -129, -32_768, -32_769, -(2**31), -(2**31) - 1, INT_MIN):
        yield "int", _write(number), number
        yield "Duration", _write(number), number
    yield "bool", True, True
    yield "bool", False, False
    for text in (
        "",
        "rice",
        "두레",
        "x" * 31,
        "x" * 32,
        "y" * 255,
        "y" * 256,
        "🌾\u202e",
        "\ufeffa",
    ):
        yield "str", text, text
    yield "str", _repeat("가", TEXT_MAX), "가" * TEXT_MAX
    # Two letters more are as many as a text may have, and more bytes than a call may.
    yield "str", _repeat("🌾", TEXT_MAX - 2), "🌾" * (TEXT_MAX - 2)
    for data in (b"", b"\n\x0b", bytes(255), bytes(256)):
        yield "bytes", data.hex(), data
    yield "bytes", _repeat("00", TEXT_MAX), bytes(TEXT_MAX)
    yield "bytes", "0A0b", b"\n\x0b"
    for kind in ("Hash", "Asset", "Asset[Won]"):
        yield kind, HASH.hex(), HASH
    yield "Address", {"address": ADDRESS.hex()}, ADDRESS
    yield "State", "OPEN", "OPEN"
    rates = ["0", "-0", "0.035", "0.035000", "-1.5", "12", "9223372036854.775807", "0.000001"]
    for text in rates:
        yield "Rate", text, _count_units(text, 6)
    yield "Whole", "-9223372036854775808", INT_MIN
    yield "list[int]", [], []
    yield "list[int]", [1, -2, 300], [1, -2, 300]
    yield "list[int]", [7] * 16, [7] * 16
    yield "list[bool]", _repeat([True], ITEMS_MAX), [True] * ITEMS_MAX
    yield "list[list[str]]", [["a"], [], ["b", "c"]], [["a"], [], ["b", "c"]]
    yield "Lot", {"name": "rice", "weight": 7}, ["rice", 7]
    yield "Lot", {"weight": 7, "name": "rice"}, ["rice", 7]
    order = {
        "buyer": {"address": ADDRESS.hex()},
        "lots": [{"name": "rice", "weight": 7}, {"name": "", "weight": -1}],
        "state": "SHUT",
        "rate": "0.5",
        "price": 5_000,
    }
    yield "Order", order, [ADDRESS, [["rice", 7], ["", -1]], "SHUT", 500_000, 5_000]
    yield "list[Order]", [order], [[ADDRESS, [["rice", 7], ["", -1]], "SHUT", 500_000, 5_000]]


def _count_units(text: str, places: int) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(places, "0"))


def _list_refused() -> Iterator[tuple[str, Any, str]]:
    for kind in ("int", "Duration", "Amount", "Time"):
        yield kind, _write(INT_MAX + 1), "past 2^63-1"
        yield kind, 1.5, "a fraction"
        yield kind, "1", "text"
        yield kind, True, "a truth value"
        yield kind, None, "nothing"
        yield kind, [1], "a list"
    yield "int", _write(INT_MIN - 1), "below -2^63"
    yield "Amount", -1, "money below zero"
    yield "Time", -1, "a moment before 1970"
    for value in (1, "true", None):
        yield "bool", value, "no truth value"
    yield "str", _repeat("x", TEXT_MAX + 1), "a character too many"
    yield "str", _repeat("🌾", TEXT_MAX + 1), "a character too many, outside the basic plane"
    yield "str", _repeat("🌾", TEXT_MAX), "larger than a call may be"
    yield "str", 1, "a number"
    yield "str", None, "nothing"
    yield "bytes", "0", "half a byte"
    yield "bytes", "0g", "no hexadecimal digit"
    yield "bytes", "0a 0b", "a space"
    yield "bytes", _repeat("00", TEXT_MAX + 1), "a byte too many"
    yield "bytes", [10, 11], "a list"
    for kind in ("Hash", "Asset"):
        yield kind, HASH.hex()[2:], "31 bytes"
        yield kind, HASH.hex() + "00", "33 bytes"
        yield kind, "", "no bytes"
    yield "Address", ADDRESS.hex(), "hexadecimal digits"
    yield "Address", "dure1" + "q" * 58, "a wrong checksum"
    yield "Address", "", "nothing"
    yield "State", "open", "the words of a member"
    yield "State", "LOST", "no member"
    yield "State", 0, "a number"
    for text in ("1e3", ".5", "1.", "01", "+1", " 1", "1,5", "", "0.0000001", "NaN", "\uff11"):
        yield "Rate", text, f"not written as a decimal: {text!r}"
    yield "Rate", "9223372036854.775808", "past 64 bits"
    yield "Rate", 0.5, "a fraction"
    yield "Whole", "1.0", "a place too many"
    yield "list[int]", [1, "2"], "an item of another type"
    yield "list[int]", {"0": 1}, "a record"
    yield "list[bool]", _repeat([True], ITEMS_MAX + 1), "an item too many"
    yield "list[str]", [_repeat("x", TEXT_MAX)] * 4, "larger than a call may be"
    yield "Lot", {"name": "rice"}, "a field is missing"
    yield "Lot", {"name": "rice", "weight": 7, "more": 1}, "a field too many"
    yield "Lot", ["rice", 7], "a list"
    yield "Lot", None, "nothing"
    yield "Order", {"buyer": 1}, "everything is wrong"


def _list_refused_bytes() -> Iterator[tuple[str, str, str]]:
    yield "int", "", "nothing at all"
    yield "int", "01", "no list of arguments"
    yield "int", "90", "no argument"
    yield "int", "920102", "an argument too many"
    yield "int", "9101ff", "bytes behind the arguments"
    yield "int", "91cc01", "an integer in long form"
    yield "int", "91d0ff", "a negative integer in long form"
    yield "int", "91ca3f800000", "a float"
    yield "int", "91c0", "null"
    yield "int", "91cfffffffffffffffff", "past 2^63-1"
    yield "Amount", "91ff", "money below zero"
    yield "bool", "9101", "a number"
    yield "str", "91d90161", "text in long form"
    yield "str", "91a1ff", "not UTF-8"
    yield "str", "91c40161", "bytes"
    yield "bytes", "91a161", "text"
    yield "Hash", "91c41f" + "00" * 31, "31 bytes"
    yield "Address", "91c421" + "00" * 33, "33 bytes"
    yield "State", "91a44c4f5354", "no member"
    yield "list[int]", "9181c2c3", "a map"
    yield "Lot", "9191a472696365", "a field is missing"
    yield "Lot", "9193a47269636507c0", "a field too many"
    yield "list[int]", "91" + "91" * 40 + "01", "nested too deeply"
