"""`dure demo trade` on four real nodes: credits come to what was drawn, and it is proved."""

from pathlib import Path

import pytest

from tests.e2e.processes import run_dure
from tests.e2e.reports import check_report

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_credits_come_to_what_was_drawn(tmp_path: Path) -> None:
    options = ("--credits", "4", "--port", 0, "--data", tmp_path / "demo")
    facts = run_dure("demo", "trade", *options, "--exit", "--json").read_json()
    check_report(tmp_path / "demo", "trade", facts)
    expected = {name: value for name, value in facts.items() if name.startswith("expected_")}
    assert len(expected) == 5
    for name, value in expected.items():
        assert facts[name.removeprefix("expected_")] == value > 0
    assert facts["validators"] == 4
    assert facts["money_conserved"]
    assert facts["proof_verified"]
    assert facts["state_roots_equal"]
