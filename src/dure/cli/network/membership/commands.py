"""`dure network validators`: who decides, who will, and how that is changed."""

from pathlib import Path
from typing import Annotated

import typer

from dure.cli.access import connect, fetch, load_authority
from dure.cli.network.membership.change import ChangeRefused, Wish
from dure.cli.network.membership.gathering import build_proposal
from dure.cli.network.membership.report import describe_proposal, print_history, print_proposal
from dure.cli.output import JsonOption, out, print_json
from dure.core.errors import NotFound
from dure.sdk import ledger_calls

app = typer.Typer(no_args_is_help=True, help="See who decides, and change it.")

Folder = Annotated[Path, typer.Argument(help="The network's folder.")]
Yes = Annotated[bool, typer.Option("--yes", help="Send it; without this nothing changes.")]


@app.command("show")
def show(folder: Folder, *, json: JsonOption = False) -> None:
    """Show who decides, the change that waits for its height, and who decided before.

    Example: dure network validators show my-network
    """
    history = fetch(folder, "/v1/validators")
    if json:
        print_json(history)
    else:
        print_history(history)


@app.command("set")
def change(
    folder: Folder,
    *,
    from_height: Annotated[
        str, typer.Option(help="First height that they decide; +5 counts from the newest block.")
    ],
    add: Annotated[
        list[str] | None, typer.Option(help="NODE or ORGANISATION=KEY, as often as needed.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(help="ORGANISATION, NODE or KEY, as often as needed.")
    ] = None,
    replace: Annotated[
        list[str] | None, typer.Option(help="OLD=NEW, for the same organisation.")
    ] = None,
    attestation: Annotated[
        list[Path] | None, typer.Option(help="A file of `dure node attest`, as often as needed.")
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option(help="ORGANISATION=FILE with the account key of one that is no member yet."),
    ] = None,
    yes: Yes = False,
    json: JsonOption = False,
) -> None:
    """Let other validators decide from a height on; without --yes only say what would happen.

    A KEY is 64 hexadecimal digits or the name of a node in FOLDER. Nodes in FOLDER are asked for
    their attestations; those of other members come as files. The change is approved with the
    members' keys that lie in FOLDER.

    Example: dure network validators set my-network --add echo --from-height +5 --yes
    """
    wish = Wish(add or (), remove or (), replace or ())
    proposal = build_proposal(folder, wish, from_height, attestation or (), account or ())
    if not json:
        print_proposal(proposal)
    if proposal.refusal is not None:
        message = f"{proposal.refusal.code}: {proposal.refusal.message}"
        raise ChangeRefused(message, refusal=proposal.refusal.code)
    decided = None
    if yes:
        with connect(folder) as client:
            decided = client.submit_and_wait(proposal.calls, by=load_authority(folder)).height
    if json:
        print_json(describe_proposal(proposal, decided))
    elif decided is None:
        out.print("Nothing was sent. With --yes it is.")
    else:
        out.print(f"Decided in block {decided}.", highlight=False)


@app.command("withdraw")
def withdraw(folder: Folder, *, yes: Yes = False, json: JsonOption = False) -> None:
    """Take back a change that waits for its height; without --yes only say which.

    Example: dure network validators withdraw my-network --yes
    """
    history = fetch(folder, "/v1/validators")
    pending = history["pending"]
    if pending is None:
        raise NotFound("no change of the validators waits for its height")
    decided = None
    if yes:
        with connect(folder) as client:
            call = ledger_calls.withdraw_validators()
            decided = client.submit_and_wait([call], by=load_authority(folder)).height
    if json:
        print_json({"pending": pending, "sent": yes, "decided": decided})
        return
    if decided is None:
        print_history(history)
        out.print("Nothing was sent. With --yes the waiting change is withdrawn.")
    else:
        out.print(f"Withdrawn in block {decided}.", highlight=False)
