"""`dure node new-key`: a key comes with its own guard, and what was before is kept aside."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from dure.api.access.audit import read_entries
from dure.cli.network.founding import Plan, found_network, load_network
from dure.cli.node import app
from dure.cli.unlocking import unlock
from dure.core.errors import ConfigurationError, StorageError
from dure.core.signatures import verify
from dure.core.types import Height
from dure.identity.keys import load_key
from dure.identity.tokens import TokenNotFound
from dure.node.durable.recollection import recollect
from dure.node.durable.signer import FileSigner
from dure.node.durable.storage import RocksDisk
from dure.node.peers.directory import load_peers
from tests.unit.identity.soft_tokens import PIN, SoftTokens, open_drawer
from tests.unit.node.blocks import build_stored


@pytest.fixture(autouse=True)
def restore_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found_network(tmp_path / "net", Plan(name="net", members=("one", "two"), first_api_port=0))
    return tmp_path / "net"


@pytest.fixture
def drawer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftTokens]:
    yield from open_drawer(tmp_path, monkeypatch)


def renew(folder: Path, *options: str, typed: str = "") -> dict[str, str]:
    words = ["new-key", str(folder / "one" / "node.toml"), *options, "--json"]
    done = CliRunner().invoke(app, words, input=typed)
    if done.exception is not None:
        raise done.exception
    facts: dict[str, str] = json.loads(done.stdout)
    return facts


def test_the_new_key_has_a_blank_guard_and_the_old_ones_go_aside_together(folder: Path) -> None:
    home = folder / "one"
    before = {name: (home / name).read_bytes() for name in ("validator.json", "guard")}
    facts = renew(folder)
    key = load_key(home / "validator.json")
    assert key.public.hex() == facts["new_key"] != facts["old_key"]
    signer = FileSigner(home / "guard", key)
    assert signer.last.is_blank
    signer.close()
    assert {name: (home / f"{name}.lost-1").read_bytes() for name in before} == before


def test_it_stands_in_the_network_s_files_in_place_of_the_old_one(folder: Path) -> None:
    other = load_peers(folder / "peers.toml")[1]
    facts = renew(folder)
    peers = {peer.name: peer.key.hex() for peer in load_peers(folder / "peers.toml")}
    assert peers == {"one": facts["new_key"], "two": other.key.hex()}
    members = {each.name: each.validator_key for each in load_network(folder).members}
    assert members == peers


def test_twice_keeps_both(folder: Path) -> None:
    first, second = renew(folder), renew(folder)
    assert second["old_key"] == first["new_key"]
    names = sorted(file.name for file in (folder / "one").glob("*.lost-*"))
    assert names == [
        "guard.lost-1",
        "guard.lost-2",
        "validator.json.lost-1",
        "validator.json.lost-2",
    ]


@pytest.mark.parametrize("journal", ["whole", "missing", "damaged"])
def test_whatever_became_of_the_old_journal_the_new_key_has_lost_nothing(
    folder: Path, journal: str
) -> None:
    home = folder / "one"
    disk = RocksDisk(home / "data", load_key(home / "validator.json").public)
    block_id, stored = build_stored(0)
    disk.commit_block(block_id, stored, (), writes={}, undo={})
    disk.append_journal(Height(1), b"1 0 2")
    disk.close()
    if journal == "missing":
        (home / "data" / "journal").unlink()
    elif journal == "damaged":
        (home / "data" / "journal").write_bytes(b"garbage")
    renew(folder)
    key = load_key(home / "validator.json")
    disk = RocksDisk(home / "data", key.public)
    memory = recollect(disk, home / "guard", key, read_place=lambda _: (0, 0, 0), votes_lost=False)
    assert memory.loss is None
    assert disk.load_whole_journal() == []
    memory.signer.close()
    disk.close()
    assert (home / "data" / "journal.lost-1").exists() is (journal != "missing")


def test_a_node_that_runs_keeps_its_key(folder: Path) -> None:
    home = folder / "one"
    before = (home / "validator.json").read_bytes()
    disk = RocksDisk(home / "data")
    with pytest.raises(ConfigurationError, match="stop the node"):
        renew(folder)
    disk.close()
    assert (home / "validator.json").read_bytes() == before


def test_a_key_in_a_token_has_its_guard_and_journal_too(
    folder: Path, drawer: SoftTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawer.add("bank")
    monkeypatch.setenv("DURE_PASSPHRASE_FILE", str(drawer.write_pin()))
    home = folder / "one"
    facts = renew(folder, "--token", "bank")
    key = unlock(home / "validator.json")
    assert key.public.hex() == facts["new_key"]
    signer = FileSigner(home / "guard", key)
    first = signer.sign(1, 0, 1, b"vote")
    assert first is not None
    assert verify(key.public, b"vote", first)
    assert signer.sign(1, 0, 1, b"other") is None
    signer.close()


def test_where_the_token_refuses_nothing_moves(folder: Path, drawer: SoftTokens) -> None:
    home = folder / "one"
    before = (home / "validator.json").read_bytes()
    with pytest.raises(TokenNotFound):
        renew(folder, "--token", "bank", typed=f"{PIN}\n")
    with pytest.raises(ConfigurationError, match="leave --passphrase out"):
        renew(folder, "--token", "bank", "--passphrase")
    assert (home / "validator.json").read_bytes() == before
    assert not list(home.glob("*.lost-*"))


def test_a_folder_without_a_key_is_refused_and_nothing_moves(folder: Path) -> None:
    (folder / "one" / "validator.json").unlink()
    with pytest.raises(ConfigurationError, match=r"validator\.json"):
        renew(folder)
    assert (folder / "one" / "guard").exists()


def test_the_log_of_administration_tells_of_it(folder: Path) -> None:
    facts = renew(folder)
    (entry,) = read_entries(folder / "one" / "audit.jsonl", 0, 10)
    assert entry.act == "new_key"
    assert entry.facts == {"old_key": facts["old_key"], "new_key": facts["new_key"]}


def test_without_a_log_no_key_is_replaced(folder: Path) -> None:
    before = (folder / "one" / "validator.json").read_bytes()
    (folder / "one" / "audit.jsonl").mkdir()
    with pytest.raises(StorageError):
        renew(folder)
    assert (folder / "one" / "validator.json").read_bytes() == before
