"""`dure contract client`: a typed Python client of a contract."""

from pathlib import Path
from typing import Annotated

import typer

from dure.cli.contracts.authoring.file import SourceFile
from dure.cli.contracts.authoring.source import ClassOption, load_source
from dure.cli.output import fail
from dure.contract.interface import build_interface
from dure.core.errors import ConfigurationError
from dure.sdk.generation import write_client


def client(
    file: SourceFile,
    *,
    class_name: ClassOption = None,
    output: Annotated[
        Path | None, typer.Option(help="The module to write; standard output otherwise.")
    ] = None,
) -> None:
    """Write a typed Python client for FILE's contract: a method a call, dataclasses, enumerations.

    Example: dure contract client flight_delay.py --output flight_delay_client.py
    """
    text = write_client(build_interface(load_source(file, class_name)))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as problem:
        fail(ConfigurationError(f"{output} cannot be written: {problem.strerror}"))
