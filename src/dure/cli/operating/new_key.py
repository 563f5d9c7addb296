"""`dure node new-key`: another validator key for a node, with a guard and a journal of its own.

The old key goes aside together with its guard, because a guard without its key, or a key with
another's guard, would forget. A key that was made a moment ago has voted on nothing: so its journal
begins empty, whatever became of the old one. Nothing votes under it until the chain admits it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from dure.cli.network.founding import Network, load_network
from dure.cli.operating.noting import write_down
from dure.cli.output import JsonOption, out, print_facts, print_json
from dure.cli.unlocking import ask_new_passphrase, ask_pin, find_library
from dure.core.errors import ConfigurationError
from dure.core.types import PublicKey
from dure.identity.files import move_aside, replace_file
from dure.identity.keys import Key, generate_key, load_public_key, save_key, save_token_key
from dure.identity.tokens import open_reader
from dure.node.configuration import NodeFiles, load_configuration, locate_files
from dure.node.durable.signer import create_guard
from dure.node.durable.storage import RocksDisk
from dure.node.logs import configure_logs
from dure.node.peers.directory import format_peers, load_peers


def new_key(
    configuration: Annotated[Path, typer.Argument(help="The node's configuration, node.toml.")],
    *,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase and seal the key with it.")
    ] = False,
    token: Annotated[
        str | None,
        typer.Option("--token", help="Make the key in the hardware token with this label."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Give a node that is stopped another validator key, with a guard of its own.

    For a key that was seen by others, or a validator that has lost its votes. The old key and its
    guard are moved aside. The members admit the new key with `dure network validators set`.

    With --token the secret is made in the token that the library DURE_PKCS11_MODULE speaks to, and
    never leaves it; the node opens it with the PIN when it starts.

    Example: dure node new-key my-network/bank/node.toml
    """
    settings = load_configuration(configuration)
    configure_logs(settings.log.level, settings.log.format)
    files = locate_files(configuration, settings)
    old = load_public_key(files.key)
    key, save = _make_key(token, sealed=passphrase)
    begin_journal(files.data, key.public)
    write_down(settings, files, "new_key", {"old_key": old.hex(), "new_key": key.public.hex()})
    replace_key(files, key.public, save)
    new = key.public
    name_key(files.peers, old, new)
    facts = {"old_key": old.hex(), "new_key": new.hex(), "file": str(files.key)}
    if json:
        print_json(facts)
        return
    print_facts(f"A new key for {settings.node.name}", facts.items())
    out.print(
        f"Every member's copy of {files.peers} needs the new key, and `dure node reload-peers`. "
        f"Then: dure network validators set … --replace {old.hex()}={new.hex()}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _make_key(token: str | None, *, sealed: bool) -> tuple[Key, Callable[[Path], None]]:
    """Return a new key, and what writes its file."""
    if token is None:
        secret = ask_new_passphrase() if sealed else None
        key = generate_key()
        return key, lambda path: save_key(path, key, secret)
    if sealed:
        raise ConfigurationError("a key in a token has a PIN: leave --passphrase out")
    place, held = open_reader(find_library()).create_key(token, ask_pin(token))
    return held, lambda path: save_token_key(path, held.public, place)


def begin_journal(data: Path, key: PublicKey) -> None:
    """Move the journal of a node that is stopped aside, and begin one for a key never used yet.

    Raises `ConfigurationError` where the node runs.
    """
    if not data.exists():
        return
    disk = RocksDisk(data, key)
    try:
        if disk.loss is not None:
            disk.begin_journal_anew()
    finally:
        disk.close()


def replace_key(files: NodeFiles, key: PublicKey, save: Callable[[Path], None]) -> None:
    """Put a key and a blank guard in the place of those that stand there, which go aside."""
    try:
        # The key goes last: a key that is still there without its guard starts no node.
        move_aside(files.guard)
        move_aside(files.key)
    except OSError as problem:
        message = f"{files.key} and {files.guard} cannot be moved aside: {problem.strerror}"
        raise ConfigurationError(message, file=str(files.key)) from problem
    save(files.key)
    create_guard(files.guard, key)


def name_key(peers_file: Path, old: PublicKey, new: PublicKey) -> None:
    """Put the new key in the place of the old one in the network's files beside each other."""
    peers = [
        msgspec.structs.replace(peer, key=new) if peer.key == old else peer
        for peer in load_peers(peers_file)
    ]
    replace_file(peers_file, format_peers(peers).encode(), mode=0o644)
    folder = peers_file.parent
    if (folder / "network.json").exists():
        network = _rename(load_network(folder), old, new)
        text = msgspec.json.format(msgspec.json.encode(network), indent=2)
        replace_file(folder / "network.json", text + b"\n", mode=0o644)


def _rename(network: Network, old: PublicKey, new: PublicKey) -> Network:
    members = tuple(
        msgspec.structs.replace(member, validator_key=new.hex())
        if member.validator_key == old.hex()
        else member
        for member in network.members
    )
    return msgspec.structs.replace(network, members=members)
