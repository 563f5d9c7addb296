"""`dure demo payments` on four nodes: a payday comes out as it was planned, and is proved."""

from pathlib import Path

import pytest

from dure.apps.payments.offchain.documents import read_document
from dure.apps.payments.offchain.payday import plan_payday
from tests.e2e.processes import run_dure
from tests.e2e.reports import check_report

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SALARIES = 24
SEED = 7


def test_a_payday_comes_out_as_planned(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    options = ("--salaries", SALARIES, "--seed", SEED, "--data", folder, "--port", "0")
    told = run_dure("demo", "payments", *options, "--exit", "--json", timeout_s=170).read_json()
    check_report(folder, "payments", told)
    plan = plan_payday(SALARIES, SEED)
    assert told["settled"] == plan.expected_settled
    assert told["refused"] == plan.expected_reasons
    assert told["paid"] == plan.expected_paid
    assert told["interbank"] == plan.expected_interbank
    assert {"money_conserved", "proof_verified", "state_roots_equal"} <= {
        name for name, value in told.items() if value is True
    }
    message, report = read_document((folder / "report.pain.002.xml").read_bytes())
    assert message == "pain.002.001.12"
    answered = [each.text("TxSts") for each in report.list("OrgnlPmtInfAndSts/TxInfAndSts")]
    assert answered.count("ACSC") == plan.expected_settled
    assert len(answered) == SALARIES
