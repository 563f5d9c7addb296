"""Keys in a token on a live network: an account pays with one, and a validator votes with one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dure.chain.transaction import KeyPolicy
from dure.cli.network.founding import load_network
from dure.core.errors import WrongPolicy
from dure.identity.keys import generate_key, open_key
from dure.identity.tokens import Pin
from dure.sdk import LocalAccount, ledger_calls
from tests.e2e.processes import Town, found_town, run_dure, wait_until
from tests.unit.identity.soft_tokens import PIN, SoftTokens, open_drawer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

FOUNDERS = ("insurer", "airline", "bank", "supervisor")
HELD = "bank-2"


@pytest.fixture
def drawer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftTokens]:
    yield from open_drawer(tmp_path, monkeypatch)


@pytest.fixture
def founded(drawer: SoftTokens, tmp_path: Path) -> Iterator[Town]:
    town = found_town(tmp_path / "net")
    try:
        yield town
    finally:
        town.close()


def get_environment(drawer: SoftTokens) -> dict[str, str]:
    return {**drawer.environment, "DURE_PASSPHRASE_FILE": str(drawer.write_pin())}


def make_block(town: Town, name: str) -> int:
    with town.connect(name) as client:
        stranger = LocalAccount(generate_key()).address
        return int(client.enrol([stranger], by=town.get_account("insurer")).height)


def has_sealed(town: Town, name: str) -> bool:
    block = httpx.get(f"{town.get_url(name)}/v1/blocks/{make_block(town, name)}", timeout=10)
    seals = block.json()["certificate"]["seals"]
    return town.get_validator(name).hex() in {seal["validator"] for seal in seals}


def add_node_with_token(town: Town, drawer: SoftTokens) -> None:
    """Make a fifth node whose validator key is made in a token, and start it."""
    made = run_dure("network", "add-node", town.folder, HELD, "--first-api-port", "0")
    assert made.code == 0, made.said
    configuration = town.folder / HELD / "node.toml"
    held = run_dure(
        "node", "new-key", configuration, "--token", "bank", "--json", extra=get_environment(drawer)
    )
    assert '"kind": "token"' in (town.folder / HELD / "validator.json").read_text()
    town.network = load_network(town.folder)
    assert town.get_validator(HELD).hex() == held.read_json()["new_key"]
    for name in FOUNDERS:
        assert run_dure("node", "reload-peers", town.folder / name / "node.toml").code == 0
    env = [f"{name}={value}" for name, value in get_environment(drawer).items()]
    town.prefixes[HELD] = (shutil.which("env") or "env", *env)
    town.start(HELD)


def test_an_account_pays_and_a_validator_votes_with_keys_that_nobody_can_copy(
    founded: Town, drawer: SoftTokens, tmp_path: Path
) -> None:
    town = founded
    drawer.add("bank")
    file = tmp_path / "held.json"
    made = run_dure("key", "new", file, "--token", "bank", "--json", extra=get_environment(drawer))
    assert made.read_json()["token"] == "bank"
    held = open_key(file, Pin(PIN, is_typed=True), drawer.library)
    alice = LocalAccount(generate_key())
    with town.connect() as client:
        client.enrol([alice.address], by=town.get_account("insurer"))
        into_token = ledger_calls.set_policy(KeyPolicy(held.public))
        client.submit_and_wait([into_token], by=alice)
        with pytest.raises(WrongPolicy):
            client.submit_and_wait([into_token], by=alice)
        client.submit_and_wait([into_token], by=LocalAccount(held, address=alice.address))

    add_node_with_token(town, drawer)
    changed = run_dure(
        *("network", "validators", "set", town.folder, "--replace", f"bank={HELD}"),
        *("--from-height", "+4", "--yes", "--json"),
    )
    first = int(changed.read_json()["from_height"])
    while make_block(town, "insurer") < first:
        pass
    wait_until(lambda: has_sealed(town, HELD), f"{HELD} seals a block", or_say=town.tell_logs)

    drawer.remove()
    wait_until(
        lambda: make_block(town, "insurer") and not town.nodes[HELD].is_running(),
        f"{HELD} stops without its token",
        or_say=town.tell_logs,
    )
    assert "token_failed" in town.nodes[HELD].said
    assert make_block(town, "supervisor")
