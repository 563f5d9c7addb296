"""`dure contract explain`: a contract as an agreement in plain words."""

import re
from pathlib import Path
from typing import Annotated, get_args

import msgspec
import typer
from rich.markdown import Markdown

from dure.cli.access import connect
from dure.cli.contracts.authoring.source import ClassOption, load_source
from dure.cli.output import JsonOption, fail, out, print_json
from dure.contract.agreement import Agreement, LanguageCode, render
from dure.contract.agreement import explain as read_agreement
from dure.core.address import PREFIX, decode_address
from dure.core.errors import ConfigurationError


def explain(
    contract: Annotated[
        str,
        typer.Argument(
            metavar="FILE|ADDRESS",
            help="The contract's Python file, or its address on a chain.",
        ),
    ],
    *,
    lang: Annotated[str, typer.Option(help="Language of the page: en or ko.")] = "en",
    class_name: ClassOption = None,
    network: Annotated[
        Path | None,
        typer.Option(help="Folder of the network on which the address is.", envvar="DURE_NETWORK"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Print what a contract says, for the people whom it binds.

    Who takes part, what each may do and on which conditions, when money moves, what happens by
    itself. Made from signatures, rules and docstrings; texts at the end of the file that begin with
    `en:` or `ko:` say what its names are called in plain words.

    Of an ADDRESS, what stands there now is read: its source is proved before it is explained.

    With --json the same as data, in no language.

    Example: dure contract explain flight_delay.py --lang ko
    """
    languages: dict[str, LanguageCode] = {each: each for each in get_args(LanguageCode)}
    if lang not in languages:
        fail(ConfigurationError(f"--lang is {' or '.join(languages)}, not {lang!r}"))
    agreement = (
        _read_from_chain(contract, network, class_name)
        if re.fullmatch(f"{PREFIX}1[a-z0-9]+", contract)
        else read_agreement(load_source(Path(contract), class_name))
    )
    if json:
        print_json(msgspec.to_builtins(agreement))
        return
    page = render(agreement, languages[lang])
    if out.is_terminal:
        out.print(Markdown(page))
    else:
        typer.echo(page, nl=False)


def _read_from_chain(contract: str, network: Path | None, class_name: str | None) -> Agreement:
    if network is None:
        fail(ConfigurationError("name the network of the address with --network"))
    if class_name is not None:
        fail(ConfigurationError("--class chooses in a file; the chain names the class itself"))
    address = decode_address(contract)
    with connect(network) as client:
        return client.explain(address)
