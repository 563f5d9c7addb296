"""Documents of EPCIS 2.0 in JSON-LD: read with bounds, and written.

Rules
-----
1. A document has at most 4 MiB, 1,000 events and 16 levels of depth; a text at most 4,096
   characters. What is more is refused before anything is made of it.
2. Only what the standard's schema knows as an event is taken: one of the five kinds, with its
   moment, its zone, and the fields that the kind requires.
3. Contexts are not fetched from anywhere: the prefixes are those that the document declares itself.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from dure.apps.shipment.epcis.canonical import write_moment
from dure.core.errors import DureError

BYTES_MAX: Final = 4 * 1024 * 1024
EVENTS_MAX: Final = 1_000
DEPTH_MAX: Final = 16
TEXT_MAX: Final = 4_096
NODES_MAX: Final = 200_000
CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "ObjectEvent": ("action",),
    "AggregationEvent": ("action",),
    "TransactionEvent": ("action", "bizTransactionList"),
    "TransformationEvent": (),
    "AssociationEvent": ("action", "parentID"),
}
"""The five kinds of event, and what each requires beside its moment."""
_ACTIONS: Final = ("ADD", "OBSERVE", "DELETE")
_LISTS: Final = ("bizTransactionList", "sourceList", "destinationList", "sensorElementList")

_OBJECTS: Final = ("readPoint", "bizLocation", "persistentDisposition")


class InvalidDocument(DureError):
    """A document that breaks a rule of EPCIS, or a bound of ours. `facts["event"]` says where."""


@dataclass(frozen=True, slots=True)
class Document:
    """The events of a document, and the prefixes that it declares."""

    events: tuple[Mapping[str, Any], ...]
    namespaces: Mapping[str, str]


def read_document(data: bytes) -> Document:
    """Return what a document holds; raise `InvalidDocument`."""
    if len(data) > BYTES_MAX:
        raise InvalidDocument(f"a document has at most {BYTES_MAX} bytes")
    try:
        whole = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise InvalidDocument("this is no JSON") from None
    _bound(whole)
    if not isinstance(whole, dict) or not str(whole.get("type", "")).startswith("EPCIS"):
        raise InvalidDocument("this is no EPCIS document")
    events = _find_events(whole.get("epcisBody"))
    if not 0 < len(events) <= EVENTS_MAX:
        raise InvalidDocument(f"a document has 1 to {EVENTS_MAX} events")
    for place, event in enumerate(events):
        _validate(event, place)
    return Document(tuple(events), _read_namespaces(whole.get("@context")))


def build_document(
    events: Sequence[Mapping[str, Any]], created: str, namespaces: Mapping[str, str] | None = None
) -> bytes:
    """Return a document of these events, in JSON-LD, that `read_document` takes."""
    context: list[Any] = [CONTEXT, *([dict(namespaces)] if namespaces else [])]
    whole = {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": write_moment(created),
        "epcisBody": {"eventList": list(events)},
    }
    data = json.dumps(whole, ensure_ascii=False, indent=2).encode()
    read_document(data)
    return data


def _bound(whole: Any) -> None:
    waiting, seen = [(whole, 1)], 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > DEPTH_MAX or seen > NODES_MAX:
            raise InvalidDocument(f"a document has {DEPTH_MAX} levels, {NODES_MAX} values at most")
        if isinstance(value, str) and len(value) > TEXT_MAX:
            raise InvalidDocument(f"a text has at most {TEXT_MAX} characters")
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            waiting += [(each, depth + 1) for each in inner]


def _find_events(body: Any) -> list[Any]:
    found = body
    if isinstance(found, dict) and "queryResults" in found:
        found = found["queryResults"]
        found = found.get("resultsBody") if isinstance(found, dict) else None
    if isinstance(found, dict) and "event" in found:
        return [found["event"]]
    events = found.get("eventList") if isinstance(found, dict) else None
    if not isinstance(events, list):
        raise InvalidDocument("the document has no list of events")
    return events


def _validate(event: Any, place: int) -> None:
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InvalidDocument("this is none of the five kinds of event", event=place)
    for name in ("eventTime", "eventTimeZoneOffset", *_KINDS[kind]):
        if name not in event:
            raise InvalidDocument(f"{name} is missing", event=place)
    if event.get("action", "ADD") not in _ACTIONS:
        raise InvalidDocument("an action is ADD, OBSERVE or DELETE", event=place)
    for name, problem in _find_misshapen(event):
        raise InvalidDocument(f"{name} {problem}", event=place)
    write_moment(str(event["eventTime"]))


def _find_misshapen(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in event.items():
        is_texts = name.endswith("EPCList") or name in ("epcList", "childEPCs")
        is_records = name.lower().endswith("quantitylist") or name in _LISTS
        kind: type = str if is_texts else dict
        if (is_texts or is_records) and not isinstance(value, list):
            yield name, "is no list"
        elif (is_texts or is_records) and not all(isinstance(each, kind) for each in value):
            yield name, "holds something else than the schema says"
        elif name in _OBJECTS and not isinstance(value, dict):
            yield name, "is no object"
        elif name == "persistentDisposition" and not all(map(_is_texts, value.values())):
            yield name, "holds something else than lists of texts"
        elif name in _LISTS[:3] and not all(isinstance(e.get(name[:-4]), str) for e in value):
            yield name, f"has an item without {name[:-4]}"
        elif name == "sensorElementList":
            yield from _find_misshapen_sensors(value)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _find_misshapen_sensors(elements: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for element in elements:
        reports = element.get("sensorReport", [])
        if not isinstance(element.get("sensorMetadata", {}), dict):
            yield "sensorMetadata", "is no object"
        if not isinstance(reports, list) or not all(isinstance(each, dict) for each in reports):
            yield "sensorReport", "is no list of objects"


def _read_namespaces(context: Any) -> dict[str, str]:
    parts = context if isinstance(context, list) else [context]
    return {
        prefix: uri
        for part in parts
        if isinstance(part, dict)
        for prefix, uri in part.items()
        if isinstance(uri, str)
    }
