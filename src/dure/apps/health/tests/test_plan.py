"""What must come of the demo follows from the bundles and the lots alone."""

from typing import Any

import pytest

from dure.apps.health.offchain.plan import CARE_REWARD, SHARING_REWARD, draw_consents, plan_care
from dure.core.errors import ConfigurationError


def bundle(**counts: int) -> dict[str, Any]:
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    return {"entry": [{"resource": {"resourceType": kind}} for kind in kinds]}


BUNDLES = [
    bundle(Patient=1, Observation=5, Condition=2, MedicationRequest=1),
    bundle(Patient=1, Observation=7, Condition=3),
]


def test_the_first_patient_consents_to_something_and_not_to_everything() -> None:
    for seed in range(10):
        plan = draw_consents(BUNDLES, seed)
        assert (0, "Observation") in plan.read
        assert (0, "Condition") in plan.unread
        assert set(plan.read) | set(plan.unread) == set(plan.records)


def test_what_is_expected_is_counted_in_the_bundles() -> None:
    plan = draw_consents(BUNDLES, 1)
    expected = plan.expected
    assert expected.records == 5
    assert expected.set_resources == 12
    assert expected.dispensed == 1
    assert expected.patients_hold == 2 * (SHARING_REWARD + CARE_REWARD)
    assert expected.readings_logged == 5 + 2 * (len(plan.read) + 1)
    assert expected.refused == len(plan.unread) + 1
    read = sum(map(plan.count, plan.read))
    assert expected.resources_read == read + plan.count(plan.unread[0])


def test_a_set_needs_several_patients() -> None:
    with pytest.raises(ConfigurationError, match="at least 2 patients"):
        plan_care(1, 42)
