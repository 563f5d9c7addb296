"""`dure network add-node`: one more node in a network's folder, which follows until it is admitted.

The new node is known to the others once it stands in their peers files. Those that run in this
folder are told to read the file again; in a real consortium every member adds the entry to its own
copy and tells its own node, with `dure node reload-peers`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from dure.cli.members.opening import open_by_passphrase
from dure.cli.network.founding import (
    FIRST_API_PORT,
    LOOPBACK,
    PORT_MAX,
    Keys,
    Network,
    Place,
    validate_name,
    write_member,
)
from dure.cli.network.hosting.life import hold
from dure.cli.operating.admin import ask_admin
from dure.cli.output import JsonOption, out, print_facts, print_json
from dure.core.errors import ConfigurationError, Unavailable
from dure.identity.files import replace_file
from dure.identity.keys import generate_key
from dure.node.peers.directory import Peer, format_peer, format_peers, load_peers

Folder = Annotated[Path, typer.Argument(help="The network's folder.")]


def add_node(
    folder: Folder,
    name: Annotated[str, typer.Argument(help="What the new node is called.")],
    *,
    host: Annotated[
        str, typer.Option(help="Address at which the other nodes reach it.")
    ] = LOOPBACK,
    first_api_port: Annotated[
        int, typer.Option(min=0, max=PORT_MAX, help="First port to try for its public API.")
    ] = FIRST_API_PORT,
    organisation: Annotated[
        str | None,
        typer.Option(help="Its organisation, whose authority is elsewhere and certifies it later."),
    ] = None,
    authority: Annotated[
        Path | None,
        typer.Option(help="Folder of its organisation's authority, which certifies it now."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make keys and a folder for one more node, and name it in the network's peers file.

    With --authority or --organisation the node is known as its organisation's, as long as the
    chain knows that organisation and has not revoked the certificate; with the latter it needs a
    certificate before it starts: `dure member request`. With neither its own key is pinned.

    Nodes of the folder that run are told to read that file again. The new node follows the chain as
    soon as it is started; `dure network validators set` lets it decide.

    Example: dure network add-node my-network bank-2 --authority my-network/bank/authority
    """
    opened = None if authority is None else open_by_passphrase(authority)
    place = Place(name, host, first_api_port, opened, organisation)
    with hold(folder) as network:
        peer = join_network(folder, network, place)
        told = tell_nodes(folder, network)
    facts = {
        "node": name,
        "validator_key": peer.key.hex(),
        "configuration": str(folder / name / "node.toml"),
        "peer": format_peer(peer).strip(),
        "told": told,
    }
    if json:
        print_json(facts)
        return
    shown = {key: facts[key] for key in ("validator_key", "configuration")}
    print_facts(f"{name} joins {network.name} as a follower", shown.items())
    out.print(f"Nodes here that know it already: {', '.join(told) or 'none runs'}.")
    out.print(
        "On other hosts each member adds this to its peers.toml, then `dure node reload-peers`:"
    )
    out.print(facts["peer"], markup=False, highlight=False, soft_wrap=True)


def join_network(
    folder: Path, network: Network, place: Place, ports_taken: frozenset[int] = frozenset()
) -> Peer:
    """Write the new node's folder and name it in the network's files; return its entry.

    `ports_taken` are those of other networks, which need not run now.
    """
    validate_name(place.name)
    peers = load_peers(folder / "peers.toml")
    taken = {peer.name for peer in peers} | {member.name for member in network.members}
    if place.name in taken or (folder / place.name).exists():
        message = f"{place.name} is the name of a node already; choose another"
        raise ConfigurationError(message, name=place.name)
    ports = {port for member in network.members for port in (member.api_port, member.peer_port)}
    keys = Keys(generate_key(), generate_key(), generate_key())
    member, peer = write_member(folder, place, keys, taken=ports | ports_taken)
    joined = msgspec.structs.replace(network, members=(*network.members, member))
    _replace_files(folder, joined, (*peers, peer))
    return peer


def tell_nodes(folder: Path, network: Network) -> list[str]:
    """Have the nodes of the folder read the peers file again; return those that run."""
    return [member.name for member in network.members if _tell(folder, member.name)]


def _tell(folder: Path, name: str) -> bool:
    """Have a node of the folder read the peers file again; say whether it runs."""
    try:
        ask_admin(folder / name / "node.toml", "/v1/admin/peers")
    except Unavailable:
        return False
    return True


def _replace_files(folder: Path, network: Network, peers: Sequence[Peer]) -> None:
    replace_file(folder / "peers.toml", format_peers(peers).encode(), mode=0o644)
    text = msgspec.json.format(msgspec.json.encode(network), indent=2)
    replace_file(folder / "network.json", text + b"\n", mode=0o644)
