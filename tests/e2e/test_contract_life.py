"""The life of a contract on a live network, by commands: upgraded, read, stopped, started."""

from pathlib import Path

import pytest

from tests.e2e.processes import Outcome, Town, run_here
from tests.unit.testing import tally

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

TALLY = Path(tally.__file__)


def on(town: Town, command: str, *arguments: object) -> Outcome:
    return run_here("contract", command, *arguments, "--network", town.folder)


@pytest.fixture
def contract(town: Town) -> str:
    options = ("--class", "Tally", "--owner", "bank", "--json")
    return str(on(town, "deploy", TALLY, "total=5", *options).read_json()["contract"])


def test_a_contract_is_upgraded_and_every_version_can_be_read(town: Town, contract: str) -> None:
    assert on(town, "call", contract, "add", "--as", "bank", "--json").read_json()["result"] == 6
    done = on(town, "upgrade", TALLY, contract, "--class", "TallyByTwo", "--json").read_json()
    assert (done["contract"], done["class"], done["version"]) == (contract, "TallyByTwo", 2)
    assert on(town, "call", contract, "add", "--as", "bank", "--json").read_json()["result"] == 8
    assert on(town, "view", contract, "count").out == "8\n"
    first = on(town, "source", contract, "--version", 1, "--json").read_json()
    assert (first["class"], first["version"]) == ("Tally", 1)
    assert [each["version"] for each in first["versions"]] == [1, 2]
    assert first["versions"][1]["height"] == done["height"]
    assert first["versions"][0]["code_hash"] == first["code_hash"]
    assert on(town, "source", contract).out == TALLY.read_text("utf-8")


def test_what_is_wrong_with_an_upgrade_is_explained(
    town: Town, contract: str, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text('"""Bad."""\n\nimport os\n')
    told = on(town, "upgrade", bad, contract)
    assert (told.code, f"{bad}:3:1 import" in told.err) == (1, True)
    told = on(town, "upgrade", TALLY, contract)
    assert "name the contract class with --class" in told.err
    told = on(town, "upgrade", TALLY, contract, "rate=3", "--class", "TallyByTwo")
    assert "takes no arguments" in told.err
    told = on(town, "source", contract, "--version", 2)
    assert (told.code, "has 1 versions, no number 2" in told.err) == (1, True)
    nobody = run_here("key", "show", town.folder / "bank" / "account.json", "--json").read_json()
    told = on(town, "upgrade", TALLY, nobody["address"], "--class", "Tally")
    assert (told.code, "there is no contract" in told.err) == (1, True)


def test_a_contract_is_stopped_with_a_reason_and_started(town: Town, contract: str) -> None:
    assert on(town, "stop", contract).code == 2
    done = on(town, "stop", contract, "--reason", "a mistake", "--json").read_json()
    assert (done["contract"], done["reason"]) == (contract, "a mistake")
    again = on(town, "stop", contract, "--reason", "once more")
    assert (again.code, "stopped already" in again.err) == (1, True)
    assert on(town, "start", contract, "--json").read_json()["height"] > done["height"]
    again = on(town, "start", contract)
    assert (again.code, "is not stopped" in again.err) == (1, True)
    assert on(town, "call", contract, "add", "--as", "bank", "--json").read_json()["result"] == 6
