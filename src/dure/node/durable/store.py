"""A node's store as a reader sees it: a log of blocks, and a database of what is looked up.

The log (`block_log`) holds whatever was committed, block by block. The database (RocksDB) is made
of it: the state, and where in the log a block or transaction is. It takes several blocks at once,
keeps no log of its own, and notes up to where it has taken the block log in; `recent` is what the
log holds beyond that. `docs/decisions/0015` says why.

Rules
-----
1. Reading checks the checksums of both and decodes strictly. What does not read back as it was
   written is a `StorageError`, never a gap: the library's plain `items()` ends silently where it
   meets damage (measured), so every walk here goes by an explicit iterator and asks for its status.
2. Memory is bounded by the figures here and in `storage`, whatever the size of the store: what a
   reader has to hold of the log is at most what a writer leaves out of the database.
3. A reader sees the store as it was when it was opened, whoever has it open for writing.

Database (all integers big-endian; format 2)
--------------------------------------------
```
M format              version[4]
M store               random id[16], names the journal and the log that belong to this store
M log                 offset[8]: the log's records before it are taken in
M head                height[8] block_id[32]
M journal             sequence[8]: records in the journal when the head was written
B height[8]           offset[8] of the record in the log that holds the block
I block_id[32]        height[8]
T transaction_id[32]  height[8] index[4]
M state               the prefix of the state, S or s; S where there is no such record
M missing             canonical bytes of the ranges of heights below the head without a block
E height[8] key[32]   proof that the validator of that key contradicted itself at that height
V height[8]           canonical bytes of a `Handover` that came with a state from peers
S key, s key          value of the state at the head, or of one that is being staged
```
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Self, cast

import msgspec
import rocksdict

from dure.chain.inspection.comparison import overlay
from dure.chain.replay import Executed
from dure.core.block import Header
from dure.core.codec import build_decoder, decode
from dure.core.errors import ConfigurationError, InvalidEncoding, StorageError
from dure.core.types import BlockId, Height, PublicKey
from dure.node.durable.block_log import BlockLog, Logged
from dure.node.ports import HeightRange, StoredBlock
from dure.proof.file import Handover

FORMAT: Final = 2
WRITE_BUFFER_BYTES: Final = 16 * 1024 * 1024
WRITE_BUFFERS_MAX: Final = 2
BLOCK_CACHE_BYTES: Final = 16 * 1024 * 1024
LOG_BYTES_MAX: Final = 1024 * 1024
FILES_OPEN_MAX: Final = 256

FORMAT_KEY: Final = b"Mformat"
STORE_KEY: Final = b"Mstore"
LOG_KEY: Final = b"Mlog"
HEAD_KEY: Final = b"Mhead"
JOURNAL_KEY: Final = b"Mjournal"
STATE_KEY: Final = b"Mstate"
MISSING_KEY: Final = b"Mmissing"
STATES: Final = (b"S", b"s")
LOG_NAME: Final = "blocks"
DATABASE_NAME: Final = "rocks"
LOCKED: Final = ("While lock file", "lock hold by")
"""How the library says that another process, or this one, has the database open."""

_read_header: Final = build_decoder(
    tuple[tuple[Header, msgspec.Raw], msgspec.Raw, msgspec.Raw]
).decode
"""Reads the header of a `StoredBlock`, and of the rest no more than where it ends."""


class Store:
    """An open store."""

    def __init__(self, folder: Path, database: rocksdict.Rdict) -> None:
        self._folder = folder
        self._database = database
        self._log: BlockLog | None = None
        self._recent: dict[bytes, bytes | None] = {}
        """Keys and values that the log holds and the database may not yet; None is no value."""
        self._head: Height | None = None
        self._state = STATES[0]

    @classmethod
    def open_for_reading(cls, folder: Path) -> Self:
        """Open the store of a node that may be running.

        Raises `ConfigurationError` where there is none or it has another format, and `StorageError`
        where it is damaged.
        """
        if not (folder / DATABASE_NAME).is_dir():
            message = f"{folder} holds no node's store"
            raise ConfigurationError(message, folder=str(folder))
        store = cls(folder, open_database(folder, rocksdict.AccessType.read_only()))
        try:
            store._read_database()
            store._log = store._open_log(is_writer=False)
            for offset, record in store._log.replay(store._load_logged()):
                store._take_in(offset, record)
            store._read_head()
        except BaseException:
            store.close()
            raise
        return store

    def load_head(self) -> StoredBlock | None:
        """Return the newest block, or None on a fresh disk."""
        return None if self._head is None else self._load_existing(self._head)

    def load_block(self, height: Height) -> StoredBlock | None:
        """Return the block of that height at or below the head, or None where it is not here."""
        if self._head is None or height > self._head:
            return None
        place = self._get(key_of(b"B", height))
        return None if place is None else self._load_at(place)

    def load_executed(self, height: Height) -> Executed | None:
        """Return what `load_block`'s block executed: of the block itself the header alone is read.

        Its checksums vouch for the rest, and the ids stand beside it.
        """
        if self._head is None or height > self._head:
            return None
        place = self._get(key_of(b"B", height))
        if place is None:
            return None
        block, transaction_ids = self._get_log().load_executed(int.from_bytes(place, "big"))
        try:
            (header, _), _, _ = _read_header(block)
        except msgspec.MsgspecError as problem:
            raise self._damaged(f"a record does not decode: {problem}") from problem
        return Executed(header, transaction_ids)

    def iterate_blocks(self, from_height: Height) -> Iterator[StoredBlock]:
        """Yield the stored blocks from that height up to the head, one in memory at a time."""
        for key, place in self._walk(key_of(b"B", from_height), b"C"):
            if self._head is None or key > key_of(b"B", self._head):
                return
            yield self._load_at(place)

    def load_undo(self, height: Height) -> dict[bytes, bytes | None] | None:
        """Return what stood before under the keys that the block wrote; None where it kept none."""
        place = self._get(key_of(b"B", height))
        if place is None:
            return None
        changes = self._get_log().load_changes(int.from_bytes(place, "big"))
        return {key: before for key, before, _ in changes.state} if changes.is_undoable else None

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
        for key, value in self._walk(self._state, compute_end(self._state)):
            yield key[len(self._state) :], value

    def load_missing(self) -> tuple[HeightRange, ...]:
        """Return the ranges of heights below the head without a block, in rising order."""
        data = self._get(MISSING_KEY)
        return () if data is None else self._decode(tuple[HeightRange, ...], data)

    def load_handover(self, height: Height) -> Handover | None:
        """Return the handover of a block that came with an adopted state."""
        data = self._get(key_of(b"V", height))
        return None if data is None else self._decode(Handover, data)

    def load_evidence(self) -> Iterator[tuple[Height, PublicKey, bytes]]:
        """Yield (height, validator, proof) of each contradiction that was noticed, by height."""
        for key, evidence in self._walk(b"E", compute_end(b"E")):
            yield Height(int.from_bytes(key[1:9], "big")), PublicKey(key[9:]), evidence

    def close(self) -> None:
        """Close the store; closing twice is harmless.

        What the database can no longer write while it closes (the disk is full) is in the log. So
        there is nothing to tell.
        """
        if self._log is not None:
            self._log.close()
        with suppress(StorageError), self._naming_failures():
            self._database.close()

    def _read_database(self) -> None:
        """Check the format, and see which prefix the state has."""
        self._check_format(self._get(FORMAT_KEY))
        self._state = self._get(STATE_KEY) or STATES[0]

    def _open_log(self, *, is_writer: bool) -> BlockLog:
        store_id = self._get(STORE_KEY)
        if store_id is None:
            raise self._damaged("its own records are missing")
        return BlockLog(self._folder / LOG_NAME, store_id, is_writer=is_writer)

    def _get_log(self) -> BlockLog:
        assert self._log is not None, "an open store has its log"
        return self._log

    def _load_logged(self) -> int:
        """Return up to where the database has taken in the log."""
        noted = self._get(LOG_KEY)
        if noted is None:
            raise self._damaged("its own records are missing")
        return int.from_bytes(noted, "big")

    def _take_in(self, offset: int, record: Logged) -> None:
        """Let a record of the log be seen."""
        changes, recent = record.changes, self._recent
        if record.block:
            height = encode_height(record.height)
            recent[b"B" + height] = offset.to_bytes(8, "big")
            recent[b"I" + changes.block_id] = height
            for index, transaction_id in enumerate(changes.transaction_ids):
                recent[b"T" + transaction_id] = height + index.to_bytes(4, "big")
        recent.update(changes.records)
        prefix = self._state
        for key, _, value in changes.state:
            recent[prefix + key] = value

    def _read_head(self) -> None:
        self._head = self._load_head_height()

    def _check_format(self, found: bytes | None) -> None:
        if found is None:
            raise self._damaged("its own records are missing")
        if int.from_bytes(found, "big") != FORMAT:
            message = (
                f"the store in {self._folder} has format {int.from_bytes(found, 'big')}, and this "
                f"program reads {FORMAT}: use the program that wrote it, or move the folder away "
                "and let the node fetch the chain again"
            )
            raise ConfigurationError(message, folder=str(self._folder))

    def _load_head_height(self) -> Height | None:
        data = self._get(HEAD_KEY)
        if data is None:
            return None
        height = Height(int.from_bytes(data[:8], "big"))
        if self._get(b"I" + data[8:]) != data[:8] or self._get(key_of(b"B", height)) is None:
            raise self._damaged("its head block is missing")
        return height

    def _load_existing(self, height: Height) -> StoredBlock:
        stored = self.load_block(height)
        if stored is None:
            raise self._damaged(f"block {height} is missing")
        return stored

    def _load_at(self, place: bytes) -> StoredBlock:
        data = self._get_log().load_block(int.from_bytes(place, "big"))
        stored: StoredBlock = self._decode(StoredBlock, data)
        return stored

    def _get(self, key: bytes) -> bytes | None:
        if key in self._recent:
            return self._recent[key]
        with self._naming_failures():
            return cast("bytes | None", self._database.get(key))

    def _walk(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and values in the order of the keys, as they are when the walk begins."""
        recent = {key: value for key, value in self._recent.items() if start <= key < end}
        yield from overlay(self._walk_database(start, end), recent)

    def _walk_database(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
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


def open_database(folder: Path, access: rocksdict.AccessType) -> rocksdict.Rdict:
    """Open the database of a store; raise `ConfigurationError` or `StorageError`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return rocksdict.Rdict(str(folder / DATABASE_NAME), _build_options(), access_type=access)
    except OSError as problem:
        message = f"cannot use the folder {folder}: {problem.strerror}"
        raise ConfigurationError(message, folder=str(folder)) from problem
    except Exception as problem:  # the library raises nothing narrower
        if any(words in str(problem) for words in LOCKED):
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


def encode_height(height: int) -> bytes:
    """Return a height as it stands in keys."""
    return height.to_bytes(8, "big")


def compute_end(prefix: bytes) -> bytes:
    """Return where the keys of a one-byte prefix end."""
    return bytes([prefix[0] + 1])


def key_of(prefix: bytes, height: int) -> bytes:
    """Return the key of what is kept by height."""
    return prefix + encode_height(height)
