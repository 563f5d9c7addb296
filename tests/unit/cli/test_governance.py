"""Founding a network whose members vote, and what its commands refuse before anything is sent."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dure.chain import system
from dure.chain.genesis.document import decode_genesis_file
from dure.chain.genesis.governance import GovernancePlan, VotingRule
from dure.chain.transaction import Call
from dure.cli.access import find_address, load_authority, parse_roles
from dure.cli.governance import proposing
from dure.cli.main import build_app
from dure.cli.network.commands import parse_period
from dure.contract.library import token
from dure.core.address import encode_address
from dure.core.codec import decode
from dure.core.errors import ConfigurationError
from dure.core.types import Address
from dure.sdk import Voters

MEMBERS = ("--members", "bank,mill,port", "--first-api-port", "0")


def found(folder: Path, *options: str) -> None:
    done = CliRunner().invoke(build_app(), ["network", "init", str(folder), *MEMBERS, *options])
    assert done.exit_code == 0, done.output
    assert done.exception is None


def test_a_network_is_founded_whose_members_vote(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    found(folder, "--governance", "named", "--approvers", "port,bank", "--voting-period", "90s")
    document = decode_genesis_file((folder / "genesis.dure").read_bytes())
    plan = document.genesis.authority
    assert isinstance(plan, GovernancePlan)
    assert (plan.rule, plan.named) == (VotingRule.NAMED, ("bank", "port"))
    assert plan.voting_period == 90_000
    assert document.governance is not None
    authority = load_authority(folder)
    assert isinstance(authority, Voters)
    assert len(authority.accounts) == 3


def test_without_a_rule_the_members_share_an_account(tmp_path: Path) -> None:
    found(tmp_path / "net")
    assert not isinstance(load_authority(tmp_path / "net"), Voters)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--approvers", "bank"), "goes with --governance named"),
        (("--governance", "named", "--approvers", "nobody"), "no member is called nobody"),
        (("--governance", "all", "--voting-period", "soon"), "not a length of time"),
    ],
)
def test_a_plan_that_says_nothing_sound_is_refused(
    tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    words = ["network", "init", str(tmp_path / "net"), *MEMBERS, *options]
    done = CliRunner().invoke(build_app(), words)
    assert isinstance(done.exception, ConfigurationError)
    assert message in done.exception.message


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("7d", 604_800_000), ("12h", 43_200_000), ("30m", 1_800_000), ("90s", 90_000)],
)
def test_periods_are_numbers_with_a_unit(text: str, milliseconds: int) -> None:
    assert parse_period(text) == milliseconds


@pytest.mark.parametrize("text", ["", "d", "7", "-7d", "7w", "\u0667d", "9999999s"])
def test_other_periods_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="not a length of time"):
        parse_period(text)


def test_a_program_does_not_announce_what_it_does_not_know(tmp_path: Path) -> None:
    words = ["governance", "announce", str(tmp_path), "99", "--as", "bank"]
    done = CliRunner().invoke(build_app(), words)
    assert isinstance(done.exception, ConfigurationError)
    assert "protocol version 1 at most" in done.exception.message


@pytest.fixture
def proposed(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What the commands would have decided."""
    calls: list[Call] = []

    def keep(_folder: Path, call: Call, **_options: object) -> None:
        calls.append(call)

    monkeypatch.setattr(proposing, "decide", keep)
    return calls


def propose(*words: object) -> None:
    typed = ["governance", "propose", *map(str, words)]
    done = CliRunner().invoke(build_app(["governance"]), typed, catch_exceptions=False)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("act", ["give_role", "take_role"])
def test_roles_of_the_chain_are_proposed(tmp_path: Path, proposed: list[Call], act: str) -> None:
    folder = tmp_path / "net"
    found(folder)
    propose(act.replace("_", "-"), folder, "oracle", "mill", "--as", "bank")
    (call,) = proposed
    given = decode(system.ChainRoleArguments, call.arguments)
    assert (call.method, given.role) == (act, "oracle")
    assert given.holder == find_address(folder, "mill")


def test_a_deployment_is_proposed_with_its_roles(tmp_path: Path, proposed: list[Call]) -> None:
    folder = tmp_path / "net"
    found(folder)
    stranger = encode_address(Address(bytes(range(32))))
    roles = ("--role", "issuer=bank", "--role", f"issuer={stranger}")
    source = (token.__file__, "code=KRW", "decimals=0")
    propose("deploy", folder, *source, "--class", "Token", "--owner", "port", *roles)
    given = decode(system.DeployArguments, proposed[0].arguments)
    holders = [find_address(folder, "bank"), Address(bytes(range(32)))]
    assert given.roles == tuple(("issuer", each) for each in holders)
    assert given.owner == find_address(folder, "port")


def test_an_address_beats_a_file_that_is_called_like_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "net"
    found(folder)
    typed = Address(bytes(range(32)))
    planted = tmp_path / encode_address(typed)
    shutil.copy(folder / "mill" / "account.json", planted)
    shutil.copytree(folder / "mill", folder / planted.name)
    monkeypatch.chdir(tmp_path)
    assert find_address(folder, planted.name) == typed
    assert find_address(folder, "mill") == find_address(folder, str(planted)) != typed


def test_a_role_without_a_holder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="ROLE=ADDRESS or ROLE=MEMBER"):
        parse_roles(tmp_path, ["issuer"])
    with pytest.raises(ConfigurationError, match="'nobody' is neither an address"):
        parse_roles(tmp_path, ["issuer=nobody"])
