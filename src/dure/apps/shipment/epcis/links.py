"""Identifiers of GS1 as canonical GS1 Digital Link URIs, the only form that enters a hash.

Rules (EPC Tag Data Standard 2.0, GS1 Digital Link 1.2, CBV 2.0 section 8.9)
----------------------------------------------------------------------------
1. A URN `urn:epc:…` of a GS1 key becomes `https://id.gs1.org/…` with its check digit computed.
2. A Digital Link of any domain becomes one of `id.gs1.org`, without query, and with the finest
   qualifier only: the serial number where there is one, else the lot.
3. Whatever else, such as `urn:epc:id:bic:…` of a container, stays as it is.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

ROOT: Final = "https://id.gs1.org"
_URN: Final = re.compile(r"^urn:epc:(id|class|idpat):([a-z]+):(.+)$")
_LINK: Final = re.compile(
    r"^https?://[^?#]*?(/(?:00|01|253|255|401|402|414|417|8003|8004|8017|8018)/[^?#]+)(?:[?#].*)?$"
)
_SERIAL: Final = r"[!%-?A-Z_a-z\x22]"
_FORMS: Final = (
    re.compile(rf"/01/\d{{14}}(?:/(?:21|10)/{_SERIAL}{{1,20}}|/235/{_SERIAL}{{1,28}})?"),
    re.compile(r"/(?:00|8017|8018)/\d{18}"),
    re.compile(rf"/414/\d{{13}}(?:/254/{_SERIAL}{{1,20}})?"),
    re.compile(r"/417/\d{13}"),
    re.compile(rf"/253/\d{{13}}{_SERIAL}{{0,17}}"),
    re.compile(r"/255/\d{13,25}"),
    re.compile(r"/402/\d{17}"),
    re.compile(rf"/8003/\d{{14}}{_SERIAL}{{0,16}}"),
    re.compile(rf"/(?:401|8004)/{_SERIAL}{{1,30}}"),
)
_ESCAPED: Final = str.maketrans({each: f"%{ord(each):02X}" for each in "!()*+,:"})


def compute_check_digit(digits: str) -> str:
    """Return the GS1 check digit (modulo 10, weights 3 and 1 from the right) of digits."""
    weighed = (int(digit) * (3 - 2 * (i % 2)) for i, digit in enumerate(reversed(digits)))
    return str(-sum(weighed) % 10)


def canonise(uri: str) -> str:
    """Return the canonical form of an identifier, or the text itself where it is none of GS1."""
    urn = _URN.match(uri)
    if urn is not None:
        kind, scheme, rest = urn.groups()
        convert = _SCHEMES.get((kind, scheme))
        return ROOT + convert(rest.split(".")) if convert and _is_sound(rest) else uri
    link = _LINK.match(uri)
    return _canonise_link(link[1]) or uri if link else uri


def _is_sound(rest: str) -> bool:
    company, mark, _ = rest.partition(".")
    return bool(mark) and company.isascii() and company.isdigit() and 6 <= len(company) <= 12


def _canonise_link(path: str) -> str | None:
    path = path.rstrip("/")
    path = re.sub(r"^/01/(\d{8,13})(?=/|$)", lambda found: f"/01/{found[1].zfill(14)}", path)
    path = re.sub(r"/22/[^/]*", "", path)
    path = re.sub(r"/10/[^/]*(?=/21/)", "", path)
    return ROOT + path if any(form.fullmatch(path) for form in _FORMS) else None


def _escape(parts: list[str]) -> str:
    return ".".join(parts).translate(_ESCAPED)


def _checked(digits: str) -> str:
    return digits + compute_check_digit(digits) if digits.isdigit() else digits


def _gtin(parts: list[str]) -> str:
    return "/01/" + _checked(parts[1][:1] + parts[0] + parts[1][1:])


def _location(parts: list[str]) -> str:
    whole = "/414/" + _checked(parts[0] + parts[1])
    extension = _escape(parts[2:])
    return whole if extension in ("", "0") else f"{whole}/254/{extension}"


_SCHEMES: Final[Mapping[tuple[str, str], Callable[[list[str]], str]]] = {
    ("id", "sgtin"): lambda p: f"{_gtin(p)}/21/{_escape(p[2:])}",
    ("id", "upui"): lambda p: f"{_gtin(p)}/235/{_escape(p[2:])}",
    ("class", "lgtin"): lambda p: f"{_gtin(p)}/10/{_escape(p[2:])}",
    ("idpat", "sgtin"): _gtin,
    ("id", "sscc"): lambda p: "/00/" + _checked(p[1][:1] + p[0] + p[1][1:]),
    ("id", "sgln"): _location,
    ("id", "pgln"): lambda p: "/417/" + _checked(p[0] + p[1]),
    ("id", "grai"): lambda p: f"/8003/0{_checked(p[0] + p[1])}{_escape(p[2:])}",
    ("idpat", "grai"): lambda p: f"/8003/0{_checked(p[0] + p[1])}",
    ("id", "giai"): lambda p: f"/8004/{p[0]}{_escape(p[1:])}",
    ("id", "gdti"): lambda p: f"/253/{_checked(p[0] + p[1])}{_escape(p[2:])}",
    ("idpat", "gdti"): lambda p: f"/253/{_checked(p[0] + p[1])}",
    ("id", "gsrn"): lambda p: "/8018/" + _checked(p[0] + p[1]),
    ("id", "gsrnp"): lambda p: "/8017/" + _checked(p[0] + p[1]),
    ("id", "ginc"): lambda p: f"/401/{p[0]}{_escape(p[1:])}",
    ("id", "gsin"): lambda p: "/402/" + _checked(p[0] + p[1]),
}
