"""`dure governance`: propose, vote, withdraw, read."""

from typing import Annotated

import typer

from dure.chain.parameters import PROTOCOL_VERSION
from dure.cli.access import connect, load_account
from dure.cli.governance import proposing
from dure.cli.governance.acting import AsMember, Attestations, Folder, gather_for, require_member
from dure.cli.governance.showing import (
    describe_proposal,
    describe_voted,
    show_list,
    show_proposal,
    show_voted,
)
from dure.cli.output import JsonOption, out, print_facts, print_json
from dure.core.address import encode_address
from dure.core.errors import ConfigurationError
from dure.sdk import ledger_calls

app = typer.Typer(no_args_is_help=True, help="Have the members decide: propose, vote, read.")
app.add_typer(proposing.app, name="propose")

Number = Annotated[int, typer.Argument(min=1, help="The proposal's number.")]


@app.command("vote")
def vote(
    folder: Folder,
    number: Number,
    *,
    as_: AsMember = None,
    against: Annotated[bool, typer.Option("--against", help="Vote against it.")] = False,
    attestation: Attestations = None,
    json: JsonOption = False,
) -> None:
    """Vote for proposal NUMBER; the vote that decides carries it out.

    Where the act changes who decides about blocks, the nodes in FOLDER are asked to show that they
    run; those of other members come as files. What the ledger refuses now leaves the proposal open,
    and the vote can be cast again.

    Example: dure governance vote my-network 3 --as bank
    """
    with connect(folder) as client:
        proposal = client.read_proposal(number)
        seen = () if against else gather_for(folder, proposal, attestation or ())
        account = load_account(folder, require_member(as_))
        voted = client.vote(number, by=account, in_favour=not against, attestations=seen)
    facts = describe_voted(voted)
    if json:
        print_json(facts)
    else:
        show_voted(facts)


@app.command("carry-out")
def carry_out(
    folder: Folder,
    number: Number,
    *,
    as_: AsMember = None,
    attestation: Attestations = None,
    json: JsonOption = False,
) -> None:
    """Have proposal NUMBER happen where fewer votes are enough since the last one was cast.

    Example: dure governance carry-out my-network 3 --as bank
    """
    with connect(folder) as client:
        proposal = client.read_proposal(number)
        seen = gather_for(folder, proposal, attestation or ())
        account = load_account(folder, require_member(as_))
        voted = client.carry_out(number, by=account, attestations=seen)
    facts = describe_voted(voted)
    if json:
        print_json(facts)
    else:
        show_voted(facts)


@app.command("withdraw")
def withdraw(
    folder: Folder, number: Number, *, as_: AsMember = None, json: JsonOption = False
) -> None:
    """Withdraw an open proposal of one's own.

    Example: dure governance withdraw my-network 3 --as bank
    """
    with connect(folder) as client:
        account = load_account(folder, require_member(as_))
        receipt = client.withdraw_proposal(number, by=account)
    if json:
        print_json({"proposal": number, "state": "WITHDRAWN", "height": receipt.height})
    else:
        out.print(f"Proposal {number} was withdrawn in block {receipt.height}.", highlight=False)


@app.command("list")
def list_(
    folder: Folder,
    *,
    before: Annotated[
        int | None, typer.Option(min=1, help="Show those with a smaller number than this.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the newest proposals, the newest first; what is shown was proved.

    Example: dure governance list my-network
    """
    with connect(folder) as client:
        proposals = [describe_proposal(each) for each in client.list_proposals(before)]
    if json:
        print_json({"proposals": proposals})
    else:
        show_list(proposals)


@app.command("show")
def show(folder: Folder, number: Number, *, json: JsonOption = False) -> None:
    """Show proposal NUMBER with its votes.

    Example: dure governance show my-network 3
    """
    with connect(folder) as client:
        facts = describe_proposal(client.read_proposal(number))
        tally = client.read_tally(number)
    if json:
        print_json({**facts, "tally": tally})
    else:
        show_proposal(facts, tally)


@app.command("approvers")
def approvers(folder: Folder, *, json: JsonOption = False) -> None:
    """Show which organisations decide, and the accounts by which they vote.

    Example: dure governance approvers my-network
    """
    with connect(folder) as client:
        found = client.list_approvers()
    written = {name: encode_address(account) for name, account in found.items()}
    if json:
        print_json({"approvers": written})
    else:
        print_facts("Who decides", written.items())


@app.command("announce")
def announce(
    folder: Folder,
    version: Annotated[int, typer.Argument(min=1, help="The protocol version.")],
    *,
    as_: AsMember = None,
    json: JsonOption = False,
) -> None:
    """Say that all nodes of a member run protocol VERSION, so that the members can activate it.

    Refused where this program does not know the version: install it at every node first.

    Example: dure governance announce my-network 1 --as bank
    """
    if version > PROTOCOL_VERSION:
        raise ConfigurationError(f"this program knows protocol version {PROTOCOL_VERSION} at most")
    with connect(folder) as client:
        account = load_account(folder, require_member(as_))
        call = ledger_calls.announce_version(version)
        receipt = client.submit_and_wait([call], by=account)
    if json:
        print_json({"version": version, "height": receipt.height})
    else:
        out.print(f"Announced in block {receipt.height}.", highlight=False)
