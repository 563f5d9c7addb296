"""`dure contract trace` on a live network: the receipt's gas line by line, and what refused."""

from pathlib import Path

import pytest

from dure.contract.library import token
from tests.e2e.processes import Town, run_dure, run_here

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

TOKEN = Path(token.__file__)


@pytest.fixture(scope="module")
def contract(town: Town) -> str:
    done = run_dure(
        *("contract", "deploy", TOKEN, "code=KRW", "decimals=0", "--network", town.folder),
        *("--owner", "bank", "--role", "issuer=bank", "--json"),
    ).read_json()
    return str(done["contract"])


def test_a_call_is_shown_line_by_line(town: Town, contract: str) -> None:
    network = ("--network", town.folder)
    bank = run_here("key", "show", town.folder / "bank" / "account.json", "--json").read_json()
    issue = ("issue", f"to={bank['address']}", "amount=1000", "--as", "bank", "--json")
    done = run_here("contract", "call", contract, *issue, *network).read_json()
    transaction = done["transaction_id"]
    traced = run_here("contract", "trace", transaction, *network, "--json").read_json()
    assert (traced["height"], traced["status"]) == (done["height"], "ok")
    assert traced["gas_used"] == done["gas_used"]
    (visit,) = traced["visits"]
    assert visit["gas_used"] + traced["gas_outside"] == traced["gas_used"]
    (called,) = visit["steps"]
    assert (called["class"], called["method"]) == ("Token", "issue")
    assert sum(line["gas"] for line in called["lines"]) + called["entry_gas"] == called["gas_used"]
    shown = run_here("contract", "trace", transaction, *network)
    assert "Token.issue" in shown.out
    assert "mint" in shown.out


def test_what_is_no_transaction_is_told_in_one_line(town: Town) -> None:
    network = ("--network", town.folder)
    wrong = run_here("contract", "trace", "12", *network)
    assert (wrong.code, wrong.out) == (2, "")
    assert "64 hexadecimal digits" in wrong.err
    unknown = run_here("contract", "trace", "00" * 32, *network)
    assert (unknown.code, unknown.out) == (1, "")
    assert "not_found" in unknown.err


def test_a_refusal_is_shown_with_its_line_and_a_long_chain_is_not_begun(
    town: Town, contract: str
) -> None:
    network = ("--network", town.folder)
    failed = run_here(
        *("contract", "call", contract, "issue", f"to={contract}", "amount=0", "--as", "bank"),
        *network,
    )
    assert failed.code == 1
    newest = run_here("network", "status", town.folder, "--json").read_json()
    height = max(each["height"] for each in newest["members"] if "height" in each)
    block = run_here("block", "show", height, *network, "--json").read_json()
    transaction = block["transactions"][-1]
    traced = run_here("contract", "trace", transaction, *network, "--json").read_json()
    (called,) = traced["visits"][0]["steps"]
    assert traced["status"] == "refused"
    assert called["refusal"]["message"] == traced["message"]
    line = next(each for each in called["lines"] if each["line"] == called["refusal"]["line"])
    assert line["text"].startswith("require(")
    assert "refused" in run_here("contract", "trace", transaction, *network).out
    short = run_here("contract", "trace", transaction, *network, "--blocks-max", "1")
    assert (short.code, short.out) == (2, "")
    assert f"--blocks-max {height}" in short.err
