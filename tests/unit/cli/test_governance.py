"""Founding a network whose members vote, and what its commands refuse before anything is sent."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dure.chain.genesis.document import decode_genesis_file
from dure.chain.genesis.governance import GovernancePlan, VotingRule
from dure.cli.access import load_authority
from dure.cli.main import build_app
from dure.cli.network.commands import parse_period
from dure.core.errors import ConfigurationError
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
