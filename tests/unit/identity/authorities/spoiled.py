"""Certificates that their own key signed and that no node may stumble over."""

import datetime as dt
from typing import Final

from cryptography import x509

from dure.identity.authorities.profile import build_authority_certificate
from dure.identity.keys import SigningKey

KEY: Final = SigningKey(b"s" * 32)
LATE: Final = dt.datetime(2055, 5, 4, 12, 0, tzinfo=dt.UTC)
"""From 2050 on, dates are written with four digits of the year."""
_VERSION: Final = bytes.fromhex("a003020102")
_ED25519: Final = bytes.fromhex("300506032b6570")


def spoil(der: bytes, before: bytes, after: bytes, key: SigningKey = KEY) -> bytes:
    """Put other bytes in the last place of `before`, and sign the certificate again."""
    body = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    start = body.rindex(before)
    changed = body[:start] + after + body[start + len(before) :]
    assert len(changed) == len(body)
    whole = der.replace(body, changed)
    return whole[:-64] + key.sign(changed)


def build_spoiled(organisation: str) -> dict[str, bytes]:
    """Return authorities of an organisation, by what is wrong with them."""
    good = build_authority_certificate(KEY, organisation, LATE)
    return {
        "version 2": spoil(good, _VERSION, _VERSION[:-1] + b"\x01"),
        "version 9": spoil(good, _VERSION, _VERSION[:-1] + b"\x08"),
        "a key of no kind": spoil(good, _ED25519, _ED25519[:-1] + b"\x01"),
        "ends in the year 0": spoil(good, b"20650501", b"00000501"),
        "begins in the year 0": spoil(good, b"20550504", b"00000504"),
        "ends on no day": spoil(good, b"20650501", b"20651399"),
        "a name of bits": spoil(good, b"\x0c\x09authority", b"\x03\x09\x00uthority"),
        "a name that is no text": spoil(good, b"\x0c\x09authority", b"\x0c\x09\xffuthority"),
        "an extension of other bytes": spoil(
            good, b"\x30\x06\x01\x01\xff", b"\x04\x06\x01\x01\xff"
        ),
        "an extension twice": spoil(good, b"\x55\x1d\x1e", b"\x55\x1d\x0f"),
        "cut short": good[:-1],
    }
