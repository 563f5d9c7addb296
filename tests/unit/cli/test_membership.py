"""A change of the validators in an operator's words, and one more node in a network's folder."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from dure.chain.genesis.document import ChainKind, EngineKind, decode_genesis_file
from dure.chain.system import SetValidatorsArguments
from dure.cli.access import load_authority
from dure.cli.main import build_app
from dure.cli.network.founding import Network, Plan, found_network, load_network
from dure.cli.network.membership.change import (
    Facts,
    Wish,
    choose_attestations,
    compute_members,
    judge,
    list_warnings,
    parse_height,
)
from dure.cli.network.membership.gathering import Proposal
from dure.cli.network.membership.report import describe_proposal, print_proposal
from dure.cli.network.node_files import Member
from dure.cli.operating.attest import FILE_BYTES_MAX, load_attestation, render_attestation
from dure.core.attestation import Attestation, AttestationStatement, compute_attestation_message
from dure.core.errors import ConfigurationError, DureError
from dure.core.types import BlockId, ChainId, Height, Instant, PublicKey
from dure.core.validators import Validator, build_validator_set
from dure.identity.authorities.authority import read_pem
from dure.identity.authorities.profile import read_certificate
from dure.identity.keys import SigningKey, load_key
from dure.node.configuration import load_configuration, locate_files
from dure.node.durable.signer import FileSigner
from dure.node.peers.directory import load_peers
from dure.sdk import ThresholdAccount

APP = build_app(["network", "node"])
CHAIN = ChainId(bytes(range(32)))
NOW = Instant(1_700_000_000_000)
KEYS = {
    name: SigningKey(bytes([1 + number]) * 32)
    for number, name in enumerate(("bank", "port", "city", "mill", "echo", "bank-2", "stranger"))
}


def key_of(name: str) -> PublicKey:
    return KEYS[name].public


NETWORK = Network(
    name="village",
    chain_id=CHAIN.hex(),
    kind="consortium",
    engine="pbft",
    test=False,
    members=tuple(
        Member(name, "http://localhost:1", 1, 1, key_of(name).hex())
        for name in KEYS
        if name != "stranger"
    ),
)
PRESENT = build_validator_set(
    [Validator(key_of(name), name) for name in ("bank", "port", "city", "mill")]
)
FACTS = Facts(CHAIN, Height(40), PRESENT, changes=0, engine=EngineKind.PBFT)


def attest(name: str, **fields: Any) -> Attestation:
    statement = AttestationStatement(
        chain_id=CHAIN,
        validator=key_of(name),
        height=Height(40),
        block_id=BlockId(bytes(32)),
        time=NOW,
    )
    statement = msgspec.structs.replace(statement, **fields)
    return Attestation(statement, KEYS[name].sign(compute_attestation_message(statement)))


def organisations(wish: Wish) -> dict[PublicKey, str]:
    members = compute_members(wish, PRESENT, NETWORK)
    return {member.key: member.organisation for member in members}


# Words


def test_a_node_of_the_folder_is_named_by_its_name_and_another_by_its_key() -> None:
    stranger = key_of("stranger").hex()
    told = organisations(Wish(add=["echo", "bank=bank-2", f"far={stranger}"]))
    assert len(told) == 7
    assert told[key_of("echo")] == "echo"
    assert told[key_of("bank-2")] == "bank"
    assert told[key_of("stranger")] == "far"


@pytest.mark.parametrize("word", ["city", key_of("city").hex()])
def test_who_leaves_is_named_by_organisation_node_or_key(word: str) -> None:
    told = organisations(Wish(remove=[word]))
    assert sorted(told.values()) == ["bank", "mill", "port"]


def test_a_new_key_takes_the_place_of_the_old_for_the_same_organisation() -> None:
    told = organisations(Wish(replace=["bank=bank-2", f"{key_of('port').hex()}=echo"]))
    assert key_of("bank") not in told
    assert told[key_of("bank-2")] == "bank"
    assert told[key_of("echo")] == "port"


@pytest.mark.parametrize(
    "wish",
    [
        Wish(add=["nobody"]),
        Wish(add=["echo=abcd"]),
        Wish(remove=["nobody"]),
        Wish(remove=["echo"]),
        Wish(remove=["bank", "bank"]),
        Wish(replace=["bank"]),
        Wish(replace=["bank=nobody"]),
        Wish(replace=["echo=bank-2"]),
    ],
    ids=repr,
)
def test_words_that_name_nobody_are_refused(wish: Wish) -> None:
    with pytest.raises(DureError) as refused:
        compute_members(wish, PRESENT, NETWORK)
    assert refused.value.code in {"configuration_error", "not_found"}


@pytest.mark.parametrize(("text", "height"), [("41", 41), ("+1", 41), ("+10", 50), ("7", 7)])
def test_a_height_is_counted_from_the_genesis_or_the_newest_block(text: str, height: int) -> None:
    assert parse_height(text, Height(40)) == height


@pytest.mark.parametrize("text", ["", "+", "-1", "soon", "1e3", "٣", "9" * 30])
def test_what_is_no_height_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="a height is a number"):
        parse_height(text, Height(40))


# What the chain would say


def say(names: list[str], seen: list[str], *, strangers: tuple[str, ...] = ()) -> str:
    members = tuple(Validator(key_of(name), name) for name in names)
    given = SetValidatorsArguments(members, Height(45), tuple(map(attest, seen)))
    refusal = judge(given, FACTS, NOW, strangers)
    return "ok" if refusal is None else refusal.code


def test_the_command_knows_what_the_chain_would_say() -> None:
    five = ["bank", "port", "city", "mill", "echo"]
    assert say(five, five) == "ok"
    assert say(five, five[1:]) == "ok"
    assert say(five, five[:4]) == "validators_absent"
    assert say(five[:3], five[:1]) == "validators_absent"
    assert say(five, five, strangers=("echo",)) == "bad_validators"
    assert say(five[:4], five[:4]) == "validators_unchanged"


def test_of_several_attestations_the_newest_counts_and_strangers_are_left_out() -> None:
    old, new = attest("bank", time=Instant(NOW - 5)), attest("bank")
    members = [Validator(key_of("bank"), "bank")]
    for given in ([old, new], [new, old], [new, attest("echo"), old]):
        assert choose_attestations(given, members) == (new,)


def test_what_is_allowed_and_not_wise_is_said() -> None:
    def warn(*organisations: str) -> str:
        keys = list(KEYS.values())
        members = [
            Validator(key.public, name) for key, name in zip(keys, organisations, strict=False)
        ]
        return " ".join(list_warnings(members))

    assert warn("a", "b", "c", "d") == ""
    assert "a has 2 of 4 validators" in warn("a", "a", "b", "c")
    assert "none of the new validators may fail" in warn("a", "b", "c")
    assert warn("a") == ""


def test_a_person_sees_who_comes_who_goes_and_who_was_not_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also where an organisation chose its name to deceive the terminal."""
    names = {"bank": "bank", "port": "port", "city": "city", "echo": "[red]echo"}
    members = tuple(Validator(key_of(key), name) for key, name in names.items())
    seen = tuple(attest(name) for name in ("bank", "port", "echo"))
    given = SetValidatorsArguments(members, Height(45), seen)
    proposal = Proposal(FACTS, given, NOW, (), {key_of("city"): "it does not run"}, None)
    print_proposal(proposal)
    told = capsys.readouterr().out
    for line in (("[red]echo", "new"), ("city", "no: it does not"), ("mill", "leaves")):
        assert any(all(word in row for word in line) for row in told.splitlines()), line
    facts = describe_proposal(proposal, None)
    assert [each["seen"] for each in facts["members"]] == [True, True, False, True]
    assert [each["organisation"] for each in facts["leaving"]] == ["mill"]
    assert (facts["sent"], facts["quorum"]) == (False, {"before": 3, "after": 3})


# One more node


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plan = Plan("village", ("bank", "port", "city", "mill"), first_api_port=0)
    found_network(tmp_path / "net", plan)
    return tmp_path / "net"


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(APP, [*map(str, arguments)])
    if isinstance(done.exception, DureError):
        return 1, done.exception.message
    return done.exit_code, done.output


def test_a_node_is_added_and_the_others_files_name_it(folder: Path) -> None:
    before = load_peers(folder / "peers.toml")
    code, told = run("network", "add-node", folder, "echo", "--first-api-port", 0, "--json")
    assert code == 0
    facts = json.loads(told)
    network, peers = load_network(folder), load_peers(folder / "peers.toml")
    assert [member.name for member in network.members] == ["bank", "port", "city", "mill", "echo"]
    assert peers[:4] == before
    assert peers[4].key.hex() == network.members[4].validator_key == facts["validator_key"]
    settings = load_configuration(folder / "echo" / "node.toml", {})
    assert (settings.peers.port, settings.api.port) == (peers[4].port, network.members[4].api_port)
    (folder / "entry.toml").write_text(facts["peer"])
    assert load_peers(folder / "entry.toml") == peers[4:]
    ports = [port for each in network.members for port in (each.api_port, each.peer_port)]
    assert len(set(ports)) == len(ports)


def test_the_new_nodes_files_are_complete_and_private(folder: Path) -> None:
    run("network", "add-node", folder, "echo", "--host", "127.0.0.2")
    home = folder / "echo"
    for name in ("validator.json", "account.json", "guard", "tls.key"):
        assert (home / name).stat().st_mode & 0o077 == 0
    signer = FileSigner(home / "guard", load_key(home / "validator.json"))
    assert signer.sign(1, 0, 0, b"vote") is not None
    signer.close()
    assert load_configuration(home / "node.toml", {}).peers.host == "127.0.0.2"


def test_the_members_together_are_who_they_were(folder: Path) -> None:
    before = load_authority(folder)
    run("network", "add-node", folder, "echo")
    after = load_authority(folder)
    assert isinstance(before, ThresholdAccount)
    assert isinstance(after, ThresholdAccount)
    assert (after.address, after.keys[0].public) == (before.address, before.keys[0].public)
    assert len(after.keys) == len(before.keys)


@pytest.mark.parametrize("name", ["bank", "../echo", "a b", "", "x" * 33])
def test_a_name_that_is_taken_or_no_name_changes_nothing(folder: Path, name: str) -> None:
    files = [(folder / file).read_bytes() for file in ("network.json", "peers.toml")]
    code, _ = run("network", "add-node", folder, name)
    assert code != 0
    assert [(folder / file).read_bytes() for file in ("network.json", "peers.toml")] == files


# Attestations as files


def test_an_attestation_survives_its_file(tmp_path: Path) -> None:
    file = tmp_path / "echo.json"
    file.write_text(json.dumps(render_attestation(attest("echo"))))
    assert load_attestation(file) == attest("echo")


def spoil(**fields: object) -> str:
    form = render_attestation(attest("echo"))
    return json.dumps(form | fields)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "[]",
        "{}",
        '"text"',
        "[" * 3000,
        spoil(more=1),
        spoil(signature="00"),
        spoil(statement=None),
        " " * (FILE_BYTES_MAX + 1),
    ],
)
def test_what_is_no_attestation_is_the_operators_to_mend(tmp_path: Path, text: str) -> None:
    file = tmp_path / "echo.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="holds no attestation"):
        load_attestation(file)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_attestation(tmp_path / "nothing")


def test_nobody_is_asked_where_no_node_runs(folder: Path) -> None:
    code, told = run("node", "attest", folder / "bank" / "node.toml")
    assert code == 1
    assert "does not run" in told


def test_nodes_are_known_by_their_organisation_but_on_public_chains(tmp_path: Path) -> None:
    for kind, is_pinned in ((ChainKind.CONSORTIUM, False), (ChainKind.PUBLIC, True)):
        folder = tmp_path / kind
        found_network(folder, Plan("village", ("bank", "port"), kind=kind, first_api_port=0))
        for peer in load_peers(folder / "peers.toml"):
            assert (peer.certificate is not None) == is_pinned
            assert peer.organisation == (None if is_pinned else peer.name)
            assert (folder / peer.name / "authority").exists() != is_pinned
        genesis = decode_genesis_file((folder / "genesis.dure").read_bytes()).genesis
        assert {each.authority is None for each in genesis.organisations} == {is_pinned}


def test_a_second_node_is_certified_by_the_authority_of_its_organisation(folder: Path) -> None:
    authority = folder / "bank" / "authority"
    code, _ = run("network", "add-node", folder, "bank-2", "--authority", authority)
    assert code == 0
    certificate = read_certificate(read_pem(folder / "bank-2" / "tls.pem"))
    assert str(certificate.subject) == "node bank-2 of bank"
    peer = load_peers(folder / "peers.toml")[-1]
    assert (peer.name, peer.organisation, peer.certificate) == ("bank-2", "bank", None)
    files = locate_files(
        folder / "bank-2" / "node.toml", load_configuration(folder / "bank-2" / "node.toml", {})
    )
    assert files.authority is not None
    assert files.authority.resolve() == authority.resolve()


def test_a_node_whose_authority_is_elsewhere_has_a_key_and_waits(folder: Path) -> None:
    code, _ = run("network", "add-node", folder, "bank-2", "--organisation", "bank")
    assert code == 0
    assert (folder / "bank-2" / "tls.key").stat().st_mode & 0o077 == 0
    assert not (folder / "bank-2" / "tls.pem").exists()
    assert load_peers(folder / "peers.toml")[-1].organisation == "bank"
