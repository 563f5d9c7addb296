"""EPCIS in and out: hashes as the reference computes them, bounds, and named errors."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.apps.shipment.epcis import (
    InvalidDocument,
    UnsupportedEvent,
    build_document,
    compute_event_hash,
    read_document,
    write_canonical,
)
from dure.apps.shipment.epcis.documents import BYTES_MAX, EVENTS_MAX
from dure.apps.shipment.epcis.links import canonise, compute_check_digit
from dure.apps.shipment.offchain import (
    STEPS,
    build_move,
    build_sensor_event,
    hash_event,
    hash_events,
    write_identifier,
)
from dure.contract.language import Time
from dure.contract.library.conditions import Measurement
from dure.core.errors import DureError

VECTORS = Path(__file__).parent / "vectors"
MOVE = build_move("load", "CSQU3054383", "KRPUS", 1_767_603_600_000)
REFUSED = {
    "SensorDataExample7.jsonld": "a number of more than 15 digits",
    "SensorDataExample12.jsonld": "does not end with /",
}
"""Examples whose hash by the reference loses digits, or moves fields elsewhere."""


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


def test_our_own_document_hashes_as_the_reference_says() -> None:
    vector = load("own.json")
    found = hash_events(json.dumps(vector["document"]).encode())
    assert [write_identifier(each) for each in found] == vector["hashes"]


@pytest.mark.parametrize("name", sorted(load("gs1.json")))
def test_the_examples_of_gs1_hash_as_the_reference_says(name: str) -> None:
    folder = os.environ.get("DURE_EPCIS_EXAMPLES")
    if not folder:
        pytest.skip("DURE_EPCIS_EXAMPLES names no folder with the examples of GS1")
    data = (Path(folder) / name).read_bytes()
    if name in REFUSED:
        with pytest.raises(UnsupportedEvent, match=REFUSED[name]):
            hash_events(data)
        return
    assert [write_identifier(each) for each in hash_events(data)] == load("gs1.json")[name]


def test_how_an_event_is_written_down_changes_nothing() -> None:
    other = dict(reversed(MOVE.items())) | {"eventTime": "2026-01-05T18:00:00+09:00"}
    other |= {"eventID": "urn:uuid:1", "recordTime": "2026-01-06T00:00:00Z"}
    other["bizStep"] = "urn:epcglobal:cbv:bizstep:loading"
    assert hash_event(other) == hash_event(MOVE)


@pytest.mark.parametrize("name", ["eventTime", "epcList", "bizStep", "readPoint", "action"])
def test_any_change_of_an_event_changes_its_hash(name: str) -> None:
    changed = build_move("gate_out", "MSKU6011672", "NLRTM", 1_767_603_600_001)
    changed["action"] = "ADD"
    assert hash_event(MOVE | {name: changed[name]}) != hash_event(MOVE)


def test_what_is_built_is_read_again() -> None:
    reading = Measurement(Time(1_767_603_600_000), -1_850, False, -1_290_000, 104_000_000)
    events = [build_move(act, "CSQU3054383", "KRPUS", 0) for act in STEPS]
    events.append(build_sensor_event("CSQU3054383", "urn:epc:id:giai:4000001.111", reading))
    document = build_document(events, "2026-01-05T09:00:00Z")
    assert list(read_document(document).events) == events
    assert hash_events(document) == [hash_event(event) for event in events]
    assert "value=-18.5uom=CEL" in write_canonical(events[-1], {})
    assert "readPointid=geo:-1.290000,104.000000" in write_canonical(events[-1], {})


@pytest.mark.parametrize(
    ("urn", "link"),
    [
        ("urn:epc:id:sgtin:0614141.107346.2017", "/01/10614141073464/21/2017"),
        ("urn:epc:id:sscc:0614141.1234567890", "/00/106141412345678908"),
        ("urn:epc:id:sgln:0614141.07346.1234", "/414/0614141073467/254/1234"),
        ("urn:epc:id:pgln:4012345.00225", "/417/4012345002256"),
        ("urn:epc:id:grai:4012345.55555.987", "/8003/04012345555554987"),
        ("urn:epc:class:lgtin:4012345.012345.998877", "/01/04012345123456/10/998877"),
        ("https://example.org/01/4012345123456/10/A/21/7?x=1", "/01/04012345123456/21/7"),
    ],
)
def test_identifiers_become_canonical_links(urn: str, link: str) -> None:
    assert canonise(urn) == f"https://id.gs1.org{link}"


@pytest.mark.parametrize(
    "text", ["urn:epc:id:bic:CSQU3054383", "geo:1,2", "https://example.org/a", "urn:epc:id:sgtin:x"]
)
def test_what_is_no_key_of_gs1_stays(text: str) -> None:
    assert canonise(text) == text


def test_check_digits_are_those_of_gs1() -> None:
    assert compute_check_digit("061414107346") == "7"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no EPCIS document"),
        (b'{"type":"EPCISDocument"}', "no list of events"),
        (b'{"type":"EPCISDocument","epcisBody":{"eventList":[]}}', "events"),
        (b'{"type":"EPCISDocument","epcisBody":{"eventList":[7]}}', "five kinds"),
        (b" " * (BYTES_MAX + 1), "bytes"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InvalidDocument, match=words):
        read_document(data)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": "ShipEvent"}, "five kinds"),
        ({"action": "MOVE"}, "an action is"),
        ({"epcList": "urn:x"}, "epcList is no list"),
        ({"epcList": [7]}, "epcList holds something else"),
        ({"readPoint": "KRPUS"}, "readPoint is no object"),
        ({"bizTransactionList": [{"type": "po"}]}, "without bizTransaction"),
        ({"sensorElementList": [{"sensorReport": [7]}]}, "sensorReport is no list of objects"),
        ({"note": "x" * 4_097}, "characters"),
    ],
)
def test_what_is_no_event_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidDocument, match=words):
        build_document([MOVE | changes], "2026-01-05T09:00:00Z")


def test_a_document_has_so_many_events_at_most() -> None:
    with pytest.raises(InvalidDocument, match="1 to 1000 events"):
        build_document([MOVE] * (EVENTS_MAX + 1), "2026-01-05T09:00:00Z")


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-01-05T09:00:00", "0001-01-01T00:00:00+23:00"]
)
def test_a_moment_without_sense_is_refused(moment: str) -> None:
    with pytest.raises(UnsupportedEvent):
        compute_event_hash(MOVE | {"eventTime": moment}, {})


MORE = ("sensorElementList", "quantityList", "persistentDisposition", "sourceList", "x:y")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from([*MOVE, *MORE]), value=JSON)
def test_nothing_strange_is_taken_for_an_event_unseen(name: str, value: Any) -> None:
    """Whatever stands in a field is hashed, or refused with an error of ours."""
    whole = {"type": "EPCISDocument", "epcisBody": {"eventList": [MOVE | {name: value}]}}
    try:
        found = hash_events(json.dumps(whole).encode())
    except DureError:
        return
    assert len(found) == 1
