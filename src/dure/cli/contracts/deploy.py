"""`dure contract deploy`: put a contract on a chain."""

from typing import Annotated

import typer

from dure.cli.access import (
    Arguments,
    NetworkOption,
    RolesOption,
    connect,
    load_account,
    load_authority,
    parse_roles,
)
from dure.cli.contracts.arguments import read_values
from dure.cli.contracts.authoring.file import SourceFile
from dure.cli.contracts.authoring.source import ClassOption, load_source
from dure.cli.output import JsonOption, print_facts, print_json
from dure.contract.interface import build_interface
from dure.core.address import encode_address


def deploy(
    file: SourceFile,
    arguments: Arguments = None,
    *,
    network: NetworkOption,
    owner: Annotated[str, typer.Option(help="Member whose account owns the contract.")],
    class_name: ClassOption = None,
    role: RolesOption = None,
    json: JsonOption = False,
) -> None:
    """Put FILE on the chain, approved by the members whose keys lie in the network's folder.

    Example: dure contract deploy token.py code=KRW decimals=0 --network my-network --owner bank
    --role issuer=bank
    """
    source = load_source(file, class_name)
    interface = build_interface(source)
    roles = parse_roles(network, role)
    with connect(network) as client:
        deployed = client.deploy(
            source,
            by=load_authority(network),
            owner=load_account(network, owner).address,
            roles=roles,
            arguments=read_values(interface, interface.initialiser, arguments),
        )
    facts = {"contract": encode_address(deployed.address), "class": source.class_name}
    if json:
        print_json(facts)
    else:
        print_facts("Deployed", facts.items())
