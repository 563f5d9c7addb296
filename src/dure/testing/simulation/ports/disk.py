"""A disk in memory that outlives the node.

The store is all or nothing, as RocksDB's synced batches are; beside it lies the journal. A starting
node compares journal, store and signer by the rules of `dure.node.durable.loss`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from dure.chain.replay import Executed, list_executed
from dure.core.types import BlockId, Height, PublicKey, TransactionId
from dure.node.durable.loss import Loss, find_disagreement, find_own_seal
from dure.node.durable.signer import Place
from dure.node.ports import HeightRange, HistoryBlock, StoredBlock
from dure.proof.file import Handover
from dure.testing.simulation.ports.journal import SimulatedJournal
from dure.testing.simulation.ports.power import Power
from dure.testing.simulation.ports.signer import SimulatedSigner

ReadPlace = Callable[[bytes], Place]
"""Says where in the signer's order the ballot of a journal's record stands; the engine's."""


@dataclass(slots=True)
class SimulatedDisk:
    """`dure.node.ports.Disk` in memory; what it was given is durable at once."""

    journal: SimulatedJournal
    power: Power | None = None
    state: dict[bytes, bytes] = field(default_factory=dict)
    blocks: dict[Height, StoredBlock] = field(default_factory=dict)
    index: dict[bytes, tuple[Height, int]] = field(default_factory=dict)
    undo: dict[Height, dict[bytes, bytes | None]] = field(default_factory=dict)
    head: Height | None = None
    staged: dict[bytes, bytes] = field(default_factory=dict)
    """Parts of a state from peers that is not adopted."""
    missing: tuple[HeightRange, ...] = ()
    handovers: dict[Height, Handover] = field(default_factory=dict)
    evidence: dict[tuple[Height, PublicKey], bytes] = field(default_factory=dict)
    """Proofs of contradictions that this node noticed."""
    noted: int | None = None
    """Journal records when the newest block was written; None before the first block."""

    @classmethod
    def make(
        cls, voter: PublicKey, random: Random, power: Power | None = None, *, torn: float = 0.0
    ) -> "SimulatedDisk":
        """Return an empty disk of a validator's node."""
        return cls(SimulatedJournal(voter, random, power, torn), power)

    # The life of a node

    def reopen(self) -> None:
        """Take the disk into use, as a starting node does."""
        self.discard_staged()
        self.journal.reopen(self.noted)

    def recollect(self, signer: SimulatedSigner, read_place: ReadPlace) -> Loss | None:
        """Say why the validator may have forgotten votes, as a starting node finds out."""
        if self.journal.loss is not None:
            return self.journal.loss
        stored = self.load_head()
        loss = find_disagreement(
            head=-1 if stored is None else stored.block.header.height,
            own_seal=None if stored is None else find_own_seal(stored, signer.key),
            journalled=[read_place(record) for record in self.journal.load_all()],
            guard=signer.position,
        )
        if loss is not None:
            self.journal.declare_lost(loss)
        return loss

    # The store

    def commit_block(
        self,
        block_id: BlockId,
        stored: StoredBlock,
        transaction_ids: Sequence[TransactionId],
        *,
        writes: Mapping[bytes, bytes | None],
        undo: Mapping[bytes, bytes | None],
    ) -> None:
        self._check_power()
        for key, value in writes.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        self.head = stored.block.header.height
        self._put_block(stored, transaction_ids)
        self.undo[self.head] = dict(undo)
        self.noted = self.journal.sequence
        self.journal.compact(self.head)

    def load_head(self) -> StoredBlock | None:
        return None if self.head is None else self.blocks[self.head]

    def load_block(self, height: Height) -> StoredBlock | None:
        return self.blocks.get(height) if self._is_visible(height) else None

    def load_executed(self, height: Height) -> Executed | None:
        stored = self.load_block(height)
        return None if stored is None else list_executed(stored.block)

    def load_undo(self, height: Height) -> Mapping[bytes, bytes | None] | None:
        return self.undo.get(height)

    def find_transaction(self, transaction_id: bytes) -> tuple[Height, int] | None:
        place = self.index.get(transaction_id)
        return place if place is not None and self._is_visible(place[0]) else None

    def load_state(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self.state.items())

    # A state that comes from peers

    def discard_staged(self) -> None:
        self.staged.clear()

    def stage_state(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        self._check_power()
        self.staged.update(items)

    def store_history(self, blocks: Sequence[HistoryBlock], missing: Sequence[HeightRange]) -> None:
        self._check_power()
        for block in blocks:
            self._put_block(block.stored, block.transaction_ids)
        self.missing = tuple(missing)

    def adopt_state(
        self, height: Height, missing: Sequence[HeightRange], handovers: Sequence[Handover]
    ) -> None:
        self._check_power()
        self.state, self.staged = self.staged, {}
        self.head, self.missing = height, tuple(missing)
        self.handovers = {handover.header.height: handover for handover in handovers}
        self.noted = self.journal.sequence
        self.journal.compact(height)

    def load_missing(self) -> tuple[HeightRange, ...]:
        return self.missing

    def load_handover(self, height: Height) -> Handover | None:
        return self.handovers.get(height)

    # The journal

    def keep_evidence(self, height: Height, validator: PublicKey, evidence: bytes) -> None:
        self.evidence[height, validator] = evidence

    def append_journal(self, height: Height, record: bytes) -> None:
        self.journal.append(height, record)

    def load_journal(self, height: Height) -> list[bytes]:
        return self.journal.load(height)

    def close(self) -> None:
        """Keep everything: a disk has no end."""

    def _check_power(self) -> None:
        if self.power is not None:
            self.power.check()

    def _put_block(self, stored: StoredBlock, transaction_ids: Sequence[TransactionId]) -> None:
        height = stored.block.header.height
        self.blocks[height] = stored
        for index, transaction_id in enumerate(transaction_ids):
            self.index[transaction_id] = (height, index)

    def _is_visible(self, height: Height) -> bool:
        return self.head is not None and height <= self.head
