"""Who decides changes while the chain goes on: one joins, one leaves, one takes another key.

One story with real nodes, told with the commands that operators use. At its end a payment is proved
to somebody who has nothing but the genesis' hash.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dure.cli.access import load_authority
from dure.cli.network.founding import load_network
from dure.cli.operating.attest import load_attestation, request_attestation
from dure.core.types import Height
from dure.identity.keys import generate_key
from dure.proof import encode_proof
from dure.sdk import ContractRefused, LocalAccount, ledger_calls
from tests.e2e.processes import Outcome, Town, found_town, run_dure, run_here, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

FOUNDERS = ("insurer", "airline", "bank", "supervisor")


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Town]:
    town = found_town(tmp_path / "net")
    try:
        yield town
    finally:
        town.close()


def make_block(town: Town, *names: str) -> int:
    """Have something final through these members' nodes; return its height."""
    stranger = LocalAccount(generate_key())
    with town.connect(*names) as client:
        receipt = client.enrol([stranger.address], by=town.get_account("insurer"))
    return int(receipt.height)


def make_blocks_to(town: Town, height: int, *names: str) -> None:
    while make_block(town, *names) < height:
        pass


def add_nodes(town: Town, *names: str) -> None:
    """Make the nodes' folders; the nodes that run let them in without a restart."""
    for name in names:
        told = run_here("network", "add-node", town.folder, name, "--first-api-port", "0", "--json")
        facts = told.read_json()
        assert facts["peer"].startswith("[[peer]]")
        assert set(facts["told"]) == set(FOUNDERS)
    town.network = load_network(town.folder)
    told = run_dure("node", "reload-peers", town.folder / "bank" / "node.toml")
    assert told.out.startswith("the node knows the 6 nodes of its peers file")


def set_validators(town: Town, *options: str) -> Outcome:
    return run_here("network", "validators", "set", town.folder, *options, "--json")


def show_validators(town: Town) -> dict[str, Any]:
    return run_here("network", "validators", "show", town.folder, "--json").read_json()


def list_validators(town: Town) -> set[str]:
    """Return the names of the nodes that decide, as the chain proves it."""
    names = {member.validator_key: member.name for member in town.network.members}
    with town.connect() as client:
        _, validators = client.read_validators()
    return {names[key.hex()] for key in validators.keys}


def let_decide(town: Town, *options: str, running: tuple[str, ...]) -> int:
    """Send a change and make blocks until it is in force; return its first height."""
    facts = set_validators(town, *options, "--from-height", "+4", "--yes").read_json()
    assert facts["sent"]
    first = int(facts["from_height"])
    assert facts["decided"] < first - 1
    pending = show_validators(town)["pending"]
    assert pending["validators"]["from_height"] == first
    before = list_validators(town)
    make_blocks_to(town, first - 2, *running)
    assert list_validators(town) == before, "nothing changes before the height that was stated"
    make_blocks_to(town, first - 1, *running)
    assert list_validators(town) != before
    return first


def wait_votes(town: Town, name: str) -> None:
    """Return when the node has sealed a final block."""
    key = town.get_validator(name).hex()

    def has_sealed() -> bool:
        block = httpx.get(f"{town.get_url(name)}/v1/blocks/{make_block(town, name)}", timeout=10)
        return key in {seal["validator"] for seal in block.json()["certificate"]["seals"]}

    wait_until(has_sealed, f"{name} seals a block")


def test_the_set_of_validators_changes_while_the_chain_goes_on(growing: Town) -> None:
    town = growing
    make_block(town)
    add_nodes(town, "echo", "bank-2")

    # Whoever does not run cannot be voted in, and nothing is sent.
    told = set_validators(town, "--add", "echo", "--from-height", "+4", "--yes")
    assert told.code == 1
    assert "validators_absent: each new validator must show that it runs; not seen: echo" in (
        told.err
    )
    assert show_validators(town)["pending"] is None

    # A fifth organisation follows first, and decides from the stated height on, without a restart.
    town.start("echo", "bank-2")
    town.wait_level(town.names)
    assert not town.get_status("echo")["is_validator"]
    told = set_validators(town, "--add", "echo", "--from-height", "+4")
    facts = told.read_json()
    assert (facts["sent"], facts["quorum"]) == (False, {"before": 3, "after": 4})
    assert facts["admitted"].keys() == {"echo"}
    assert show_validators(town)["pending"] is None
    let_decide(town, "--add", "echo", running=town.names)
    assert list_validators(town) == {*FOUNDERS, "echo"}
    wait_votes(town, "echo")

    # One leaves and goes on as a follower.
    let_decide(town, "--remove", "airline", running=town.names)
    assert list_validators(town) == {"insurer", "bank", "supervisor", "echo"}
    town.wait_level(town.names)
    assert not town.get_status("airline")["is_validator"]

    # One takes another key, on another node.
    let_decide(town, "--replace", "bank=bank-2", running=town.names)
    members = ("insurer", "supervisor", "echo", "bank-2")
    assert list_validators(town) == set(members)
    wait_votes(town, "bank-2")
    assert town.stop("bank").code == 0
    assert town.stop("airline").code == 0

    # The new set bears one that fails, the new members included.
    town.kill("insurer")
    with town.connect("supervisor", "echo", "bank-2") as client:
        paid = client.enrol([LocalAccount(generate_key()).address], by=town.get_account("bank"))
    assert proves(town, encode_proof(paid.proof)) == 3

    # A set of which too many are dead is refused.
    told = set_validators(
        town, "--remove", "bank-2", "--remove", "supervisor", "--from-height", "+4", "--yes"
    )
    assert told.code == 1
    assert "validators_absent: 1 of 2 validators were seen lately, 2 must be" in told.err
    assert show_validators(town)["pending"] is None


def proves(town: Town, proof: bytes) -> int:
    """Verify a proof file with nothing but the chain's id; return how many changes it went by."""
    file = town.folder.parent / "payment.proof.json"
    file.write_bytes(proof)
    told = run_dure("verify", file, "--chain", town.chain_id.hex(), "--json").read_json()
    assert told["verdict"] == "proved"
    forged = json.loads(proof)
    del forged["handovers"][1]
    file.write_text(json.dumps(forged, separators=(",", ":"), sort_keys=True))
    assert run_dure("verify", file, "--chain", town.chain_id.hex()).code == 1
    return sum("handed over" in step for step in told["steps"])


def test_the_chain_itself_refuses_a_set_that_was_not_seen(town: Town) -> None:
    """Whoever goes round the command with the members' keys is told the same by the chain."""
    make_block(town)
    seen = request_attestation(town.folder / "bank" / "node.toml")
    file = town.folder / "bank.attestation.json"
    told = run_dure("node", "attest", town.folder / "bank" / "node.toml", "--out", file)
    assert told.code == 0
    assert load_attestation(file).statement.validator == seen.statement.validator
    with town.connect() as client:
        height, present = client.read_validators()
        members = [each for each in present.members if each.key != town.get_validator("airline")]
        call = ledger_calls.set_validators(
            members, from_height=Height(height + 5), attestations=[seen]
        )
        with pytest.raises(ContractRefused, match="1 of 3 validators were seen lately") as refused:
            client.submit_and_wait([call], by=load_authority(town.folder))
        assert refused.value.refusal == "validators_absent"
        assert client.read_pending_validators() is None
    town.kill("supervisor")
    told = run_dure("node", "attest", town.folder / "supervisor" / "node.toml")
    assert told.code == 1
    assert "does not run" in told.err
    town.start("supervisor")


def test_a_change_that_waits_can_be_withdrawn(town: Town) -> None:
    make_block(town)
    assert set_validators(town, "--remove", "bank", "--from-height", "+9", "--yes").code == 0
    told = run_here("network", "validators", "withdraw", town.folder)
    assert "Nothing was sent" in told.out
    told = run_here("network", "validators", "withdraw", town.folder, "--yes")
    assert told.out.startswith("Withdrawn in block")
    assert show_validators(town)["pending"] is None
    told = run_here("network", "validators", "withdraw", town.folder, "--yes")
    assert told.code == 1
    assert "no change of the validators waits" in told.err
