"""What parties write down outside of the chain, and how others check it against the chain.

```
terminal: build_move ──▶ its EPCIS repository          hash_event ──▶ chain (with the move)
device:   build_sensor_event ──▶ carrier's repository  hash_event ──▶ chain (anchor)
whoever is shown a document: hash_events ──▶ compare with the anchors on the chain
```

Rules
-----
1. A container is `urn:epc:id:bic:` with its number, as the EPC Tag Data Standard writes it; a port
   is its UN/LOCODE in the vocabulary of UN/CEFACT.
2. Moments are ledger time, in UTC.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from dure.apps.shipment.contract import Stage
from dure.apps.shipment.epcis import compute_event_hash, read_document
from dure.contract.library.conditions import Measurement
from dure.core.types import Hash

PORTS: Final = "https://vocabulary.uncefact.org/unlocode#"
STEPS: Final[Mapping[str, tuple[str, str]]] = {
    "gate_in": ("arriving", "in_progress"),
    "load": ("loading", "in_transit"),
    "discharge": ("unloading", "in_progress"),
    "gate_out": ("departing", "in_transit"),
}
"""What a terminal's act is called in the core business vocabulary: step and disposition."""
STAGES: Final[Mapping[str, Stage]] = {
    "gate_in": Stage.ASHORE,
    "load": Stage.ABOARD,
    "discharge": Stage.ASHORE,
    "gate_out": Stage.OUT,
}


def build_move(act: str, container: str, port: str, moment_ms: int) -> dict[str, Any]:
    """Return the event of a terminal's act: a key of `STEPS`."""
    step, disposition = STEPS[act]
    return _build(container, moment_ms) | {
        "bizStep": step,
        "disposition": disposition,
        "readPoint": {"id": PORTS + port},
    }


def build_sensor_event(container: str, device: str, reading: Measurement) -> dict[str, Any]:
    """Return the event of one reading, in degrees Celsius and of the globe."""
    return _build(container, reading.taken.milliseconds) | {
        "bizStep": "sensor_reporting",
        "readPoint": {"id": f"geo:{_write_degrees(reading)}"},
        "sensorElementList": [
            {
                "sensorMetadata": {"time": _write(reading.taken.milliseconds), "deviceID": device},
                "sensorReport": [
                    {"type": "Temperature", "value": reading.temperature / 100, "uom": "CEL"}
                ],
            }
        ],
    }


def hash_event(event: Mapping[str, Any]) -> Hash:
    """Return the standard hash of an event without extensions; raise `UnsupportedEvent`."""
    return Hash(compute_event_hash(event, {}))


def hash_events(document: bytes) -> list[Hash]:
    """Return the hashes of a document's events, in order.

    Raises `InvalidDocument` and `UnsupportedEvent`.
    """
    found = read_document(document)
    return [Hash(compute_event_hash(event, found.namespaces)) for event in found.events]


def write_identifier(digest: bytes) -> str:
    """Return a hash as `eventID` writes it (RFC 6920)."""
    return f"ni:///sha-256;{digest.hex()}?ver=CBV2.0"


def _build(container: str, moment_ms: int) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": _write(moment_ms),
        "eventTimeZoneOffset": "+00:00",
        "epcList": [f"urn:epc:id:bic:{container}"],
        "action": "OBSERVE",
    }


def _write(moment_ms: int) -> str:
    seconds, rest = divmod(moment_ms, 1_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1_000)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def _write_degrees(reading: Measurement) -> str:
    return f"{reading.latitude / 1e6:.6f},{reading.longitude / 1e6:.6f}"
