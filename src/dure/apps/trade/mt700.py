"""SWIFT MT700, "Issue of a Documentary Credit", read with bounds.

Rules
-----
1. A message is its block 4: `{4:`, fields such as `:20:…` each on a new line, `-}`. Blocks 1 to 3
   and 5 may stand around it; fields alone are taken as well.
2. Each field has its form (letters, lines, characters a line) by the Standards' field table for
   category 7. What does not fit, comes twice, or is missing is refused by the field's number.
3. What this application cannot carry out is refused as well, by name: transferable credits, mixed
   payment, negotiation, acceptance, revolving forms. Nothing is silently left out.
4. Days are days: nothing here knows a clock. A two-digit year is one of 2000 to 2099.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from dure.core.errors import InvalidEncoding

MESSAGE_MAX: Final = 10_000
"""Characters of a message; SWIFT's own limit for this category."""
FORMS: Final = {
    "27": (r"1/1", 1, 3),
    "40A": (r"[A-Z ]+", 1, 24),
    "20": (r"(?!/)(?!.*//).*[^/]", 1, 16),
    "31C": (r"\d{6}", 1, 6),
    "40E": (r"[A-Z0-9 /]+", 1, 30),
    "31D": (r"\d{6}.+", 1, 35),
    "50": (r".+", 4, 35),
    "59": (r".+", 5, 35),
    "32B": (r"[A-Z]{3}\d+,\d*", 1, 18),
    "39A": (r"\d{1,2}/\d{1,2}", 1, 5),
    "41A": (r".+", 2, 35),
    "41D": (r".+", 5, 35),
    "42C": (r".+", 3, 35),
    "42A": (r".+", 2, 35),
    "42D": (r".+", 4, 35),
    "42P": (r".+", 4, 35),
    "43P": (r"[A-Z ]+", 1, 11),
    "43T": (r"[A-Z ]+", 1, 11),
    "44A": (r".+", 1, 140),
    "44E": (r".+", 1, 140),
    "44F": (r".+", 1, 140),
    "44B": (r".+", 1, 140),
    "44C": (r"\d{6}", 1, 6),
    "44D": (r".+", 6, 65),
    "45A": (r".*", 100, 65),
    "46A": (r".*", 100, 65),
    "47A": (r".*", 100, 65),
    "71D": (r".+", 6, 35),
    "48": (r"\d{1,3}(/.{1,35})?", 1, 39),
    "49": (r"[A-Z ]+", 1, 7),
    "58A": (r".+", 2, 35),
    "57A": (r".+", 2, 35),
    "57D": (r".+", 5, 35),
    "78": (r".*", 12, 65),
    "72Z": (r".+", 6, 35),
}
"""By field: the form of a line, most lines, most characters of a line."""
NEEDED: Final = ("27", "40A", "20", "31C", "40E", "31D", "50", "59", "32B", "49")
ONE_OF: Final = (("41A", "41D"), ("44C", "44D"))
"""Pairs of which both must not stand, and of the first one must."""
CONFIRMATIONS: Final = ("CONFIRM", "MAY ADD", "WITHOUT")
PRESENTATION_DAYS: Final = 21
"""Where field 48 is missing (UCP 600, article 14, c)."""
ALLOWED_CHARACTERS: Final = re.compile(r"[A-Za-z0-9/\-?:().,'+ \r\n{}=!\"%&*<>;@#_]*")
"""SWIFT's character sets x and z."""
_FIELD: Final = re.compile(r"^:(\d\d[A-Z]?):", re.MULTILINE)
_USANCE: Final = re.compile(r"(\d{1,3}) DAYS (?:AFTER|FROM) (.+)")
_SHIPMENT: Final = ("B/L DATE", "BILL OF LADING DATE", "SHIPMENT", "DATE OF SHIPMENT")
_SIGHT: Final = ("SIGHT", "PRESENTATION")


class MessageRefused(InvalidEncoding):
    """A message cannot be read, or asks for what is not offered; `field` says where."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"MT700 field {field}: {problem}", field=field)
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class CreditMessage:
    """A credit as the message tells it; `usance_days` is 0 at sight."""

    reference: str
    issued: date
    expiry: date
    place: str
    applicant: tuple[str, ...]
    beneficiary: tuple[str, ...]
    currency: str
    amount: Decimal
    tolerance: int
    available_with: tuple[str, ...]
    usance_days: int
    usance_from_shipment: bool
    partial: bool
    latest_shipment: date
    ports: Mapping[str, str]
    """Fields 44A, 44E, 44F and 44B, where they stand."""
    goods: str
    documents: tuple[str, ...]
    """Field 46A, one text for each `+`."""
    conditions: str
    presentation_days: int
    confirmation: str

    def count_units(self, decimals: int) -> int:
        """Return the amount in minor units; raise `MessageRefused` where it has more places."""
        units = self.amount.scaleb(decimals)
        if units != units.to_integral_value():
            raise MessageRefused("32B", f"{self.currency} has {decimals} decimals")
        return int(units)


def read_mt700(text: str) -> CreditMessage:
    """Return the credit that a message describes; raise `MessageRefused`."""
    fields = read_fields(text)
    _require_supported(fields)
    usance, from_shipment = _read_usance(fields)
    place = fields["31D"][6:]
    return CreditMessage(
        reference=fields["20"],
        issued=_read_date("31C", fields["31C"]),
        expiry=_read_date("31D", fields["31D"][:6]),
        place=place,
        applicant=tuple(fields["50"].split("\n")),
        beneficiary=tuple(fields["59"].split("\n")),
        currency=fields["32B"][:3],
        amount=_read_amount(fields["32B"][3:]),
        tolerance=int(fields.get("39A", "0/0").split("/")[0]),
        available_with=tuple((fields.get("41A") or fields["41D"]).split("\n")),
        usance_days=usance,
        usance_from_shipment=from_shipment,
        partial=fields.get("43P", "ALLOWED") == "ALLOWED",
        latest_shipment=_read_date("44C", fields.get("44C", fields["31D"][:6])),
        ports={name: fields[name] for name in ("44A", "44E", "44F", "44B") if name in fields},
        goods=fields.get("45A", ""),
        documents=_split_list(fields.get("46A", "")),
        conditions=fields.get("47A", ""),
        presentation_days=int(fields.get("48", str(PRESENTATION_DAYS)).split("/")[0]),
        confirmation=fields["49"],
    )


def read_fields(text: str) -> dict[str, str]:
    """Return the fields of a message by number, each in its form; raise `MessageRefused`."""
    if len(text) > MESSAGE_MAX:
        raise MessageRefused("4", f"a message has at most {MESSAGE_MAX} characters")
    if not ALLOWED_CHARACTERS.fullmatch(text):
        raise MessageRefused("4", "a character that SWIFT's sets x and z do not have")
    body = _find_body(text.replace("\r\n", "\n"))
    parts = _FIELD.split(body)
    if parts[0].strip():
        raise MessageRefused("4", "text before the first field")
    fields: dict[str, str] = {}
    for name, value in zip(parts[1::2], parts[2::2], strict=True):
        if name in fields:
            raise MessageRefused(name, "stands twice")
        fields[name] = _check_form(name, value.removesuffix("\n"))
    missing = [name for name in NEEDED if name not in fields]
    if missing:
        raise MessageRefused(missing[0], "is missing")
    for first, second in ONE_OF:
        if first in fields and second in fields:
            raise MessageRefused(second, f"stands beside {first}")
    if not fields.keys() & {"41A", "41D"}:
        raise MessageRefused("41a", "is missing")
    return fields


def _find_body(text: str) -> str:
    _, mark, rest = text.partition("{4:")
    if not mark:
        return text.strip("\n")
    body, end, _ = rest.partition("\n-}")
    if not end:
        raise MessageRefused("4", "block 4 does not end")
    return body.strip("\n")


def _check_form(name: str, value: str) -> str:
    if name not in FORMS:
        raise MessageRefused(name, "is no field of an MT700")
    form, lines_max, width_max = FORMS[name]
    lines = value.split("\n")
    if len(lines) > lines_max:
        raise MessageRefused(name, f"has at most {lines_max} lines")
    for line in lines:
        if len(line) > width_max:
            raise MessageRefused(name, f"has at most {width_max} characters a line")
        if not re.fullmatch(form, line):
            raise MessageRefused(name, f"is not of its form: {line!r}")
    return value


def _require_supported(fields: Mapping[str, str]) -> None:
    if fields["40A"] != "IRREVOCABLE":
        raise MessageRefused("40A", "only IRREVOCABLE credits are issued here")
    if not fields["40E"].startswith("UCP "):
        raise MessageRefused("40E", "only UCP credits are issued here")
    if fields["49"] not in CONFIRMATIONS:
        raise MessageRefused("49", f"is one of {', '.join(CONFIRMATIONS)}")
    way = (fields.get("41A") or fields["41D"]).split("\n")[-1]
    if way not in {"BY PAYMENT", "BY DEF PAYMENT"}:
        raise MessageRefused("41a", f"credits are available BY PAYMENT or BY DEF PAYMENT: {way}")
    if (way == "BY DEF PAYMENT") != ("42P" in fields):
        raise MessageRefused("42P", "stands where a credit is available BY DEF PAYMENT, only")
    if fields.get("43P", "ALLOWED") not in {"ALLOWED", "NOT ALLOWED"}:
        raise MessageRefused("43P", "is ALLOWED or NOT ALLOWED")
    if int(fields.get("39A", "0/0").split("/")[-1]) != 0:
        raise MessageRefused("39A", "a tolerance below the amount is not watched over here")
    if "44D" in fields:
        raise MessageRefused("44D", "a shipment period is not watched over: use 44C")


def _read_usance(fields: Mapping[str, str]) -> tuple[int, bool]:
    if "42P" not in fields:
        drafts = fields.get("42C", "SIGHT").upper()
        if "SIGHT" not in drafts or _USANCE.search(drafts):
            raise MessageRefused("42C", "drafts are at sight where a credit is by payment")
        return 0, False
    found = _USANCE.fullmatch(fields["42P"].replace("\n", " ").upper().removeprefix("AT ").strip())
    if found is None:
        raise MessageRefused("42P", "write it like 90 DAYS AFTER SHIPMENT")
    count, start = int(found[1]), found[2]
    if not 0 < count <= 365:
        raise MessageRefused("42P", "payment falls due within a year")
    if start not in (*_SHIPMENT, *_SIGHT):
        raise MessageRefused("42P", f"days are counted from shipment or sight: {start}")
    return count, start in _SHIPMENT


def _read_date(name: str, text: str) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        raise MessageRefused(name, f"is no date: {text}") from None


def _read_amount(text: str) -> Decimal:
    amount = Decimal(text.replace(",", ".") + ("0" if text.endswith(",") else ""))
    if amount <= 0:
        raise MessageRefused("32B", "an amount is above zero")
    return amount


def _split_list(text: str) -> tuple[str, ...]:
    parts = re.split(r"^\+", text, flags=re.MULTILINE)
    return tuple(" ".join(each.split()) for each in parts if each.strip())
