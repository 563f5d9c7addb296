"""`dure contract stop`: have a contract answer questions only."""

from typing import Annotated

import typer

from dure.cli.access import NetworkOption, connect, load_authority
from dure.cli.output import JsonOption, print_facts, print_json
from dure.core.address import decode_address, encode_address


def stop(
    contract: Annotated[str, typer.Argument(help="The contract's address.")],
    *,
    reason: Annotated[str, typer.Option(help="Why, for everybody to read.")],
    network: NetworkOption,
    json: JsonOption = False,
) -> None:
    """Stop CONTRACT, approved by the members whose keys lie in the network's folder.

    It answers views only, and what it had scheduled waits, until `dure contract start`.

    Example: dure contract stop dure1… --reason "the premium is wrong" --network my-network
    """
    address = decode_address(contract)
    with connect(network) as client:
        receipt = client.stop(address, reason, by=load_authority(network))
    facts = {"contract": encode_address(address), "reason": reason, "height": receipt.height}
    if json:
        print_json(facts)
    else:
        print_facts("Stopped", facts.items())
