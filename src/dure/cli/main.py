"""The command `dure`: every part of Dure from the command line."""

import sys

import typer

from dure.cli import block, contract, key, node, transaction
from dure.cli.bench import commands as bench
from dure.cli.demo import commands as demo
from dure.cli.network import commands as network
from dure.cli.output import fail
from dure.cli.verify import verify_file
from dure.core.errors import DureError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Dure: one ledger for organisations that do not trust one operator.\n\n"
    "Begin with `dure demo flight-delay`; then `dure network init my-network` and `dure network up my-network`.",
)
app.add_typer(demo.app, name="demo")
app.add_typer(network.app, name="network")
app.add_typer(node.app, name="node")
app.add_typer(key.app, name="key")
app.add_typer(contract.app, name="contract")
app.add_typer(transaction.app, name="tx")
app.add_typer(block.app, name="block")
app.add_typer(bench.app, name="bench")
app.command("verify")(verify_file)


def main() -> None:
    """Run the command line; every error of ours ends as one clear message."""
    try:
        app()
    except DureError as problem:
        try:
            fail(problem)
        except typer.Exit as end:
            sys.exit(end.exit_code)
    except BrokenPipeError:
        sys.exit(1)
