"""`dure contract upgrade`: give a contract on a chain new code."""

from typing import Annotated

import typer

from dure.cli.access import Arguments, NetworkOption, connect, load_authority
from dure.cli.contracts.arguments import read_values
from dure.cli.contracts.authoring.file import SourceFile
from dure.cli.contracts.authoring.source import ClassOption, load_source
from dure.cli.output import JsonOption, print_facts, print_json
from dure.contract.interface import build_interface
from dure.core.address import decode_address, encode_address


def upgrade(
    file: SourceFile,
    contract: Annotated[str, typer.Argument(help="The contract's address.")],
    arguments: Arguments = None,
    *,
    network: NetworkOption,
    class_name: ClassOption = None,
    json: JsonOption = False,
) -> None:
    """Give CONTRACT the code in FILE, approved by the members whose keys lie in the folder.

    What the contract has stored stays. Arguments are those of the method marked @migrate.

    Example: dure contract upgrade token2.py dure1… fee=10 --network my-network
    """
    source = load_source(file, class_name)
    interface = build_interface(source)
    address = decode_address(contract)
    given = read_values(interface, interface.migration, arguments)
    with connect(network) as client:
        client.upgrade(address, source, by=load_authority(network), arguments=given)
        newest = client.list_versions(address)[-1]
    facts = {
        "contract": encode_address(address),
        "class": source.class_name,
        "version": newest.version,
        "height": newest.height,
    }
    if json:
        print_json(facts)
    else:
        print_facts("Upgraded", facts.items())
