"""Which invoice it is: a fingerprint that all banks of the register work out alike.

Two banks must see that they were offered the same invoice, and nobody else may find out which one
it is. So the fingerprint is an HMAC (RFC 2104) with SHA-256 under a key that the banks share. An
invoice's number, seller and amount can be guessed; without the key guessing helps nobody.

Normalised: spaces, hyphens, dots and slashes go, letters become capitals, width forms become plain
(NFKC), leading zeros of the number go. So `INV-0017/26` and `inv 17 26` are told apart from
`INV-0018/26`, and not from each other.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from hmac import digest as compute_hmac
from typing import Final

from dure.core.codec import encode
from dure.core.errors import InvalidEncoding
from dure.core.types import Hash

KEY_BYTES_MIN: Final = 16
TEXT_MAX: Final = 100
SALT_BYTES_MIN: Final = 16
_DROPPED: Final = re.compile(r"[\s\-./_]+")


class InvoiceRefused(InvalidEncoding):
    """An invoice has no fingerprint."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """What tells an invoice apart: parties by their tax numbers, the amount in minor units."""

    number: str
    seller: str
    debtor: str
    issued: date
    currency: str
    amount: int


def compute_fingerprint(invoice: Invoice, key: bytes) -> Hash:
    """Return the fingerprint of an invoice; raise `InvoiceRefused`."""
    if len(key) < KEY_BYTES_MIN:
        raise InvoiceRefused(f"the banks' key has at least {KEY_BYTES_MIN} bytes")
    if invoice.amount <= 0:
        raise InvoiceRefused("an amount is above zero")
    words = [normalise(each) for each in (invoice.seller, invoice.debtor, invoice.currency)]
    number = re.sub(r"(?<!\d)0+(?=\d)", "", _flatten(invoice.number))
    told = (_plain(number), *words, invoice.issued.isoformat(), invoice.amount)
    return Hash(compute_hmac(key, encode(told), "sha256"))


def compute_document_digest(content: bytes, salt: bytes) -> Hash:
    """Return the salted digest under which a document stands on the chain."""
    if len(salt) < SALT_BYTES_MIN:
        raise InvoiceRefused(f"a salt has at least {SALT_BYTES_MIN} bytes")
    return Hash(sha256(encode((salt, content))).digest())


def normalise(text: str) -> str:
    """Return a name or number without what people write one way or the other."""
    return _plain(_flatten(text))


def _flatten(text: str) -> str:
    if not 0 < len(text) <= TEXT_MAX:
        raise InvoiceRefused(f"a field of an invoice has 1 to {TEXT_MAX} characters")
    return unicodedata.normalize("NFKC", text).upper()


def _plain(text: str) -> str:
    plain = _DROPPED.sub("", text)
    if not plain:
        raise InvoiceRefused("a field of an invoice says nothing")
    return plain
