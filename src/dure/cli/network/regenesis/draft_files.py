"""The three files with which a chain goes on from another, in one folder.

`genesis.dure` gains signatures until it is complete; the other two never change once written.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dure.chain.genesis.document import (
    GENESIS_BYTES_MAX,
    Genesis,
    GenesisDocument,
    compute_chain_id,
    decode_draft,
    encode_genesis_file,
    get_names,
)
from dure.chain.genesis.predecessor import Predecessor, find_flaws
from dure.chain.genesis.state import build_beginning
from dure.cli.network.regenesis.last_state import LastState, build_state_file
from dure.core.errors import ConfigurationError
from dure.core.types import ChainId
from dure.core.validators import Name
from dure.identity.files import write_new_file
from dure.node.durable.inheritance import (
    EVIDENCE_ENDING,
    STATE_ENDING,
    load_evidence,
    load_state,
)
from dure.proof.succession import Evidence, Succession, check_succession, encode_evidence
from dure.proof.trust import Trust

GENESIS_NAME: Final = "genesis.dure"


@dataclass(frozen=True, slots=True)
class Draft:
    """A folder with a genesis that goes on from another chain, signed or not."""

    folder: Path
    document: GenesisDocument
    before: Predecessor
    evidence: Evidence

    @property
    def genesis(self) -> Genesis:
        """The new genesis."""
        return self.document.genesis

    @property
    def chain_id(self) -> ChainId:
        """The new chain's id."""
        return compute_chain_id(self.genesis)


def write_draft(folder: Path, document: GenesisDocument, last: LastState) -> None:
    """Write the three files into a folder that holds none of them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / GENESIS_NAME
    write_new_file(path, encode_genesis_file(document), mode=0o644)
    write_new_file(path.with_suffix(EVIDENCE_ENDING), encode_evidence(last.evidence), mode=0o644)
    write_new_file(path.with_suffix(STATE_ENDING), build_state_file(last.items), mode=0o644)


def load_draft(folder: Path) -> Draft:
    """Return the draft in a folder; raise `ConfigurationError` or `InvalidGenesis`."""
    path = folder / GENESIS_NAME
    try:
        with path.open("rb") as file:
            document = decode_draft(file.read(GENESIS_BYTES_MAX + 1))
    except OSError as problem:
        message = f"{path} cannot be read: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem
    before = document.genesis.predecessor
    if before is None:
        message = f"the genesis in {folder} goes on from no other chain"
        raise ConfigurationError(message, file=str(path))
    return Draft(folder, document, before, load_evidence(path))


def check_draft(draft: Draft, trust: Trust, own: LastState | None) -> Succession:
    """Return what the draft's evidence shows, once everything in the folder fits together.

    With `own`, the end of the chain as a member's own node has it, that has to be the same. Raises
    `InvalidProof`, `InvalidGenesis` or `ConfigurationError`.
    """
    succession = check_succession(draft.genesis, draft.evidence, trust)
    header = draft.evidence.header
    if own is not None and own.evidence.header != header:
        message = (
            f"your node's chain ends at height {own.evidence.header.height} and the draft's at "
            f"height {header.height}, with another block. If yours is lower, let your node catch "
            "up; if it is higher, a new draft has to go on from there"
        )
        raise ConfigurationError(message, own=own.evidence.header.height, draft=header.height)
    items = load_state(draft.folder / GENESIS_NAME, header.state_root)
    build_beginning(draft.document, items)
    return succession


def replace_document(draft: Draft, document: GenesisDocument) -> None:
    """Write the genesis with further signatures in place of the one before, in one step."""
    path = draft.folder / GENESIS_NAME
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_new_file(temporary, encode_genesis_file(document), mode=0o644)
    temporary.replace(path)


def find_draft_flaws(draft: Draft) -> dict[Name, str]:
    """Return for each organisation that has not endorsed yet what is missing."""
    names = get_names(draft.genesis)
    return find_flaws(draft.before, names, draft.chain_id, draft.document.endorsements)
