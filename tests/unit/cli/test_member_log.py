"""`dure member …` writes down what it does, at the authority and at the node."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dure.api.access.audit import Entry, read_entries
from dure.api.access.audit_check import check_log
from dure.cli.main import build_app
from dure.cli.network.founding import Plan, found_network


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found_network(tmp_path / "net", Plan(name="net", members=("one", "two"), first_api_port=0))
    return tmp_path / "net"


def run(*words: object) -> None:
    done = CliRunner().invoke(build_app(["member"]), ["member", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output


def read(log: Path) -> list[Entry]:
    """Return the entries of a log, which is whole."""
    assert check_log(log).is_sound
    return read_entries(log, 0, 100)


def test_an_authority_keeps_a_log_of_whom_it_invited_and_certified(
    folder: Path, tmp_path: Path
) -> None:
    authority, key = folder / "one" / "authority", tmp_path / "tls.key"
    token, request = tmp_path / "one-2.token", tmp_path / "one-2.csr"
    run("token", authority, "--name", "one-2", "--out", token)
    options = ("--organisation", "one", "--name", "one-2", "--token", token, "--out", request)
    run("request", key, *options)
    run("enrol", authority, request, "--out", tmp_path / "one-2.pem")
    entries = read(authority / "audit.jsonl")
    assert [each.act for each in entries] == [
        "holder_invited",
        "certificate_asked",
        "certificate_issued",
    ]
    assert {each.node for each in entries} == {"one"}
    issued = entries[-1].facts
    assert issued["for"] == entries[0].facts["for"]
    assert len(issued["serial"]) > 0
    text = (authority / "audit.jsonl").read_text()
    assert token.read_text().strip() not in text


def test_a_node_keeps_a_log_of_its_certificates(folder: Path, tmp_path: Path) -> None:
    home = folder / "one"
    run("renew", home / "node.toml", "--authority", home / "authority")
    run("install", home / "node.toml", home / "tls.pem")
    logs = list(home.rglob("audit.jsonl"))
    by_log = {log.parent.name: [each.act for each in read(log)] for log in logs}
    assert by_log.pop("authority") == ["certificate_asked"]
    assert list(by_log.values()) == [["certificate_renewed", "certificate_installed"]]


def test_a_new_authority_begins_its_log(tmp_path: Path) -> None:
    run("authority", tmp_path / "echo", "--organisation", "echo")
    (entry,) = read(tmp_path / "echo" / "audit.jsonl")
    assert (entry.act, entry.node) == ("authority_created", "echo")
