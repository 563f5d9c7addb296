"""The source that goes to a chain: of one file and one class, and nothing in it to refuse."""

from pathlib import Path

import typer

from dure.cli.contracts.authoring.check import print_problems
from dure.cli.contracts.authoring.file import find_source, read_text
from dure.contract.bundle import Source
from dure.contract.source import check_text


def read_sound_source(file: Path, class_name: str | None) -> Source:
    """Return it; say all that a chain would refuse and end the command where there is something."""
    text = read_text(file)
    problems = check_text(text)
    if problems:
        print_problems(file, problems)
        raise typer.Exit(1)
    return find_source(file, text, class_name)
