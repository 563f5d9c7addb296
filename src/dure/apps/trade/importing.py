"""From an MT700 to the terms that the contract keeps.

What the contract watches over becomes fields; all of the message, word for word, becomes one salted
digest, so that bank and beneficiary can show what was agreed.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from dure.apps.trade.invoices import compute_document_digest
from dure.apps.trade.mt700 import read_mt700
from dure.contract.language import Amount, Duration, Time, days, hours
from dure.contract.library.credit_terms import CreditTerms, DocumentKind, Tenor

DAY_MS: Final = 86_400_000
WORDS: Final = (
    ("INVOICE", DocumentKind.INVOICE),
    ("OF LADING", DocumentKind.BILL_OF_LADING),
    ("PACKING", DocumentKind.PACKING_LIST),
    ("INSURANCE", DocumentKind.INSURANCE),
    ("ORIGIN", DocumentKind.ORIGIN),
    ("INSPECTION", DocumentKind.INSPECTION),
)
"""What a line of field 46A speaks of; the first word that stands in it decides."""


def build_terms(
    text: str, *, decimals: int, offset: Duration, salt: bytes, electronic_bill: bool
) -> CreditTerms:
    """Return the terms of a message; raise `MessageRefused`.

    `offset` is how far the clock at the place of expiry is ahead of UTC: dates are days there, and
    the last moment of the latest day of shipment still counts.
    """
    message = read_mt700(text)
    tenor = Tenor.SIGHT
    if message.usance_days:
        tenor = Tenor.AFTER_SHIPMENT if message.usance_from_shipment else Tenor.AFTER_SIGHT
    return CreditTerms(
        amount=Amount(message.count_units(decimals)),
        tolerance=message.tolerance,
        expiry=_find_noon(message.expiry, offset),
        latest_shipment=min(
            _find_noon(message.latest_shipment, offset) + hours(12),
            _find_noon(message.expiry, offset),
        ),
        presentation_days=message.presentation_days,
        tenor=tenor,
        usance=days(message.usance_days),
        partial=message.partial,
        documents=list_kinds(message.documents),
        electronic_bill=electronic_bill,
        text=compute_document_digest(text.encode(), salt),
    )


def list_kinds(lines: Iterable[str]) -> list[DocumentKind]:
    """Return what kinds of documents field 46A asks for, each once."""
    kinds: list[DocumentKind] = []
    for line in lines:
        found = (kind for word, kind in WORDS if word in line.upper())
        kind = next(found, DocumentKind.OTHER)
        if kind not in kinds:
            kinds.append(kind)
    return kinds


def _find_noon(day: date, offset: Duration) -> Time:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Time(int(midnight.timestamp()) * 1000 + DAY_MS // 2) - offset
