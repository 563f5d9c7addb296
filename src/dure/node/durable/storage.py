"""The node's own disk: the store, written by this process alone, with the journal beside it.

Rules
-----
1. A block is written with everything that follows from it in **one** synced batch: after a crash
   either all of it is there or nothing.
2. Exactly one process has a store open for writing.
3. A state from peers is staged beside the state, in as many batches as it takes, and becomes the
   state by one synced batch that changes which of the two prefixes is read. A crash before leaves
   the old state, a crash after the new one; at opening, whatever lies under the other prefix goes.

`store` has the layout, and reads.
"""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

import rocksdict

from dure.core.block import compute_block_id
from dure.core.codec import encode
from dure.core.errors import StorageError
from dure.core.types import BlockId, Height, PublicKey, TransactionId
from dure.node.durable.journal import Journal
from dure.node.durable.journal_format import NOBODY, STORE_ID_LENGTH
from dure.node.durable.loss import Loss
from dure.node.durable.store import (
    FORMAT,
    FORMAT_KEY,
    HEAD_KEY,
    JOURNAL_KEY,
    MISSING_KEY,
    STATE_KEY,
    STATES,
    STORE_KEY,
    Store,
    compute_end,
    encode_height,
    key_of,
    open_database,
)
from dure.node.ports import EVIDENCE_MAX, HeightRange, HistoryBlock, StoredBlock
from dure.proof.file import Handover


class RocksDisk(Store):
    """`dure.node.ports.Disk` on a folder of its own, with the journal beside the database."""

    def __init__(self, folder: Path, voter: bytes = NOBODY) -> None:
        """Open or make the store in `folder`, whose journal is that of the key `voter`.

        Without a voter the store can be read, and its journal counts as another key's.
        Raises `ConfigurationError` where the store is another process's or has another format, and
        `StorageError` where it is damaged.
        """
        super().__init__(folder, open_database(folder, rocksdict.AccessType.read_write()))
        self._voter = voter
        self._sync = rocksdict.WriteOptions()
        self._sync.sync = True
        try:
            if self._get(FORMAT_KEY) is None:
                self._make_fresh()
            self._read_head()
            self._journal = self._open_journal()
            self.discard_staged()
        except BaseException:
            self._database.close()
            raise

    @property
    def loss(self) -> Loss | None:
        """Why the journal is no memory of what this validator said; None where it is one."""
        return self._journal.loss

    @property
    def journal_is_complete(self) -> bool:
        """Whether the journal is the one that this store knew.

        A validator without it must not sign, and what it journals is not written.
        """
        return self._journal.is_complete

    def declare_votes_lost(self, loss: Loss) -> None:
        """Keep the validator mute, whatever its journal says: see `Journal.declare_lost`."""
        self._journal.declare_lost(loss)

    def begin_journal_anew(self) -> None:
        """Let a mute validator speak again: see `Journal.begin_anew`."""
        self._journal.begin_anew()

    def load_whole_journal(self) -> list[bytes]:
        """Return every record of the journal in order; see `Journal.load_all`."""
        return self._journal.load_all()

    def commit_block(
        self,
        block_id: BlockId,
        stored: StoredBlock,
        transaction_ids: Sequence[TransactionId],
        *,
        writes: Mapping[bytes, bytes | None],
        undo: Mapping[bytes, bytes | None],
    ) -> None:
        """Write the block and everything that follows from it, durably, or raise `StorageError`.

        The first block of a store may have any height, so that a snapshot can come before it; each
        later one follows on the head.
        """
        height = stored.block.header.height
        if self._head is not None and height != self._head + 1:
            message = f"block {height} does not follow the stored head {self._head}"
            raise StorageError(message, height=height, head=self._head)
        batch = rocksdict.WriteBatch(raw_mode=True)
        self._put_block(batch, block_id, stored, transaction_ids)
        for key, value in writes.items():
            if value is None:
                batch.delete(self._state + key)
            else:
                batch.put(self._state + key, value)
        if undo or self._head is not None:
            # Also an empty one, of a heartbeat: a block without was not executed here.
            batch.put(key_of(b"U", height), encode(tuple(sorted(undo.items()))))
        batch.put(HEAD_KEY, encode_height(height) + block_id)
        batch.put(JOURNAL_KEY, encode_height(self._journal.sequence))
        with self._naming_failures():
            self._database.write(batch, self._sync)
        self._head = height
        self._journal.compact(height)

    def discard_staged(self) -> None:
        """Forget what was staged of a state."""
        with self._naming_failures():
            self._database.delete_range(self._staged, compute_end(self._staged))

    def stage_state(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Write a part of a state beside the state at the head; it counts once adopted."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in items:
            batch.put(self._staged + key, value)
        with self._naming_failures():
            # The synced batch of `adopt_state` makes all that was written before it durable.
            self._database.write(batch)

    def store_history(self, blocks: Sequence[HistoryBlock], missing: Sequence[HeightRange]) -> None:
        """Write final blocks apart from the state, and which heights still lack blocks."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        for block in blocks:
            self._put_block(batch, block.block_id, block.stored, block.transaction_ids)
        batch.put(MISSING_KEY, encode(tuple(missing)))
        with self._naming_failures():
            self._database.write(batch, self._sync)

    def adopt_state(
        self, height: Height, missing: Sequence[HeightRange], handovers: Sequence[Handover]
    ) -> None:
        """Make the staged state the state, and the stored block of `height` the head."""
        data = self._get(key_of(b"B", height))
        assert data is not None, "the head's block is stored before its state is adopted"
        header = self._decode(StoredBlock, data).block.header
        old, staged = self._state, self._staged
        batch = rocksdict.WriteBatch(raw_mode=True)
        batch.put(STATE_KEY, staged)
        batch.put(MISSING_KEY, encode(tuple(missing)))
        batch.delete_range(b"V", b"W")
        for handover in handovers:
            batch.put(key_of(b"V", handover.header.height), encode(handover))
        batch.put(HEAD_KEY, encode_height(height) + compute_block_id(header))
        batch.put(JOURNAL_KEY, encode_height(self._journal.sequence))
        with self._naming_failures():
            self._database.write(batch, self._sync)
        self._state, self._head = staged, height
        self._journal.compact(height)
        assert self._staged == old, "the two prefixes have changed places"
        self.discard_staged()

    def keep_evidence(self, height: Height, validator: PublicKey, evidence: bytes) -> None:
        """Keep the proof that a validator contradicted itself; see `dure.node.ports.Disk`."""
        if sum(1 for _ in self.load_evidence()) < EVIDENCE_MAX:
            with self._naming_failures():
                self._database.put(key_of(b"E", height) + validator, evidence, self._sync)

    def append_journal(self, height: Height, record: bytes) -> None:
        """Append and flush one consensus record."""
        self._journal.append(height, record)

    def load_journal(self, height: Height) -> list[bytes]:
        """Return the records of `height`, which lies above the head, in order."""
        return self._journal.load(height)

    def close(self) -> None:
        """Close store and journal; closing twice is harmless."""
        self._journal.close()
        super().close()

    @property
    def _staged(self) -> bytes:
        """The prefix under which a state is staged."""
        return STATES[1] if self._state == STATES[0] else STATES[0]

    def _put_block(
        self,
        batch: rocksdict.WriteBatch,
        block_id: BlockId,
        stored: StoredBlock,
        transaction_ids: Sequence[TransactionId],
    ) -> None:
        assert len(transaction_ids) == len(stored.block.transactions), "an id for each transaction"
        height = encode_height(stored.block.header.height)
        batch.put(b"B" + height, encode(stored))
        batch.put(b"I" + block_id, height)
        for index, transaction_id in enumerate(transaction_ids):
            batch.put(b"T" + transaction_id, height + index.to_bytes(4, "big"))

    def _make_fresh(self) -> None:
        batch = rocksdict.WriteBatch(raw_mode=True)
        batch.put(FORMAT_KEY, FORMAT.to_bytes(4, "big"))
        batch.put(STORE_KEY, secrets.token_bytes(STORE_ID_LENGTH))
        with self._naming_failures():
            self._database.write(batch, self._sync)

    def _open_journal(self) -> Journal:
        store_id, noted = self._get(STORE_KEY), self._get(JOURNAL_KEY)
        if store_id is None or (noted is None) != (self._head is None):
            raise self._damaged("its own records are missing")
        sequence = None if noted is None else int.from_bytes(noted, "big")
        path = self._folder / "journal"
        return Journal(path, store_id, noted=sequence, voter=self._voter)
