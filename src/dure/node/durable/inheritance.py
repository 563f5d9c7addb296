"""What a chain with a predecessor begins with, as files beside its genesis.

```
genesis.dure               the genesis document with its endorsements
genesis.predecessor.json   that the old chain's last block was final (`dure.proof.succession`)
genesis.state              the old chain's state after that block, in chunks that prove themselves
```
A node reads the last two once, when its store is empty, and believes neither: the evidence has to
lead to the block that the genesis names, the state to that block's root and, changed as the genesis
says, to the root that it names.
"""

from pathlib import Path
from typing import Final

from dure.chain.genesis.document import Genesis
from dure.chain.genesis.state_file import read_state_file
from dure.core.errors import ConfigurationError
from dure.core.types import Hash
from dure.proof.file import PROOF_BYTES_MAX
from dure.proof.succession import Evidence, check_succession, decode_evidence
from dure.proof.trust import NO_TRUST

STATE_ENDING: Final = ".state"
EVIDENCE_ENDING: Final = ".predecessor.json"


def load_inherited(genesis_file: Path, genesis: Genesis) -> dict[bytes, bytes] | None:
    """Return the old chain's last final state; None where the genesis has no predecessor.

    Raises `ConfigurationError` for a file that is not there, `InvalidProof` and `InvalidGenesis`
    for one that is not what the genesis names.
    """
    if genesis.predecessor is None:
        return None
    evidence = load_evidence(genesis_file)
    check_succession(genesis, evidence, NO_TRUST)
    return load_state(genesis_file, evidence.header.state_root)


def load_evidence(genesis_file: Path) -> Evidence:
    """Return the evidence beside a genesis file."""
    path = genesis_file.with_suffix(EVIDENCE_ENDING)
    try:
        with path.open("rb") as file:
            return decode_evidence(file.read(PROOF_BYTES_MAX + 1))
    except OSError as problem:
        raise _refuse(path, problem) from problem


def load_state(genesis_file: Path, root: Hash) -> dict[bytes, bytes]:
    """Return the state with this root from the file beside a genesis file."""
    path = genesis_file.with_suffix(STATE_ENDING)
    try:
        with path.open("rb") as file:
            return read_state_file(file.read, root)
    except OSError as problem:
        raise _refuse(path, problem) from problem


def _refuse(path: Path, problem: OSError) -> ConfigurationError:
    message = (
        f"{path} cannot be read: {problem.strerror}. A chain that goes on from another one begins "
        "with its state: every member that founded it has the file"
    )
    return ConfigurationError(message, file=str(path))
