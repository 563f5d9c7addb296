"""The networks of a host: made whole or not at all, found by name, stopped, killed, removed."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dure.chain.genesis.document import decode_genesis_file
from dure.chain.genesis.governance import GovernancePlan, VotingRule
from dure.cli.network.founding import Network, Plan, found_network, load_network
from dure.cli.network.hosting.creating import sweep_unready
from dure.cli.network.hosting.growing import add_member
from dure.cli.network.hosting.host import Host
from dure.cli.network.hosting.life import LOCK, hold, remove_network
from dure.cli.network.hosting.watching import (
    LINE_LENGTH_MAX,
    LOG_LINES_MAX,
    list_folders,
    read_log_tail,
    watch_network,
)
from dure.cli.network.processes import find_pid
from dure.console.admin.acts import NETWORKS_MAX, AnyAct, read_act
from dure.core.errors import ConfigurationError, NotFound, Unavailable
from dure.core.types import Instant
from tests.e2e.processes import run_here
from tests.unit.cli.hosting.dummies import pretend_running

CREATE = {
    "act": "create",
    "network": "shop",
    "kind": "consortium",
    "engine": "pbft",
    "organisations": ["alpha", "beta", "gamma", "delta"],
    "rule": "shared",
    "test": True,
}


def build(**fields: Any) -> AnyAct:
    return read_act(json.dumps(CREATE | fields))


def do(host: Host, act: str, **fields: Any) -> None:
    host.perform(read_act(json.dumps({"act": act, "network": "shop"} | fields)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "networks"


@pytest.fixture
def host(folder: Path) -> Host:
    folder.mkdir()
    return Host(folder)


def test_a_network_is_made_as_the_form_says(host: Host, folder: Path) -> None:
    host.perform(build())
    (line,) = host.list_networks().networks
    assert (line.name, line.kind, line.engine, line.test) == ("shop", "consortium", "pbft", True)
    assert line.organisations == ["alpha", "beta", "gamma", "delta"]
    assert line.running == 0
    genesis = decode_genesis_file((folder / "shop" / "genesis.dure").read_bytes()).genesis
    assert genesis.name == "shop"
    assert genesis.test
    assert (folder / "shop" / "alpha" / "node.toml").exists()


def test_members_vote_by_the_rule_of_the_form(host: Host, folder: Path) -> None:
    host.perform(build(rule="named", approvers=["beta"], voting_hours=2, test=False))
    genesis = decode_genesis_file((folder / "shop" / "genesis.dure").read_bytes()).genesis
    assert isinstance(genesis.authority, GovernancePlan)
    assert genesis.authority.rule is VotingRule.NAMED
    assert genesis.authority.named == ("beta",)
    assert genesis.authority.voting_period == 2 * 3_600_000
    assert not genesis.test


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"engine": "solo"}, "exactly one member"),
        ({"organisations": ["alpha", "alpha"]}, "different names"),
        ({"rule": "named", "approvers": ["nobody"]}, "no member is called nobody"),
        ({"approvers": ["beta"]}, "by the rule `named`"),
    ],
    ids=str,
)
def test_what_cannot_be_made_leaves_nothing_behind(
    host: Host, folder: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        host.perform(build(**change))
    assert list(folder.iterdir()) == []


def test_two_networks_of_one_name_are_refused(host: Host, folder: Path) -> None:
    host.perform(build())
    before = (folder / "shop" / "network.json").read_bytes()
    with pytest.raises(ConfigurationError, match="choose another name"):
        host.perform(build())
    assert (folder / "shop" / "network.json").read_bytes() == before


def test_what_is_no_network_of_the_host_is_not_overwritten(host: Host, folder: Path) -> None:
    (folder / "operator").mkdir()
    with pytest.raises(ConfigurationError, match="choose another name"):
        host.perform(build(network="operator"))


def test_networks_that_do_not_run_keep_their_ports(host: Host, folder: Path) -> None:
    ports: list[int] = []
    for name in ("one", "two", "three"):
        host.perform(build(network=name))
        for member in load_network(folder / name).members:
            ports += [member.api_port, member.peer_port]
    assert len(set(ports)) == len(ports) == 24


def test_a_host_has_so_many_networks_and_no_more(
    host: Host, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.perform(build(network="a", organisations=["one"]))
    monkeypatch.setattr("dure.console.admin.acts.NETWORKS_MAX", 1)
    with pytest.raises(ConfigurationError, match="at most 1 networks"):
        host.perform(build(network="b", organisations=["one"]))
    assert NETWORKS_MAX == 20


@pytest.mark.parametrize("name", ["nowhere", "operator", ".unready"])
def test_only_networks_of_the_folder_are_found(host: Host, folder: Path, name: str) -> None:
    (folder / "operator").mkdir()
    with pytest.raises(NotFound):
        host.watch(name)


@pytest.fixture
def shop(folder: Path) -> Network:
    return found_network(
        folder / "shop", Plan("shop", ("alpha", "beta"), story_start=Instant(0), first_api_port=0)
    )


@pytest.fixture
def serious(folder: Path) -> Network:
    return found_network(folder / "shop", Plan("shop", ("alpha", "beta"), first_api_port=0))


def test_nodes_are_seen_by_their_processes(host: Host, folder: Path, shop: Network) -> None:
    with pretend_running(folder / "shop", shop, "beta"):
        view = watch_network(folder / "shop")
        assert host.list_networks().networks[0].running == 1
    alpha, beta = view.nodes
    assert (alpha.state, alpha.pid, alpha.memory_bytes) == ("stopped", None, None)
    assert beta.state == "starting", "it runs and does not answer"
    assert beta.memory_bytes
    assert beta.disk_bytes > 0
    assert view.height is None
    assert msgspec.json.encode(view)


def test_all_nodes_are_stopped_at_once(host: Host, folder: Path, shop: Network) -> None:
    with pretend_running(folder / "shop", shop, "alpha", "beta"):
        do(host, "stop")
        assert [find_pid(folder / "shop", each) for each in shop.members] == [None, None]
    assert not (folder / "shop" / "alpha" / "node.pid").exists()


def test_a_node_of_a_test_network_is_killed(host: Host, folder: Path, shop: Network) -> None:
    with pretend_running(folder / "shop", shop, "alpha", "beta"):
        do(host, "kill", node="beta")
        running = [find_pid(folder / "shop", each) is not None for each in shop.members]
        assert running == [True, False]


@pytest.mark.parametrize("act", ["kill", "revive"])
def test_nobody_plays_with_a_serious_network(
    host: Host, folder: Path, serious: Network, act: str
) -> None:
    with pretend_running(folder / "shop", serious, "alpha"):
        with pytest.raises(ConfigurationError, match="no test chain"):
            do(host, act, node="alpha")
        assert find_pid(folder / "shop", serious.members[0]) is not None
    with pytest.raises(ConfigurationError, match="no test chain"):
        do(host, "send")


def test_a_process_that_is_no_node_of_it_is_never_touched(
    host: Host, folder: Path, shop: Network
) -> None:
    (folder / "shop" / "alpha" / "node.pid").write_text(f"{os.getpid()}\n")
    do(host, "kill", node="alpha")
    do(host, "stop")


@pytest.mark.parametrize("act", ["kill", "revive", "take_copy"])
def test_a_node_that_there_is_not_is_not_found(
    host: Host, folder: Path, shop: Network, act: str
) -> None:
    with pytest.raises(NotFound, match="no node nobody"):
        do(host, act, node="nobody")


def test_a_network_that_runs_is_not_removed(host: Host, folder: Path, shop: Network) -> None:
    with (
        pretend_running(folder / "shop", shop, "alpha"),
        pytest.raises(ConfigurationError, match="is running"),
    ):
        do(host, "remove")
    assert load_network(folder / "shop") == shop


def test_removing_deletes_the_network_and_nothing_else(folder: Path, shop: Network) -> None:
    (folder / "shop" / "notes.txt").write_text("mine")
    (folder / "other").mkdir()
    assert remove_network(folder / "shop") == ["notes.txt"]
    assert [each.name for each in (folder / "shop").iterdir()] == ["notes.txt"]
    assert list_folders(folder) == []


def test_a_removed_network_is_gone(host: Host, folder: Path, shop: Network) -> None:
    do(host, "remove")
    assert not (folder / "shop").exists()
    assert host.list_networks().networks == []


def test_one_thing_at_a_time(host: Host, folder: Path, shop: Network) -> None:
    with hold(folder / "shop"), pytest.raises(ConfigurationError, match="something else"):
        do(host, "stop")


@pytest.mark.parametrize(
    "command",
    [
        ("up", "{folder}"),
        ("up", "{folder}", "--detach"),
        ("down", "{folder}"),
        ("add-node", "{folder}", "gamma"),
        ("regenesis", "found", "{folder}", "--from", "{folder}/alpha"),
    ],
    ids=lambda command: command[0],
)
def test_commands_wait_their_turn_like_pages(
    folder: Path, shop: Network, command: tuple[str, ...]
) -> None:
    before = sorted(folder.rglob("*"))
    with hold(folder / "shop"):
        told = run_here("network", *(part.format(folder=folder / "shop") for part in command))
    assert told.code == 2
    assert "something else is being done to shop" in told.err
    assert set(folder.rglob("*")) - set(before) == {folder / "shop" / LOCK}


def test_what_lies_in_a_removed_network_s_folder_is_named(
    host: Host, folder: Path, shop: Network
) -> None:
    (folder / "shop" / "notes.txt").write_text("mine")
    beside = host.perform(read_act(json.dumps({"act": "remove", "network": "shop"})))
    assert beside == {"left": "notes.txt"}
    assert (folder / "shop" / "notes.txt").read_text() == "mine"


def leave_halves(folder: Path) -> set[str]:
    """Lay down what a founding that was cut off leaves, and what only looks so."""
    (folder / f".unready-{'0' * 16}" / "alpha").mkdir(parents=True)
    (folder / f".unready-{'0' * 16}" / "alpha" / "account.json").write_text("a key")
    spared = {".unready-mine", f".unready-{'1' * 16}"}
    (folder / ".unready-mine").mkdir()
    (folder / f".unready-{'1' * 16}").symlink_to(folder / ".unready-mine")
    return spared


def test_what_was_made_by_halves_is_swept_and_named(host: Host, folder: Path) -> None:
    spared = leave_halves(folder)
    assert host.perform(build(organisations=["one"])) == {"swept": f".unready-{'0' * 16}"}
    assert {entry.name for entry in folder.iterdir()} == spared | {"shop"}
    assert host.perform(build(network="other", organisations=["one"])) == {}


def test_nothing_is_swept_while_a_network_is_being_made(host: Host, folder: Path) -> None:
    leave_halves(folder)
    before = set(folder.rglob("*"))
    making = os.open(folder, os.O_RDONLY)
    fcntl.flock(making, fcntl.LOCK_EX)
    try:
        assert sweep_unready(folder) == []
        with pytest.raises(ConfigurationError, match="is being made"):
            host.perform(build())
    finally:
        os.close(making)
    assert set(folder.rglob("*")) == before


def test_a_log_is_read_from_its_end_and_bounded(folder: Path, shop: Network) -> None:
    log = folder / "shop" / "alpha" / "node.log"
    assert read_log_tail(folder / "shop", "alpha").lines == []
    log.write_bytes(b"x" * 100_000 + b"\n" + b"".join(b"line %d\n" % n for n in range(1_000)))
    lines = read_log_tail(folder / "shop", "alpha").lines
    assert (len(lines), lines[-1]) == (LOG_LINES_MAX, "line 999")
    log.write_bytes(b"\xff" * 50_000)
    assert read_log_tail(folder / "shop", "alpha").lines == ["\ufffd" * LINE_LENGTH_MAX]


def test_nothing_is_sent_where_nobody_runs(host: Host, shop: Network) -> None:
    with pytest.raises(Unavailable, match="no node of shop runs"):
        do(host, "send")


def test_a_member_joins_a_network_that_runs(folder: Path, shop: Network) -> None:
    with pytest.raises(ConfigurationError, match="start the network first: alpha, beta"):
        add_member(folder / "shop", "echo")
    assert not (folder / "shop" / "echo").exists()


def test_a_solo_network_takes_no_member(host: Host, folder: Path) -> None:
    host.perform(build(engine="solo", organisations=["alpha"]))
    with pytest.raises(ConfigurationError, match="exactly one member"):
        do(host, "add_member", organisation="echo")


def test_a_network_takes_so_many_members(host: Host, folder: Path) -> None:
    names = [f"o{number}" for number in range(16)]
    host.perform(build(organisations=names))
    with pytest.raises(ConfigurationError, match="at most 16 organisations"):
        do(host, "add_member", organisation="echo")


def test_a_source_that_the_chain_would_refuse_is_told(host: Host, shop: Network) -> None:
    with pytest.raises(ConfigurationError, match="the chain would refuse this source: line 1"):
        do(host, "upgrade", contract="dure1abc", source="import os")
