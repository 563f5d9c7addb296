"""`dure contract source`: read the code that binds people, now or at an earlier version."""

from typing import Annotated

import msgspec
import typer

from dure.cli.access import NetworkOption, connect
from dure.cli.output import JsonOption, fail, print_json
from dure.contract.machine import compute_code_hash
from dure.core.address import decode_address
from dure.core.errors import NotFound


def source(
    contract: Annotated[str, typer.Argument(help="The contract's address.")],
    *,
    version: Annotated[
        int | None, typer.Option(min=1, help="Which version; the present one otherwise.")
    ] = None,
    network: NetworkOption,
    json: JsonOption = False,
) -> None:
    """Print the source of CONTRACT; that it is the one on the chain was proved by its hash.

    With --json the library modules that it carries too, and every version there was.

    Example: dure contract source dure1… --version 1 --network my-network
    """
    address = decode_address(contract)
    with connect(network) as client:
        versions = client.list_versions(address)
        number = len(versions) if version is None else version
        if number > len(versions):
            fail(NotFound(f"the contract has {len(versions)} versions, no number {number}"))
        found = client.read_source(address, number)
    if json:
        print_json(
            {
                "version": number,
                "code_hash": compute_code_hash(found).hex(),
                "class": found.class_name,
                "source": found.text,
                "library": {module.name: module.text for module in found.library},
                "versions": msgspec.to_builtins(versions),
            }
        )
    else:
        typer.echo(found.text, nl=False)
