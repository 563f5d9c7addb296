"""Merchant codes: EMV QR Code Specification for Payment Systems, merchant-presented mode, 1.1.

A code is a row of elements: two digits of identifier, two of length in characters, the value. The
last is a checksum (CRC-16 with polynomial 1021 and beginning FFFF) of all that stands before it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dure.apps.payments.offchain.errors import UnreadableMessage

CODE_CHARACTERS_MAX: Final = 512
SCHEME: Final = "dure.payments"
"""What stands as the globally unique identifier of an account that is on this chain."""
_TEMPLATES: Final = tuple(f"{number:02}" for number in range(26, 52))
_AMOUNT: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,2})?")
_CHECKED: Final = {
    "52": re.compile("[0-9]{4}"),
    "53": re.compile("[0-9]{3}"),
    "58": re.compile("[A-Z]{2}"),
    "59": re.compile(".{1,25}"),
    "60": re.compile(".{1,15}"),
}


@dataclass(frozen=True, slots=True)
class MerchantCode:
    """What a shop shows, and a customer's telephone reads."""

    account: str
    """The shop's account, as addresses are written."""
    name: str
    city: str
    country: str
    """ISO 3166, two letters."""
    category: str
    """ISO 18245, four digits."""
    currency: str
    """ISO 4217, three digits: 410 is the won."""
    amount: str = ""
    """Decimal; empty where the customer says how much."""
    reference: str = ""
    """The shop's reference, at most 25 characters."""


def make_code(code: MerchantCode) -> str:
    """Return the text of the QR code; raise `UnreadableMessage` where the standard has no room."""
    template = _join({"00": SCHEME, "01": code.account})
    elements = {
        "00": "01",
        "01": "12" if code.amount else "11",
        "26": template,
        "52": code.category,
        "53": code.currency,
        "54": code.amount,
        "58": code.country,
        "59": code.name,
        "60": code.city,
        "62": _join({"05": code.reference}),
    }
    text = _join(elements) + "6304"
    text += f"{compute_checksum(text.encode()):04X}"
    if parse_code(text) != code:
        raise UnreadableMessage("the code does not read back as what was to stand in it")
    return text


def parse_code(text: str) -> MerchantCode:
    """Return what a merchant code says; raise `UnreadableMessage` for any that is unsound."""
    elements = parse_elements(text)
    _validate(elements)
    return MerchantCode(
        account=_find_account(elements),
        name=elements["59"],
        city=elements["60"],
        country=elements["58"],
        category=elements["52"],
        currency=elements["53"],
        amount=elements.get("54", ""),
        reference=_split(elements.get("62", "")).get("05", ""),
    )


def parse_elements(text: str) -> Mapping[str, str]:
    """Return the elements of any merchant code whose checksum is right, by identifier."""
    if len(text) > CODE_CHARACTERS_MAX:
        raise UnreadableMessage(f"a merchant code has at most {CODE_CHARACTERS_MAX} characters")
    elements = _split(text)
    identifiers = list(elements)
    if identifiers[:1] != ["00"] or elements["00"] != "01" or identifiers[-1:] != ["63"]:
        raise UnreadableMessage("a merchant code begins with 000201 and ends with its checksum")
    if elements["63"] != f"{compute_checksum(text[:-4].encode()):04X}":
        raise UnreadableMessage("the checksum of the code is wrong: read it again")
    return elements


def compute_checksum(data: bytes) -> int:
    """Return the CRC-16 of ISO/IEC 13239 as EMV uses it: 29B1 for the nine digits 123456789."""
    checksum = 0xFFFF
    for byte in data:
        checksum ^= byte << 8
        for _ in range(8):
            carry = checksum & 0x8000
            checksum = ((checksum << 1) ^ (0x1021 if carry else 0)) & 0xFFFF
    return checksum


def _validate(elements: Mapping[str, str]) -> None:
    for identifier, pattern in _CHECKED.items():
        if not pattern.fullmatch(elements.get(identifier, "")):
            raise UnreadableMessage(f"element {identifier} of the code is missing or unsound")
    if "54" in elements and not _AMOUNT.fullmatch(elements["54"]):
        raise UnreadableMessage("the amount of the code is no amount")


def _find_account(elements: Mapping[str, str]) -> str:
    for identifier in _TEMPLATES:
        inner = _split(elements.get(identifier, ""))
        if inner.get("00") == SCHEME and inner.get("01"):
            return inner["01"]
    raise UnreadableMessage("the code names no account on this chain")


def _split(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        head = text[place : place + 4]
        if not (len(head) == 4 and head.isascii() and head.isdigit()):
            raise UnreadableMessage(f"there is no element at character {place} of the code")
        end = place + 4 + int(head[2:])
        if head[:2] in found or end > len(text) or int(head[2:]) == 0:
            raise UnreadableMessage(f"element {head[:2]} of the code is cut off, empty or twice")
        found[head[:2]] = text[place + 4 : end]
        place = end
    return found


def _join(elements: Mapping[str, str]) -> str:
    parts = []
    for identifier, value in elements.items():
        if len(value) > 99:
            raise UnreadableMessage(f"element {identifier} has more than 99 characters")
        if value:
            parts.append(f"{identifier}{len(value):02}{value}")
    return "".join(parts)
