"""A contract's file as text."""

from pathlib import Path
from typing import Annotated, Final

import typer

from dure.cli.output import fail
from dure.core.errors import ConfigurationError

SOURCE_BYTES_MAX: Final = 1024 * 1024

SourceFile = Annotated[Path, typer.Argument(help="The contract's Python file.")]


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
