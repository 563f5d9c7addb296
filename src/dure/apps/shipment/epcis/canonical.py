"""The standard hash of an EPCIS event: the same for whoever writes the event down, and however.

The event becomes one text, in the order and form that CBV 2.0 section 8.9 sets, and its SHA-256
becomes `ni:///sha-256;…?ver=CBV2.0` (RFC 6920). Where the standard leaves room this follows
`epcis-event-hash-generator` 1.9.3, what others have to compare with: the lists of transactions,
destinations and sources follow behind the sensors, by name, and truth values are `True`, `False`.

Rules
-----
1. Moments are in UTC with milliseconds; numbers have no trailing zeros; identifiers are canonical
   Digital Links; bare words of the vocabulary are written out.
2. Items of a list are sorted by what is written of them. Nothing stands between two items.
3. `eventID`, `recordTime` and `errorDeclaration` have no part in the hash.
4. What has no sure form is refused as `UnsupportedEvent`: a number of more than 15 digits, which
   the reference rounds, and an extension whose namespace does not end with a slash inside of an
   element, which the reference moves elsewhere.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from dure.apps.shipment.epcis.links import canonise
from dure.core.errors import DureError

_IGNORED: Final = {"eventID", "recordTime", "errorDeclaration", "type", "@context"}
_SILENT: Final = {"rdfs:comment", "comment"}
_VOC: Final = "https://gs1.org/voc/"
_CBV: Final = "https://ref.gs1.org/cbv/"
_URNS: Final = {
    "urn:epcglobal:cbv:bizstep:": f"{_CBV}BizStep-",
    "urn:epcglobal:cbv:disp:": f"{_CBV}Disp-",
    "urn:epcglobal:cbv:btt:": f"{_CBV}BTT-",
    "urn:epcglobal:cbv:sdt:": f"{_CBV}SDT-",
    "urn:epcglobal:cbv:er:": f"{_CBV}ER-",
}
_WORDS: Final = {
    "bizStep": f"{_CBV}BizStep-",
    "disposition": f"{_CBV}Disp-",
    "set": f"{_CBV}Disp-",
    "unset": f"{_CBV}Disp-",
    "component": f"{_CBV}Comp-",
    "exception": _VOC,
}
"""What stands before a bare word, by the field."""

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_DIGITS_MAX: Final = 15
_BARE: Final = re.compile(r"[A-Za-z_]+")

_EPCS: Final = ("epcList", "inputEPCList", "childEPCs")
_QUANTITIES: Final = ("quantityList", "childQuantityList", "inputQuantityList")
_ORDER: Final = (
    "eventTime",
    "eventTimeZoneOffset",
    "certificationInfo",
    "parentID",
    *_EPCS,
    *_QUANTITIES,
    "outputEPCList",
    "outputQuantityList",
    "action",
    "transformationID",
    "bizStep",
    "disposition",
    "persistentDisposition",
    "readPoint",
    "bizLocation",
    "sensorElementList",
)
_METADATA: Final = (
    "time",
    "startTime",
    "endTime",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
)
_REPORT: Final = (
    "type",
    "exception",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "time",
    "microorganism",
    "chemicalSubstance",
    "value",
    "component",
    "stringValue",
    "booleanValue",
    "hexBinaryValue",
    "uriValue",
    "minValue",
    "maxValue",
    "meanValue",
    "sDev",
    "percRank",
    "percValue",
    "uom",
    "coordinateReferenceSystem",
)


class UnsupportedEvent(DureError):
    """An event without a sure canonical form: what stands in it, and where."""


def compute_event_hash(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> bytes:
    """Return the 32 bytes of an event's standard hash; raise `UnsupportedEvent`."""
    return sha256(write_canonical(event, namespaces).encode()).digest()


def write_canonical(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> str:
    """Return the text of which the hash is made; `namespaces` are the document's, by prefix."""
    return _Writer(namespaces).write_event(event)


class _Writer:
    """Writes one event; knows the prefixes of its document."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._namespaces = namespaces

    def write_event(self, event: Mapping[str, Any]) -> str:
        parts = [f"eventType={event['type']}"]
        parts += [self.write_field(name, event[name]) for name in _ORDER if name in event]
        rest = [
            self.write_rest(name, value)
            for name, value in event.items()
            if name not in _ORDER and name not in _IGNORED | _SILENT
        ]
        return "".join(parts) + "".join(sorted(self.flatten(rest)))

    def flatten(self, parts: Sequence[str | list[str]]) -> list[str]:
        return [each for part in parts for each in ([part] if isinstance(part, str) else part)]

    def write_field(self, name: str, value: Any) -> str:
        if name.endswith("EPCList") or name in _EPCS:
            return self.write_list(name, [self.write_value("epc", each) for each in value])
        if name.lower().endswith("quantitylist"):
            order = ("epcClass", "quantity", "uom")
            items = [self.write_object("quantityElement", each, order) for each in value]
            return self.write_list(name, items)
        if name == "sensorElementList":
            return self.write_list(name, [self.write_sensor(each) for each in value])
        if name == "persistentDisposition":
            kinds = [
                "".join(sorted(self.write_value(kind, each) for each in value.get(kind, ())))
                for kind in ("set", "unset")
            ]
            return self.write_list(name, ["".join(kinds)])
        if name in ("readPoint", "bizLocation"):
            return self.write_object(name, value, ("id",))
        return self.write_value(name, value)

    def write_list(self, name: str, items: list[str]) -> str:
        whole = "".join(sorted(items))
        return name + whole if whole else ""

    def write_sensor(self, element: Mapping[str, Any]) -> str:
        metadata = self.write_object("sensorMetadata", element.get("sensorMetadata", {}), _METADATA)
        reports = sorted(
            self.write_object("sensorReport", each, _REPORT)
            for each in element.get("sensorReport", ())
        )
        others = {name: value for name, value in element.items() if ":" in name}
        return f"sensorElement{metadata}{''.join(reports)}{self.write_extensions(others)}"

    def write_object(self, name: str, value: Mapping[str, Any], order: Sequence[str]) -> str:
        own = "".join(self.write_value(each, value[each]) for each in order if each in value)
        others = {key: each for key, each in value.items() if ":" in key}
        unknown = [key for key in value if key not in order and ":" not in key]
        if unknown:
            raise UnsupportedEvent(f"{name} has no field {unknown[0]}", field=unknown[0])
        if others and not own:
            raise UnsupportedEvent(f"{name} holds an extension alone", field=name)
        whole = own + self.write_extensions(others)
        return name + whole if whole else ""

    def write_extensions(self, others: Mapping[str, Any]) -> str:
        for name in others:
            if name not in _SILENT and not self.expand_name(name).split("}")[0].endswith("/"):
                raise UnsupportedEvent(f"the namespace of {name} does not end with /", field=name)
        rest = [
            self.write_rest(name, value) for name, value in others.items() if name not in _SILENT
        ]
        return "".join(sorted(self.flatten(rest)))

    def write_rest(self, name: str, value: Any) -> str | list[str]:
        """Return what the standard leaves to be sorted; of a list of one's own, every item."""
        if name in ("bizTransactionList", "sourceList", "destinationList"):
            key, prefix = name[:-4], "BTT-" if name.startswith("biz") else "SDT-"
            return self.write_list(name, [self.write_pair(key, prefix, each) for each in value])
        expanded = self.expand_name(name)
        if isinstance(value, list):
            return [self.write_nested(expanded, each) for each in value]
        return self.write_nested(expanded, value)

    def write_nested(self, name: str, value: Any) -> str:
        if isinstance(value, dict):
            inner = [self.write_rest(key, each) for key, each in value.items()]
            return name + "".join(sorted(self.flatten(inner)))
        text = self.write_plain(value)
        return f"{name}={text}" if text else name

    def write_pair(self, key: str, prefix: str, value: Mapping[str, Any]) -> str:
        kind = value.get("type")
        head = "" if kind is None else f"type={self.write_word(kind, _CBV + prefix)}"
        return f"{head}{key}={self.write_plain(value[key])}"

    def write_value(self, name: str, value: Any) -> str:
        if isinstance(value, dict | list):
            raise UnsupportedEvent(f"{name} is no single value", field=name)
        if "time" in name.lower() and "offset" not in name.lower():
            return f"{name}={write_moment(str(value))}"
        if name == "type":
            return f"{name}={self.write_word(value, _VOC)}"
        if name in _WORDS:
            return f"{name}={self.write_word(value, _WORDS[name])}"
        text = self.write_plain(value)
        return f"{name}={text}" if text else ""

    def write_word(self, value: Any, prefix: str) -> str:
        text = str(value)
        return prefix + text if _BARE.fullmatch(text) else self.write_plain(value)

    def write_plain(self, value: Any) -> str:
        text = self.expand_value(str(value).strip())
        for urn, link in _URNS.items():
            text = text.replace(urn, link)
        return write_number(text) if _NUMBER.fullmatch(text) else canonise(text)

    def expand_value(self, text: str) -> str:
        prefix, mark, rest = text.partition(":")
        known = self._namespaces.get(prefix)
        return known + rest if mark and known else text

    def expand_name(self, name: str) -> str:
        prefix, mark, rest = name.partition(":")
        known = self._namespaces.get(prefix)
        return f"{{{known}}}{rest}" if mark and known else name


def write_moment(text: str) -> str:
    """Return a moment in UTC with milliseconds; raise `UnsupportedEvent`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnsupportedEvent(f"not a moment: {text[:40]!r}") from None
    if moment.tzinfo is None:
        raise UnsupportedEvent(f"a moment without its zone: {text[:40]!r}")
    try:
        return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    except OverflowError:
        raise UnsupportedEvent(f"a moment outside of the calendar: {text[:40]!r}") from None


def write_number(text: str) -> str:
    """Return a number without zeros that say nothing; raise `UnsupportedEvent`."""
    if sum(each.isdigit() for each in text) > _DIGITS_MAX:
        raise UnsupportedEvent(f"a number of more than {_DIGITS_MAX} digits: {text[:40]}")
    number = float(text)
    return str(int(number)) if number.is_integer() else str(number)
