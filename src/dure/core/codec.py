"""One value, one byte string.

Rules
-----
1. A value is a `Wire` struct or a tuple, list, text, bytes, bool, null or integer typed in advance; nothing is decoded
   without its type. Structs are written as arrays; unions carry a tag as their first element.
2. Writing is MessagePack in its shortest form.
3. Reading is: bound the length, decode against the type, **write again and compare**. The typed decoder alone would
   accept integers in long form and drop surplus elements; the comparison refuses both.
4. Every failure, whatever its cause, is one error: `InvalidEncoding`.

Source: MessagePack specification; measured traps in the project's research notes. Specified in `docs/spec/encoding.md`.
"""

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

import msgspec

from dure.core.errors import InvalidEncoding

MESSAGE_BYTES_MAX: Final = 32 * 1024 * 1024
"""Nothing longer is ever decoded, whatever the caller allows."""

T = TypeVar("T")

_encoder = msgspec.msgpack.Encoder()


class Wire(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A value with a canonical byte form. No field of a subclass may have a default."""


@lru_cache(maxsize=1024)
def _decoder(type_: Hashable) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(cast("Any", type_))


def encode(value: object) -> bytes:
    """Return the canonical bytes of `value`."""
    return _encoder.encode(value)


def decode(type_: type[T], data: bytes, *, bytes_max: int = MESSAGE_BYTES_MAX) -> T:
    """Return the value of `type_` whose canonical bytes are exactly `data`; raise `InvalidEncoding` otherwise."""
    if len(data) > bytes_max:
        message = f"{len(data)} bytes are more than the {bytes_max} that are allowed here"
        raise InvalidEncoding(message, size=len(data), size_max=bytes_max)
    try:
        value = _decoder(cast("Hashable", type_)).decode(data)
        canonical = _encoder.encode(value)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as problem:
        message = f"not a canonical {getattr(type_, '__name__', 'value')}: {problem}"
        raise InvalidEncoding(message) from problem
    if canonical != data:
        message = f"not the canonical form of this {getattr(type_, '__name__', 'value')}"
        raise InvalidEncoding(message)
    return cast("T", value)
