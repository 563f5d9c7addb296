"""How commands speak.

Tables for people, one JSON object for machines, and errors that say what to do.

JSON goes to standard output alone; everything else that a person might want to see goes to standard
error, so that `dure … --json | jq` always works.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from dure.core.errors import (
    AccessDenied,
    ConfigurationError,
    DureError,
    NotFound,
    TimedOut,
    Unavailable,
)

out = Console()
err = Console(stderr=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
"""What shells say of a program that Ctrl-C ended."""


def print_json(data: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output."""
    typer.echo(json.dumps(data, ensure_ascii=False))


def print_facts(title: str, facts: Iterable[tuple[str, object]]) -> None:
    """Print a table of names and values."""
    # No borders: a key or chain id of 64 digits then fits a line of 80, and can be copied whole.
    table = Table(
        title=title, show_header=False, title_justify="left", title_style="bold", box=None
    )
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, str(value))
    out.print(table)


def print_tree(title: str, data: Mapping[str, Any]) -> None:
    """Print nested data as an indented tree."""
    tree = Tree(f"[bold]{escape(title)}[/bold]")
    _grow(tree, data)
    out.print(tree, highlight=False)


def _grow(tree: Tree, data: Mapping[str, Any] | Sequence[Any]) -> None:
    items = data.items() if isinstance(data, Mapping) else enumerate(data)
    for name, value in items:
        if isinstance(value, (Mapping, list)) and value:
            _grow(tree.add(f"[dim]{escape(str(name))}[/dim]"), value)
        else:
            tree.add(f"[dim]{escape(str(name))}[/dim] {escape(str(value))}")


def fail(problem: DureError) -> NoReturn:
    """Print what was wrong and end with the exit code of its kind."""
    text = f"[red]error[/red] {problem.code}: {escape(problem.message)}"
    # One line, however long: paths and commands in it are there to be copied.
    err.print(text, highlight=False, soft_wrap=True)
    hint = _get_hint(problem)
    if hint:
        err.print(f"      {hint}", highlight=False)
    raise typer.Exit(EXIT_USAGE if isinstance(problem, ConfigurationError) else EXIT_FAILED)


def _get_hint(problem: DureError) -> str:
    match problem:
        case NotFound() | TimedOut():
            return ""
        case Unavailable():
            return "Is the network up? `dure network status` tells."
        case AccessDenied():
            return "The node's operator decides who may do that."
        case _:
            return ""
