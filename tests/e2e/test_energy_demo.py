"""`dure demo energy` on four nodes: a day comes out as it was reckoned, and is proved."""

from pathlib import Path

import pytest

from tests.e2e.processes import run_dure
from tests.e2e.reports import check_report

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_a_day_comes_out_as_reckoned(tmp_path: Path) -> None:
    options = ("--houses", 4, "--quarters", 3, "--data", tmp_path / "demo")
    told = run_dure("demo", "energy", *options, "--exit", "--json", timeout_s=170).read_json()
    check_report(tmp_path / "demo", "energy", told)
    names = [name for name in told if f"expected_{name}" in told]
    assert {"trades", "turnover", "money", "renewable", "supplier"} <= set(names)
    assert [told[name] for name in names] == [told[f"expected_{name}"] for name in names]
    assert told["trades"] > 0
    assert {"money_conserved", "proof_verified", "state_roots_equal"} <= {
        name for name, value in told.items() if value is True
    }
