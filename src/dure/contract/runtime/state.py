"""Access to the contract's state.

For every Var and Map field, functions made once when the contract is compiled.

A value's key is `encode((field, keys…))`. Its first part never changes, so it is encoded once; the
compiled code builds the whole key and hands it to the accessor.
Reading costs by the bytes read, writing by the bytes written. Damaged bytes in the state are our
own fault: the decoder's error is caught by nobody and stops the node.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import msgspec

from dure.contract.checker.bodies.operators import SIZED
from dure.contract.gas import (
    STORAGE_KEY_BYTE,
    STORAGE_READ,
    STORAGE_READ_BYTE,
    STORAGE_REMOVE,
    STORAGE_WRITE,
    STORAGE_WRITE_BYTE,
)
from dure.contract.limits import KEY_BYTES_MAX, MEMORY_BYTES_MAX, VALUE_BYTES_MAX
from dure.contract.runtime.frame import Frame, refuse, refuse_memory, run_out
from dure.contract.runtime.measure import (
    MEASURED_BYTES_MAX,
    Measure,
    build_measure,
    estimate_built_factor,
)
from dure.contract.shapes import (
    ADDRESS,
    ASSET,
    BOOL,
    BYTES,
    HASH,
    INT,
    STR,
    Sort,
    Type,
    is_amount,
)
from dure.contract.wire import WireTypes
from dure.core.codec import encode

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]

_MISSING_DEFAULTS: Final[dict[Type, Any]] = {BOOL: False, STR: "", BYTES: b""}
_DIGESTS: Final = frozenset((ADDRESS.name, ASSET.name, HASH.name))
_DIGEST_HEADER: Final = encode(bytes(32))[:-32]
"""What stands before 32 bytes, so that such a key needs no encoder."""
_ABSENT: Final = object()
_DIRECT_BYTES_MAX: Final = 4 * 1024 * 1024
"""Types whose values can never be longer are encoded first and measured then."""


BuildKey = Callable[..., bytes]


@dataclass(frozen=True, slots=True)
class Accessors:
    """The functions of one field.

    Each takes the frame and the key; `read_or` also a default before it, `write` the value.
    """

    ACTIONS: ClassVar = (
        "key",
        "missing",
        "decode",
        "read",
        "read_or",
        "write",
        "has",
        "remove",
    )

    key: bytes | BuildKey
    """Of a Var the key itself; of a Map what makes the key from the keys of an entry.

    Where `is_digest` says so of those keys, it is what stands before the one of them.
    """
    missing: Callable[[], Any]
    """Gives what an absent value reads as, or refuses."""
    decode: Decode
    read: Callable[[Frame, bytes], Any]
    read_or: Callable[[Frame, Any, bytes], Any]
    write: Callable[[Frame, Any, bytes], None]
    has: Callable[[Frame, bytes], bool]
    remove: Callable[[Frame, bytes], None]


def build_encode(kind: Type, wire: WireTypes) -> Encode:
    """Return the bounded encoder of values of `kind`."""
    bound = wire.estimate_bytes_max(kind)
    if bound <= VALUE_BYTES_MAX:
        return encode
    return _build_bounded_encode(
        None if bound <= _DIRECT_BYTES_MAX else wire.remember(build_measure, kind)
    )


def build_tuple_encode(types: Sequence[Type], wire: WireTypes) -> Encode:
    """Return the bounded encoder of a tuple of values of these types."""
    bound = sum(map(wire.estimate_bytes_max, types)) + 5
    if bound <= VALUE_BYTES_MAX:
        return encode
    if bound <= _DIRECT_BYTES_MAX:
        return _build_bounded_encode(None)
    measures = [wire.remember(build_measure, kind) for kind in types]
    return _build_bounded_encode(
        lambda values: sum(measure(value) for measure, value in zip(measures, values, strict=True))
    )


def _build_bounded_encode(measure: Measure | None) -> Encode:
    """Return an encoder that refuses long values.

    Before building them, unless they cannot be very long and there is no `measure`.
    """

    def encode_bounded(value: Any) -> bytes:
        if measure is not None and measure(value) > MEASURED_BYTES_MAX:
            refuse("too_large", "a value is too large to be stored or passed")
        data = encode(value)
        if len(data) > VALUE_BYTES_MAX:
            refuse("too_large", "a value is too large to be stored or passed")
        return data

    return encode_bounded


def build_decode(kind: Type, wire: WireTypes) -> Decode:
    """Return the decoder of stored values; bytes that do not fit raise what no caller catches."""
    return msgspec.msgpack.Decoder(wire.get(kind)).decode


def build_accessors(name: str, kind: Type, wire: WireTypes) -> Accessors:
    """Return the functions of the field `name`: a Var's value type, or a (nested) map type."""
    keys: list[Type] = []
    value = kind
    while value.sort is Sort.MAP:
        keys.append(value.items[0])
        value = value.item
    encode_value = wire.remember(build_encode, value)
    decode_value = wire.remember(build_decode, value)
    read_or = _build_read_or(decode_value, estimate_built_factor([value], wire))
    missing = _build_missing(keys, value)
    return Accessors(
        key=_build_key(name, keys),
        missing=missing,
        decode=decode_value,
        read=_build_read(read_or, missing),
        read_or=read_or,
        write=_build_write(encode_value),
        has=_has,
        remove=_remove,
    )


def is_digest(keys: Sequence[Type]) -> bool:
    """Say whether an entry has one key that takes 32 bytes as it is."""
    return len(keys) == 1 and keys[0].name in _DIGESTS


def _build_key(name: str, keys: list[Type]) -> bytes | BuildKey:
    """Return what `Accessors.key` says."""
    whole = encode((name, *[None] * len(keys)))
    prefix = whole[: len(whole) - len(keys)]
    if not keys:
        return prefix
    if is_digest(keys):
        return prefix + _DIGEST_HEADER
    if len(keys) == 1 and keys[0] not in SIZED:
        return lambda key: prefix + encode(key)

    def build_key(*values: Any) -> bytes:
        key = prefix + b"".join(map(encode, values))
        if len(key) > KEY_BYTES_MAX:
            refuse("too_large", "a key is too long")
        return key

    return build_key


def _build_missing(keys: list[Type], value: Type) -> Callable[[], Any]:
    if keys:
        return lambda: refuse("missing_key", "there is no entry under that key")
    if value == INT or is_amount(value) or value.sort is Sort.DECIMAL:
        return lambda: 0
    if value in _MISSING_DEFAULTS:
        default = _MISSING_DEFAULTS[value]
        return lambda: default
    return lambda: refuse("missing_value", "the value was never set")


def _build_read(
    read_or: Callable[[Frame, Any, bytes], Any], missing: Callable[[], Any]
) -> Callable[[Frame, bytes], Any]:
    def read(frame: Frame, key: bytes) -> Any:
        value = read_or(frame, _ABSENT, key)
        return missing() if value is _ABSENT else value

    return read


def _build_read_or(decode: Decode, built_factor: int) -> Callable[[Frame, Any, bytes], Any]:
    def read_or(frame: Frame, default: Any, key: bytes) -> Any:
        data = frame.ledger.read(frame.home + key)
        price = STORAGE_READ + STORAGE_KEY_BYTE * len(key)
        meter = frame.meter
        if data is None:
            meter.charge(price)
            return default
        size = len(data)
        meter.left = left = meter.left - price - STORAGE_READ_BYTE * size
        if left < 0:
            run_out()
        session = frame.session
        session.built = built = session.built + built_factor * size
        if built > MEMORY_BYTES_MAX:
            refuse_memory()
        return decode(data)

    return read_or


def _build_write(encode_value: Encode) -> Callable[[Frame, Any, bytes], None]:
    def write(frame: Frame, value: Any, key: bytes) -> None:
        data = encode_value(value)
        meter = frame.meter
        meter.left -= STORAGE_WRITE + STORAGE_WRITE_BYTE * (len(key) + len(data))
        if meter.left < 0:
            run_out()
        frame.ledger.write(frame.home + key, data)

    return write


def _has(frame: Frame, key: bytes) -> bool:
    frame.meter.charge(STORAGE_READ + STORAGE_KEY_BYTE * len(key))
    return frame.ledger.read(frame.home + key) is not None


def _remove(frame: Frame, key: bytes) -> None:
    frame.meter.charge(STORAGE_REMOVE + STORAGE_KEY_BYTE * len(key))
    frame.ledger.write(frame.home + key, None)
