"""`dure tx`: look at transactions."""

from typing import Annotated

import typer

from dure.cli.access import NetworkOption, fetch
from dure.cli.output import JsonOption, print_json, print_tree

app = typer.Typer(no_args_is_help=True, help="Look at transactions.")


@app.callback()
def about() -> None:
    """Look at transactions."""


@app.command("show")
def show(
    transaction: Annotated[str, typer.Argument(help="The transaction's id, 64 hex digits.")],
    *,
    network: NetworkOption,
    json: JsonOption = False,
) -> None:
    """Show a transaction: its calls, its receipt, its events, and how final it is.

    Example: dure tx show 3f9a… --network my-network
    """
    answer = fetch(network, f"/v1/transactions/{transaction}")
    if json:
        print_json(answer)
    else:
        print_tree(f"Transaction {transaction[:16]}…", answer)
