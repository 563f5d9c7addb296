"""`dure contract start`: let a stopped contract run again."""

from typing import Annotated

import typer

from dure.cli.access import NetworkOption, connect, load_authority
from dure.cli.output import JsonOption, print_facts, print_json
from dure.core.address import decode_address, encode_address


def start(
    contract: Annotated[str, typer.Argument(help="The contract's address.")],
    *,
    network: NetworkOption,
    json: JsonOption = False,
) -> None:
    """Let a stopped CONTRACT run again, approved by the members whose keys lie in the folder.

    Example: dure contract start dure1… --network my-network
    """
    address = decode_address(contract)
    with connect(network) as client:
        receipt = client.start(address, by=load_authority(network))
    facts = {"contract": encode_address(address), "height": receipt.height}
    if json:
        print_json(facts)
    else:
        print_facts("Started", facts.items())
