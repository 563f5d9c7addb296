"""`dure seal keep` and `dure seal key`: before anything is sealed, keepers and readers say so."""

from typing import Annotated

import typer

from dure.cli.access import AccountOption, AsOption, NetworkOption, connect
from dure.cli.network.founding import load_network
from dure.cli.output import JsonOption
from dure.cli.sealing.options import ContractOption, KeyOption, open_data, show
from dure.cli.unlocking import unlock
from dure.core.address import decode_address, encode_address
from dure.core.errors import ConfigurationError
from dure.node.configuration import load_configuration, locate_files
from dure.node.sealed.following import add_contract
from dure.sdk import LocalAccount
from dure.sdk.sealed.entries import SealedCalls


def keep(
    member: Annotated[str, typer.Argument(help="The member whose node keeps sealed files.")],
    *,
    contract: ContractOption,
    network: NetworkOption,
    place: Annotated[
        str | None,
        typer.Option(help="Where other parties reach the node's API; without it, as here."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Have MEMBER's node on this host keep sealed files for a contract, and announce it.

    The node's account needs the role “keeper” at the contract. The node need not be started anew.

    Example: dure seal keep bank --contract dure1… --network my-network
    """
    node = network / member / "node.toml"
    files = locate_files(node, load_configuration(node))
    address = decode_address(contract)
    account = LocalAccount(unlock(files.sealed_account))
    known = {each.name: each.url for each in load_network(network).members}
    reached = place or known.get(member)
    if reached is None:
        raise ConfigurationError(f"say where {member}'s node is reached: --place https://…")
    with connect(network) as client:
        call = SealedCalls(address).announce_keeper(member, reached)
        done = client.submit_and_wait([call], by=account)
    add_contract(files.sealed, address)
    facts = {
        "keeper": encode_address(account.address),
        "name": member,
        "place": reached,
        "height": done.height,
    }
    show("Keeps sealed files", facts, json=json)


def name_key(
    *,
    contract: ContractOption,
    as_: AsOption,
    network: NetworkOption,
    account: AccountOption = None,
    key: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """Name the public key to which data is sealed for whoever signs this.

    It is derived from the key file: keep that, or what is sealed to it opens no more.

    Example: dure seal key --contract dure1… --as bank --network my-network
    """
    with open_data(network, contract, as_, account=account, key=key) as data:
        public = data.name_reading_key()
        facts = {"reader": encode_address(data.account), "reading_key": public.hex()}
    show("Reading key", facts, json=json)
