"""What the admin console has done to networks, done to real ones: they grow, get new code, end."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from dure.cli.access import connect, load_account, load_authority
from dure.cli.network.founding import load_network
from dure.cli.network.hosting.host import Host
from dure.cli.network.hosting.views import NetworkView
from dure.console.admin.acts import read_act
from dure.contract.source import bundle
from dure.core.address import encode_address
from dure.core.errors import ConfigurationError
from tests.e2e.processes import find_processes, run_dure, wait_until
from tests.unit.api.solo_chain import GUESTBOOK

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

START_TIMEOUT_S = 150.0
NEWER = GUESTBOOK.replace("Add a line.", "Add a line to the book.")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    folder = tmp_path / "n"
    folder.mkdir()
    made = Host(folder)
    try:
        yield made
    finally:
        for file in folder.glob("*/network.json"):
            run_dure("network", "down", file.parent, timeout_s=START_TIMEOUT_S)
        made.close()


def do(host: Host, act: str, **fields: object) -> None:
    host.perform(read_act(json.dumps({"act": act, "network": "shop"} | fields)))


def watch(host: Host) -> NetworkView:
    return host.watch("shop")


def wait_running(host: Host, count: int) -> None:
    def all_run() -> bool:
        return [node.state for node in watch(host).nodes] == ["running"] * count

    wait_until(
        all_run, f"{count} nodes run", timeout_s=START_TIMEOUT_S, or_say=lambda: str(watch(host))
    )


def make_blocks_to(host: Host, height: int) -> None:
    """Have something decided until the chain is so high."""
    while read_height(host) < height:
        before = read_height(host)
        do(host, "send")
        wait_until(partial(is_higher, host, before), "a block")


def read_height(host: Host) -> int:
    return watch(host).height or 0


def is_higher(host: Host, height: int) -> bool:
    return read_height(host) > height


@pytest.mark.parametrize("rule", ["shared", pytest.param("two-thirds", marks=pytest.mark.thorough)])
def test_a_network_grows_gets_new_code_and_ends(host: Host, tmp_path: Path, rule: str) -> None:
    folder = tmp_path / "n" / "shop"
    do(
        host,
        "create",
        kind="consortium",
        engine="pbft",
        organisations=["alpha", "beta", "gamma", "delta"],
        rule=rule,
        test=True,
    )
    do(host, "start")
    wait_running(host, 4)
    make_blocks_to(host, 1)

    do(host, "add_member", organisation="echo")
    wait_running(host, 5)
    pending = httpx.get(f"{watch(host).nodes[0].url}/v1/validators").json()["pending"]
    if pending is not None:
        make_blocks_to(host, pending["validators"]["from_height"])
    wait_until(
        lambda: [node.is_validator for node in watch(host).nodes] == [True] * 5,
        "the fifth decides",
        or_say=lambda: str(watch(host)),
    )
    with pytest.raises(ConfigurationError, match="is running"):
        do(host, "remove")

    upgrade(host, folder)
    if rule == "shared":
        # What votes decide stands in no call of its own, and is not in the list of deployments.
        assert [each.name for each in host.list_contracts("shop").contracts] == ["Guestbook"]
    do(host, "stop")
    assert find_processes(folder) == []
    do(host, "remove")
    assert not folder.exists()


def upgrade(host: Host, folder: Path) -> None:
    """Give a contract that stands on the chain a source with other words."""
    with connect(folder) as client:
        book = client.deploy(
            bundle(GUESTBOOK, "Guestbook"),
            by=load_authority(folder),
            owner=load_account(folder, "alpha").address,
        )
        do(host, "upgrade", contract=encode_address(book.address), source=NEWER)
        versions = client.list_versions(book.address)
    assert len(versions) == 2


def test_the_same_by_commands(tmp_path: Path) -> None:
    networks = tmp_path / "n"
    folder = networks / "shop"
    made = run_dure(
        "network", "init", folder, "--first-api-port", "0", "--story-start", "2013-03-08"
    )
    assert made.code == 0, made.said
    try:
        assert run_dure("network", "up", folder, "--detach").code == 0
        (line,) = run_dure("network", "list", networks, "--json").read_json()["networks"]
        assert (line["name"], line["running"]) == ("shop", 4)
        killed = run_dure("network", "kill", folder, "delta", "--json").read_json()
        assert killed == {"node": "delta", "killed": True}
        nodes = run_dure("network", "watch", folder, "--json").read_json()["nodes"]
        assert [node["state"] for node in nodes] == ["running"] * 3 + ["stopped"]
        assert all(node["memory_bytes"] for node in nodes[:3])
        revived = run_dure("network", "revive", folder, "delta", "--json").read_json()
        assert revived == {"node": "delta", "started": True}
        told = run_dure("network", "remove", folder, "--yes")
        assert (told.code, "is running" in told.err) == (2, True)
        down = run_dure("network", "down", folder, "--json").read_json()
        assert set(down["stopped"]) == {member.name for member in load_network(folder).members}
    finally:
        run_dure("network", "down", folder)
    assert find_processes(folder) == []
    asked = run_dure("network", "remove", folder)
    assert "Nothing was deleted" in asked.out
    assert folder.exists()
    assert run_dure("network", "remove", folder, "--yes", "--json").read_json()["removed"]
    assert not folder.exists()


def test_the_admin_console_is_asked_for_by_name(tmp_path: Path) -> None:
    told = run_dure("console", tmp_path)
    assert (told.code, "dure console --admin" in told.err) == (2, True)
    assert list(tmp_path.iterdir()) == []
