"""`dure contract explain`: the contract as an agreement in plain words."""

from typing import Annotated, get_args

import msgspec
import typer
from rich.markdown import Markdown

from dure.cli.contracts.authoring.file import SourceFile
from dure.cli.contracts.authoring.source import ClassOption, load_source
from dure.cli.output import JsonOption, fail, out, print_json
from dure.contract.agreement import LanguageCode, render
from dure.contract.agreement import explain as read_agreement
from dure.core.errors import ConfigurationError


def explain(
    file: SourceFile,
    *,
    lang: Annotated[str, typer.Option(help="Language of the page: en or ko.")] = "en",
    class_name: ClassOption = None,
    json: JsonOption = False,
) -> None:
    """Print what FILE's contract says, for the people whom it binds.

    Who takes part, what each may do and on which conditions, when money moves, what happens by
    itself. Made from signatures, rules and docstrings; a paragraph of a docstring that begins with
    `ko:` is its Korean text, and `ko words:` in the class's docstring gives Korean for names.

    With --json the same as data, in no language.

    Example: dure contract explain flight_delay.py --lang ko
    """
    languages: dict[str, LanguageCode] = {each: each for each in get_args(LanguageCode)}
    if lang not in languages:
        fail(ConfigurationError(f"--lang is {' or '.join(languages)}, not {lang!r}"))
    agreement = read_agreement(load_source(file, class_name))
    if json:
        print_json(msgspec.to_builtins(agreement))
        return
    page = render(agreement, languages[lang])
    if out.is_terminal:
        out.print(Markdown(page))
    else:
        typer.echo(page, nl=False)
