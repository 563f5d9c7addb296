"""What a node and a process that checks signatures say to each other: arrays in MessagePack.

The process says `Ready` once. Then it answers each `Check` in the order in which they came.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

SIGNATURES_MAX: Final = 64
"""Of one message: three milliseconds of work, ten where all are passkeys'.

So much is lost with a process.
"""

_Bytes = Annotated[bytes, Meta(max_length=64)]


class _Message(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """One message."""


class Ready(_Message, frozen=True, tag="ready"):
    """The process has begun, under these limits."""

    limits: tuple[str, ...]
    missing: tuple[str, ...]
    """Limits that this system does not have."""


class Check(_Message, frozen=True, tag="check"):
    """Please check (public key, message, signature) of each."""

    number: int
    items: Annotated[
        tuple[tuple[_Bytes, _Bytes, _Bytes], ...],
        Meta(min_length=1, max_length=SIGNATURES_MAX),
    ]


class Checked(_Message, frozen=True, tag="checked"):
    """The answer to the `Check` of that number."""

    number: int
    answers: Annotated[bytes, Meta(max_length=SIGNATURES_MAX)]
    """For each signature a byte: 1 where it is valid, 0 where it is not."""


Report = Ready | Checked

encode: Final = msgspec.msgpack.Encoder().encode
