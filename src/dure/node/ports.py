"""The five doors of the node driver to the outside: disk, network, clock, signer and workers.

Real ones live beside this file; the simulator brings its own. The driver runs on both, unchanged.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from dure.chain.replay import Executed
from dure.core.block import Block
from dure.core.certificate import Certificate
from dure.core.codec import Wire
from dure.core.types import (
    BlockId,
    Height,
    Instant,
    Milliseconds,
    PublicKey,
    Signature,
    TransactionId,
)
from dure.proof.file import Handover

EVIDENCE_MAX: Final = 1024
"""Proofs of contradictions that a disk keeps: one is enough, and a liar could go on for ever."""


class StoredBlock(Wire, frozen=True):
    """What the disk keeps of one block beside its state changes."""

    block: Block
    certificate: Certificate
    receipts: tuple[bytes, ...]
    """Canonical `dure.chain.receipt.Record`s in order of execution.

    The header commits to their receipts.
    """


HeightRange = tuple[Height, Height]
"""First and last height, both included."""


@dataclass(frozen=True, slots=True)
class HistoryBlock:
    """A final block that is written apart from the state: nothing is executed."""

    block_id: BlockId
    stored: StoredBlock
    transaction_ids: tuple[TransactionId, ...]


class Disk(Protocol):
    """Durable storage of one node.

    Every method raises `StorageError` rather than lose or invent anything.
    """

    def commit_block(
        self,
        block_id: BlockId,
        stored: StoredBlock,
        transaction_ids: Sequence[TransactionId],
        *,
        writes: Mapping[bytes, bytes | None],
        undo: Mapping[bytes, bytes | None],
    ) -> None:
        """Write block, state changes, undo record and head in one synced batch.

        All or nothing, even at power loss. `transaction_ids` are those of the block's
        transactions, in order, so that nobody opens an envelope again.
        """
        ...

    def load_head(self) -> StoredBlock | None:
        """Return the newest block, or None on a fresh disk."""
        ...

    def load_block(self, height: Height) -> StoredBlock | None:
        """Return a block at or below the head; None where it is not here."""
        ...

    def load_executed(self, height: Height) -> Executed | None:
        """Return what `load_block`'s block executed, without reading all of it."""
        ...

    def load_undo(self, height: Height) -> Mapping[bytes, bytes | None] | None:
        """Return what stood before under the keys that the block wrote.

        None where it was not executed here.
        """
        ...

    def find_transaction(self, transaction_id: bytes) -> tuple[Height, int] | None:
        """Return (height, index among the block's transactions) of a stored transaction."""
        ...

    def load_state(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every key and value of the state at the head, in any order."""
        ...

    # A state that comes from peers

    def discard_staged(self) -> None:
        """Forget what was staged of a state."""
        ...

    def stage_state(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Write a part of a state that is not the one at the head; it counts once adopted."""
        ...

    def store_history(self, blocks: Sequence[HistoryBlock], missing: Sequence[HeightRange]) -> None:
        """Write final blocks apart from the state, and which ranges of heights still lack blocks.

        Above the head they cannot be seen before a state there is adopted.
        """
        ...

    def adopt_state(
        self, height: Height, missing: Sequence[HeightRange], handovers: Sequence[Handover]
    ) -> None:
        """Make the staged state the state, and the stored block of `height` the head, in one step.

        `missing` are the ranges of heights below it without a block; `handovers` replace what
        `load_handover` returned before.
        """
        ...

    def load_missing(self) -> tuple[HeightRange, ...]:
        """Return the ranges of heights below the head without a block, in rising order."""
        ...

    def load_handover(self, height: Height) -> Handover | None:
        """Return the handover of a block that came with an adopted state."""
        ...

    # The journal

    def keep_evidence(self, height: Height, validator: PublicKey, evidence: bytes) -> None:
        """Keep the proof that a validator contradicted itself at a height.

        One a validator and height; what comes after `EVIDENCE_MAX` in all is not kept.
        """
        ...

    def append_journal(self, height: Height, record: bytes) -> None:
        """Append and flush one consensus record."""
        ...

    def load_journal(self, height: Height) -> list[bytes]:
        """Return the intact records of `height` in order.

        A torn tail is cut off; other damage is a `StorageError`.
        """
        ...

    def close(self) -> None: ...


class Network(Protocol):
    """Sends bytes to peers by their voting key.

    Never blocks: a peer that is away or too slow loses the message.
    """

    def send(self, peer: PublicKey, data: bytes) -> None: ...
    def broadcast(self, data: bytes) -> None: ...
    def disconnect(self, peer: PublicKey, reason: str) -> None: ...


class Clock(Protocol):
    """Wall time and timers."""

    def now(self) -> Instant: ...
    def call_later(self, after: Milliseconds, name: object) -> None:
        """Have the driver's `on_timer(name)` called after that time.

        The same name again replaces the earlier one.
        """
        ...


class Signer(Protocol):
    """Signs for one validator, and never two contradicting things."""

    @property
    def key(self) -> PublicKey: ...

    def sign(self, height: int, round_: int, step: int, message: bytes) -> Signature | None:
        """Return the signature, or None where it would contradict an earlier one.

        That is where (height, round, step) lies behind the last signed, or another message was
        signed at the same.
        """
        ...
