"""The commands on a live network, typed as a newcomer types them: right, and wrong on purpose."""

import json
from pathlib import Path

import pytest

from dure.contract.library import token
from tests.e2e.processes import Outcome, Town, run_dure, run_here

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

TOKEN = Path(token.__file__)


@pytest.fixture(scope="module")
def contract(town: Town) -> str:
    """A token whose issuer is the bank, put on the chain by the command."""
    done = run_dure(
        *("contract", "deploy", TOKEN, "code=KRW", "decimals=0", "--network", town.folder),
        *("--owner", "bank", "--role", "issuer=bank", "--json"),
    ).read_json()
    assert done["class"] == "Token"
    return str(done["contract"])


def call(town: Town, contract: str, *arguments: object) -> Outcome:
    return run_here("contract", "call", contract, *arguments, "--network", town.folder)


def view(town: Town, contract: str, *arguments: object) -> Outcome:
    return run_here("contract", "view", contract, *arguments, "--network", town.folder)


def show_address(town: Town, name: str) -> str:
    told = run_here("key", "show", town.folder / name / "account.json", "--json").read_json()
    return str(told["address"])


def expect_refusal(outcome: Outcome, said: str, code: int = 2) -> None:
    """One clear line that names the trouble; maybe a second that says what to do."""
    assert outcome.code == code, outcome.said
    assert outcome.out == ""
    lines = outcome.err.splitlines()
    assert 1 <= len(lines) <= 2, outcome.err
    assert lines[0].startswith("error ")
    assert said in lines[0]


def test_a_token_lives_from_check_to_view(town: Town, contract: str) -> None:
    assert "nothing to refuse" in run_dure("contract", "check", TOKEN).out
    assert run_here("contract", "check", TOKEN, "--json").read_json()["files"][0]["problems"] == []
    insurer = show_address(town, "insurer")
    issue = ("issue", f"to={insurer}", "amount=1000", "--as", "bank", "--json")
    done = call(town, contract, *issue).read_json()
    assert done["height"] > 0
    assert view(town, contract, "supply", "--json").read_json() == {"result": 1000}
    assert view(town, contract, "supply").out == "1000\n"
    look_at_transaction(town, done["transaction_id"], done["height"])


def look_at_transaction(town: Town, transaction: str, height: int) -> None:
    network = ("--network", town.folder)
    shown = run_here("tx", "show", transaction, *network, "--json").read_json()
    assert shown["finality"] == "final"
    assert "issue" in json.dumps(shown)
    assert transaction[:16] in run_here("tx", "show", transaction, *network).out
    block = run_here("block", "show", height, *network, "--json").read_json()
    assert transaction in block["transactions"]
    assert f"Block {height}" in run_here("block", "show", height, *network).out


def test_a_contract_s_own_refusal_is_told_in_its_words(town: Town, contract: str) -> None:
    arguments = ("issue", f"to={show_address(town, 'bank')}", "amount=5", "--as", "airline")
    expect_refusal(call(town, contract, *arguments), "not an issuer", code=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("issu", "amount=1"), "has no method 'issu'; it has: destroy, "),
        (("found", "code=X", "decimals=0"), "has no method 'found'"),
        (("supply",), "dure contract view"),
        (("issue", "amount=1"), "issue takes to=<Address>, amount=<Amount>"),
        (("issue", "to=nobody", "amount=1"), "to: "),
        (("destroy", "amount=many"), "amount: "),
        (("destroy", f"amount={10**40}"), "amount: "),
        (("destroy", "amount"), "name=value"),
        (("destroy", "amount=1", "amount=2"), "each name once"),
        (("destroy", "by=1"), "destroy takes amount=<Amount>"),
        (("destroy", "amount=1", "--pay", "5"), "accepts no money"),
    ],
)
def test_a_wrong_call_is_explained(
    town: Town, contract: str, arguments: tuple[str, ...], said: str
) -> None:
    expect_refusal(call(town, contract, *arguments, "--as", "bank"), said)


def test_other_wrong_inputs_are_explained(town: Town, contract: str, tmp_path: Path) -> None:
    network = ("--network", town.folder)
    nobody = show_address(town, "bank")
    expect_refusal(view(town, contract, "issue"), "dure contract call")
    expect_refusal(view(town, contract, "supply", "x=1"), "supply takes no arguments")
    expect_refusal(view(town, nobody, "supply"), "there is no contract", code=1)
    expect_refusal(view(town, "dure1x", "supply"), "63 characters", code=1)
    unknown = call(town, contract, "destroy", "amount=1", "--as", "stranger")
    expect_refusal(unknown, "'stranger' is neither a member")
    expect_refusal(run_here("block", "show", 10**6, *network), "no block", code=1)
    expect_refusal(run_here("tx", "show", "0" * 64, *network), "no block", code=1)
    expect_refusal(run_here("tx", "show", "zz", *network), "64 hexadecimal digits", code=1)
    deploy = ("contract", "deploy", TOKEN, *network, "--owner", "bank")
    expect_refusal(run_here(*deploy), "takes code=<str>, decimals=<int>")
    expect_refusal(run_here(*deploy, "--class", "Coin"), "has: Token")
    expect_refusal(run_here(*deploy, "code=X", "decimals=0", "--role", "issuer"), "ROLE=")


def test_a_contract_that_no_chain_takes_is_not_sent(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text('"""Bad."""\n\nimport os\n')
    network = ("--network", town.folder)
    for command in (("check",), ("deploy", *network, "--owner", "bank")):
        told = run_here("contract", command[0], file, *command[1:])
        assert told.code == 1
        assert f"{file}:3:1 import" in told.err
    problems = json.loads(run_here("contract", "check", file, "--json").out)["files"][0]["problems"]
    assert problems[0]["line"] == 3


def test_a_number_may_be_text_where_text_is_asked_for(town: Town) -> None:
    arguments = ("code=1545", "decimals=2", "--network", town.folder, "--owner", "bank")
    done = run_here("contract", "deploy", TOKEN, *arguments, "--json")
    assert done.read_json()["contract"].startswith("dure1")


def test_a_network_that_is_down_is_said_to_be_down(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    founded = run_dure("network", "init", folder, "--first-api-port", "0", "--json").read_json()
    assert len(founded["members"]) == 4
    network = ("--network", folder)
    expect_refusal(run_here("block", "show", 1, *network), "no node of the network", code=1)
    address = run_here("key", "show", folder / "beta" / "account.json", "--json").read_json()
    down = run_here("contract", "view", address["address"], "supply", *network)
    assert down.code == 1
    assert "dure network status" in down.err
    status = run_here("network", "status", folder, "--json").read_json()
    assert [member["up"] for member in status["members"]] == [False] * 4
    again = run_here("network", "init", folder)
    expect_refusal(again, "holds a network already")
