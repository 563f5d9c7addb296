"""`dure access`: tokens of nodes on this host, and the log that tells of them."""

import json
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dure.api.access.callers import load_callers
from dure.api.access.tokens import is_digest_of
from dure.cli.network.founding import Plan, found_network
from dure.cli.operating.callers.commands import app
from dure.cli.operating.callers.log import parse_anchor
from dure.cli.operating.callers.tokens import parse_expiry
from dure.core.errors import ConfigurationError
from dure.sdk.errors import InvalidAnswer

DAY = 86_400_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found_network(tmp_path / "net", Plan(name="net", members=("one", "two"), first_api_port=0))
    return tmp_path / "net"


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def read(*arguments: object) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def create(*nodes: Path, name: str = "reporting", role: str = "reader", **more: str) -> Any:
    options = [part for key, value in more.items() for part in (f"--{key}", value)]
    return read("token", "create", *nodes, "--name", name, "--role", role, *options)


def test_a_token_is_shown_once_and_kept_as_a_hash(folder: Path) -> None:
    facts = create(folder / "one")
    (record,) = load_callers(folder / "one" / "callers.json").callers
    assert is_digest_of(record.token_digest, facts["token"])
    assert record.id == facts["id"]
    assert stat.S_IMODE((folder / "one" / "callers.json").stat().st_mode) == 0o600
    secret = facts["token"].rpartition("_")[2]
    for file in (folder / "one").rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()
    listed = read("token", "list", folder / "one")["callers"]
    assert [(each["name"], each["role"]) for each in listed] == [("reporting", "reader")]
    assert secret not in json.dumps(listed)


def test_a_person_sees_the_token_as_a_line_of_its_own(folder: Path) -> None:
    said = run("token", "create", folder / "one", "--name", "a", "--role", "auditor").stdout
    assert [line for line in said.splitlines() if line.startswith("dure_")]
    assert "a" in run("token", "list", folder / "one" / "node.toml").stdout


def test_a_node_that_does_not_run_is_said_to_be_untold(folder: Path) -> None:
    assert create(folder / "one")["nodes_untold"] == [str(folder / "one" / "node.toml")]


def test_several_nodes_take_the_same_token_or_none_does(folder: Path) -> None:
    create(folder / "two", name="there")
    with pytest.raises(ConfigurationError, match="already"):
        create(folder / "one", folder / "two", name="there")
    assert load_callers(folder / "one" / "callers.json").callers == ()
    create(folder / "one", folder / "two", name="both")
    one, two = (load_callers(folder / name / "callers.json").callers for name in ("one", "two"))
    assert one[-1] == two[-1]


def test_revoking_removes_it_and_the_log_keeps_both(folder: Path) -> None:
    create(folder / "one")
    run("token", "revoke", folder / "one", "--name", "reporting")
    assert load_callers(folder / "one" / "callers.json").callers == ()
    with pytest.raises(ConfigurationError, match="no caller"):
        run("token", "revoke", folder / "one", "--name", "reporting")
    entries = read("audit", "show", folder / "one")["entries"]
    assert [entry["act"] for entry in entries] == ["token_created", "token_revoked"]
    assert {entry["facts"]["caller"] for entry in entries} == {"reporting"}
    assert "token_revoked" in run("audit", "show", folder / "one", "--after", 1).stdout


def test_what_cannot_be_written_down_gives_nobody_a_token(folder: Path) -> None:
    (folder / "one" / "audit.jsonl").mkdir()
    with pytest.raises(Exception, match="audit log cannot be written"):
        create(folder / "one")
    assert load_callers(folder / "one" / "callers.json").callers == ()


def test_the_check_ends_with_one_where_the_log_was_tampered_with(folder: Path) -> None:
    for name in ("a", "b", "c"):
        create(folder / "one", name=name)
    end = read("audit", "verify", folder / "one")["end"]
    assert run("audit", "verify", folder / "one", "--anchor", end).exit_code == 0
    log = folder / "one" / "audit.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:2]))
    sound = run("audit", "verify", folder / "one")
    assert sound.exit_code == 0
    assert "cannot see entries cut off" in " ".join(sound.stdout.split())
    cut = run("audit", "verify", folder / "one", "--anchor", end)
    assert cut.exit_code == 1
    assert "was cut" in cut.stdout
    log.write_bytes(lines[1])
    assert read("audit", "verify", folder / "one")["sound"] is False


@pytest.mark.parametrize(
    ("text", "lasts"), [("30m", DAY // 48), ("12h", DAY // 2), ("90d", 90 * DAY)]
)
def test_how_long_a_token_lasts(text: str, lasts: int) -> None:
    assert parse_expiry(text, 1_000) == 1_000 + lasts
    assert parse_expiry("never", 1_000) is None


@pytest.mark.parametrize("text", ["", "0d", "-1d", "1y", "d", "99999d", "1.5h", "٣d"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_expiry(text, 0)


@pytest.mark.parametrize("name", ["", "a b", "a" * 65, "../x", "-x"])
def test_other_names_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(ConfigurationError):
        run("token", "create", folder / "one", f"--name={name}", "--role", "reader")


@pytest.mark.parametrize("text", ["", "3", f"3:{'0' * 63}", f"x:{'0' * 64}"])
def test_other_anchors_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_anchor(text)


@contextmanager
def answering(content: bytes) -> Iterator[str]:
    """Answer every request with the same bytes; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            del format, args

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_nodes_log_is_asked_of_the_node_and_of_no_proxy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(folder / "one")
    shown = run("audit", "show", folder / "one", "--json").stdout
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with answering(shown.encode()) as address:
        assert read("audit", "show", address) == json.loads(shown)


def test_an_answer_that_is_no_log_is_refused() -> None:
    with answering(b'{"entries": [{"number": 1}]}') as address, pytest.raises(InvalidAnswer):
        run("audit", "show", address)
