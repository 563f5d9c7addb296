"""The node's own disk: the store, written by this process alone, with the journal beside it.

Rules
-----
1. A block is written with everything that follows from it in **one** record of the log, and one
   flush: after a crash either all of it is there or nothing.
2. Exactly one process has a store open for writing.
3. The database follows the log: it is given what several blocks changed, sorted and each key once,
   in batches that it keeps or loses whole and in their order (it has no log of its own, and writes
   tables when its buffer is full). The last of such batches notes up to where the log is taken in.
   So after a crash it is as it was at some earlier moment, and is given the rest of the log again.
4. A state from peers is staged beside the state, in as many batches as it takes, and becomes the
   state by one batch that changes which of the two prefixes is read. The database is flushed right
   after it. A crash before leaves the old state, a crash after the new one; at opening, whatever
   lies under the other prefix goes.

`store` has the layout, and reads.
"""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import rocksdict

from dure.core.block import compute_block_id
from dure.core.codec import encode
from dure.core.errors import StorageError
from dure.core.types import BlockId, Height, PublicKey, TransactionId
from dure.node.durable.block_log import LOG_HEADER_LENGTH, BlockLog, Changes, Logged
from dure.node.durable.journal import Journal
from dure.node.durable.journal_format import NOBODY, STORE_ID_LENGTH
from dure.node.durable.loss import Loss
from dure.node.durable.store import (
    FORMAT,
    FORMAT_KEY,
    HEAD_KEY,
    JOURNAL_KEY,
    LOG_KEY,
    LOG_NAME,
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

RECENT_KEYS_MAX: Final = 4 * 1024
"""Changed keys from which on the database is given them: in order, it takes about 1 µs for each."""
RECENT_BYTES_MAX: Final = 8 * 1024 * 1024
"""Bytes of the log from which on it is: few changes may be long."""
BATCH_KEYS_MAX: Final = 64 * 1024
JOURNAL_NAME: Final = "journal"
UNFLUSHED_BYTES_MAX: Final = 64 * 1024 * 1024
"""Bytes of the log after which the database writes a table, so that little is to be read again."""


class RocksDisk(Store):
    """`dure.node.ports.Disk` on a folder of its own, with the journal beside log and database."""

    def __init__(self, folder: Path, voter: bytes = NOBODY) -> None:
        """Open or make the store in `folder`, whose journal is that of the key `voter`.

        Without a voter the store can be read, and its journal counts as another key's.
        Raises `ConfigurationError` where the store is another process's or has another format, and
        `StorageError` where it is damaged.
        """
        super().__init__(folder, open_database(folder, rocksdict.AccessType.read_write()))
        self._voter = voter
        self._options = rocksdict.WriteOptions()
        # The library's types call this property a method.
        self._options.disable_wal = True  # type: ignore[method-assign,assignment]
        self._options.memtable_insert_hint_per_batch = True
        self._unflushed = 0
        self._recent_bytes = 0
        try:
            if self._get(FORMAT_KEY) is None:
                self._make_fresh()
            self._read_database()
            self._replay()
            self._read_head()
            self._journal = self._open_journal()
            self.discard_staged()
        except BaseException:
            super().close()
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
        assert len(transaction_ids) == len(stored.block.transactions), "an id for each transaction"
        assert undo.keys() <= writes.keys(), "only what was written is taken back"
        changes = Changes(
            block_id=block_id,
            transaction_ids=tuple(transaction_ids),
            records=((HEAD_KEY, encode_height(height) + block_id), self._note_journal()),
            state=tuple(zip(writes, map(undo.get, writes), writes.values(), strict=True)),
            # Also a heartbeat, which writes nothing: a block without was not executed here.
            is_undoable=bool(undo) or self._head is not None,
        )
        self._append(Logged(height, encode(stored), changes))
        self._head = height
        self._journal.compact(height)

    def discard_staged(self) -> None:
        """Forget what was staged of a state."""
        with self._naming_failures():
            self._database.delete_range(self._staged, compute_end(self._staged), self._options)

    def stage_state(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Write a part of a state beside the state at the head; it counts once adopted."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in items:
            batch.put(self._staged + key, value)
        # `adopt_state` flushes the database, and this with it.
        self._write(batch)

    def store_history(self, blocks: Sequence[HistoryBlock], missing: Sequence[HeightRange]) -> None:
        """Write final blocks apart from the state, and then which heights still lack blocks.

        A crash between leaves blocks that are fetched once more.
        """
        for block in blocks:
            self._append(_log_history(block))
        self._append(_log_record(MISSING_KEY, encode(tuple(missing))))

    def adopt_state(
        self, height: Height, missing: Sequence[HeightRange], handovers: Sequence[Handover]
    ) -> None:
        """Make the staged state the state, and the stored block of `height` the head."""
        place = self._get(key_of(b"B", height))
        assert place is not None, "the head's block is stored before its state is adopted"
        header = self._load_at(place).block.header
        self._hand_over()
        old, staged = self._state, self._staged
        batch = rocksdict.WriteBatch(raw_mode=True)
        batch.put(STATE_KEY, staged)
        batch.put(MISSING_KEY, encode(tuple(missing)))
        batch.delete_range(b"V", b"W")
        for handover in handovers:
            batch.put(key_of(b"V", handover.header.height), encode(handover))
        batch.put(HEAD_KEY, encode_height(height) + compute_block_id(header))
        batch.put(*self._note_journal())
        self._write(batch)
        self._flush()
        self._state, self._head = staged, height
        self._journal.compact(height)
        assert self._staged == old, "the two prefixes have changed places"
        self.discard_staged()

    def keep_evidence(self, height: Height, validator: PublicKey, evidence: bytes) -> None:
        """Keep the proof that a validator contradicted itself; see `dure.node.ports.Disk`."""
        key = key_of(b"E", height) + validator
        if self._get(key) is None and sum(1 for _ in self.load_evidence()) < EVIDENCE_MAX:
            self._append(_log_record(key, evidence))

    def append_journal(self, height: Height, record: bytes) -> None:
        """Append and flush one consensus record."""
        self._journal.append(height, record)

    def load_journal(self, height: Height) -> list[bytes]:
        """Return the records of `height`, which lies above the head, in order."""
        return self._journal.load(height)

    def close(self) -> None:
        """Close store and journal; closing twice is harmless."""
        self._journal.close()
        with suppress(StorageError):
            self._hand_over()
            self._flush()
        super().close()

    @property
    def _staged(self) -> bytes:
        """The prefix under which a state is staged."""
        return STATES[1] if self._state == STATES[0] else STATES[0]

    def _append(self, record: Logged) -> None:
        """Write a record durably and let it be seen."""
        blocks = self._get_log()
        offset = blocks.append(record)
        self._take_in(offset, record)
        self._unflushed += blocks.end - offset
        self._recent_bytes += blocks.end - offset
        if len(self._recent) >= RECENT_KEYS_MAX or self._recent_bytes >= RECENT_BYTES_MAX:
            self._hand_over()

    def _hand_over(self) -> None:
        """Give the database what the log holds beyond it."""
        recent = self._recent
        keys = sorted(recent)
        for start in range(0, len(keys), BATCH_KEYS_MAX):
            batch = rocksdict.WriteBatch(raw_mode=True)
            for key in keys[start : start + BATCH_KEYS_MAX]:
                value = recent[key]
                if value is None:
                    batch.delete(key)
                else:
                    batch.put(key, value)
            if start + BATCH_KEYS_MAX >= len(keys):
                batch.put(LOG_KEY, encode_height(self._get_log().end))
            self._write(batch)
        self._recent.clear()
        self._recent_bytes = 0
        if self._unflushed > UNFLUSHED_BYTES_MAX:
            self._unflushed = 0
            with self._naming_failures():
                self._database.flush(wait=False)

    def _write(self, batch: rocksdict.WriteBatch) -> None:
        with self._naming_failures():
            self._database.write(batch, self._options)

    def _flush(self) -> None:
        """Return when all that the database was given is on the disk."""
        with self._naming_failures():
            self._database.flush(wait=True)
        self._unflushed = 0

    def _replay(self) -> None:
        """Open the log and take in what the database does not have of it."""
        self._log = self._open_log(is_writer=True)
        start = self._load_logged()
        for offset, record in self._log.replay(start):
            self._take_in(offset, record)
        self._log.cut_tail()
        self._unflushed = self._log.end - start
        self._hand_over()

    def _note_journal(self) -> tuple[bytes, bytes]:
        return JOURNAL_KEY, encode_height(self._journal.sequence)

    def _make_fresh(self) -> None:
        store_id = secrets.token_bytes(STORE_ID_LENGTH)
        # First the log: a database that has an identity has its log.
        BlockLog.create(self._folder / LOG_NAME, store_id).close()
        batch = rocksdict.WriteBatch(raw_mode=True)
        batch.put(FORMAT_KEY, FORMAT.to_bytes(4, "big"))
        batch.put(STORE_KEY, store_id)
        batch.put(LOG_KEY, encode_height(LOG_HEADER_LENGTH))
        self._write(batch)
        self._flush()

    def _open_journal(self) -> Journal:
        store_id, noted = self._get(STORE_KEY), self._get(JOURNAL_KEY)
        if store_id is None or (noted is None) != (self._head is None):
            raise self._damaged("its own records are missing")
        sequence = None if noted is None else int.from_bytes(noted, "big")
        path = self._folder / JOURNAL_NAME
        return Journal(path, store_id, noted=sequence, voter=self._voter)


def _log_history(block: HistoryBlock) -> Logged:
    """Return the record of a block that was not executed here."""
    stored = block.stored
    assert len(block.transaction_ids) == len(stored.block.transactions), "an id for each"
    changes = Changes(block.block_id, block.transaction_ids, (), (), is_undoable=False)
    return Logged(stored.block.header.height, encode(stored), changes)


def _log_record(key: bytes, value: bytes) -> Logged:
    """Return the record of something that goes into the database alone."""
    return Logged(0, b"", Changes(b"", (), ((key, value),), (), is_undoable=False))
