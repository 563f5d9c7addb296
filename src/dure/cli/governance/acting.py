"""How the commands have something decided, on both kinds of chain.

Where the members vote, a proposal is made in the name of one of them. Where they share an account,
there is nothing to vote on: the keys in the network's folder decide at once.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dure.chain import system
from dure.chain.transaction import Call
from dure.cli.access import connect, fetch, load_account, load_authority
from dure.cli.governance.showing import describe_voted, show_voted
from dure.cli.network.founding import load_network
from dure.cli.network.membership.change import read_facts
from dure.cli.network.membership.gathering import gather_attestations
from dure.cli.output import print_json
from dure.core.attestation import Attestation
from dure.core.errors import ConfigurationError
from dure.core.validators import Validator
from dure.sdk import Voters
from dure.sdk.governance import Proposal

ATTEMPTS: Final = 6
PAUSE_S: Final = 1.0

Folder = Annotated[Path, typer.Argument(help="The network's folder.")]
AsMember = Annotated[
    str | None,
    typer.Option("--as", help="The member that proposes or votes: its name, or a key file's path."),
]
Summary = Annotated[str, typer.Option(help="Why, for everybody to read: at most 500 characters.")]
Attestations = Annotated[
    list[Path] | None,
    typer.Option("--attestation", help="A file of `dure node attest`, as often as needed."),
]


def decide(folder: Path, call: Call, *, as_: str | None, summary: str, json: bool) -> None:
    """Propose a call of the ledger's own, or have it done where the members share an account."""
    authority = load_authority(folder)
    with connect(folder) as client:
        if not isinstance(authority, Voters):
            receipt = client.submit_and_wait([call], by=authority)
            facts: dict[str, Any] = {
                "proposal": None,
                "state": "CARRIED_OUT",
                "height": receipt.height,
                "result": receipt.results[0].hex(),
            }
        else:
            account = load_account(folder, require_member(as_))
            facts = describe_voted(client.propose(call, by=account, summary=summary))
    if json:
        print_json(facts)
    else:
        show_voted(facts)


def require_member(as_: str | None) -> str:
    """Return who acts; raise `ConfigurationError` where nobody was named."""
    if as_ is None:
        raise ConfigurationError("say which member does it: --as NAME, or --as KEYFILE")
    return as_


def gather_for(folder: Path, proposal: Proposal, files: Iterable[Path]) -> tuple[Attestation, ...]:
    """Return the attestations that carrying a proposal out needs, from nodes and from files."""
    opened = proposal.open_arguments()
    if isinstance(opened, system.DecideValidatorsArguments):
        return gather(folder, opened.members, files)
    if isinstance(opened, system.DecideExpulsionArguments):
        return gather_without(folder, opened.name, files)
    return ()


def gather_without(folder: Path, name: str, files: Iterable[Path]) -> tuple[Attestation, ...]:
    """Return attestations of the validators that stay; none where the organisation has none."""
    facts = read_facts(fetch(folder, "/v1/status"), fetch(folder, "/v1/validators"))
    members = facts.present.members
    left = [each for each in members if each.organisation != name]
    return () if len(left) == len(members) else gather(folder, left, files)


def gather(
    folder: Path, members: Iterable[Validator], files: Iterable[Path]
) -> tuple[Attestation, ...]:
    """Return the newest attestation of each validator that can be reached.

    A node that catches up with the newest block signs a moment later, so it is asked again.
    """
    wanted, given = tuple(members), tuple(files)
    network = load_network(folder)
    here = {member.validator_key for member in network.members}
    found: tuple[Attestation, ...] = ()
    for _ in range(ATTEMPTS):
        found, absent = gather_attestations(folder, network, wanted, given)
        if not any(key.hex() in here for key in absent):
            break
        time.sleep(PAUSE_S)
    return found
