"""The node's store: blocks, receipts, state, undo records and head, in RocksDB.

Rules
-----
1. A block is written with everything that follows from it in **one** synced batch: after a crash
   either all of it is there or nothing.
2. Reading checks RocksDB's own checksums and decodes strictly. What does not read back as it was
   written is a `StorageError`, never a gap: the library's plain `items()` ends silently where it
   meets damage (measured), so every walk here goes by an explicit iterator and asks for its status.
3. Exactly one process has a store open.
4. Memory is bounded by the figures below, whatever the size of the store.
5. A state from peers is staged beside the state, in as many batches as it takes, and becomes the
   state by one synced batch that changes which of the two prefixes is read. A crash before leaves
   the old state, a crash after the new one; at opening, whatever lies under the other prefix goes.

Layout (all integers big-endian; format 1)
------------------------------------------
```
M format              version[4]
M store               random id[16], names the journal that belongs to this store
M head                height[8] block_id[32]
M journal             sequence[8]: records in the journal when the head was written
B height[8]           canonical bytes of `StoredBlock`
I block_id[32]        height[8]
T transaction_id[32]  height[8] index[4]
U height[8]           canonical bytes of the undo record: pairs (key, previous value or null)
M state               the prefix of the state, S or s; S where there is no such record
M missing             canonical bytes of the ranges of heights below the head without a block
V height[8]           canonical bytes of a `Handover` that came with a state from peers
S key, s key          value of the state at the head, or of one that is being staged
```
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

import rocksdict

from dure.core.block import compute_block_id
from dure.core.codec import decode, encode
from dure.core.errors import ConfigurationError, InvalidEncoding, StorageError
from dure.core.types import BlockId, Height, TransactionId
from dure.node.durable.journal import Journal
from dure.node.durable.journal_format import NOBODY, STORE_ID_LENGTH
from dure.node.durable.loss import Loss
from dure.node.ports import HeightRange, HistoryBlock, StoredBlock
from dure.proof.file import Handover

FORMAT: Final = 1
WRITE_BUFFER_BYTES: Final = 16 * 1024 * 1024
WRITE_BUFFERS_MAX: Final = 2
BLOCK_CACHE_BYTES: Final = 16 * 1024 * 1024
LOG_BYTES_MAX: Final = 1024 * 1024
FILES_OPEN_MAX: Final = 256

_FORMAT_KEY: Final = b"Mformat"
_STORE_KEY: Final = b"Mstore"
_HEAD_KEY: Final = b"Mhead"
_JOURNAL_KEY: Final = b"Mjournal"
_STATE_KEY: Final = b"Mstate"
_MISSING_KEY: Final = b"Mmissing"
_STATES: Final = (b"S", b"s")

_UndoRecord = tuple[tuple[bytes, bytes | None], ...]


class RocksDisk:
    """`dure.node.ports.Disk` on a folder of its own, with the journal beside the database."""

    def __init__(self, folder: Path, voter: bytes = NOBODY) -> None:
        """Open or make the store in `folder`, whose journal is that of the key `voter`.

        Without a voter the store can be read, and its journal counts as another key's.
        Raises `ConfigurationError` where the store is another process's or has another format, and
        `StorageError` where it is damaged.
        """
        self._folder = folder
        self._voter = voter
        self._sync = rocksdict.WriteOptions()
        self._sync.sync = True
        self._database = _open_database(folder)
        try:
            self._check_format()
            self._head = self._load_head_height()
            self._journal = self._open_journal()
            self._state = self._get(_STATE_KEY) or _STATES[0]
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
        if undo:
            batch.put(_key(b"U", height), encode(tuple(sorted(undo.items()))))
        batch.put(_HEAD_KEY, _encode_height(height) + block_id)
        batch.put(_JOURNAL_KEY, _encode_height(self._journal.sequence))
        with self._naming_failures():
            self._database.write(batch, self._sync)
        self._head = height
        self._journal.compact(height)

    def load_head(self) -> StoredBlock | None:
        """Return the newest block, or None on a fresh disk."""
        return None if self._head is None else self._load_existing(self._head)

    def load_block(self, height: Height) -> StoredBlock | None:
        """Return the block of that height at or below the head, or None where it is not here."""
        if self._head is None or height > self._head:
            return None
        data = self._get(_key(b"B", height))
        return None if data is None else self._decode(StoredBlock, data)

    def iterate_blocks(self, from_height: Height) -> Iterator[StoredBlock]:
        """Yield the stored blocks from that height up to the head, one in memory at a time."""
        for key, data in self._walk(_key(b"B", from_height), b"C"):
            if self._head is None or key > _key(b"B", self._head):
                return
            yield self._decode(StoredBlock, data)

    def load_undo(self, height: Height) -> dict[bytes, bytes | None] | None:
        """Return what stood before under the keys that the block wrote; None where it kept none."""
        data = self._get(_key(b"U", height))
        return None if data is None else dict(self._decode(_UndoRecord, data))

    def find_block(self, block_id: BlockId) -> Height | None:
        """Return the height of a stored block."""
        data = self._get(b"I" + block_id)
        return None if data is None else Height(int.from_bytes(data, "big"))

    def find_transaction(self, transaction_id: bytes) -> tuple[Height, int] | None:
        """Return (height, index among the block's transactions) of a stored transaction."""
        data = self._get(b"T" + transaction_id)
        if data is None or self._head is None:
            return None
        height = Height(int.from_bytes(data[:8], "big"))
        return (height, int.from_bytes(data[8:], "big")) if height <= self._head else None

    def load_state(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every key and value of the state at the head, in the order of the keys.

        Exhaust or close the iterator: RocksDB keeps the store locked while one is open.
        """
        for key, value in self._walk(self._state, _compute_end(self._state)):
            yield key[len(self._state) :], value

    def discard_staged(self) -> None:
        """Forget what was staged of a state."""
        with self._naming_failures():
            self._database.delete_range(self._staged, _compute_end(self._staged))

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
        batch.put(_MISSING_KEY, encode(tuple(missing)))
        with self._naming_failures():
            self._database.write(batch, self._sync)

    def adopt_state(
        self, height: Height, missing: Sequence[HeightRange], handovers: Sequence[Handover]
    ) -> None:
        """Make the staged state the state, and the stored block of `height` the head."""
        data = self._get(_key(b"B", height))
        assert data is not None, "the head's block is stored before its state is adopted"
        header = self._decode(StoredBlock, data).block.header
        old, staged = self._state, self._staged
        batch = rocksdict.WriteBatch(raw_mode=True)
        batch.put(_STATE_KEY, staged)
        batch.put(_MISSING_KEY, encode(tuple(missing)))
        batch.delete_range(b"V", b"W")
        for handover in handovers:
            batch.put(_key(b"V", handover.header.height), encode(handover))
        batch.put(_HEAD_KEY, _encode_height(height) + compute_block_id(header))
        batch.put(_JOURNAL_KEY, _encode_height(self._journal.sequence))
        with self._naming_failures():
            self._database.write(batch, self._sync)
        self._state, self._head = staged, height
        self._journal.compact(height)
        assert self._staged == old, "the two prefixes have changed places"
        self.discard_staged()

    def load_missing(self) -> tuple[HeightRange, ...]:
        """Return the ranges of heights below the head without a block, in rising order."""
        data = self._get(_MISSING_KEY)
        return () if data is None else self._decode(tuple[HeightRange, ...], data)

    def load_handover(self, height: Height) -> Handover | None:
        """Return the handover of a block that came with an adopted state."""
        data = self._get(_key(b"V", height))
        return None if data is None else self._decode(Handover, data)

    def append_journal(self, height: Height, record: bytes) -> None:
        """Append and flush one consensus record."""
        self._journal.append(height, record)

    def load_journal(self, height: Height) -> list[bytes]:
        """Return the records of `height`, which lies above the head, in order."""
        return self._journal.load(height)

    def close(self) -> None:
        """Close store and journal; closing twice is harmless.

        What the database can no longer write while it closes (the disk is full) is in its log: all
        that counts was synced before. So there is nothing to tell.
        """
        self._journal.close()
        with suppress(StorageError), self._naming_failures():
            self._database.close()

    @property
    def _staged(self) -> bytes:
        """The prefix under which a state is staged."""
        return _STATES[1] if self._state == _STATES[0] else _STATES[0]

    def _put_block(
        self,
        batch: rocksdict.WriteBatch,
        block_id: BlockId,
        stored: StoredBlock,
        transaction_ids: Sequence[TransactionId],
    ) -> None:
        assert len(transaction_ids) == len(stored.block.transactions), "an id for each transaction"
        height = _encode_height(stored.block.header.height)
        batch.put(b"B" + height, encode(stored))
        batch.put(b"I" + block_id, height)
        for index, transaction_id in enumerate(transaction_ids):
            batch.put(b"T" + transaction_id, height + index.to_bytes(4, "big"))

    def _check_format(self) -> None:
        found = self._get(_FORMAT_KEY)
        if found is None:
            self._make_fresh()
        elif int.from_bytes(found, "big") != FORMAT:
            message = (
                f"the store in {self._folder} has format {int.from_bytes(found, 'big')}, and this "
                f"program reads {FORMAT}: use the program that wrote it, or move the folder away "
                "and let the node fetch the chain again"
            )
            raise ConfigurationError(message, folder=str(self._folder))

    def _make_fresh(self) -> None:
        batch = rocksdict.WriteBatch(raw_mode=True)
        batch.put(_FORMAT_KEY, FORMAT.to_bytes(4, "big"))
        batch.put(_STORE_KEY, secrets.token_bytes(STORE_ID_LENGTH))
        with self._naming_failures():
            self._database.write(batch, self._sync)

    def _open_journal(self) -> Journal:
        store_id, noted = self._get(_STORE_KEY), self._get(_JOURNAL_KEY)
        if store_id is None or (noted is None) != (self._head is None):
            raise self._damaged("its own records are missing")
        sequence = None if noted is None else int.from_bytes(noted, "big")
        path = self._folder / "journal"
        return Journal(path, store_id, noted=sequence, voter=self._voter)

    def _load_head_height(self) -> Height | None:
        data = self._get(_HEAD_KEY)
        if data is None:
            return None
        height = Height(int.from_bytes(data[:8], "big"))
        if self._get(b"I" + data[8:]) != data[:8] or self._get(_key(b"B", height)) is None:
            raise self._damaged("its head block is missing")
        return height

    def _load_existing(self, height: Height) -> StoredBlock:
        stored = self.load_block(height)
        if stored is None:
            raise self._damaged(f"block {height} is missing")
        return stored

    def _get(self, key: bytes) -> bytes | None:
        with self._naming_failures():
            return cast("bytes | None", self._database.get(key))

    def _walk(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        with self._naming_failures():
            options = rocksdict.ReadOptions()
            options.set_iterate_upper_bound(end)
            walk = self._database.iter(options)
            walk.seek(start)
            while walk.valid():
                yield walk.key(), walk.value()
                walk.next()
            walk.status()

    def _decode(self, type_: Any, data: bytes) -> Any:
        try:
            return decode(type_, data, bytes_max=len(data))
        except InvalidEncoding as problem:
            raise self._damaged(f"a record does not decode: {problem.message}") from problem

    def _damaged(self, reason: str) -> StorageError:
        message = (
            f"the store in {self._folder} is damaged: {reason}. Move the folder away and let the "
            "node fetch the chain again, or restore a backup"
        )
        return StorageError(message, folder=str(self._folder))

    @contextmanager
    def _naming_failures(self) -> Iterator[None]:
        try:
            yield
        except rocksdict.DbClosedError as problem:
            message = f"the store in {self._folder} is closed"
            raise StorageError(message, folder=str(self._folder)) from problem
        except Exception as problem:
            # The library raises plain `Exception`, for a full disk and for damage alike.
            if type(problem) is not Exception:
                raise
            raise self._damaged_or_full(problem) from problem

    def _damaged_or_full(self, problem: Exception) -> StorageError:
        text = str(problem)
        if text.startswith("Corruption"):
            return self._damaged(text)
        message = (
            f"the disk under {self._folder} refused: {text}. Free space or replace the disk, and "
            "start the node again"
        )
        return StorageError(message, folder=str(self._folder))


def _open_database(folder: Path) -> rocksdict.Rdict:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return rocksdict.Rdict(str(folder / "rocks"), _build_options())
    except OSError as problem:
        message = f"cannot use the folder {folder}: {problem.strerror}"
        raise ConfigurationError(message, folder=str(folder)) from problem
    except Exception as problem:  # the library raises nothing narrower
        if "lock" in str(problem).lower():
            message = (
                f"the store in {folder} is open already: stop the node that uses it, or give this "
                "one a folder of its own"
            )
            raise ConfigurationError(message, folder=str(folder)) from problem
        message = (
            f"the store in {folder} cannot be opened: {problem}. Move the folder away and let the "
            "node fetch the chain again, or restore a backup"
        )
        raise StorageError(message, folder=str(folder)) from problem


def _build_options() -> rocksdict.Options:
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(create_if_missing=True)
    options.set_paranoid_checks(enabled=True)
    # A torn end of RocksDB's own log is a crash; damage before it must not pass for one, as it does
    # by default.
    options.set_wal_recovery_mode(rocksdict.DBRecoveryMode.tolerate_corrupted_tail_records())
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(WRITE_BUFFERS_MAX)
    options.set_max_open_files(FILES_OPEN_MAX)
    options.set_max_background_jobs(2)
    options.set_max_log_file_size(LOG_BYTES_MAX)
    options.set_keep_log_file_num(2)
    table = rocksdict.BlockBasedOptions()
    table.set_block_cache(rocksdict.Cache(BLOCK_CACHE_BYTES))
    table.set_cache_index_and_filter_blocks(v=True)
    table.set_bloom_filter(10, block_based=False)
    options.set_block_based_table_factory(table)
    return options


def _encode_height(height: int) -> bytes:
    return height.to_bytes(8, "big")


def _compute_end(prefix: bytes) -> bytes:
    """Return where the keys of a one-byte prefix end."""
    return bytes([prefix[0] + 1])


def _key(prefix: bytes, height: int) -> bytes:
    return prefix + _encode_height(height)
