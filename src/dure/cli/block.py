"""`dure block`: look at blocks."""

from typing import Annotated

import typer

from dure.cli.access import NetworkOption, fetch
from dure.cli.output import JsonOption, print_json, print_tree

app = typer.Typer(no_args_is_help=True, help="Look at blocks.")


@app.callback()
def about() -> None:
    """Look at blocks."""


@app.command("show")
def show(
    height: Annotated[int, typer.Argument(min=0, help="The block's height.")],
    *,
    network: NetworkOption,
    json: JsonOption = False,
) -> None:
    """Show a block: header, seals, transactions and scheduled calls.

    Example: dure block show 7 --network my-network
    """
    answer = fetch(network, f"/v1/blocks/{height}")
    if json:
        print_json(answer)
    else:
        print_tree(f"Block {height}", answer)
