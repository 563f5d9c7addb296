"""Certificates of members' authorities on real nodes, from a one-time token to a revocation."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dure.cli.access import load_authority
from dure.cli.network.founding import load_network
from dure.cli.operating.attest import request_attestation
from dure.identity.authorities.authority import create_authority, open_authority, read_pem
from dure.identity.authorities.holding import install_certificate, load_holder_key
from dure.identity.authorities.profile import Kind, Subject, read_certificate
from dure.identity.keys import generate_key
from dure.node.peers.directory import load_peers
from dure.sdk import LocalAccount, ledger_calls
from tests.e2e.processes import Outcome, Town, found_town, run_dure, run_here, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

FOUNDERS = ("insurer", "airline", "bank", "supervisor")
SECOND = Subject("bank", Kind.NODE, "bank-2")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    running = found_town(tmp_path / "net")
    try:
        yield running
    finally:
        running.close()


def make_block(town: Town, *names: str) -> int:
    """Have something final through these members' nodes, or any founder's; return its height."""
    stranger = LocalAccount(generate_key())
    with town.connect(*(names or FOUNDERS)) as client:
        receipt = client.enrol([stranger.address], by=town.get_account("insurer"))
    return int(receipt.height)


def count_peers(town: Town, name: str) -> int:
    """Return how many nodes a node is connected to."""
    return int(town.get_status(name).get("peers_connected", 0))


def wait_connected(town: Town, name: str) -> None:
    wait_until(
        lambda: count_peers(town, name) == len(FOUNDERS),
        f"{name} is connected to all",
        or_say=town.tell_logs,
    )


def read_log(town: Town, name: str) -> list[dict[str, Any]]:
    """Return what a node has logged in all its runs."""
    return [
        json.loads(line)
        for path in sorted((town.folder / name).glob("run-*.log"))
        for line in path.read_text().splitlines()
        if line.startswith("{")
    ]


def count(town: Town, name: str, event: str, words: str = "") -> int:
    """Count lines of a log about an event whose reason has these words."""
    return sum(
        line["event"] == event and words in str(line.get("reason")) for line in read_log(town, name)
    )


def wait_refused(town: Town, words: str) -> None:
    """Return when every founder has refused a caller for that reason, or been refused by it."""
    wait_until(
        lambda: all(count(town, name, "caller_refused", words) for name in FOUNDERS),
        f"all refuse: {words}",
        or_say=town.tell_logs,
    )


def join(town: Town, folder: Path, *options: str) -> Outcome:
    """Make the bank's second node, and let the bank's authority certify it by a token."""
    home, authority = town.folder / "bank-2", town.folder / "bank" / "authority"
    made = ("network", "add-node", town.folder, "bank-2", "--organisation", "bank")
    assert run_here(*made, "--first-api-port", "0").code == 0
    town.network = load_network(town.folder)
    token, request = folder / "bank-2.token", folder / "bank-2.csr"
    asked = ("member", "token", authority, "--name", "bank-2", "--out", token, *options)
    assert run_here(*asked).code == 0
    about = ("--organisation", "bank", "--name", "bank-2", "--token", token, "--out", request)
    assert run_here("member", "request", home / "tls.key", *about).code == 0
    return run_here("member", "enrol", authority, request, "--out", home / "tls.pem", "--json")


def test_a_node_joins_by_a_token_and_is_cut_off_with_the_block_that_revokes_it(
    town: Town, tmp_path: Path
) -> None:
    assert all(peer.certificate is None for peer in load_peers(town.folder / "peers.toml"))
    enrolled = join(town, tmp_path).read_json()
    assert enrolled["subject"] == "node bank-2 of bank"
    again = run_here(
        *("member", "enrol", town.folder / "bank" / "authority", tmp_path / "bank-2.csr"),
        *("--out", tmp_path / "stolen.pem"),
    )
    assert again.code == 1
    assert "token_refused: the token was used" in again.err
    assert not (tmp_path / "stolen.pem").exists()

    town.start("bank-2")
    wait_connected(town, "bank-2")
    town.wait_height("bank-2", make_block(town))

    revoked = run_here(
        *("member", "revoke", town.folder / "bank" / "authority", "bank-2"),
        *("--reason", "the machine was stolen", "--network", town.folder, "--as", "bank", "--json"),
    ).read_json()
    assert revoked["revoked"] == [enrolled["serial"]]
    wait_until(
        lambda: count_peers(town, "bank-2") == 0,
        "nobody is connected to bank-2",
        or_say=town.tell_logs,
    )
    assert make_block(town) > revoked["decided"]
    assert town.get_height("bank-2") <= revoked["decided"]
    for name in FOUNDERS:
        assert count(town, name, "peer_cut_off", "was revoked") == 1
        assert count_peers(town, name) == len(FOUNDERS) - 1
    renewed = run_here(
        *("member", "renew", town.folder / "bank-2" / "node.toml"),
        *("--authority", town.folder / "bank" / "authority"),
    )
    assert renewed.code == 1
    assert "was revoked" in renewed.err


def test_an_expelled_organisation_is_cut_off_with_the_block_that_decides_it(town: Town) -> None:
    make_block(town)
    left = tuple(name for name in FOUNDERS if name != "airline")
    seen = [request_attestation(town.folder / name / "node.toml") for name in left]
    call = ledger_calls.expel_organisation("airline", seen)
    with town.connect(*left) as client:
        decided = client.submit_and_wait([call], by=load_authority(town.folder)).height
    wait_until(
        lambda: count_peers(town, "airline") == 0,
        "nobody is connected to the expelled",
        or_say=town.tell_logs,
    )
    assert make_block(town, *left) > decided
    assert town.get_height("airline") <= decided
    for name in left:
        assert count(town, name, "peer_cut_off", "airline is no member of this chain") == 1
        assert count_peers(town, name) == len(left) - 1


def test_a_wrong_authority_and_an_ended_certificate_are_refused(town: Town, tmp_path: Path) -> None:
    assert join(town, tmp_path).code == 0
    home, now = town.folder / "bank-2", dt.datetime.now(dt.UTC)
    key, good = load_holder_key(home / "tls.key"), read_certificate(read_pem(home / "tls.pem"))
    create_authority(tmp_path / "forger", "bank", now)
    forged = open_authority(tmp_path / "forger").issue(SECOND, key.public, now)
    install_certificate(home / "tls.pem", key, forged)
    town.start("bank-2")
    before = make_block(town)
    assert count_peers(town, "bank-2") == 0
    town.stop("bank-2")

    authority = open_authority(town.folder / "bank" / "authority")
    old = authority.issue(SECOND, key.public, now - dt.timedelta(days=60))
    install_certificate(home / "tls.pem", key, old)
    town.start("bank-2")
    wait_refused(town, "the certificate has ended")
    assert count_peers(town, "bank-2") == 0

    install_certificate(home / "tls.pem", key, good)
    # Without a restart: the node looks into the file again, or is told to.
    run_dure("node", "reload-peers", home / "node.toml")
    wait_connected(town, "bank-2")
    town.wait_height("bank-2", before)


def test_a_node_renews_its_certificate_by_itself_and_loses_no_connection(
    town: Town, tmp_path: Path
) -> None:
    assert join(town, tmp_path, "--certified", "12s").code == 0
    home = town.folder / "bank-2"
    settings = (home / "node.toml").read_text()
    assert settings.count('authority = ""') == 1
    changed = settings.replace('authority = ""', 'authority = "../bank/authority"')
    (home / "node.toml").write_text(changed)

    def read_serial() -> bytes:
        return read_certificate(read_pem(home / "tls.pem")).serial

    first = read_serial()
    town.start("bank-2")
    wait_connected(town, "bank-2")
    lost = {name: count(town, name, "peer_disconnected") for name in (*FOUNDERS, "bank-2")}
    wait_until(lambda: read_serial() != first, "the certificate is another")
    second = read_serial()
    wait_until(lambda: read_serial() != second, "and another one", or_say=town.tell_logs)
    town.wait_height("bank-2", make_block(town))
    assert lost == {name: count(town, name, "peer_disconnected") for name in lost}
    wait_connected(town, "bank-2")
    issued = run_here("member", "list", town.folder / "bank" / "authority", "--json").read_json()
    serials = [each["serial"] for each in issued["certificates"]]
    assert {first.hex(), second.hex()} <= set(serials)


def test_the_chain_says_who_is_a_member_and_who_holds_which_role(
    town: Town, tmp_path: Path
) -> None:
    make_block(town)
    known = run_here("member", "show", "--network", town.folder, "--json").read_json()["members"]
    assert set(known) == set(FOUNDERS)
    assert all(len(each["authorities"]) == 1 for each in known.values())
    assert run_here("member", "authority", tmp_path / "next", "--organisation", "bank").code == 0
    published = run_here(
        *("member", "publish", town.folder / "bank" / "authority", tmp_path / "next"),
        *("--network", town.folder, "--as", "bank"),
    )
    assert published.code == 0, published.said
    on_chain = ("--network", town.folder)
    given = run_here("member", "give-role", "oracle", "airline", *on_chain, "--as", "members")
    assert given.code == 0, given.said
    refused = run_here("member", "give-role", "oracle", "bank", *on_chain, "--as", "airline")
    assert refused.code == 1
    assert "only the members together" in refused.err
    run_here("key", "new", tmp_path / "t-1.json")
    added = run_here(
        *("member", "add-device", "t-1", tmp_path / "t-1.json", "--kind", "thermometer"),
        *(*on_chain, "--as", "airline", "--json"),
    ).read_json()
    passed = ("member", "give-role", "oracle", added["address"], *on_chain, "--as", "airline")
    assert run_here(*passed).code == 0
    gone = ("member", "remove-device", tmp_path / "t-1.json", *on_chain, "--as", "airline")
    assert run_here(*gone).code == 0
    assert run_here(*passed).code == 1

    known = run_here("member", "show", *on_chain, "--json").read_json()["members"]
    assert known["airline"]["roles"] == ["oracle"]
    assert len(known["bank"]["authorities"]) == 2
    taken = ("member", "take-role", "oracle", "airline", *on_chain, "--as", "members")
    assert run_here(*taken).code == 0
    assert "oracle" not in run_here("member", "show", *on_chain).out
