"""Made patients are valid FHIR, and what is shared or stored says nothing of who they are."""

import base64
import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle as FhirBundle

from dure.apps.health.offchain.deidentifying import SHARED_KINDS, deidentify
from dure.apps.health.offchain.patients import (
    decode_resources,
    encode_resources,
    list_personal,
    list_resources,
    make_patients,
)
from dure.apps.health.offchain.scanning import build_needles, find_needles
from dure.core.errors import ConfigurationError

MADE = date(2026, 1, 5)


@pytest.fixture(scope="module")
def bundles() -> list[Mapping[str, Any]]:
    return make_patients(2, 42)


def test_every_resource_of_made_patients_is_valid(bundles: list[Mapping[str, Any]]) -> None:
    for bundle in bundles:
        read = FhirBundle.model_validate(bundle)
        assert len(read.entry or ()) == len(bundle["entry"]) > 100


@pytest.mark.parametrize("count", [0, 21])
def test_few_patients_are_made_at_a_time(count: int) -> None:
    with pytest.raises(ConfigurationError, match="1 to 20"):
        make_patients(count, 1)


def test_what_is_split_off_comes_back(bundles: list[Mapping[str, Any]]) -> None:
    observations = list_resources(bundles[0], "Observation")
    assert decode_resources(encode_resources(observations)) == observations


@pytest.mark.parametrize("kind", SHARED_KINDS)
def test_nothing_in_a_set_says_whose_it_is(bundles: list[Mapping[str, Any]], kind: str) -> None:
    shared = deidentify(bundles, kind, MADE, 7)
    assert len(shared) == sum(len(list_resources(each, kind)) for each in bundles) > 0
    content = encode_resources(shared)
    for bundle in bundles:
        needles = build_needles(list_personal(bundle))
        assert len(needles) > 100
        assert find_needles(content, needles, "the set") == []
        ids = [each["id"].encode() for each in list_resources(bundle)]
        assert not any(each in content for each in ids)


@pytest.mark.parametrize("kind", SHARED_KINDS)
def test_what_is_shared_is_still_valid(bundles: list[Mapping[str, Any]], kind: str) -> None:
    model: Any = get_fhir_model_class(kind)
    for resource in deidentify(bundles, kind, MADE, 7):
        model.model_validate(resource)


def test_only_what_is_listed_stays(bundles: list[Mapping[str, Any]]) -> None:
    bundle = deepcopy(bundles[0])
    (first, *_) = list_resources(bundle, "Observation")
    assert isinstance(first, dict)
    first |= {
        "valueString": "lives in 7563 Godoy Mews",
        "note": [{"text": "called her mother"}],
        "extension": [{"url": "x", "valueString": "Boston"}],
        "effectiveDateTime": "1999-07-16T22:07:03Z",
        "effectivePeriod": {"start": "1999-07-16"},
    }
    first["code"] = {
        "text": "Kim's test",
        "coding": [
            {"system": "http://loinc.org", "code": "8302-2", "display": "Kim's height"},
            {"system": "http://hospital.example/patients", "code": "8786824"},
        ],
    }
    stripped = deidentify([bundle], "Observation", MADE, 7)[0]
    assert stripped["effectiveDateTime"] == "1999"
    assert stripped["code"] == {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}
    assert stripped["subject"] == {"reference": "Patient/1"}
    words = json.dumps(stripped)
    for gone in ("Godoy", "mother", "Boston", "Kim", "8786824", "07-16", "encounter", '"id"'):
        assert gone not in words


@pytest.mark.parametrize(("born", "keeps"), [("1936-01-05", False), ("1936-01-06", True)])
def test_above_the_age_of_89_no_year_stays(
    bundles: list[Mapping[str, Any]], born: str, keeps: bool
) -> None:
    bundle = deepcopy(bundles[0])
    (patient,) = list_resources(bundle, "Patient")
    assert isinstance(patient, dict)
    patient["birthDate"] = born
    shared = deidentify([bundle], "Observation", MADE, 7)
    assert any("effectiveDateTime" in each for each in shared) == keeps


def test_some_types_are_not_shared(bundles: list[Mapping[str, Any]]) -> None:
    with pytest.raises(ValueError, match="not shared"):
        deidentify(bundles, "DocumentReference", MADE, 7)


NAME = "Miguel Ángel Escalante"
WRITTEN = {
    "as text": NAME.encode(),
    "in capitals": NAME.upper().encode(),
    "decomposed": b"Miguel A\xcc\x81ngel Escalante",
    "as UTF-16": NAME.encode("utf-16-le"),
    "percent-encoded": b"Miguel%20%C3%81ngel%20Escalante",
    "as JSON": json.dumps(NAME).encode(),
    "in hexadecimal": NAME.encode().hex().encode(),
    "as a digest": sha256(NAME.encode()).digest(),
    "backwards": NAME[::-1].encode(),
    **{
        f"in base64 at {offset}": base64.b64encode(b"x" * offset + NAME.encode() + b"yz")
        for offset in range(3)
    },
}


@pytest.mark.parametrize("form", WRITTEN)
def test_a_value_is_found_however_it_is_written(form: str) -> None:
    needles = build_needles({NAME: "name"})
    data = b"\x00\x93before" + WRITTEN[form] + b"after"
    assert find_needles(data, needles, "block 3")[0].where == "block 3"
    assert find_needles(b"before" + NAME[:10].encode(), needles, "block 4") == []


def test_a_date_is_found_as_other_countries_write_it_and_chance_is_not_looked_for() -> None:
    needles = build_needles({"1999-06-18": "date of birth", "00000": "postal code", "Li": "name"})
    for written in (b"19990618", b"18.06.1999", b"06/18/1999"):
        assert find_needles(written, needles, "")
    assert find_needles(b"00000000 Li", needles, "") == []
