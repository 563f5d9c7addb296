"""A quorum is lost for good: of four organisations two lose everything, and two begin anew.

One rehearsal, with the commands that operators type and real processes, in the order of
`docs/guides/lost-quorum.md`.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest

from dure.chain.genesis.document import decode_draft, encode_genesis_file
from dure.core.address import decode_address
from dure.core.errors import WrongChain
from dure.core.types import Address, AssetId, Instant
from dure.identity.keys import load_key
from dure.proof import encode_proof
from dure.sdk import Client, LocalAccount, SignedTransaction, ledger_calls
from tests.e2e import pension
from tests.e2e.processes import Outcome, Town, found_town, run_dure, run_here

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

DAY_MS = 86_400_000
KEPT, LOST = ("insurer", "airline"), ("bank", "supervisor")
TOKEN = '''"""Won."""

from dure.contract.library.token import Token


class Won(Token):
    """Won."""
'''


@dataclass(frozen=True, slots=True)
class Before:
    """What stood on the old chain when it ended."""

    chain_id: str
    height: int
    block_id: str
    ledger_time: int
    pension: Address
    won: AssetId
    addresses: dict[str, Address]
    balances: dict[str, int]
    unsent: SignedTransaction
    """Signed for the old chain and handed in there by nobody."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The folders of the old chain, whose nodes are stopped, and of the new one."""

    old: Path
    new: Path
    before: Before


def regenesis(command: str, *arguments: object) -> Outcome:
    return run_here("network", "regenesis", command, *arguments)


def read_balances(client: Client, addresses: dict[str, Address], won: AssetId) -> dict[str, int]:
    return {name: client.read_balance(won, address) for name, address in addresses.items()}


def deploy(town: Town, file: Path, *options: str) -> Address:
    where = ("--network", town.folder, "--owner", "insurer", "--json")
    made = run_here("contract", "deploy", file, *options, *where).read_json()
    return decode_address(made["contract"])


def live(town: Town, folder: Path) -> Before:
    """Have things happen on the old chain; return what it holds then."""
    file = folder / "won.py"
    file.write_text(TOKEN)
    token = deploy(town, file, "code=KRW", "decimals=0", "--role", "issuer=insurer")
    pensions = deploy(town, Path(pension.__file__), "--role", "trustee=airline")
    insurer, airline = town.get_account("insurer"), town.get_account("airline")
    addresses = {name: town.get_address(name) for name in (*KEPT, *LOST)}
    with town.connect() as client:
        won = client.find_asset("KRW")
        for number, address in enumerate(addresses.values(), 1):
            client.contract(token).issue(by=insurer, to=address, amount=1000 * number)
        client.transfer(won, addresses["bank"], 77, by=insurer)
        client.contract(pensions).note(by=airline)
        unsent = client.sign([ledger_calls.transfer(won, addresses["bank"], 5)], by=insurer)
        balances = read_balances(client, addresses, won)
    town.wait_level()
    status = town.get_status("insurer")
    return Before(
        chain_id=status["chain_id"],
        height=status["height"],
        block_id=status["block_id"],
        ledger_time=status["ledger_time"],
        pension=pensions,
        won=won,
        addresses=addresses,
        balances=balances,
        unsent=unsent,
    )


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Two members' folders are gone; the others' nodes are stopped. Nothing is drafted yet."""
    folder = tmp_path_factory.mktemp("lost")
    town = found_town(folder / "old", "--story-start", "2013-03-08T00:00")
    try:
        before = live(town, folder)
        for name in LOST:
            town.kill(name)
            shutil.rmtree(town.folder / name)
        assert [town.stop(name).code for name in KEPT] == [0, 0]
    finally:
        town.close()
    return Scene(town.folder, folder / "new", before)


@pytest.fixture(scope="module")
def drafted(scene: Scene) -> Scene:
    drop = [word for name in LOST for word in ("--drop", name)]
    arguments = (scene.new, "--from", scene.old / "insurer", *drop)
    silent = regenesis("draft", *arguments)
    assert silent.code == 1
    assert "2 of 4 organisations go on" in silent.err
    made = regenesis("draft", *arguments, "--minority", "--json").read_json()
    assert (made["old_chain_id"], made["old_height"]) == (
        scene.before.chain_id,
        scene.before.height,
    )
    assert made["old_block_id"] == scene.before.block_id
    assert (made["organisations"], made["missing"]) == ([*KEPT], sorted(LOST))
    assert made["by_minority"] is True
    assert made["signed_by"] == []
    return scene


@pytest.fixture(scope="module")
def signed(drafted: Scene, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    stranger = tmp_path_factory.mktemp("stranger") / "key.json"
    assert run_here("key", "new", stranger).code == 0
    refused = regenesis("sign", drafted.new, "--key", stranger, "--without-node")
    assert "acts for no organisation" in refused.err
    for name in KEPT:
        unready = regenesis("found", drafted.new, "--from", drafted.old / "insurer")
        assert (unready.code, f"lacks the endorsement of {name}" in unready.err) == (1, True)
        assert regenesis("check", drafted.new).code == 3
        home = drafted.old / name
        done = regenesis("sign", drafted.new, "--key", home / "account.json", "--from", home)
        assert done.code == 0, done.said
    return drafted


@pytest.fixture(scope="module")
def town(signed: Scene) -> Iterator[Town]:
    """The new chain's nodes, running."""
    sources = [word for name in KEPT for word in ("--from", signed.old / name)]
    assert regenesis("found", signed.new, *sources).code == 0
    running = Town(signed.new)
    try:
        running.start()
        yield running
    finally:
        running.close()


def test_every_member_checks_the_same_thing_in_words(signed: Scene) -> None:
    own = ("--from", signed.old / "airline", "--chain", signed.before.chain_id)
    told = run_dure("network", "regenesis", "check", signed.new, *own)
    assert told.code == 0, told.said
    for part in (signed.before.chain_id, signed.before.block_id, "bank, supervisor", "YES"):
        assert part in told.out
    unknown = regenesis("check", signed.new)
    assert (unknown.code, "unknown to you" in unknown.out) == (3, True)
    other = regenesis("check", signed.new, "--chain", "00" * 32)
    assert other.code == 3


def find_all_that_was_owned_and_agreed(town: Town, signed: Scene) -> None:
    before = signed.before
    with town.connect() as client:
        pensions = client.contract(before.pension)
        assert (pensions.count(), pensions.has_matured()) == (1, False)
        # Nothing is proved before the first block: this makes it.
        assert pensions.note(by=town.get_account("airline")).result == 2
        assert read_balances(client, before.addresses, before.won) == before.balances
        bank = client.get_account(before.addresses["bank"])
        assert (bank.organisation, bank.get_balance("KRW")) == ("bank", 3077)
        assert client.find_asset("KRW") == before.won
    listed = httpx.get(f"{town.get_url('insurer')}/v1/contracts").json()["contracts"]
    assert [each["name"] for each in listed] == ["Won", "Pension"]
    assert town.get_height("insurer") > before.height
    assert town.get_status("insurer")["chain_id"] != before.chain_id


def prove_a_payment_under_the_genesis_that_names_the_old_chain(
    town: Town, signed: Scene, tmp_path: Path
) -> None:
    before = signed.before
    file = tmp_path / "payment.json"
    with town.connect() as client:
        bank = before.addresses["bank"]
        paid = client.transfer(before.won, bank, 23, by=town.get_account("airline"))
        assert client.read_balance(before.won, bank) == before.balances["bank"] + 23
        file.write_bytes(encode_proof(client.prove_transaction(paid.transaction_id)))
    shown = run_here("contract", "trace", paid.transaction_id.hex(), "--network", town.folder)
    assert shown.code == 0, shown.said
    told = run_dure("verify", file, "--chain", town.chain_id.hex())
    assert told.code == 0, told.said
    assert f"goes on from the last final block of the chain {before.chain_id}" in told.out
    assert "without bank, supervisor" in told.out
    facts = run_dure("verify", file, "--chain", town.chain_id.hex(), "--json").read_json()
    assert facts["predecessor"] == {
        "chain_id": before.chain_id,
        "height": before.height,
        "block_id": before.block_id,
        "missing": sorted(LOST),
        "by_minority": True,
    }
    assert run_dure("verify", file, "--chain", before.chain_id).code == 3


def run_a_call_that_waited_on_the_old_chain(town: Town, signed: Scene) -> None:
    clock = LocalAccount(load_key(town.folder / "story-clock.json"))
    with town.connect() as client:
        client.advance(Instant(signed.before.ledger_time + 11 * DAY_MS), by=clock)
        assert client.contract(signed.before.pension).has_matured() is True


def decide_and_restart(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "won.py"
    file.write_text(TOKEN)
    deploy(town, file, "code=USD", "decimals=2", "--role", "issuer=insurer")
    height, root = town.wait_level()
    town.stop("airline")
    town.kill("insurer")
    town.start()
    assert town.wait_level() == (height, root)
    assert run_here("network", "status", town.folder).code == 0
    with town.connect() as client:
        client.enrol([], by=town.get_account("airline"))


def begin_once_more_with_an_empty_disk(town: Town) -> None:
    town.stop("airline")
    shutil.rmtree(town.folder / "airline" / "data")
    town.start("airline")
    town.wait_level()


def test_the_new_chain_goes_on_where_the_old_one_ended(
    town: Town, signed: Scene, tmp_path: Path
) -> None:
    find_all_that_was_owned_and_agreed(town, signed)
    prove_a_payment_under_the_genesis_that_names_the_old_chain(town, signed, tmp_path)
    run_a_call_that_waited_on_the_old_chain(town, signed)
    decide_and_restart(town, tmp_path)
    begin_once_more_with_an_empty_disk(town)


def test_an_old_transaction_cannot_be_replayed(town: Town, signed: Scene) -> None:
    with town.connect() as client, pytest.raises(WrongChain):
        client.submit(signed.before.unsent)


def test_a_node_refuses_a_genesis_that_somebody_took_a_signature_from(
    signed: Scene, tmp_path: Path
) -> None:
    folder = tmp_path / "forged"
    folder.mkdir()
    for file in signed.new.glob("genesis.*"):
        shutil.copy(file, folder)
    sources = ("--from", signed.old / "insurer")
    assert regenesis("found", folder, *sources).code == 0
    path = folder / "genesis.dure"
    document = decode_draft(path.read_bytes())
    robbed = msgspec.structs.replace(document, endorsements=document.endorsements[:1])
    path.write_bytes(encode_genesis_file(robbed))
    refused = run_dure("node", "run", folder / "insurer" / "node.toml")
    assert refused.code == 1
    assert "lacks the endorsement of airline" in refused.err
    path.write_bytes(encode_genesis_file(document))
    state = folder / "genesis.state"
    spoiled = bytearray(state.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    state.write_bytes(spoiled)
    refused = run_dure("node", "run", folder / "insurer" / "node.toml")
    assert refused.code == 1
    assert "of the state file" in refused.err
    assert not (folder / "insurer" / "data" / "audit.jsonl").exists()
