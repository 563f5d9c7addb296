"""Node folders for a chain that goes on from another: made from those of the old chain's nodes.

Keys, certificates, ports and limits stay; store, journal and guard begin anew, because nothing was
signed on this chain yet. What was signed on the old one names the old one and counts nowhere else.
"""

import os.path
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from dure.chain.genesis.document import GenesisDocument, compute_chain_id
from dure.cli.network.founding import Network, write_network
from dure.cli.network.node_files import Member
from dure.cli.network.regenesis.draft_files import GENESIS_NAME, check_draft, load_draft
from dure.cli.network.regenesis.last_state import load_genesis, locate_node_files
from dure.core.errors import ConfigurationError
from dure.core.types import PublicKey
from dure.core.validators import Name
from dure.identity.certificates import CERTIFICATE_BYTES_MAX
from dure.identity.files import read_private_file, write_new_file
from dure.identity.keys import KEY_FILE_BYTES_MAX, load_public_key
from dure.node.configuration import (
    NodeConfiguration,
    NodeFiles,
    NodeSection,
    load_configuration,
    write_configuration,
)
from dure.node.durable.signer import create_guard
from dure.node.peers.directory import Peer, load_peers, write_peers
from dure.proof.trust import NO_TRUST

TLS_KEY_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class _OldNode:
    folder: Path
    settings: NodeConfiguration
    files: NodeFiles
    key: PublicKey

    @property
    def name(self) -> str:
        """What the node's folder is called, on either chain."""
        return self.folder.resolve().name


def refound_network(folder: Path, node_folders: Sequence[Path]) -> tuple[Network, tuple[Name, ...]]:
    """Write a folder for each node; return the network and who is not in its peers file yet.

    Raises `InvalidGenesis` where the genesis in `folder` is not endorsed by all, and
    `ConfigurationError` for a node that has no place in it.
    """
    document = load_genesis(folder / GENESIS_NAME)
    check_draft(load_draft(folder), NO_TRUST, None)
    nodes = [_read_node(path, document) for path in node_folders]
    peers = _choose_peers(nodes, document)
    _validate_room(folder, nodes)
    members = [_write_node(folder, node) for node in nodes]
    write_peers(folder / "peers.toml", peers)
    _copy_story_clock(folder, nodes, document)
    genesis = document.genesis
    network = Network(
        name=genesis.name,
        chain_id=compute_chain_id(genesis).hex(),
        kind=genesis.kind,
        engine=genesis.engine,
        test=genesis.test,
        members=tuple(members),
    )
    write_network(folder, network)
    known = {peer.key for peer in peers}
    return network, tuple(
        validator.organisation
        for validator in genesis.validators.members
        if validator.key not in known
    )


def _read_node(node_folder: Path, document: GenesisDocument) -> _OldNode:
    files = locate_node_files(node_folder)
    settings = load_configuration(node_folder / "node.toml", {})
    key = load_public_key(files.key)
    for validator in document.genesis.validators.members:
        if validator.key == key:
            return _OldNode(node_folder, settings, files, key)
    message = f"the node in {node_folder} is no validator of the new genesis"
    raise ConfigurationError(message, folder=str(node_folder))


def _validate_room(folder: Path, nodes: Sequence[_OldNode]) -> None:
    names = [node.name for node in nodes]
    if len(set(names)) != len(names):
        raise ConfigurationError("two of the old nodes' folders have the same name: rename one")
    for path in (folder / "network.json", *(folder / name for name in names)):
        if path.exists():
            message = f"{path} is there already: nodes of this chain were founded here before"
            raise ConfigurationError(message, file=str(path))


def _choose_peers(nodes: Sequence[_OldNode], document: GenesisDocument) -> list[Peer]:
    known = {peer.key: peer for node in nodes for peer in load_peers(node.files.peers)}
    return [known[key] for key in document.genesis.validators.keys if key in known]


def _write_node(folder: Path, node: _OldNode) -> Member:
    home = folder / node.name
    home.mkdir(mode=0o700)
    own = msgspec.structs.replace(
        node.settings,
        node=NodeSection(
            name=node.settings.node.name, contract_workers=node.settings.node.contract_workers
        ),
        peers=msgspec.structs.replace(
            node.settings.peers,
            directory="../peers.toml",
            certificate="tls.pem",
            tls_key="tls.key",
            authority=""
            if node.files.authority is None
            else os.path.relpath(node.files.authority, home.resolve()),
        ),
        api=msgspec.structs.replace(node.settings.api, admin_socket="admin.sock"),
    )
    write_configuration(home / "node.toml", own)
    _copy_secret(node.files.key, home / "validator.json", KEY_FILE_BYTES_MAX)
    _copy_secret(node.files.tls_key, home / "tls.key", TLS_KEY_BYTES_MAX)
    write_new_file(home / "tls.pem", _read_certificate(node.files.certificate), mode=0o644)
    account = node.folder / "account.json"
    if account.exists():
        _copy_secret(account, home / "account.json", KEY_FILE_BYTES_MAX)
    create_guard(home / "guard", node.key)
    return Member(
        name=node.name,
        url=f"http://localhost:{node.settings.api.port}",
        peer_port=node.settings.peers.port,
        api_port=node.settings.api.port,
        validator_key=node.key.hex(),
    )


def _copy_story_clock(folder: Path, nodes: Sequence[_OldNode], document: GenesisDocument) -> None:
    """Take the key of a test chain's time along, where it lies beside one of the old nodes."""
    if document.genesis.story_clock is None:
        return
    for node in nodes:
        key = node.folder.parent / "story-clock.json"
        if key.exists():
            _copy_secret(key, folder / "story-clock.json", KEY_FILE_BYTES_MAX)
            return


def _read_certificate(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(CERTIFICATE_BYTES_MAX)
    except OSError as problem:
        message = f"{path} cannot be read: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem


def _copy_secret(source: Path, target: Path, bytes_max: int) -> None:
    write_new_file(target, read_private_file(source, bytes_max=bytes_max), mode=0o600)
