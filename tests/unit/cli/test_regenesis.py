"""`dure network regenesis` on a store that a test wrote: what is typed wrongly is said in words."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from dure.chain.genesis.document import encode_genesis_file
from dure.chain.transaction import KeyPolicy, ThresholdPolicy
from dure.cli.network.founding import LOOPBACK
from dure.cli.network.node_files import Member, write_node_files
from dure.cli.network.regenesis.typed import parse_key, parse_policy
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate
from dure.core.errors import ConfigurationError
from dure.core.types import Round, TransactionId
from dure.identity.certificates import save_tls_files
from dure.identity.keys import SigningKey, save_key
from dure.node.durable.storage import RocksDisk
from dure.node.peers.directory import build_peer, write_peers
from dure.node.ports import StoredBlock
from tests.e2e.processes import Outcome, run_here
from tests.unit.proof.chains import KEYS, MEMBERS, NAMES, NEW_KEYS, Chain, build_document
from tests.unit.proof.successions import Ended

NO_SEALS = Certificate(Round(0), ())
DROPPED = ("--drop", "airline", "--drop", "supervisor", "--minority")


@dataclass(frozen=True, slots=True)
class Place:
    """A network's folder with the stopped nodes of two members, and the chain that they have."""

    folder: Path
    ended: Ended

    @property
    def new(self) -> Path:
        """Where the new chain's files go."""
        return self.folder / "new"

    def run(self, command: str, *arguments: object) -> Outcome:
        """Run a step on the new chain's folder."""
        return run_here("network", "regenesis", command, self.new, *arguments)

    def draft(self, *arguments: object) -> Outcome:
        """Draft from the bank's node."""
        return self.run("draft", "--from", self.folder / "bank", *arguments)

    def sign(self, name: str) -> Outcome:
        """Sign for a member, with what its own node knows."""
        home = self.folder / name
        return self.run("sign", "--from", home, "--key", home / "account.json")


def write_node(folder: Path, name: str, number: int) -> None:
    home = folder / name
    home.mkdir()
    save_key(home / "validator.json", KEYS[number])
    save_key(home / "account.json", MEMBERS[number])
    save_tls_files(home / "tls.key", home / "tls.pem", SigningKey(bytes([number]) * 32), name)
    url, port = f"http://localhost:{7000 + number}", 7100 + number
    member = Member(name, url, port, 7000 + number, KEYS[number].public.hex())
    write_node_files(home, member, LOOPBACK, None)


def store(disk: RocksDisk, block: Block, certificate: Certificate, chain: Chain) -> None:
    ids = [TransactionId(b"%032d" % number) for number, _ in enumerate(block.transactions)]
    state = chain.executor.copy_state()
    disk.commit_block(
        compute_block_id(block.header),
        StoredBlock(block, certificate, ()),
        ids,
        writes=state,
        undo={},
    )


def write_network(folder: Path, ended: Ended) -> Place:
    chosen = [(name, NAMES.index(name)) for name in ("bank", "insurer")]
    peers = []
    for name, number in chosen:
        write_node(folder, name, number)
        disk = RocksDisk(folder / name / "data")
        store(disk, ended.last.block, ended.last.certificate, ended.chain)
        disk.close()
        pem = (folder / name / "tls.pem").read_text()
        key = KEYS[number].public
        peers.append(build_peer(name, key, address=(LOOPBACK, 7100 + number), certificate=pem))
    write_peers(folder / "peers.toml", peers)
    (folder / "genesis.dure").write_bytes(encode_genesis_file(ended.chain.document))
    return Place(folder, ended)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return write_network(tmp_path, Ended())


def test_the_steps_lead_to_node_folders(place: Place) -> None:
    drafted = place.draft(*DROPPED, "--json").read_json()
    assert drafted["missing"] == ["airline", "supervisor"]
    assert drafted["authority"]["threshold"] == 2
    assert drafted["not_signed"].keys() == {"bank", "insurer"}
    assert place.run("check").code == 3
    for name in ("bank", "insurer"):
        assert place.sign(name).code == 0
    known = place.ended.chain.executor.chain_id.hex()
    checked = place.run("check", "--chain", known, "--json").read_json()
    assert (checked["signed_by"], checked["not_signed"]) == (["bank", "insurer"], {})
    sources = [word for name in ("bank", "insurer") for word in ("--from", place.folder / name)]
    founded = place.run("found", *sources, "--json").read_json()
    assert founded == {
        "chain_id": checked["chain_id"],
        "members": ["bank", "insurer"],
        "not_in_peers": [],
    }
    for name in ("bank", "insurer"):
        made = {file.name for file in (place.new / name).iterdir()}
        assert made == {
            *("node.toml", "validator.json", "account.json", "guard", "tls.key", "tls.pem")
        }
    assert json.loads((place.new / "network.json").read_text())["chain_id"] == checked["chain_id"]
    again = place.run("found", *sources)
    assert (again.code, "there already" in again.err) == (2, True)
    twice = place.run("found", *(2 * ("--from", place.folder / "bank")))
    assert (twice.code, "the same name" in twice.err) == (2, True)


def test_both_members_draft_the_same_bytes(place: Place) -> None:
    assert place.draft(*DROPPED).code == 0
    other = place.folder / "other"
    source = ("--from", place.folder / "insurer")
    assert run_here("network", "regenesis", "draft", other, *source, *DROPPED).code == 0
    for name in ("genesis.dure", "genesis.state", "genesis.predecessor.json"):
        assert (place.new / name).read_bytes() == (other / name).read_bytes()


def test_a_member_whose_node_knows_another_end_does_not_sign(place: Place) -> None:
    assert place.draft(*DROPPED).code == 0
    ended = place.ended
    ended.last = ended.chain.add(ended.chain.transfers(2))
    disk = RocksDisk(place.folder / "insurer" / "data")
    store(disk, ended.last.block, ended.last.certificate, ended.chain)
    disk.close()
    refused = place.sign("insurer")
    assert (refused.code, "with another block" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--drop", "nobody"), "has no organisation nobody"),
        (("--drop", "airline", "--drop", "supervisor"), "2 of 4 organisations go on"),
        ((*DROPPED, "--validator", "bank"), "ORGANISATION=KEY"),
        ((*DROPPED, "--validator", "bank=12"), "64 hexadecimal digits"),
        ((*DROPPED, "--validator", f"airline={KEYS[0].public.hex()}"), "unknown organisation"),
        ((*DROPPED, *(2 * ("--validator", f"bank={KEYS[1].public.hex()}"))), "stands twice"),
        ((*DROPPED, "--authority", "two:abc"), "written as KEY or as N:KEY"),
        ((*DROPPED, "--authority", f"3:{KEYS[0].public.hex()}"), "threshold"),
        ((*DROPPED, "--organisation", "port"), "ORGANISATION=KEY"),
    ],
)
def test_a_draft_of_nonsense_is_refused_and_leaves_nothing(
    place: Place, words: tuple[str, ...], said: str
) -> None:
    refused = place.draft(*words)
    assert refused.code in {1, 2}
    assert said in refused.err
    assert not place.new.exists()


def test_validators_and_authority_can_be_named(place: Place) -> None:
    keys = [SigningKey(bytes([50 + number]) * 32).public.hex() for number in range(2)]
    named = [
        word for key in (*keys, KEYS[1].public.hex()) for word in ("--validator", f"bank={key}")
    ]
    made = place.draft(*DROPPED, *named, "--authority", f"1:{','.join(keys)}", "--name", "anew")
    assert made.code == 0, made.err
    for name in ("bank", "insurer"):
        assert place.sign(name).code == 0
    found = place.run("found", "--from", place.folder / "bank")
    assert (found.code, "add to" in found.err) == (0, True)
    stranger = place.run("found", "--from", place.folder / "insurer")
    assert (stranger.code, "no validator of the new genesis" in stranger.err) == (2, True)


def test_nobody_signs_without_having_looked(place: Place) -> None:
    assert place.draft(*DROPPED).code == 0
    key = place.folder / "bank" / "account.json"
    for words in ((), ("--without-node", "--from", place.folder / "bank")):
        refused = place.run("sign", "--key", key, *words)
        assert (refused.code, "name your own node's folder" in refused.err) == (2, True)
    assert place.run("sign", "--key", key, "--without-node").code == 0
    stranger = place.run(
        "sign", "--key", place.folder / "bank" / "validator.json", "--without-node"
    )
    assert (stranger.code, "acts for no organisation" in stranger.err) == (2, True)


def test_a_chain_without_a_final_block_has_nothing_to_go_on_from(tmp_path: Path) -> None:
    ended = Ended()
    place = write_network(tmp_path, ended)
    empty = Chain()
    write_node(tmp_path, "airline", 0)
    for with_genesis in (False, True):
        disk = RocksDisk(tmp_path / "airline" / "data")
        if with_genesis:
            store(disk, Block(empty.executor.head.header, ()), NO_SEALS, empty)
        disk.close()
        refused = place.run("draft", "--from", tmp_path / "airline")
        assert (refused.code, "has no final block" in refused.err) == (2, True)


def test_a_chain_whose_validators_changed_shows_their_history(tmp_path: Path) -> None:
    ended = Ended()
    changed = ended.chain.hand_over()
    ended.last = ended.chain.add(ended.chain.transfers(2))
    write_node(tmp_path, "bank", 1)
    (tmp_path / "genesis.dure").write_bytes(encode_genesis_file(ended.chain.document))
    place = Place(tmp_path, ended)
    disk = RocksDisk(tmp_path / "bank" / "data")
    for final in (changed, ended.last):
        store(disk, final.block, final.certificate, ended.chain)
    disk.close()
    made = place.draft(*DROPPED, "--json").read_json()
    height = changed.block.header.height
    assert f"at height {height} the validators handed over to the next" in made["steps"]
    assert {each["key"] for each in made["validators"]} == {
        key.public.hex() for key in NEW_KEYS[1:3]
    }
    shutil.rmtree(tmp_path / "bank" / "data")
    shutil.rmtree(place.new)
    disk = RocksDisk(tmp_path / "bank" / "data")
    store(disk, ended.last.block, ended.last.certificate, ended.chain)
    disk.close()
    pruned = place.draft(*DROPPED)
    assert (pruned.code, f"no longer has block {height}" in pruned.err) == (1, True)


def test_a_store_that_was_tampered_with_is_no_source(tmp_path: Path) -> None:
    ended = Ended()
    place = write_network(tmp_path, ended)
    ended.chain.executor._state[b"vx"] = b""
    ended.last = ended.chain.add(ended.chain.transfers(2))
    disk = RocksDisk(tmp_path / "bank" / "data")
    ended.chain.executor._state[b"vy"] = b""
    store(disk, ended.last.block, ended.last.certificate, ended.chain)
    disk.close()
    refused = place.draft(*DROPPED)
    assert (refused.code, "is not that of its newest block" in refused.err) == (2, True)


def test_folders_that_hold_something_else_are_said_to(place: Place) -> None:
    nothing = place.run("check")
    assert (nothing.code, "cannot be read" in nothing.err) == (2, True)
    place.new.mkdir()
    document = build_document()
    (place.new / "genesis.dure").write_bytes(encode_genesis_file(document))
    ordinary = place.run("check")
    assert (ordinary.code, "goes on from no other chain" in ordinary.err) == (2, True)


def test_policies_are_written_as_keys() -> None:
    first, second = sorted(key.public for key in KEYS[:2])
    assert parse_policy(first.hex()) == KeyPolicy(first)
    text = f"1:{second.hex()},{first.hex()}"
    assert parse_policy(text) == ThresholdPolicy(1, (first, second))
    for wrong in ("", "zz", first.hex()[:-2]):
        with pytest.raises(ConfigurationError):
            parse_key(wrong)
