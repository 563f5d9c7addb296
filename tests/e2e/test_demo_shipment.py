"""`dure demo shipment` on four real nodes: what was drawn beforehand stands on the chain."""

import pytest

from tests.e2e.processes import run_dure

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_reefers_arrive_as_they_were_drawn() -> None:
    facts = run_dure("demo", "shipment", "--containers", "2", "--exit", "--json").read_json()
    expected = {name: value for name, value in facts.items() if name.startswith("expected_")}
    assert expected
    for name, value in expected.items():
        assert facts[name.removeprefix("expected_")] == value
    assert facts["expected_alerts"] > 0
    assert facts["validators"] == 4
    assert facts["money_conserved"]
    assert facts["proof_verified"]
    assert facts["state_roots_equal"]
