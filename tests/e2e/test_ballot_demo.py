"""`dure demo ballot` on four nodes: an election comes out as it was counted beforehand."""

from pathlib import Path

import pytest

from tests.e2e.processes import run_dure
from tests.e2e.reports import check_report

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_an_election_comes_out_as_counted_beforehand(tmp_path: Path) -> None:
    options = ("--voters", 4, "--seed", 2, "--data", tmp_path / "demo")
    told = run_dure("demo", "ballot", *options, "--exit", "--json", timeout_s=170).read_json()
    check_report(tmp_path / "demo", "ballot", told)
    names = [name for name in told if f"expected_{name}" in told]
    assert {"turnout", "single", "multiple", "ranks", "points", "struck", "missing"} <= set(names)
    assert [told[name] for name in names] == [told[f"expected_{name}"] for name in names]
    assert (told["counted"], told["refused"], told["phase"]) == (4, 2, "FINAL")
    assert {"money_conserved", "proof_verified", "state_roots_equal"} <= {
        name for name, value in told.items() if value is True
    }


def test_too_few_voters_are_refused_by_name(tmp_path: Path) -> None:
    told = run_dure("demo", "ballot", "--voters", 1, "--data", tmp_path / "demo", "--exit")
    assert told.code != 0
    assert "choose 4 to 60 voters" in told.said
