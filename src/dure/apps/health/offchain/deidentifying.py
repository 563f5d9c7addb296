"""De-identified sets: what may stay is listed, everything else goes.

After 45 CFR 164.514(b)(2), “Safe Harbor”. Rules
-----
1. Only what is listed here stays: codes of known terminologies, measured quantities with their
   units, reference ranges, the status, and years. So no text that somebody wrote stays, whatever
   field it stands in: names, addresses, notes and displays go, and so do extensions.
2. Every identifier goes, with `id` and all references; resources of one patient share a number that
   is drawn for the set and leads nowhere.
3. Of dates the year stays.
4. Of a patient above the age of 89, on the day on which the set is made, no year stays.
5. All geography goes, the three digits of a postal code too.
6. Patients are numbered in an order that is drawn; within a patient, resources keep their order.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from dure.apps.health.offchain.patients import Bundle, Resource, list_resources

AGE_SHOWN_MAX: Final = 89
TERMINOLOGIES: Final = frozenset(
    {
        "http://loinc.org",
        "http://snomed.info/sct",
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "http://hl7.org/fhir/sid/cvx",
    }
)
_HL7: Final = "http://terminology.hl7.org/"
_CODED: Final = (
    *("category", "clinicalStatus", "code", "interpretation", "medicationCodeableConcept"),
    *("vaccineCode", "valueCodeableConcept", "verificationStatus"),
)
_PLAIN: Final = ("status", "intent", "valueInteger", "valueBoolean")
_YEARS: Final = (
    *("abatementDateTime", "authoredOn", "effectiveDateTime"),
    *("occurrenceDateTime", "onsetDateTime", "performedDateTime"),
)
_OWNERS: Final = {"Immunization": "patient"}
SHARED_KINDS: Final = ("Condition", "Immunization", "MedicationRequest", "Observation", "Procedure")


def deidentify(bundles: Sequence[Bundle], kind: str, made: date, lot: int) -> list[Resource]:
    """Return the resources of one type of several patients, without what says whose they are.

    Raise `ValueError` for a type that is not shared.
    """
    if kind not in SHARED_KINDS:
        raise ValueError(f"resources of type {kind} are not shared")
    order = list(range(len(bundles)))
    random.Random(lot).shuffle(order)  # noqa: S311 - the order hides nothing that is secret
    return [
        _strip(resource, number, keeps_years=_is_young(bundles[place], made))
        for number, place in enumerate(order, start=1)
        for resource in list_resources(bundles[place], kind)
    ]


def _is_young(bundle: Bundle, made: date) -> bool:
    (patient,) = list_resources(bundle, "Patient")
    born = date.fromisoformat(patient["birthDate"])
    return (made.year - born.year) - ((made.month, made.day) < (born.month, born.day)) <= (
        AGE_SHOWN_MAX
    )


def _strip(resource: Resource, number: int, *, keeps_years: bool) -> Resource:
    kind = resource["resourceType"]
    owner = {"reference": f"Patient/{number}"}
    kept: dict[str, Any] = {"resourceType": kind, _OWNERS.get(kind, "subject"): owner}
    kept |= _strip_values(resource)
    if components := [_strip_values(each) for each in resource.get("component", ())]:
        kept["component"] = components
    for name in _YEARS:
        if keeps_years and name in resource:
            kept[name] = str(resource[name])[:4]
    if kind == "Immunization" and "occurrenceDateTime" not in kept:
        kept["occurrenceString"] = "withheld"
    return kept


def _strip_values(part: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: part[name] for name in _PLAIN if name in part}
    for name in _CODED:
        if name in part:
            many = isinstance(part[name], list)
            concepts = [_strip_concept(each) for each in (part[name] if many else [part[name]])]
            concepts = [each for each in concepts if each["coding"]]
            if concepts:
                kept[name] = concepts if many else concepts[0]
    if "valueQuantity" in part:
        kept["valueQuantity"] = _strip_quantity(part["valueQuantity"])
    if ranges := [_strip_range(each) for each in part.get("referenceRange", ())]:
        kept["referenceRange"] = ranges
    return kept


def _strip_concept(concept: Mapping[str, Any]) -> dict[str, Any]:
    codings: Iterable[Mapping[str, Any]] = concept.get("coding", ())
    return {
        "coding": [
            {"system": each["system"], "code": each["code"]}
            for each in codings
            if "code" in each and _is_terminology(each.get("system", ""))
        ]
    }


def _is_terminology(system: str) -> bool:
    return system in TERMINOLOGIES or system.startswith(_HL7)


def _strip_quantity(quantity: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: quantity[name] for name in ("value", "unit", "system", "code") if name in quantity
    }


def _strip_range(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _strip_quantity(part[name]) for name in ("low", "high") if name in part}
