"""What stops a node rather than let it give another result than the others, and what it leaves."""

from pathlib import Path

import msgspec

from dure.core.block import Block, compute_block_id
from dure.core.codec import encode
from dure.core.errors import DureError, WorkerDied


class FinalBlockNotExecuted(DureError):
    """The process that runs contracts died under a final block.

    No result at all is better than a different one: the node stops and leaves a dump.
    """

    def __init__(self, block: Block, death: WorkerDied) -> None:
        height = block.header.height
        message = f"block {height} is final and cannot be executed here: {death.message}"
        super().__init__(message, height=height)
        self.block = block
        self.death = death


def write_dump(folder: Path, problem: FinalBlockNotExecuted) -> Path:
    """Write the block, the call and how the worker ended; return the file.

    The same block at a later start replaces the dump of the first.
    """
    block_id = compute_block_id(problem.block.header)
    height = problem.block.header.height
    facts = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in problem.death.facts.items()
    }
    dump = {
        "message": problem.message,
        "height": height,
        "block_id": block_id.hex(),
        "worker": facts,
        "block": encode(problem.block).hex(),
    }
    file = folder / f"halt-{height}-{block_id.hex()[:8]}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(dump), indent=2))
    return file
