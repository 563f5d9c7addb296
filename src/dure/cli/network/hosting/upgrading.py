"""A network's contracts, and new code for one of them, approved with the keys that lie here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dure.cli.access import connect, fetch, load_authority
from dure.cli.contracts.arguments import read_values
from dure.cli.contracts.authoring.source import choose_class
from dure.cli.network.hosting.life import hold
from dure.cli.network.hosting.views import ContractLine, ContractLines
from dure.contract.interface import build_interface
from dure.contract.source import bundle, check_text
from dure.core.address import decode_address
from dure.core.errors import ConfigurationError

PROBLEMS_TOLD: Final = 5


def list_contracts(folder: Path) -> ContractLines:
    """Return the first contracts of a running network's chain; raise `Unavailable`."""
    answer = fetch(folder, "/v1/contracts")
    return ContractLines(
        contracts=[
            ContractLine(address=each["address"], name=each["name"], version=each["version"])
            for each in answer["contracts"]
        ]
    )


def upgrade_contract(
    folder: Path, contract: str, text: str, class_name: str | None, arguments: Mapping[str, str]
) -> int:
    """Give a contract the code in `text`; return its new version.

    Raise `ConfigurationError` with what the checker refuses, or why the chain refuses.
    """
    problems = check_text(text)
    if problems:
        told = "; ".join(f"line {each.line}: {each.message}" for each in problems[:PROBLEMS_TOLD])
        raise ConfigurationError(f"the chain would refuse this source: {told}")
    source = bundle(text, choose_class("it", text, class_name))
    interface = build_interface(source)
    values = read_values(
        interface, interface.migration, [f"{name}={value}" for name, value in arguments.items()]
    )
    address = decode_address(contract)
    with hold(folder), connect(folder) as client:
        client.upgrade(address, source, by=load_authority(folder), arguments=values)
        return int(client.list_versions(address)[-1].version)
