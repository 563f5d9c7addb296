"""The source of the class that a command is about, with nothing in it to refuse."""

import ast
from pathlib import Path
from typing import Annotated

import typer

from dure.cli.contracts.authoring.check import print_problems
from dure.cli.contracts.authoring.file import read_text
from dure.contract.bundle import Source
from dure.contract.source import bundle, check_text, find_contracts
from dure.core.errors import ConfigurationError

ClassOption = Annotated[
    str | None, typer.Option("--class", help="The contract class; needed where a file has several.")
]


def load_source(file: Path, class_name: str | None) -> Source:
    """Return the source of the class that is meant, checked.

    Print what the checker refuses and end the command with 1; end it with 2 where it is unclear
    which class is meant.
    """
    text = read_text(file)
    problems = check_text(text)
    if problems:
        print_problems(file, problems, text)
        raise typer.Exit(1)
    return bundle(text, choose_class(str(file), text, class_name))


def choose_class(where: str, text: str, wanted: str | None) -> str:
    """Return the contract class that is meant; raise `ConfigurationError` where that is unclear."""
    names = find_contracts(text)
    chosen = [name for name in names if wanted in {None, name}]
    if wanted is None and len(names) > 1:
        # Whatever another class of the file inherits from is a part, not the contract.
        chosen = _leave_out_bases(names, text)
    if len(chosen) != 1:
        known = ", ".join(names) or "none"
        raise ConfigurationError(f"name the contract class with --class; {where} has: {known}")
    return chosen[0]


def _leave_out_bases(names: list[str], text: str) -> list[str]:
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    bases = {base.id for node in classes for base in node.bases if isinstance(base, ast.Name)}
    return [name for name in names if name not in bases]
