"""`dure contract interface`: what may be called, as JSON."""

import msgspec
import typer

from dure.cli.contracts.authoring.file import SourceFile
from dure.cli.contracts.authoring.source import ClassOption, load_source
from dure.contract.interface import build_interface


def interface(file: SourceFile, *, class_name: ClassOption = None) -> None:
    """Print the interface of FILE's contract as JSON: methods, records, events, choices, state.

    Its schema stands in the reference, on the page Interface.

    Example: dure contract interface flight_delay.py
    """
    found = build_interface(load_source(file, class_name))
    typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
