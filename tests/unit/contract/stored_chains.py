"""A whole chain as a process that executes it again needs it, and nothing beside."""

from dataclasses import dataclass

from dure.chain.genesis.document import GenesisDocument
from dure.core.block import Block


@dataclass(frozen=True, slots=True)
class Workload:
    """A chain by the name of what made it."""

    name: str
    genesis: GenesisDocument
    blocks: tuple[Block, ...]
