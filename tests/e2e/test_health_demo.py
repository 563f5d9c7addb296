"""`dure demo health` on four real nodes: what was counted in the bundles, and nobody's name."""

from pathlib import Path

import pytest

from tests.e2e.processes import run_dure
from tests.e2e.reports import check_report

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_records_are_read_by_consent_and_nothing_personal_is_stored(tmp_path: Path) -> None:
    options = ("--patients", "2", "--port", 0, "--data", tmp_path / "demo")
    facts = run_dure("demo", "health", *options, "--exit", "--json").read_json()
    check_report(tmp_path / "demo", "health", facts)
    expected = {name: value for name, value in facts.items() if name.startswith("expected_")}
    assert len(expected) == 12
    for name, value in expected.items():
        assert facts[name.removeprefix("expected_")] == value
    assert facts["personal_values_found"] == 0 == len(facts["findings"])
    assert facts["forms_found_in_the_bundles"] > 0 < facts["bytes_searched"]
    assert all(value > 0 for name, value in expected.items() if "personal" not in name)
    assert facts["validators"] == 4
    assert facts["money_conserved"]
    assert facts["proof_verified"]
    assert facts["state_roots_equal"]


def test_a_set_is_of_several_patients() -> None:
    refused = run_dure("demo", "health", "--patients", "1", "--exit")
    assert refused.code == 2
    assert "at least 2 patients" in refused.err
