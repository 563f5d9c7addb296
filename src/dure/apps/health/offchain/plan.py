"""What is going to happen to some patients, and what must come of it, by their bundles alone.

Who consents to what is drawn; everything else is counted in the bundles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from dure.apps.health.offchain.patients import Bundle, list_resources, make_patients
from dure.core.errors import ConfigurationError

FILED_KINDS: Final = ("Observation", "Condition", "MedicationRequest")
SHARED_KIND: Final = "Observation"
MEDICINE_KIND: Final = "MedicationRequest"
PATIENTS_MIN: Final = 2
MEMBERS_MIN: Final = 2
SHARING_REWARD: Final = 5_000
CARE_REWARD: Final = 3_000


@dataclass(frozen=True, slots=True)
class HealthPlan:
    """Patients by their number, and to what each consents."""

    bundles: tuple[Bundle, ...]
    treated: frozenset[tuple[int, str]]
    """Patient and resource type that the doctor may read."""
    sharing: tuple[int, ...]
    """Patients who share for research."""

    @property
    def records(self) -> list[tuple[int, str]]:
        """What the hospital files: patient and resource type."""
        return [
            (number, kind)
            for number, bundle in enumerate(self.bundles)
            for kind in FILED_KINDS
            if list_resources(bundle, kind)
        ]

    @property
    def read(self) -> list[tuple[int, str]]:
        """Records that the doctor reads with consent."""
        return [each for each in self.records if each in self.treated]

    @property
    def unread(self) -> list[tuple[int, str]]:
        """Records to which nobody consented."""
        return [each for each in self.records if each not in self.treated]

    def count(self, record: tuple[int, str]) -> int:
        """Return how many resources are in a record."""
        number, kind = record
        return len(list_resources(self.bundles[number], kind))

    def needs_medicine(self, number: int) -> bool:
        """Say whether a patient is prescribed something after the test at home."""
        return bool(list_resources(self.bundles[number], MEDICINE_KIND))

    @property
    def expected(self) -> "Outcome":
        """What must come of it all."""
        everybody = range(len(self.bundles))
        read, unread = self.read, self.unread
        emergencies = unread[:1]
        return Outcome(
            records=len(self.records),
            consents=len(read) + len(self.sharing),
            resources_read=sum(map(self.count, [*read, *emergencies])),
            # Without consent, and once more after it was withdrawn.
            refused=len(unread) + len(read[:1]),
            emergencies=len(emergencies),
            # The hospital takes its key out for the patient, and again for whoever reads.
            readings_logged=len(self.records) + 2 * len([*read, *emergencies]),
            set_resources=sum(self.count((each, SHARED_KIND)) for each in self.sharing),
            sharing_paid=SHARING_REWARD * len(self.sharing),
            dispensed=sum(map(self.needs_medicine, everybody)),
            care_paid=CARE_REWARD * len(self.bundles),
            patients_hold=SHARING_REWARD * len(self.sharing) + CARE_REWARD * len(self.bundles),
            personal_values_found=0,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it, or must."""

    records: int
    consents: int
    resources_read: int
    refused: int
    emergencies: int
    readings_logged: int
    set_resources: int
    sharing_paid: int
    dispensed: int
    care_paid: int
    patients_hold: int
    personal_values_found: int


def plan_care(count: int, seed: int) -> HealthPlan:
    """Make patients, and draw to what they consent; raise `ConfigurationError`."""
    if count < PATIENTS_MIN:
        raise ConfigurationError(f"there are at least {PATIENTS_MIN} patients: a set is of several")
    return draw_consents(make_patients(count, seed), seed)


def draw_consents(bundles: Sequence[Bundle], seed: int) -> HealthPlan:
    """Draw to what patients consent; the first consents to something, and not to everything."""
    everybody = range(len(bundles))
    drawn = {(each, kind) for each in everybody for kind in FILED_KINDS if _draw(seed, each, kind)}
    drawn |= {(0, SHARED_KIND)}
    drawn -= {(0, "Condition")}
    sharing = [each for each in everybody if each < MEMBERS_MIN or _draw(seed, each, "research")]
    return HealthPlan(tuple(bundles), frozenset(drawn), tuple(sharing))


def _draw(seed: int, number: int, word: str) -> bool:
    return sha256(f"{seed} {number} {word}".encode()).digest()[0] % 3 > 0
