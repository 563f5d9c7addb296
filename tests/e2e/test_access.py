"""A chain that is not open, by the documented commands: strangers, roles, revoking, the log."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from dure.core.errors import CallerUnknown, RoleMissing
from dure.sdk import Client
from tests.e2e.processes import Town, run_dure

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One bank's chain, which reads out to known callers only."""
    folder = tmp_path_factory.mktemp("closed") / "net"
    plan = ("--members", "bank", "--engine", "solo", "--kind", "private")
    made = run_dure("network", "init", folder, *plan, "--closed", "--first-api-port", "0")
    assert made.code == 0, made.said
    town = Town(folder)
    try:
        town.start()
        yield town
    finally:
        town.close()


def give(town: Town, name: str, role: str) -> str:
    node = town.folder / "bank"
    facts = run_dure("access", "token", "create", node, "--name", name, "--role", role, "--json")
    told: dict[str, Any] = facts.read_json()
    assert told["nodes_untold"] == []
    return str(told["token"])


def revoke(town: Town, name: str) -> None:
    done = run_dure("access", "token", "revoke", town.folder / "bank", "--name", name, "--json")
    assert done.read_json()["nodes_untold"] == []


def open_client(town: Town, token: str | None) -> Client:
    return Client(town.get_url("bank"), chain_id=town.chain_id, token=token)


def test_a_stranger_learns_only_that_the_node_serves(closed: Town) -> None:
    url = closed.get_url("bank")
    with open_client(closed, None) as client, pytest.raises(CallerUnknown):
        client.get_status()
    assert httpx.get(f"{url}/healthz").status_code == 200
    assert closed.network.chain_id[:12] not in httpx.get(url).text
    status = run_dure("node", "status", closed.folder / "bank")
    assert status.code != 0


def test_a_submitter_sends_and_a_reader_does_not(closed: Town) -> None:
    bank = closed.get_account("bank")
    submitter, reader = give(closed, "shop", "submitter"), give(closed, "reporting", "reader")
    with open_client(closed, submitter) as client:
        done = client.enrol([closed.get_address("bank")], by=bank)
        assert done.height > 0
    with open_client(closed, reader) as client:
        assert client.get_status().height >= done.height
        with pytest.raises(RoleMissing):
            client.enrol([closed.get_address("bank")], by=bank)
    told = run_dure("node", "status", closed.folder / "bank", extra={"DURE_TOKEN": reader})
    assert told.code == 0, told.said


async def read_on(socket: ClientConnection) -> None:
    """Read for as long as the node lets."""
    while True:
        await socket.recv()


def test_a_revoked_token_ends_its_requests_and_its_open_stream(closed: Town) -> None:
    token = give(closed, "live", "reader")
    url = closed.get_url("bank").replace("http", "ws") + "/v1/events?from_height=0"

    async def follow_until_revoked() -> ConnectionClosed:
        headers = {"authorization": f"Bearer {token}"}
        async with asyncio.timeout(60), connect(url, additional_headers=headers) as socket:
            assert json.loads(await socket.recv())["type"] == "block"
            await asyncio.to_thread(revoke, closed, "live")
            with pytest.raises(ConnectionClosed) as ended:
                await read_on(socket)
            return ended.value

    ended = asyncio.run(follow_until_revoked())
    assert ended.rcvd is not None
    assert ended.rcvd.code == 1008
    with open_client(closed, token) as client, pytest.raises(CallerUnknown):
        client.get_status()


def test_the_page_lets_in_who_signs_in(closed: Town) -> None:
    url, token = closed.get_url("bank"), give(closed, "clerk", "reader")
    with httpx.Client(base_url=url, headers={"origin": url}) as browser:
        assert browser.get("/").status_code == 401
        assert browser.post("/sign-in", data={"token": token}).status_code == 303
        page = browser.get("/")
        assert page.status_code == 200
        assert "clerk (reader)" in page.text


def test_an_auditor_sees_all_of_it_and_nobody_else_does(closed: Town) -> None:
    auditor, operator = give(closed, "revision", "auditor"), give(closed, "duty", "operator")
    give(closed, "leaver", "reader")
    revoke(closed, "leaver")
    url = closed.get_url("bank")
    for token in (auditor, operator):
        shown = run_dure(
            "access", "audit", "show", url, "--limit", 500, "--json", extra={"DURE_TOKEN": token}
        )
        acts = [entry["act"] for entry in shown.read_json()["entries"]]
        assert acts[0] == "started"
        assert {"token_created", "access", "token_revoked"} <= set(acts)
    reader = give(closed, "curious", "reader")
    refused = run_dure("access", "audit", "show", url, extra={"DURE_TOKEN": reader})
    assert refused.code == 1
    assert "role_missing" in refused.err


def test_tampering_with_the_log_is_found(closed: Town) -> None:
    node = closed.folder / "bank"
    give(closed, "witness", "reader")
    checked = run_dure("access", "audit", "verify", node, "--json").read_json()
    assert checked["sound"]
    anchored = ("access", "audit", "verify", node, "--anchor", checked["end"])
    log: Path = node / "audit.jsonl"
    closed.stop("bank")
    whole = log.read_bytes()
    try:
        log.write_bytes(whole.replace(b'"caller":"witness"', b'"caller":"nobody!"', 1))
        assert run_dure("access", "audit", "verify", node).code == 1
        log.write_bytes(b"".join(whole.splitlines(keepends=True)[:-2]))
        assert run_dure("access", "audit", "verify", node).code == 0
        assert run_dure(*anchored).code == 1
    finally:
        log.write_bytes(whole)
        closed.start("bank")
    assert run_dure(*anchored).code == 0
