"""A disk in memory that outlives the node, with a journal of real bytes on it.

The store is all or nothing, as RocksDB's synced batches are. The journal is a file in the format
of `dure.node.durable.journal_format`, which can be torn by a power cut, garbled, removed, or
replaced by an older copy; `reopen` reads it back by the rules of the real journal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from dure.core.errors import StorageError
from dure.core.types import BlockId, Height, TransactionId
from dure.node.durable.journal_format import (
    STORE_ID_LENGTH,
    Content,
    DamagedJournal,
    Entry,
    JournalFormat,
)
from dure.node.ports import HeightRange, HistoryBlock, StoredBlock
from dure.proof.file import Handover
from dure.testing.simulation.ports.power import Power, PowerCut

JOURNAL_BYTES_MAX: Final = 16 * 1024
"""Size past which the journal is rewritten when the head moves: small, so that it happens."""


@dataclass(slots=True)
class SimulatedDisk:
    """`dure.node.ports.Disk` in memory; what it was given is durable at once."""

    random: Random = field(default_factory=lambda: Random(0))
    power: Power | None = None
    torn: float = 0.0
    """Chance that a power cut during an append leaves a piece of the record."""
    torn_writes: int = 0
    state: dict[bytes, bytes] = field(default_factory=dict)
    blocks: dict[Height, StoredBlock] = field(default_factory=dict)
    index: dict[bytes, tuple[Height, int]] = field(default_factory=dict)
    undo: dict[Height, dict[bytes, bytes | None]] = field(default_factory=dict)
    head: Height | None = None
    staged: dict[bytes, bytes] = field(default_factory=dict)
    """Parts of a state from peers that is not adopted."""
    missing: tuple[HeightRange, ...] = ()
    handovers: dict[Height, Handover] = field(default_factory=dict)
    noted: int | None = None
    """Journal records when the newest block was written; None before the first block."""
    journal: bytearray | None = None
    """The journal's file; None where there is none."""
    journal_is_complete: bool = True
    _format: JournalFormat = field(init=False)
    _entries: list[Entry] = field(default_factory=list)
    _next_sequence: int = 0

    def __post_init__(self) -> None:
        self._format = JournalFormat(self.random.randbytes(STORE_ID_LENGTH))
        self.reopen()

    # The life of a node

    def reopen(self) -> None:
        """Read the journal as a starting node does; raise `StorageError` where it is damaged."""
        self.discard_staged()
        content = self._read() or Content([], 0, 0)
        self._entries = content.entries
        self._next_sequence = max(content.next_sequence, self.noted or 0)
        self.journal_is_complete = self.noted is None or (
            content.next_sequence >= self.noted and content.end > 0
        )
        if content.end > 0 and self.journal_is_complete:
            assert self.journal is not None, "it was read"
            del self.journal[content.end :]
        elif self.journal_is_complete:
            self._rewrite()

    def begin_journal_anew(self) -> None:
        """Start an empty journal in place of one that is not complete."""
        assert not self.journal_is_complete, "a complete journal is not thrown away"
        self._entries = []
        self._rewrite()
        self.journal_is_complete = True

    def remove_journal(self) -> None:
        """Take the journal away from a store that expects one."""
        self.journal = None
        self.noted = self.noted or 0

    def corrupt_journal(self) -> bool:
        """Damage a record that an intact one follows; say whether there was one."""
        if self.journal is None or len(self._entries) < 2:
            return False
        first = self._format.encode_record(self._entries[0])
        place = self.journal.find(first)
        if place < 0:
            return False
        self.journal[place + self.random.randrange(len(first))] ^= 1 << self.random.randrange(8)
        return True

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
        self.noted = self._next_sequence
        self._compact(self.head)

    def load_head(self) -> StoredBlock | None:
        return None if self.head is None else self.blocks[self.head]

    def load_block(self, height: Height) -> StoredBlock | None:
        return self.blocks.get(height) if self._is_visible(height) else None

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
        self.noted = self._next_sequence
        self._compact(height)

    def load_missing(self) -> tuple[HeightRange, ...]:
        return self.missing

    def load_handover(self, height: Height) -> Handover | None:
        return self.handovers.get(height)

    # The journal

    def append_journal(self, height: Height, record: bytes) -> None:
        if not self.journal_is_complete:
            return
        assert self.journal is not None, "a complete journal has a file"
        entry = Entry(height, self._next_sequence, record)
        data = self._format.encode_record(entry)
        if self.power is not None and self.power.fails():
            self.journal += self._tear(data)
            raise PowerCut
        self.journal += data
        self._entries.append(entry)
        self._next_sequence += 1

    def load_journal(self, height: Height) -> list[bytes]:
        return [entry.data for entry in self._entries if entry.height == height]

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

    def _read(self) -> Content | None:
        if self.journal is None:
            return None
        try:
            return self._format.scan(bytes(self.journal))
        except DamagedJournal as problem:
            raise StorageError(f"the journal {problem}") from problem

    def _compact(self, head: Height) -> None:
        if self.journal is None or len(self.journal) <= JOURNAL_BYTES_MAX:
            return
        self._entries = [entry for entry in self._entries if entry.height > head]
        self._rewrite()

    def _rewrite(self) -> None:
        self.journal = bytearray(self._format.encode_file(self._entries, self._next_sequence))

    def _tear(self, data: bytes) -> bytes:
        """Return what a power cut leaves of a record: nothing, a piece of it, or garbage."""
        if self.random.random() >= self.torn:
            return b""
        self.torn_writes += 1
        kept = data[: self.random.randrange(1, len(data))]
        missing = len(data) - len(kept)
        return kept if self.random.random() < 0.5 else kept + self.random.randbytes(missing)
