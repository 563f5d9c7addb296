"""What removing a network spares: whatever is outside of its folder, and keys that are in use."""

import fcntl
import os
import re
import signal
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from dure.cli.network import processes
from dure.cli.network.founding import Network, Plan, found_network, load_network
from dure.cli.network.hosting.life import remove_network, stop_nodes
from dure.cli.network.hosting.watching import list_folders
from dure.cli.network.processes import find_pid
from dure.cli.node import app
from dure.core.errors import ConfigurationError
from tests.unit.cli.hosting.dummies import pretend_running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "networks" / "shop"


@pytest.fixture
def shop(folder: Path) -> Network:
    return found_network(folder, Plan("shop", ("alpha", "beta"), first_api_port=0))


def rename_last_member(folder: Path, network: Network, name: str) -> None:
    first, last = network.members
    members = (first, msgspec.structs.replace(last, name=name))
    text = msgspec.json.encode(msgspec.structs.replace(network, members=members))
    (folder / "network.json").write_bytes(text)


@pytest.mark.parametrize("name", ["../../victim", "{victim}", "", ".", "..", "a/b", "beta\0"])
def test_a_member_whose_name_is_a_path_is_refused(
    tmp_path: Path, folder: Path, shop: Network, name: str
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    rename_last_member(folder, shop, name.format(victim=victim))
    for use in (load_network, remove_network):
        with pytest.raises(ConfigurationError, match=r"network\.json cannot be used: a member's"):
            use(folder)
    assert victim.is_dir()
    assert (folder / "alpha" / "validator.json").exists()


def test_what_a_member_s_folder_links_to_is_spared(
    tmp_path: Path, folder: Path, shop: Network
) -> None:
    (folder / "beta").rename(tmp_path / "elsewhere")
    (folder / "beta").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="is a link"):
        remove_network(folder)
    assert (tmp_path / "elsewhere" / "validator.json").exists()
    assert (folder / "alpha" / "validator.json").exists(), "nothing was removed before it was seen"


def test_a_network_behind_a_link_is_spared(tmp_path: Path, folder: Path, shop: Network) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(ConfigurationError, match="is a link"):
        remove_network(link)
    assert load_network(folder) == shop
    assert list_folders(tmp_path) == []


def test_a_key_in_use_is_spared_whatever_the_notes_say(folder: Path, shop: Network) -> None:
    with (folder / "beta" / "guard").open("rb") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        with pytest.raises(ConfigurationError, match=re.escape(f"the key in {folder / 'beta'}")):
            remove_network(folder)
    assert (folder / "alpha" / "validator.json").exists()
    assert remove_network(folder) == []


def test_a_second_run_of_a_node_leaves_the_note_of_the_first(folder: Path, shop: Network) -> None:
    with pretend_running(folder, shop, "alpha"):
        pid = find_pid(folder, shop.members[0])
        outcome = CliRunner().invoke(app, ["run", str(folder / "alpha" / "node.toml")])
        assert isinstance(outcome.exception, ConfigurationError)
        assert "this node runs already" in str(outcome.exception)
        assert find_pid(folder, shop.members[0]) == pid


def test_stopping_leaves_the_note_of_another_process(
    folder: Path, shop: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = folder / "alpha" / "node.pid"

    def replace_note(pid: int, number: int) -> None:
        os.kill(pid, number)
        note.write_text(f"{os.getpid()}\n")

    with pretend_running(folder, shop, "alpha"):
        monkeypatch.setattr(processes, "_send", replace_note)
        assert stop_nodes(folder) == ["alpha"]
    assert note.read_text() == f"{os.getpid()}\n"


def test_a_node_that_ends_by_itself_keeps_no_other_from_being_asked(
    folder: Path, shop: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    kill = os.kill

    def end_first(pid: int, number: signal.Signals) -> None:
        asked.append(pid)
        kill(pid, number)
        if len(asked) == 1:
            raise ProcessLookupError

    with pretend_running(folder, shop, "alpha", "beta"):
        monkeypatch.setattr("dure.cli.network.processes.os.kill", end_first)
        assert stop_nodes(folder) == ["alpha", "beta"]
        assert len(asked) == 2
