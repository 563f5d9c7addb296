"""Wire values as JSON that people can read, one form each, and back.

Rules
-----
1. A struct is an object of its field names; where the struct has a tag, `type` holds it. A list is
   a list, null is null, an enumeration its text.
2. Bytes are hexadecimal in small letters. Addresses, and only they, are Bech32m.
3. An integer of at most 2⁵³-1 is a number; a larger one is its decimal digits as text, because JSON
   readers lose such numbers (RFC 8785, section 3.2.2.3).
4. Reading takes the type as its guide and then goes through `dure.core.codec`, so every bound of
   the type holds. Whoever demands the one form writes the value again and compares.

The value and its type alone decide: nothing in the JSON is left over, nothing is missing.
"""

import types
import typing
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Final, TypeVar, cast, get_args, get_origin, get_type_hints

from dure.core.address import decode_address, encode_address
from dure.core.codec import Wire, decode, encode
from dure.core.errors import InvalidEncoding
from dure.core.types import INT_MAX, INT_MIN, Address

Json = dict[str, Any] | list[Any] | str | int | bool | None
"""What stands in a proof file; JSON's fractions do not occur."""

SAFE_INTEGER_MAX: Final = 2**53 - 1
TAG: Final = "type"

_TYPES_MAX: Final = 1024
_ADDRESSES_MAX: Final = 4096

T = TypeVar("T")


def render(type_: Any, value: object) -> Json:
    """Return the JSON form of `value`, which is of `type_`."""
    match value:
        case Enum():
            form = cast("Json", value.value)
        case bool() | str() | None:
            form = value
        case int():
            form = value if abs(value) <= SAFE_INTEGER_MAX else str(value)
        case bytes():
            form = _write_address(value) if _is_address(type_) else value.hex()
        case tuple():
            items = _item_types(_find_origin(_options(type_), tuple, "value"), len(value))
            form = [render(of, item) for of, item in zip(items, value, strict=True)]
        case _:
            assert isinstance(value, Wire), f"{type(value).__name__} is no wire value"
            form = _render_struct(value)
    return form


def parse(type_: type[T], form: Json) -> T:
    """Return the value of `type_` that the JSON `form` describes; raise `InvalidEncoding`."""
    return decode(type_, encode(_to_wire(type_, form, type_.__name__)))


@lru_cache(maxsize=256)
def get_fields(struct: type[Wire]) -> dict[str, Any]:
    """Return the fields of a struct and their types, in order."""
    hints = get_type_hints(struct, include_extras=True)
    return {name: hints[name] for name in struct.__struct_fields__}


def _render_struct(value: Wire) -> Json:
    fields = get_fields(type(value))
    form: dict[str, Any] = {name: render(of, getattr(value, name)) for name, of in fields.items()}
    tag = value.__struct_config__.tag
    return form if tag is None else {TAG: tag} | form


def _to_wire(type_: Any, form: object, where: str) -> object:
    """Return what the codec writes for the value that `form` describes."""
    options = _options(type_)
    if form is None:
        _require(type(None) in options, where, "may not be null")
        return None
    if isinstance(form, dict):
        return _struct_to_wire(_choose_struct(options, form, where), form, where)
    if isinstance(form, list):
        tuple_type = _find_origin(options, tuple, where)
        items = _item_types(tuple_type, len(form))
        _require(len(items) == len(form), where, f"has {len(items)} items")
        return [
            _to_wire(item, each, f"{where}[{index}]")
            for index, (item, each) in enumerate(zip(items, form, strict=True))
        ]
    return _plain_to_wire(type_, options, form, where)


def _plain_to_wire(type_: Any, options: tuple[Any, ...], form: object, where: str) -> object:
    if isinstance(form, bool):
        _require(bool in options, where, "is not true or false")
        return form
    if isinstance(form, int):
        _require(int in options, where, "is not a number")
        return _bound_integer(form, where)
    _require(isinstance(form, str), where, "is of a kind that does not occur in a proof")
    text = cast("str", form)
    if bytes in options:
        return _read_address(text) if _is_address(type_) else _read_hex(text, where)
    if int in options:
        return _read_large_integer(text, where)
    return text


def _struct_to_wire(struct: type[Wire], form: dict[str, Any], where: str) -> list[object]:
    fields = get_fields(struct)
    tag = struct.__struct_config__.tag
    expected = set(fields) if tag is None else {TAG, *fields}
    unknown, missing = set(form) - expected, expected - set(form)
    _require(not unknown, where, f"has the unknown field {_first(unknown)!r}")
    _require(not missing, where, f"lacks the field {_first(missing)!r}")
    items = [_to_wire(of, form[name], f"{where}.{name}") for name, of in fields.items()]
    return items if tag is None else [tag, *items]


def _choose_struct(options: tuple[Any, ...], form: dict[str, Any], where: str) -> type[Wire]:
    structs = [each for each in options if isinstance(each, type) and issubclass(each, Wire)]
    fitting = [each for each in structs if each.__struct_config__.tag in {None, form.get(TAG)}]
    _require(len(fitting) == 1, where, "is not of a type that is known here")
    return fitting[0]


# The same few addresses stand in every proof of a chain, and their checksums take time.


@lru_cache(maxsize=_ADDRESSES_MAX)
def _write_address(value: bytes) -> str:
    return encode_address(Address(value))


@lru_cache(maxsize=_ADDRESSES_MAX)
def _read_address(text: str) -> Address:
    return decode_address(text)


def _read_hex(text: str, where: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InvalidEncoding(f"{where} is not hexadecimal") from None


def _read_large_integer(text: str, where: str) -> int:
    digits = text.removeprefix("-")
    _require(digits.isascii() and digits.isdecimal(), where, "is not a number")
    _require(len(digits) <= 20, where, "is too large a number")
    return _bound_integer(int(text), where)


def _bound_integer(number: int, where: str) -> int:
    # The codec bounds every integer by its type, but cannot write one that has not 64 bits at all.
    _require(INT_MIN <= number <= INT_MAX, where, "is too large a number")
    return number


@lru_cache(maxsize=_TYPES_MAX)
def _is_address(type_: Any) -> bool:
    if type_ is Address:
        return True
    return any(_is_address(option) for option in get_args(type_)) if _is_union(type_) else False


def _is_union(type_: Any) -> bool:
    return get_origin(type_) in {types.UnionType, typing.Union}


@lru_cache(maxsize=_TYPES_MAX)
def _options(type_: Any) -> tuple[Any, ...]:
    """Return the plain types that `type_` allows, new types and annotations taken off."""
    if hasattr(type_, "__supertype__"):
        return _options(type_.__supertype__)
    if get_origin(type_) is Annotated:
        return _options(get_args(type_)[0])
    if _is_union(type_):
        return tuple(option for each in get_args(type_) for option in _options(each))
    return (type_,)


def _find_origin(options: tuple[Any, ...], origin: type, where: str) -> Any:
    found = [each for each in options if get_origin(each) is origin]
    _require(bool(found), where, "is not a list")
    return found[0]


def _item_types(tuple_type: Any, count: int) -> list[Any]:
    items = get_args(tuple_type)
    return [items[0]] * count if items[-1] is ... else list(items)


def _first(names: set[str]) -> str:
    return min(names, default="")[:64]


def _require(condition: bool, where: str, what: str) -> None:  # noqa: FBT001 - reads like a sentence
    if not condition:
        raise InvalidEncoding(f"{where} {what}", field=where)
