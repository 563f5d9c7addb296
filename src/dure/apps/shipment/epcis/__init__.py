"""EPCIS 2.0 in and out: documents with bounds, and the standard hash of an event."""

from dure.apps.shipment.epcis.canonical import UnsupportedEvent, compute_event_hash, write_canonical
from dure.apps.shipment.epcis.documents import (
    Document,
    InvalidDocument,
    build_document,
    read_document,
)

__all__ = [
    "Document",
    "InvalidDocument",
    "UnsupportedEvent",
    "build_document",
    "compute_event_hash",
    "read_document",
    "write_canonical",
]
