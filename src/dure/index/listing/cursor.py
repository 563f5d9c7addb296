"""The place after which the next page begins, as text that fits into an address.

It holds the values by which rows are ordered, no secret and nothing that has to be kept. Who makes
one up gets rows that he could have asked for anyway, or `InvalidQuery`.
"""

import base64
from collections.abc import Sequence
from typing import Final

import msgspec

from dure.core.codec import build_decoder, encode
from dure.core.types import INT_MAX, INT_MIN
from dure.index.listing.query import InvalidQuery

LENGTH_MAX: Final = 200

Part = int | str | bytes | None
PartType = type[int] | type[str] | type[bytes]

_PARTS: Final = build_decoder(list[int | bytes | None])


def write_cursor(parts: Sequence[Part]) -> str:
    """Return the text of a place."""
    plain = [part.encode() if isinstance(part, str) else part for part in parts]
    text = base64.urlsafe_b64encode(encode(plain)).decode().rstrip("=")
    assert len(text) <= LENGTH_MAX, "what rows are ordered by is short"
    return text


def read_cursor(text: str, types: Sequence[PartType], *, nullable: int | None = None) -> list[Part]:
    """Return the place, whose parts have these types; raise `InvalidQuery`.

    The part of the number `nullable` may be missing.
    """
    try:
        if len(text) > LENGTH_MAX:
            raise ValueError
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        parts: list[int | bytes | None] = _PARTS.decode(data)
        if len(parts) != len(types):
            raise ValueError
        return [
            None if part is None and i == nullable else _read_part(part, types[i])
            for i, part in enumerate(parts)
        ]
    except (ValueError, msgspec.MsgspecError):
        raise InvalidQuery("`after` is the `next` of a page in the same order") from None


def _read_part(part: int | bytes | None, type_: PartType) -> Part:
    if isinstance(part, bytes):
        if type_ is str:
            text = part.decode()
            if "\0" in text:
                raise ValueError
            return text
        if type_ is bytes:
            return part
    elif isinstance(part, int) and type_ is int and INT_MIN <= part <= INT_MAX:
        return part
    raise ValueError
