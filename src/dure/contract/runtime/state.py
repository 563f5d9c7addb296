"""Access to the contract's state: for every Var and Map field, functions made once when the contract is compiled.

A value's key is `encode((field, keys…))`. Its first part never changes, so it is encoded once. Reading costs by the
bytes read, writing by the bytes written. Damaged bytes in the state are our own fault.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from dure.contract.gas import (
    STORAGE_READ,
    STORAGE_READ_BYTE,
    STORAGE_REMOVE,
    STORAGE_WRITE,
    STORAGE_WRITE_BYTE,
)
from dure.contract.limits import KEY_BYTES_MAX, VALUE_BYTES_MAX
from dure.contract.runtime.frame import Frame, count_built, refuse, run_out
from dure.contract.shapes import BOOL, BYTES, INT, STR, Sort, Type
from dure.contract.wire import WireTypes, measure
from dure.core.codec import encode

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]

_MISSING_DEFAULTS: Final[dict[Type, Any]] = {INT: 0, BOOL: False, STR: "", BYTES: b""}
_DIRECT_BYTES_MAX: Final = 4 * 1024 * 1024
"""Types whose values can never be longer are encoded first and measured then."""
_BUILT_FACTOR: Final = 8
"""Decoded values take up to so many times the bytes that they are decoded from."""


@dataclass(frozen=True, slots=True)
class Accessors:
    """The functions of one field. Each takes the frame and the keys, `write` also the value, `read_or` a default."""

    read: Callable[..., Any]
    read_or: Callable[..., Any]
    write: Callable[..., None]
    has: Callable[..., bool]
    remove: Callable[..., None]


def build_encode(kind: Type, wire: WireTypes) -> Encode:
    """Return the bounded encoder of values of `kind`."""
    bound = wire.estimate_bytes_max(kind)
    if bound <= VALUE_BYTES_MAX:
        return encode
    return build_bounded_encode(is_direct=bound <= _DIRECT_BYTES_MAX)


def build_bounded_encode(*, is_direct: bool) -> Encode:
    """Return an encoder that refuses long values: before building them, unless they cannot be very long."""

    def encode_bounded(value: Any) -> bytes:
        if not is_direct and measure(value, 4 * VALUE_BYTES_MAX) < 0:
            refuse("too_large", "a value is too large to be stored or passed")
        data = encode(value)
        if len(data) > VALUE_BYTES_MAX:
            refuse("too_large", "a value is too large to be stored or passed")
        return data

    return encode_bounded


def build_decode(kind: Type, wire: WireTypes) -> Decode:
    """Return the decoder of stored values; bytes that do not fit stop the node."""
    decode = msgspec.msgpack.Decoder(wire.get(kind)).decode

    def decode_stored(data: bytes) -> Any:
        try:
            return decode(data)
        except msgspec.MsgspecError as problem:
            raise AssertionError("the state holds bytes that no contract wrote") from problem

    return decode_stored


def build_accessors(name: str, kind: Type, wire: WireTypes) -> Accessors:
    """Return the functions of the field `name`: a Var's value type, or a (nested) map type."""
    keys: list[Type] = []
    value = kind
    while value.sort is Sort.MAP:
        keys.append(value.items[0])
        value = value.item
    build_key = _build_key_function(name, keys)
    encode_value, decode_value = build_encode(value, wire), build_decode(value, wire)
    missing = _build_missing(keys, value)
    return Accessors(
        read=_build_read(build_key, decode_value, missing),
        read_or=_build_read_or(build_key, decode_value),
        write=_build_write(build_key, encode_value),
        has=_build_has(build_key),
        remove=_build_remove(build_key),
    )


def _build_key_function(name: str, keys: list[Type]) -> Callable[[tuple[Any, ...]], bytes]:
    whole = encode((name, *[None] * len(keys)))
    prefix = whole[: len(whole) - len(keys)]
    if not keys:
        return lambda _: prefix

    def build_key(values: tuple[Any, ...]) -> bytes:
        key = prefix
        for value in values:
            key += encode(value)
        if len(key) > KEY_BYTES_MAX:
            refuse("too_large", "a key is too long")
        return key

    return build_key


def _build_missing(keys: list[Type], value: Type) -> Callable[[], Any]:
    if keys:
        return lambda: refuse("missing_key", "there is no entry under that key")
    if value in _MISSING_DEFAULTS:
        default = _MISSING_DEFAULTS[value]
        return lambda: default
    return lambda: refuse("missing_value", "the value was never set")


def _charge_read(frame: Frame, data: bytes) -> None:
    meter = frame.meter
    size = len(data)
    meter.left -= STORAGE_READ + STORAGE_READ_BYTE * size
    if meter.left < 0:
        run_out()
    count_built(frame, _BUILT_FACTOR * size)


def _build_read(
    build_key: Callable[[tuple[Any, ...]], bytes], decode: Decode, missing: Callable[[], Any]
) -> Callable[..., Any]:
    def read(frame: Frame, *keys: Any) -> Any:
        data = frame.ledger.read(frame.contract, build_key(keys))
        if data is None:
            frame.meter.charge(STORAGE_READ)
            return missing()
        _charge_read(frame, data)
        return decode(data)

    return read


def _build_read_or(
    build_key: Callable[[tuple[Any, ...]], bytes], decode: Decode
) -> Callable[..., Any]:
    def read_or(frame: Frame, default: Any, *keys: Any) -> Any:
        data = frame.ledger.read(frame.contract, build_key(keys))
        if data is None:
            frame.meter.charge(STORAGE_READ)
            return default
        _charge_read(frame, data)
        return decode(data)

    return read_or


def _build_write(
    build_key: Callable[[tuple[Any, ...]], bytes], encode_value: Encode
) -> Callable[..., None]:
    def write(frame: Frame, value: Any, *keys: Any) -> None:
        key = build_key(keys)
        data = encode_value(value)
        meter = frame.meter
        meter.left -= STORAGE_WRITE + STORAGE_WRITE_BYTE * (len(key) + len(data))
        if meter.left < 0:
            run_out()
        frame.ledger.write(frame.contract, key, data)

    return write


def _build_has(build_key: Callable[[tuple[Any, ...]], bytes]) -> Callable[..., bool]:
    def has(frame: Frame, *keys: Any) -> bool:
        frame.meter.charge(STORAGE_READ)
        return frame.ledger.read(frame.contract, build_key(keys)) is not None

    return has


def _build_remove(build_key: Callable[[tuple[Any, ...]], bytes]) -> Callable[..., None]:
    def remove(frame: Frame, *keys: Any) -> None:
        frame.meter.charge(STORAGE_REMOVE)
        frame.ledger.write(frame.contract, build_key(keys), None)

    return remove
