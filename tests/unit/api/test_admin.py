"""The admin listener on a real Unix socket, and its audit log."""

import asyncio
import json
import stat
from pathlib import Path

import httpx
import msgspec
import pytest

from dure.api import ApiSettings, bind_admin, build_admin_app, build_local_hosts, serve
from dure.api.access.audit import AuditLog
from dure.api.access.callers import CallersFile, load_callers, save_callers
from dure.api.access.known import KnownCallers
from dure.api.access.roles import Role
from dure.api.access.tokens import generate_token
from dure.api.answers.administration import AdminStatusAnswer
from dure.api.answers.validators import AttestationAnswer
from dure.core.attestation import Attestation, collect_signature
from dure.core.errors import ConfigurationError
from dure.core.signatures import verify_many
from dure.proof import json_form
from tests.unit.api.access.callers import build_record
from tests.unit.api.solo_chain import KEY, SoloChain


def ask(
    folder: Path,
    method: str,
    path: str,
    *,
    chain: SoloChain | None = None,
    headers: dict[str, str] | None = None,
    callers: KnownCallers | None = None,
) -> tuple[httpx.Response, int]:
    """Ask the admin API over a Unix socket; return the answer and how often it asked to stop."""
    stops: list[bool] = []
    gateway = SoloChain() if chain is None else chain

    async def main() -> httpx.Response:
        app = build_admin_app(
            gateway,
            audit=AuditLog(folder / "audit.log", "bank"),
            callers=KnownCallers(lambda: 0, lambda: 0.0) if callers is None else callers,
            shutdown=lambda: stops.append(True),
            reload_peers=lambda: reload_peers(folder),
            load_callers=lambda: load_callers(folder / "callers.json"),
        )
        socket = folder / "admin.sock"
        settings = ApiSettings(build_local_hosts(1))
        async with serve(app, bind_admin(socket), settings):
            assert stat.S_IMODE(socket.stat().st_mode) == 0o600
            transport = httpx.AsyncHTTPTransport(uds=str(socket))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                return await client.request(method, path, headers=headers)

    return asyncio.run(main()), len(stops)


def read_audit(folder: Path) -> list[str]:
    path = folder / "audit.log"
    return (
        [json.loads(line)["act"] for line in path.read_text().splitlines()] if path.exists() else []
    )


def test_the_operator_sees_the_peers(tmp_path: Path) -> None:
    answer, _ = ask(tmp_path, "GET", "/v1/admin/status")
    status = msgspec.json.decode(answer.content, type=AdminStatusAnswer)
    assert [peer.name for peer in status.peers] == ["neighbour"]
    assert read_audit(tmp_path) == ["status"]


def test_stopping_is_written_down_and_then_done(tmp_path: Path) -> None:
    answer, stops = ask(tmp_path, "POST", "/v1/admin/shutdown")
    assert (answer.status_code, answer.json(), stops) == (200, {"done": "the node stops"}, 1)
    ask(tmp_path, "GET", "/v1/admin/status")
    assert read_audit(tmp_path) == ["shutdown", "status"]
    assert stat.S_IMODE((tmp_path / "audit.log").stat().st_mode) == 0o600


def test_a_node_attests_to_its_own_operator_and_it_is_written_down(tmp_path: Path) -> None:
    chain = SoloChain()
    answer, _ = ask(tmp_path, "POST", "/v1/admin/attest", chain=chain)
    form = msgspec.json.decode(answer.content, type=AttestationAnswer).attestation
    attestation = json_form.parse(Attestation, form)
    assert verify_many([collect_signature(attestation)]) == [True]
    assert attestation.statement.validator == KEY.public
    assert attestation.statement.block_id == chain.executor.head.block_id
    assert read_audit(tmp_path) == ["attest"]


def test_a_node_that_is_behind_says_so_and_attests_nothing(tmp_path: Path) -> None:
    answer, _ = ask(tmp_path, "POST", "/v1/admin/attest", chain=SoloChain(syncing=True))
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "unavailable"
    assert "catching up" in answer.json()["error"]["message"]


def reload_peers(folder: Path) -> int:
    """Stand in for the node: a peers file that is there is good."""
    if (folder / "peers.toml").exists():
        return 5
    raise ConfigurationError("the peers file is no peers file")


def test_the_peers_file_is_read_again_and_a_bad_one_is_said_to_be(tmp_path: Path) -> None:
    answer, _ = ask(tmp_path, "POST", "/v1/admin/peers")
    assert answer.json()["error"]["message"] == "the peers file is no peers file"
    (tmp_path / "peers.toml").write_text("")
    answer, _ = ask(tmp_path, "POST", "/v1/admin/peers")
    assert answer.json() == {"done": "the node knows the 5 nodes of its peers file"}
    assert read_audit(tmp_path) == ["peers", "peers"]


def test_what_cannot_be_written_down_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "audit.log").mkdir()
    answer, stops = ask(tmp_path, "POST", "/v1/admin/shutdown")
    assert (answer.status_code, stops) == (500, 0)


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://localhost"}])
def test_browsers_and_other_names_are_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    answer, stops = ask(tmp_path, "POST", "/v1/admin/shutdown", headers=headers)
    assert answer.status_code in {403, 421}
    assert (stops, read_audit(tmp_path)) == (0, [])


def test_a_wrong_method_does_nothing(tmp_path: Path) -> None:
    answer, stops = ask(tmp_path, "GET", "/v1/admin/shutdown")
    assert (answer.status_code, stops, read_audit(tmp_path)) == (405, 0, [])


def test_callers_are_known_as_soon_as_the_file_is_read_again(tmp_path: Path) -> None:
    token, callers = generate_token(), KnownCallers(lambda: 0, lambda: 0.0)
    record = build_record(token, Role.READER, name="reporting")
    save_callers(tmp_path / "callers.json", CallersFile(1, (record,)))
    assert callers.find_by_token(token.text) is None
    answer, _ = ask(tmp_path, "POST", "/v1/admin/access", callers=callers)
    assert answer.json() == {"done": "the node knows the 1 callers of its file"}
    found = callers.find_by_token(token.text)
    assert found is not None
    assert found.name == "reporting"
    entry = json.loads((tmp_path / "audit.log").read_text())
    assert (entry["act"], entry["by"]) == ("access", "the admin socket")
    assert entry["facts"] == {"added": "reporting (reader)"}


def test_a_bad_file_of_callers_changes_nothing_and_is_no_fault_of_the_nodes(tmp_path: Path) -> None:
    callers = KnownCallers(lambda: 0, lambda: 0.0)
    (tmp_path / "callers.json").write_text("{")
    (tmp_path / "callers.json").chmod(0o600)
    answer, _ = ask(tmp_path, "POST", "/v1/admin/access", callers=callers)
    assert answer.status_code == 503
    assert "no file of callers" in answer.json()["error"]["message"]
    assert read_audit(tmp_path) == []


def test_a_change_of_callers_that_cannot_be_written_down_is_not_made(tmp_path: Path) -> None:
    token, callers = generate_token(), KnownCallers(lambda: 0, lambda: 0.0)
    record = build_record(token, Role.OPERATOR)
    save_callers(tmp_path / "callers.json", CallersFile(1, (record,)))
    (tmp_path / "audit.log").mkdir()
    answer, _ = ask(tmp_path, "POST", "/v1/admin/access", callers=callers)
    assert answer.status_code == 500
    assert callers.find_by_token(token.text) is None
