"""Where a node's chain ended: its last final block, that it is final, and its state.

The store is read as it stands, whether the node runs or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dure.chain import state
from dure.chain.genesis.document import (
    GENESIS_BYTES_MAX,
    Genesis,
    GenesisDocument,
    decode_genesis_file,
)
from dure.chain.genesis.state_file import encode_state_file
from dure.chain.state_tree import tree
from dure.chain.state_tree.proof import build_chunks
from dure.core.errors import ConfigurationError
from dure.core.validators import ValidatorSet
from dure.node.catching_up.handovers import collect_handovers
from dure.node.configuration import NodeFiles, load_configuration, locate_files
from dure.node.durable.store import Store
from dure.proof.succession import EVIDENCE_FORMAT, Evidence
from dure.proof.verification import check_final


@dataclass(frozen=True, slots=True)
class LastState:
    """What a node knows of the end of its chain."""

    evidence: Evidence
    items: Mapping[bytes, bytes]
    """Every key and value of the state after the last final block."""

    @property
    def validators(self) -> ValidatorSet:
        """Who would have decided the next block."""
        return state.View(self.items).require(ValidatorSet, state.VALIDATORS)


def load_last_state(node_folder: Path) -> LastState:
    """Return where the chain of a node ended.

    Raise `ConfigurationError`, `StorageError`, or `InvalidProof` where the store's own blocks do
    not show that its head is final.
    """
    files = locate_node_files(node_folder)
    genesis = load_genesis(files.genesis).genesis
    disk = Store.open_for_reading(files.data)
    try:
        items = dict(disk.load_state())
        evidence = _gather_evidence(disk, genesis, items)
    finally:
        disk.close()
    check_final(genesis, evidence.handovers, evidence.header, evidence.certificate)
    if compute_state_root(items) != evidence.header.state_root:
        raise ConfigurationError(f"the state in {files.data} is not that of its newest block")
    return LastState(evidence, items)


def locate_node_files(node_folder: Path) -> NodeFiles:
    """Return where everything of a node lies; raise `ConfigurationError`."""
    path = node_folder / "node.toml"
    return locate_files(path, load_configuration(path, {}))


def load_genesis(path: Path) -> GenesisDocument:
    """Return a complete genesis document; raise `ConfigurationError` or `InvalidGenesis`."""
    try:
        with path.open("rb") as file:
            return decode_genesis_file(file.read(GENESIS_BYTES_MAX + 1))
    except OSError as problem:
        message = f"{path} cannot be read: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem


def compute_state_root(items: Mapping[bytes, bytes]) -> bytes:
    """Return the root of a whole state."""
    return tree.compute_root(tree.update(tree.EMPTY, items.items()))


def build_state_file(items: Mapping[bytes, bytes]) -> bytes:
    """Return the content of the state file of a whole state."""
    root = tree.update(tree.EMPTY, items.items())
    by_path = {tree.compute_path(key): (key, value) for key, value in items.items()}
    return b"".join(encode_state_file(build_chunks(root, by_path.__getitem__)))


def _gather_evidence(disk: Store, genesis: Genesis, items: Mapping[bytes, bytes]) -> Evidence:
    head = disk.load_head()
    if head is None or not head.certificate.seals:
        raise ConfigurationError(
            "this node has no final block: found a new network with `dure network init`"
        )
    header = head.block.header
    handovers = tuple(collect_handovers(state.View(items), disk, header.height))
    return Evidence(EVIDENCE_FORMAT, genesis, handovers, header, head.certificate)
