"""One value, one byte string.

Rules
-----
1. Nothing is read without its type, and the type has one of the shapes that `dure.core.shape`
   allows. Structs are written as arrays; unions carry a tag as their first element.
2. Writing is MessagePack in its shortest form.
3. Reading is: bound the length, decode against the type, **write again and compare**. The typed
   decoder alone would accept integers in long form and drop surplus elements; the comparison
   refuses both.
4. Every failure, whatever its cause, is one error: `InvalidEncoding`.

Source: MessagePack specification; traps measured with msgspec 0.22. Specified in
`docs/spec/encoding.md`.
"""

from collections.abc import Callable
from functools import lru_cache
from threading import RLock
from typing import Any, Final, TypeVar, overload

import msgspec

from dure.core.errors import InvalidEncoding
from dure.core.shape import validate_shape

MESSAGE_BYTES_MAX: Final = 32 * 1024 * 1024
"""Nothing longer is ever decoded, whatever the caller allows."""

T = TypeVar("T")

encode: Final[Callable[[object], bytes]] = msgspec.msgpack.Encoder().encode
"""Return the canonical bytes of a value, which is of a type that `decode` would take.

The encoder's own method: it runs for every key and value of the state.
"""


class Wire(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """A value with a canonical byte form. No field of a subclass may have a default.

    Frozen values of frozen values form no circle, so the garbage collector need not look at them.
    """


_building: Final = RLock()


def build_decoder(type_: Any) -> msgspec.msgpack.Decoder[Any]:
    """Return a decoder, made while no other thread makes one.

    The library notes what it learns of a struct's fields on the struct, piece by piece, when it
    meets it first. A thread that met it half noted would end the process with a segmentation fault
    (msgspec 0.22; a real node did).
    """
    with _building:
        return msgspec.msgpack.Decoder(type_)


@lru_cache(maxsize=1024)
def build_reader(type_: Any) -> Callable[[bytes], Any]:
    """Return `decode` for one type; for what is read for every transaction or message.

    Raise `TypeError` for a type that may not be on the wire.
    """
    with _building:
        validate_shape(type_)
        decode_typed = build_decoder(type_).decode
    name = getattr(type_, "__name__", "value")

    def read(data: bytes) -> Any:
        if len(data) > MESSAGE_BYTES_MAX:
            raise _refuse_size(data, MESSAGE_BYTES_MAX)
        try:
            value = decode_typed(data)
            is_canonical = encode(value) == data
        except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as problem:
            raise InvalidEncoding(f"not a canonical {name}: {problem}") from problem
        if not is_canonical:
            raise InvalidEncoding(f"not the canonical form of this {name}")
        return value

    return read


@overload
def decode(type_: type[T], data: bytes, *, bytes_max: int = MESSAGE_BYTES_MAX) -> T: ...
@overload
def decode(type_: object, data: bytes, *, bytes_max: int = MESSAGE_BYTES_MAX) -> Any: ...
def decode(type_: object, data: bytes, *, bytes_max: int = MESSAGE_BYTES_MAX) -> Any:
    """Return the value of `type_` whose canonical bytes are exactly `data`.

    Raise `InvalidEncoding` for any other bytes and for more than `bytes_max` of them, `TypeError`
    for a type that may not be on the wire. A union is no `type` to mypy: its answer is typed Any.
    """
    if len(data) > bytes_max:
        raise _refuse_size(data, min(bytes_max, MESSAGE_BYTES_MAX))
    return build_reader(type_)(data)


def _refuse_size(data: bytes, size_max: int) -> InvalidEncoding:
    message = f"{len(data)} bytes are more than the {size_max} that are allowed here"
    return InvalidEncoding(message, size=len(data), size_max=size_max)
