"""A contract's file: its text, and the class in it that is meant."""

from pathlib import Path
from typing import Annotated, Final

import typer

from dure.cli.output import fail
from dure.contract.bundle import Source
from dure.contract.source import bundle
from dure.core.errors import ConfigurationError

SOURCE_BYTES_MAX: Final = 1024 * 1024

SourceFile = Annotated[Path, typer.Argument(help="The contract's Python file.")]
ClassOption = Annotated[
    str | None, typer.Option("--class", help="The contract class; needed where a file has several.")
]


def read_text(file: Path) -> str:
    """Return a file's text; end the command where there is none."""
    try:
        data = file.read_bytes()
        if len(data) > SOURCE_BYTES_MAX:
            fail(ConfigurationError(f"{file} has {len(data)} bytes; no contract is so long"))
        return data.decode("utf-8")
    except OSError as problem:
        fail(ConfigurationError(f"{file} cannot be read: {problem.strerror}"))
    except UnicodeDecodeError:
        fail(ConfigurationError(f"{file} is not text in UTF-8"))


def find_source(file: Path, text: str, wanted: str | None) -> Source:
    """Return the source of the one class that is meant; end the command where that is unclear."""
    names = [
        line.removeprefix("class ").split("(")[0]
        for line in text.splitlines()
        if line.startswith("class ") and line.rstrip().endswith("(Contract):")
    ]
    chosen = [name for name in names if wanted in {None, name}]
    if len(chosen) != 1:
        known = ", ".join(names) or "none"
        fail(ConfigurationError(f"name the contract class with --class; {file} has: {known}"))
    return bundle(text, chosen[0])
