"""Looks for personal values in bytes, however they may have been written there.

A value is looked for as UTF-8 and UTF-16, in small and capital letters, composed and decomposed,
percent-encoded, as JSON escapes it, in base64 at each of three offsets, in hexadecimal, backwards,
and as its unsalted SHA-256 digest; a date also as other countries write it.

What is too short or too uniform to be found but by chance is left out: fewer than five characters,
or fewer than four different ones. What is compressed or encrypted is not seen through.
"""

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import quote

VALUE_LENGTH_MIN: Final = 5
VALUE_VARIETY_MIN: Final = 4
BASE64_OFFSETS: Final = 3
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Finding:
    """A personal value that was found: whose, what it is, and where."""

    what: str
    where: str


def build_needles(personal: Mapping[str, str]) -> dict[bytes, str]:
    """Return what to look for, and what each is, without the value itself."""
    needles: dict[bytes, str] = {}
    for value, what in personal.items():
        if len(value) < VALUE_LENGTH_MIN or len(set(value)) < VALUE_VARIETY_MIN:
            continue
        for text in _list_texts(value):
            for form, needle in _encode(text):
                needles.setdefault(needle, f"{what}, {form}")
    return needles


def find_needles(data: bytes, needles: Mapping[bytes, str], where: str) -> list[Finding]:
    """Return what stands in some bytes."""
    return [Finding(what, where) for needle, what in needles.items() if needle in data]


def _list_texts(value: str) -> Iterable[str]:
    texts = {value, value.lower(), value.upper()}
    if date := _DATE.fullmatch(value):
        year, month, day = date.groups()
        texts |= {f"{year}{month}{day}", f"{day}.{month}.{year}", f"{month}/{day}/{year}"}
        texts |= {f"{year}/{month}/{day}", f"{year}.{month}.{day}"}
    digits = re.sub(r"\D", "", value)
    if len(digits) >= VALUE_LENGTH_MIN + 2 and len(set(digits)) >= VALUE_VARIETY_MIN:
        texts.add(digits)
    return {unicodedata.normalize(form, text) for text in texts for form in ("NFC", "NFD")}


def _encode(text: str) -> Iterable[tuple[str, bytes]]:
    plain = text.encode()
    yield "as text", plain
    yield "backwards", text[::-1].encode()
    yield "as UTF-16", text.encode("utf-16-le")
    yield "as UTF-16", text.encode("utf-16-be")
    yield "percent-encoded", quote(text).encode()
    yield "as JSON", json.dumps(text)[1:-1].encode()
    yield "in hexadecimal", plain.hex().encode()
    yield "in hexadecimal", plain.hex().upper().encode()
    yield "as a digest", sha256(plain).digest()
    yield "as a digest", sha256(plain).hexdigest().encode()
    for offset in range(BASE64_OFFSETS):
        # The characters at both ends depend on the neighbours; those between do not.
        coded = base64.b64encode(b"\0" * offset + plain)
        first = (offset * 8 + 5) // 6
        last = (offset + len(plain)) * 8 // 6
        yield "in base64", coded[first:last]
        yield "in base64", coded[first:last].replace(b"+", b"-").replace(b"/", b"_")
