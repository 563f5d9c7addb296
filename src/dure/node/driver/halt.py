"""What stops a node rather than let it give another result than the others, and what it leaves.

A dump is JSON: `message`, `height`, `block_id`, `block` (canonical bytes, in hexadecimal) and, by
what stopped the node,

* `worker`: the call that the process which runs contracts died of, and how it ended;
* `computed`: what this node's ledger made of the block: its header, records and writes, each in
  canonical bytes. `dure node diff` compares them with another node's.
"""

from pathlib import Path
from typing import Any

import msgspec

from dure.chain.candidate import Candidate, OtherResults
from dure.core.block import Block, compute_block_id
from dure.core.codec import encode
from dure.core.errors import DureError, InvalidBlock, WorkerDied


class Halt(DureError):
    """A final block that this node cannot follow. It stops for good, with a dump."""

    def __init__(self, message: str, block: Block) -> None:
        super().__init__(message, height=block.header.height)
        self.block = block

    def describe(self) -> dict[str, Any]:
        """Return what the dump says beside the block."""
        return {}


class FinalBlockNotExecuted(Halt):
    """The process that runs contracts died under a final block.

    No result at all is better than a different one.
    """

    def __init__(self, block: Block, death: WorkerDied) -> None:
        height = block.header.height
        super().__init__(
            f"block {height} is final and cannot be executed here: {death.message}", block
        )
        self.death = death

    def describe(self) -> dict[str, Any]:
        facts = self.death.facts.items()
        return {
            "worker": {
                name: value.hex() if isinstance(value, bytes) else value for name, value in facts
            }
        }


class Divergence(Halt):
    """The ledger refuses a block that a quorum sealed: our program or disk is at fault."""

    def __init__(self, block: Block, problem: InvalidBlock | None) -> None:
        height = block.header.height
        reason = "it does not follow on this node's head" if problem is None else problem.message
        super().__init__(
            f"block {height} is sealed by a quorum and refused by this node's ledger: {reason}",
            block,
        )
        self.computed = problem.candidate if isinstance(problem, OtherResults) else None

    def describe(self) -> dict[str, Any]:
        if self.computed is None:
            return {}
        return {"computed": describe_candidate(self.computed)}


def describe_candidate(candidate: Candidate) -> dict[str, Any]:
    """Return what a ledger made of a block, in canonical bytes."""
    writes = sorted(candidate.position.layers[0].items())
    return {
        "header": encode(candidate.position.header).hex(),
        "records": [receipt.hex() for receipt in candidate.receipts],
        "writes": [[key.hex(), None if value is None else value.hex()] for key, value in writes],
    }


def write_dump(folder: Path, problem: Halt) -> Path:
    """Write the dump of a halt; return the file.

    The same block at a later start replaces the dump of the first.
    """
    block_id = compute_block_id(problem.block.header)
    height = problem.block.header.height
    dump = {
        "message": problem.message,
        "height": height,
        "block_id": block_id.hex(),
        "block": encode(problem.block).hex(),
        **problem.describe(),
    }
    file = folder / f"halt-{height}-{block_id.hex()[:8]}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(dump), indent=2))
    return file
