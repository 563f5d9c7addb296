"""Values for callers.

To and from the bytes of a call, and to and from JSON, by the types of an interface.

*Plain values* are what a Python program hands in and gets back: `int` (a Time or Duration in
milliseconds, an Amount in minor units), `decimal.Decimal` for a Decimal class, `bool`, `str`,
`bytes` (addresses, assets and hashes too), `list`, a `dict` for a record or an event, a choice as
its member's name. Handed in, the classes of a contract file are welcome too: `Time`, `Duration`,
`Amount`, a number of a Decimal class (or `int`, or a text such as "0.035"), members of a `Choice`,
instances of a `Record`. JSON has addresses as `dure1…`, bytes, assets and hashes as hexadecimal
text, and decimals written out with all their places: "0.035000".
"""

import dataclasses
import decimal
import enum
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from dure.contract.interface import (
    DecimalInterface,
    FieldInterface,
    Interface,
    MethodInterface,
    ShapeInterface,
    parse_type,
)
from dure.contract.language import Amount, Decimal, Duration, Time
from dure.contract.language.numbers import read_units, write_units
from dure.contract.limits import ITEMS_MAX, KEY_BYTES_MAX, TEXT_MAX, VALUE_BYTES_MAX
from dure.contract.shapes import Sort, Type
from dure.contract.wire import WireTypes, measure
from dure.core import codec
from dure.core.address import decode_address, encode_address
from dure.core.errors import InvalidEncoding
from dure.core.types import INT_MAX, INT_MIN, Address

Plain = Any
"""A plain value, as described above."""


class InvalidValue(InvalidEncoding):
    """A value that does not fit the interface; the message says where and what was expected."""


def encode_arguments(
    interface: Interface, method: str, positional: Sequence[Plain], named: Mapping[str, Plain]
) -> bytes:
    """Return the canonical bytes of a call's arguments.

    Raise `InvalidValue` naming the parameter.
    """
    parameters = get_method(interface, method).parameters
    given = _bind(method, parameters, positional, named)
    plain = _Plain(interface)
    wire = [
        plain.write(parse_type(each.type, interface), given[each.name], each.name)
        for each in parameters
    ]
    if measure(wire, 9 * VALUE_BYTES_MAX) < 0 or len(data := codec.encode(wire)) > VALUE_BYTES_MAX:
        message = f"the arguments of {method} are larger than {VALUE_BYTES_MAX} bytes"
        raise InvalidValue(message)
    return data


def decode_arguments(interface: Interface, method: str, data: bytes) -> dict[str, Plain]:
    """Return the plain arguments by parameter name."""
    return _decode_fields(interface, get_method(interface, method).parameters, data)


def decode_result(interface: Interface, method: str, data: bytes) -> Plain:
    """Return the plain result of a call."""
    kind = parse_type(get_method(interface, method).result, interface)
    return decode_value(interface, kind, data)


def encode_result(interface: Interface, method: str, value: Plain) -> bytes:
    """Return the canonical bytes of a call's result, given as a plain value."""
    kind = parse_type(get_method(interface, method).result, interface)
    return codec.encode(_Plain(interface).write(kind, value, f"the result of {method}"))


def decode_event(interface: Interface, name: str, data: bytes) -> dict[str, Plain]:
    """Return the plain fields of an event."""
    if name not in interface.events:
        message = f"{interface.name} has no event {name}"
        raise InvalidValue(message)
    return _decode_fields(interface, interface.events[name].fields, data)


def decode_value(interface: Interface, kind: Type, data: bytes) -> Plain:
    """Return the plain value of stored bytes."""
    value = codec.decode(_get_wire(interface).get(kind), data, bytes_max=VALUE_BYTES_MAX)
    return _from_wire(interface, kind, value)


def decode_key(interface: Interface, kinds: Sequence[Type], key: bytes) -> tuple[str, list[Plain]]:
    """Return the field and the plain keys of a storage key with keys of these types."""
    wire = _get_wire(interface)
    types = (str, *map(wire.get, kinds))
    field, *keys = codec.decode(tuple[types], key, bytes_max=KEY_BYTES_MAX)  # type: ignore[valid-type]
    return field, [_from_wire(interface, *pair) for pair in zip(kinds, keys, strict=True)]


def get_method(interface: Interface, name: str) -> MethodInterface:
    """Return the method; `init` and `migrate` name what is so marked, whatever its own name is."""
    marked = {"init": interface.initialiser, "migrate": interface.migration}.get(name)
    found = marked or interface.methods.get(name)
    if found is None:
        known = ", ".join(interface.methods)
        message = f"{interface.name} has no method {name}; it has {known}"
        raise InvalidValue(message)
    return found


def to_json(interface: Interface, type_text: str, value: Plain) -> object:
    """Return the JSON form of a plain value."""
    return _Json(interface).write(parse_type(type_text, interface), value)


def from_json(interface: Interface, type_text: str, value: object) -> Plain:
    """Return the plain value of a JSON form.

    Raise `InvalidValue` saying what was expected where.
    """
    return _Json(interface).read(parse_type(type_text, interface), value, type_text)


def to_json_fields(
    interface: Interface, fields: Sequence[FieldInterface], values: Mapping[str, Plain]
) -> dict[str, object]:
    """Return the JSON form of named values: arguments, or an event's fields."""
    return {each.name: to_json(interface, each.type, values[each.name]) for each in fields}


def _bind(
    method: str,
    parameters: Sequence[FieldInterface],
    positional: Sequence[Plain],
    named: Mapping[str, Plain],
) -> dict[str, Plain]:
    names = [each.name for each in parameters]
    given = dict(zip(names, positional, strict=False))
    twice = given.keys() & named.keys()
    given |= named
    if len(positional) > len(names) or twice or given.keys() != set(names):
        taken = ", ".join(f"{each.name}: {each.type}" for each in parameters) or "no arguments"
        message = f"{method} takes {taken}"
        raise InvalidValue(message)
    return given


@lru_cache(maxsize=256)
def _get_wire(interface: Interface) -> WireTypes:
    return WireTypes(interface)


def _decode_fields(
    interface: Interface, fields: Sequence[FieldInterface], data: bytes
) -> dict[str, Plain]:
    kind = _get_wire(interface).get_tuple(tuple(fields))
    values = codec.decode(kind, data, bytes_max=VALUE_BYTES_MAX)
    return {
        each.name: _from_wire(interface, parse_type(each.type, interface), value)
        for each, value in zip(fields, values, strict=True)
    }


def _from_wire(interface: Interface, kind: Type, value: Any) -> Plain:
    match kind.sort:
        case Sort.DECIMAL:
            return _to_decimal(value, interface.decimals[kind.name].places)
        case Sort.LIST:
            return [_from_wire(interface, kind.item, item) for item in value]
        case Sort.RECORD:
            return {
                each.name: _from_wire(
                    interface, parse_type(each.type, interface), getattr(value, each.name)
                )
                for each in interface.records[kind.name].fields
            }
        case _:
            return value


def _to_decimal(units: int, places: int) -> decimal.Decimal:
    # From text, because arithmetic would depend on the caller's decimal context.
    return decimal.Decimal(write_units(units, places))


def _refuse(place: str, expected: str, value: object) -> InvalidValue:
    message = f"{place}: expected {expected}, not {type(value).__name__}"
    return InvalidValue(message)


@dataclasses.dataclass(slots=True)
class _Plain:
    """Turns plain values into what the codec writes, checking each against its type."""

    interface: Interface
    parts_left: int = VALUE_BYTES_MAX
    """Every part takes a byte at least, so more parts cannot fit."""

    def write(self, kind: Type, value: Plain, place: str) -> object:
        self.parts_left -= 1
        if self.parts_left < 0:
            message = f"{place}: the value is larger than {VALUE_BYTES_MAX} bytes"
            raise InvalidValue(message)
        match kind.sort:
            case Sort.SCALAR:
                return _SCALARS[kind.name](value, place)
            case Sort.DECIMAL:
                return _read_decimal(value, self.interface.decimals[kind.name], place)
            case Sort.LIST:
                return self._write_list(kind, value, place)
            case Sort.CHOICE:
                return self._write_choice(kind, value, place)
            case Sort.NOTHING:
                _require_nothing(value, place)
                return None
            case _:
                return self._write_record(self.interface.records[kind.name], value, place)

    def _write_list(self, kind: Type, value: Plain, place: str) -> list[object]:
        if not isinstance(value, list | tuple) or len(value) > ITEMS_MAX:
            raise _refuse(place, f"a list of at most {ITEMS_MAX} items", value)
        return [self.write(kind.item, item, f"{place}[{i}]") for i, item in enumerate(value)]

    def _write_choice(self, kind: Type, value: Plain, place: str) -> str:
        name = value.name if isinstance(value, enum.Enum) else value
        names = [member.name for member in self.interface.choices[kind.name].members]
        if name not in names:
            raise _refuse(place, "one of " + ", ".join(names), value)
        return str(name)

    def _write_record(self, shape: ShapeInterface, value: Plain, place: str) -> list[object]:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        names = [each.name for each in shape.fields]
        if not isinstance(value, Mapping) or value.keys() != set(names):
            raise _refuse(place, f"{shape.name} with " + ", ".join(names), value)
        return [
            self.write(
                parse_type(each.type, self.interface), value[each.name], f"{place}.{each.name}"
            )
            for each in shape.fields
        ]


def _integer(lowest: int, unwrap: Callable[[Plain], Plain]) -> Callable[[Plain, str], int]:
    def check(value: Plain, place: str) -> int:
        value = unwrap(value)
        if type(value) is not int or not lowest <= value <= INT_MAX:
            raise _refuse(place, f"an integer from {lowest} to {INT_MAX}", value)
        return value

    return check


def _read_decimal(value: Plain, shape: DecimalInterface, place: str) -> int:
    units: object = None
    match value:
        case Decimal() if (type(value).__name__, value.places) == (shape.name, shape.places):
            units = value.units
        case int() if not isinstance(value, bool):
            units = value * 10**shape.places
        case str():
            units = read_units(value, shape.places)
        case decimal.Decimal():
            units = _count_units(value, shape.places)
        case _:
            pass
    if not isinstance(units, int) or not INT_MIN <= units <= INT_MAX:
        raise _refuse(place, f"a number with at most {shape.places} places, within 64 bits", value)
    return units


def _count_units(number: decimal.Decimal, places: int) -> int | None:
    """Return the units, or None where they are no integer or far too many."""
    sign, digits, exponent = number.as_tuple()
    if (
        not isinstance(exponent, int)
        or len(digits) > _DIGITS_MAX
        or number.adjusted() > _DIGITS_MAX
    ):
        return None
    units, rest = int("".join(map(str, digits))), 0
    shift = exponent + places
    if shift < 0:
        units, rest = divmod(units, 10 ** min(-shift, _DIGITS_MAX + 1))
    else:
        units *= 10 ** min(shift, _DIGITS_MAX)
    return None if rest else -units if sign else units


_DIGITS_MAX: Final = 100
"""Digits of a `decimal.Decimal` that is looked at; 64 bits have 19."""


def _boolean(value: Plain, place: str) -> bool:
    if not isinstance(value, bool):
        raise _refuse(place, "a truth value", value)
    return value


def _text(value: Plain, place: str) -> str:
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise _refuse(place, f"text of at most {TEXT_MAX} characters", value)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise _refuse(place, "text of whole Unicode characters", value) from None
    return value


def _binary(value: Plain, place: str) -> bytes:
    if not isinstance(value, bytes) or len(value) > TEXT_MAX:
        raise _refuse(place, f"at most {TEXT_MAX} bytes", value)
    return value


def _identifier(value: Plain, place: str) -> bytes:
    if not isinstance(value, bytes) or len(value) != 32:
        raise _refuse(place, "32 bytes", value)
    return value


def _require_nothing(value: Plain, place: str) -> None:
    if value is not None:
        raise _refuse(place, "None", value)


_SCALARS: Final[dict[str, Callable[[Plain, str], object]]] = {
    "int": _integer(INT_MIN, lambda value: value),
    "Time": _integer(0, lambda value: value.milliseconds if isinstance(value, Time) else value),
    "Duration": _integer(
        INT_MIN, lambda value: value.milliseconds if isinstance(value, Duration) else value
    ),
    "Amount": _integer(0, lambda value: value.units if isinstance(value, Amount) else value),
    "bool": _boolean,
    "str": _text,
    "bytes": _binary,
    "Address": _identifier,
    "Asset": _identifier,
    "Hash": _identifier,
}


@dataclasses.dataclass(frozen=True, slots=True)
class _Json:
    """Plain values to and from JSON."""

    interface: Interface

    def write(self, kind: Type, value: Plain) -> object:
        match kind.sort, kind.name:
            case Sort.LIST, _:
                return [self.write(kind.item, item) for item in value]
            case Sort.RECORD, name:
                fields = self.interface.records[name].fields
                return {each.name: self._write_field(each, value) for each in fields}
            case _, "Address":
                return encode_address(Address(value))
            case _, "bytes" | "Asset" | "Hash":
                return value.hex()
            case Sort.DECIMAL, name:
                shape = self.interface.decimals[name]
                return write_units(_read_decimal(value, shape, name), shape.places)
            case _:
                return value

    def _write_field(self, field: FieldInterface, value: Mapping[str, Plain]) -> object:
        return self.write(parse_type(field.type, self.interface), value[field.name])

    def read(self, kind: Type, value: object, place: str) -> Plain:
        match kind.sort, kind.name, value:
            case Sort.LIST, _, list():
                return [self.read(kind.item, item, f"{place}[{i}]") for i, item in enumerate(value)]
            case Sort.RECORD, name, dict():
                return self._read_record(self.interface.records[name], value, place)
            case Sort.NOTHING, _, None:
                return None
            case _, "Address", str():
                return decode_address(value)
            case _, "bytes" | "Asset" | "Hash", str():
                return _read_hexadecimal(value, place)
            case Sort.DECIMAL, name, str():
                shape = self.interface.decimals[name]
                return _to_decimal(_read_decimal(value, shape, place), shape.places)
            case (Sort.DECIMAL, _, _) | (_, "Address" | "bytes" | "Asset" | "Hash", _):
                raise _refuse(place, "text", value)
            case _:
                return _Plain(self.interface).write(kind, value, place)

    def _read_record(self, shape: ShapeInterface, value: Mapping[str, object], place: str) -> Plain:
        names = [each.name for each in shape.fields]
        if value.keys() != set(names):
            raise _refuse(place, f"{shape.name} with " + ", ".join(names), value)
        return {
            each.name: self.read(
                parse_type(each.type, self.interface), value[each.name], f"{place}.{each.name}"
            )
            for each in shape.fields
        }


def _read_hexadecimal(text: str, place: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise _refuse(place, "hexadecimal text", text) from None
    if data.hex() != text.lower():
        raise _refuse(place, "hexadecimal text without spaces", text)
    return data
