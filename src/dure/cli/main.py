"""The command `dure`: every part of Dure from the command line.

A command's module is loaded when the command is named, because nobody should wait for a database
library to see a proof verified. `dure --help` loads them all.
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Final

import typer

from dure.cli.output import EXIT_FAILED, EXIT_INTERRUPTED, fail
from dure.core.errors import DureError

COMMANDS: Final = {
    "demo": "dure.cli.demo.commands",
    "network": "dure.cli.network.commands",
    "member": "dure.cli.members.commands",
    "governance": "dure.cli.governance.commands",
    "node": "dure.cli.node",
    "access": "dure.cli.operating.callers.commands",
    "key": "dure.cli.key",
    "account": "dure.cli.account",
    "contract": "dure.cli.contracts.commands",
    "app": "dure.cli.application",
    "seal": "dure.cli.sealing.commands",
    "tx": "dure.cli.transaction",
    "block": "dure.cli.block",
    "verify": "dure.cli.verify",
    "console": "dure.cli.network.hosting.console",
    "bench": "dure.cli.bench.commands",
    "simulate": "dure.cli.simulate",
}
"""The module of each command, in the order of the help.

Each has an `app`, those of `SINGLE` their one function.
"""

SINGLE: Final = {"verify": "verify_file", "console": "run_console"}
"""Commands without commands of their own."""

HELP: Final = """Dure: one ledger for organisations that do not trust one operator.

Begin with `dure demo flight-delay`; then
`dure network init my-network` and `dure network up my-network`."""


def build_app(names: Iterable[str] = tuple(COMMANDS)) -> typer.Typer:
    """Return the command line with these commands."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
    )
    # Without a callback a single command would lose its name.
    app.callback(help=HELP)(_about)
    for name in names:
        module = import_module(COMMANDS[name])
        if name in SINGLE:
            app.command(name)(getattr(module, SINGLE[name]))
        else:
            app.add_typer(module.app, name=name)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dure {version('dure')}")
        raise typer.Exit


def _about(
    *,
    show_version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version."),
    ] = False,
) -> None:
    """Take the options that belong to no command."""


def main() -> None:
    """Run the command line; every error of ours ends as one clear message."""
    named = sys.argv[1:2]
    app = build_app(named) if named and named[0] in COMMANDS else build_app()
    try:
        app()
    except DureError as problem:
        try:
            fail(problem)
        except typer.Exit as end:
            sys.exit(end.exit_code)
    except BrokenPipeError:
        sys.exit(EXIT_FAILED)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
