"""Executed blocks that hang on the head or on one another, until one becomes the head.

A candidate is a layer of writes on its parent. When a block becomes the head its layer is merged
into the state; candidates that hang on it, at whatever distance, lose that layer and stay, all
others are dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from dure.chain import schedule, state
from dure.chain.parameters import Parameters
from dure.chain.receipt import Record
from dure.chain.state_tree import tree
from dure.chain.transaction import Transaction
from dure.core.block import Block, Header
from dure.core.codec import decode
from dure.core.errors import InvalidBlock, InvalidTransaction
from dure.core.types import BlockId, Instant, TransactionId
from dure.core.validators import ValidatorSet

CANDIDATES_MAX: Final = 32
"""Candidates kept at once; the oldest goes first. Who needs it again executes it again."""


# Structs, because copies with other fields are made of them for every block.
class Position(msgspec.Struct, frozen=True):
    """The ledger after one block: what a candidate hangs on."""

    block_id: BlockId
    header: Header
    layers: tuple[state.Writes, ...]
    """Writes of this block and its uncommitted ancestors, newest first; empty at the head."""
    root: tree.Node
    queue: schedule.Queue
    executed: tuple[Mapping[TransactionId, Instant], ...]
    """Transactions of this block and its uncommitted ancestors, newest first, with their ends."""
    validators: ValidatorSet
    """Who decides the next block."""
    parameters: Parameters
    """What holds in the next block."""
    clock: state.Clock

    @property
    def ledger_time(self) -> Instant:
        """Ledger time after this block."""
        return Instant(self.header.time + self.clock.offset)


class Candidate(msgspec.Struct, frozen=True):
    """An executed block that is not committed."""

    block: Block
    position: Position
    undo: state.Writes
    """For each key that it writes, the value before; None where there was none."""
    receipts: tuple[bytes, ...]
    """Canonical `Record`s, in order of execution."""
    refused: tuple[tuple[Transaction, InvalidTransaction], ...] = ()
    """Transactions that the proposer left out, and why."""

    @property
    def records(self) -> tuple[Record, ...]:
        """The receipts, opened, with the outcomes that they commit to."""
        return tuple([decode(Record, receipt) for receipt in self.receipts])


class OtherResults(InvalidBlock):
    """A block that states other results than executing it here leads to."""

    def __init__(self, rule: str, candidate: Candidate) -> None:
        message = f"the block states another {rule} than its transactions lead to"
        super().__init__(message, rule=rule)
        self.candidate = candidate
        """What executing it here leads to."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What the disk must write, all or nothing."""

    candidate: Candidate
    writes: state.Writes
    undo: state.Writes
    """For each key written, the value before; None where there was none."""


class Candidates:
    """The candidates that are known, oldest first."""

    def __init__(self) -> None:
        self._known: dict[BlockId, Candidate] = {}

    def __len__(self) -> int:
        return len(self._known)

    def get(self, block_id: BlockId) -> Candidate | None:
        """Return a candidate."""
        return self._known.get(block_id)

    def add(self, candidate: Candidate) -> None:
        """Keep a candidate, in place of the oldest where there are too many."""
        self._known[candidate.position.block_id] = candidate
        if len(self._known) > CANDIDATES_MAX:
            del self._known[next(iter(self._known))]

    def settle(self, head: Candidate) -> None:
        """Keep what hangs on `head`, without its layer, and drop the rest, `head` itself too."""
        below = head.position.layers[0]
        self._known = {
            block_id: _lift(candidate)
            for block_id, candidate in self._known.items()
            if candidate is not head and candidate.position.layers[-1] is below
        }

    def clear(self) -> None:
        """Drop all."""
        self._known.clear()


def _lift(candidate: Candidate) -> Candidate:
    position = candidate.position
    lifted = msgspec.structs.replace(
        position, layers=position.layers[:-1], executed=position.executed[:-1]
    )
    return msgspec.structs.replace(candidate, position=lifted)
