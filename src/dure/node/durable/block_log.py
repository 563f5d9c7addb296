"""The block log: what a node commits, in the order in which it does, each with one flush.

A record holds a block and everything that follows from it, so that one checksum says whether all of
it is there. Blocks stay here for good and are read from here; what is looked up by another key than
their place goes on into the database (`storage`).

Rules
-----
1. `append` returns when its record is on the disk (`fdatasync`), or raises `StorageError`; after a
   failed flush nobody knows what is on the disk, so the log refuses all further work.
2. A torn tail is the trace of a crash and is cut off by the store's writer. Any other damage may
   have cost a block that somebody was told of: `StorageError`.
3. Nothing is ever overwritten. So whoever reads the log of a running node sees its blocks up to
   some moment, whole.

File
----
```
file    = header record*
header  = "DUREBLK1" store_id[16] crc32[4]
record  = as in `record_format`; its sequence number is the offset at which it stands
data    = block_length[4] block[block_length] changes
```
`block` is canonical bytes of a `StoredBlock`, empty in a record without one; `changes` of
`Changes`.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Final, NoReturn, Self
from zlib import crc32

import msgspec
import structlog

from dure.core.codec import Wire, build_decoder, encode
from dure.core.errors import StorageError
from dure.core.types import TransactionId
from dure.identity.files import replace_file
from dure.node.durable.journal_format import STORE_ID_LENGTH
from dure.node.durable.record_format import (
    RECORD_HEAD_LENGTH,
    DamagedRecords,
    Entry,
    RecordFormat,
)

MAGIC: Final = b"DUREBLK1"
DATA_BYTES_MAX: Final = 2**32 - 1
READ_BYTES_MAX: Final = 2**30
"""Bytes that the system is asked for at once: it gives no more than two gibibytes."""

_HEADER: Final = Struct(f">8s{STORE_ID_LENGTH}s")
_LENGTH: Final = Struct(">I")
LOG_HEADER_LENGTH: Final = _HEADER.size + _LENGTH.size

log = structlog.get_logger()


class Changes(Wire, frozen=True):
    """What a record of the log changes in the database."""

    block_id: bytes
    """Of the record's block; empty where it has none."""
    transaction_ids: tuple[bytes, ...]
    """Those of the block's transactions, in order."""
    records: tuple[tuple[bytes, bytes], ...]
    """Other keys and values."""
    state: tuple[tuple[bytes, bytes | None, bytes | None], ...]
    """State key, what stood there before, and since; null for nothing."""
    is_undoable: bool
    """Whether the block was executed here on the one before, so that it can be taken back."""


_decode_changes: Final = build_decoder(Changes).decode
"""Read without comparing the canonical form again, and of any length: checksums vouch for it."""
_decode_ids: Final = build_decoder(
    tuple[bytes, tuple[TransactionId, ...], msgspec.Raw, msgspec.Raw, bool]
).decode
"""Reads the transactions' ids of `Changes`, and of the rest no more than where it ends."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One record of the log."""

    height: int
    """Of the block; 0 where there is none."""
    block: bytes
    """Canonical bytes of a `StoredBlock`; empty where there is none."""
    changes: Changes


class BlockLog:
    """One open log. Not shared between processes that write: the database beside it has a lock."""

    def __init__(self, path: Path, store_id: bytes, *, is_writer: bool) -> None:
        """Open the log of the store `store_id`; raise `StorageError` where it is not there."""
        self._path = path
        self._format = build_format(store_id)
        self._failed = False
        self._descriptor = -1
        flags = os.O_RDWR | os.O_APPEND if is_writer else os.O_RDONLY
        try:
            self._descriptor = os.open(path, flags | os.O_CLOEXEC)
            self._end = os.fstat(self._descriptor).st_size
        except OSError as problem:
            self._refuse(f"could not be opened: {problem.strerror}")
        if self._read(0, LOG_HEADER_LENGTH) != _build_header(store_id):
            self.close()
            self._refuse("is damaged in its header, or belongs to another store")

    @classmethod
    def create(cls, path: Path, store_id: bytes) -> Self:
        """Make and open the log of a fresh store; raise `StorageError` where one holds records."""
        if path.exists() and path.stat().st_size > LOG_HEADER_LENGTH:
            message = f"the block log {path} holds blocks, and the database beside it is gone"
            raise StorageError(message, file=str(path))
        replace_file(path, _build_header(store_id), mode=0o600)
        return cls(path, store_id, is_writer=True)

    @property
    def end(self) -> int:
        """Offset behind the last record; before `replay` was exhausted, the file's length."""
        return self._end

    def replay(self, start: int) -> Iterator[tuple[int, Logged]]:
        """Yield each record from the offset `start` on, with that at which it stands.

        Raises `StorageError` for a log that ends before `start` and for damage before its end.
        """
        if start > self._end:
            self._refuse(f"ends at byte {self._end}, and the database knew it up to byte {start}")
        data = self._read(start, self._end - start)
        end = start
        try:
            for behind, entry in self._format.walk(data, 0):
                if entry.sequence != end:
                    self._refuse(f"is damaged at byte {end}: another record stands there")
                yield end, self._decode(entry)
                end = start + behind
        except DamagedRecords as problem:
            self._refuse(f"{problem}, counted from byte {start}")
        self._end = end

    def cut_tail(self) -> None:
        """Cut off what lies behind the last record, and flush the rest; raise `StorageError`.

        A process that was killed between writing and flushing leaves a whole record that the disk
        may not have: nobody is told of it before it does.
        """
        try:
            torn = os.fstat(self._descriptor).st_size - self._end
            if torn:
                os.ftruncate(self._descriptor, self._end)
            os.fsync(self._descriptor)
            if torn:
                log.info("block_log_tail_cut", file=str(self._path), bytes=torn)
        except OSError as problem:
            self._fail(problem)

    def append(self, record: Logged) -> int:
        """Write one record and flush it; return its offset. Raise `StorageError`."""
        if self._failed:
            self._refuse("failed before and takes no more blocks; restart the node")
        offset, data = self._end, _encode_data(record)
        if len(data) > DATA_BYTES_MAX:
            self._refuse(f"takes records of at most {DATA_BYTES_MAX} bytes, not {len(data)}")
        written = self._format.encode(Entry(record.height, offset, data))
        try:
            _write_all(self._descriptor, written)
            os.fdatasync(self._descriptor)
        except OSError as problem:
            with suppress(OSError):
                # What was refused must not come back as a block at the next start.
                os.ftruncate(self._descriptor, self._end)
            self._fail(problem)
        self._end += len(written)
        return offset

    def load_block(self, offset: int) -> bytes:
        """Return the bytes of the block in the record at an offset.

        Raises `StorageError` where the record is damaged.
        """
        block, _ = self._split(self._load(offset))
        return block

    def load_executed(self, offset: int) -> tuple[bytes, tuple[TransactionId, ...]]:
        """Return the bytes of the block in the record at an offset, and its transactions' ids.

        Raises `StorageError` where the record is damaged.
        """
        entry = self._load(offset)
        block, changes = self._split(entry)
        try:
            _, transaction_ids, _, _, _ = _decode_ids(changes)
        except msgspec.MsgspecError as problem:
            self._refuse(f"is damaged at byte {entry.sequence}: {problem}")
        return block, transaction_ids

    def load_changes(self, offset: int) -> Changes:
        """Return the changes of the record at an offset, or raise `StorageError`."""
        return self._decode(self._load(offset)).changes

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._failed = True

    def _load(self, offset: int) -> Entry:
        head = self._read(offset, RECORD_HEAD_LENGTH)
        data = self._read(offset + len(head), self._format.read_length(head) or 0)
        entry = self._format.decode(head + data, 0)
        if entry is None or entry.sequence != offset:
            self._refuse(f"is damaged at byte {offset}")
        return entry

    def _decode(self, entry: Entry) -> Logged:
        block, changes = self._split(entry)
        try:
            return Logged(entry.height, block, _decode_changes(changes))
        except msgspec.MsgspecError as problem:
            self._refuse(f"is damaged at byte {entry.sequence}: {problem}")

    def _split(self, entry: Entry) -> tuple[bytes, memoryview]:
        if len(entry.data) < _LENGTH.size:
            self._refuse(f"is damaged at byte {entry.sequence}: the record is too short")
        begin = _LENGTH.size + _LENGTH.unpack_from(entry.data)[0]
        return entry.data[_LENGTH.size : begin], memoryview(entry.data)[begin:]

    def _read(self, offset: int, length: int) -> bytes:
        parts: list[bytes] = []
        try:
            while length > 0:
                part = os.pread(self._descriptor, min(length, READ_BYTES_MAX), offset)
                if not part:
                    break
                parts.append(part)
                offset, length = offset + len(part), length - len(part)
        except OSError as problem:
            self._refuse(f"could not be read: {problem.strerror}")
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _fail(self, problem: OSError) -> NoReturn:
        self._failed = True
        self._refuse(
            f"could not be written: {problem.strerror}. Free space or replace the disk, and start "
            "the node again"
        )

    def _refuse(self, reason: str) -> NoReturn:
        raise StorageError(f"the block log {self._path} {reason}", file=str(self._path))


def build_format(store_id: bytes) -> RecordFormat:
    """Return the form of the records in the log of a store."""
    return RecordFormat(crc32(MAGIC + store_id))


def read_store_id(log: bytes) -> bytes:
    """Return the store whose log these bytes are; raise `StorageError` for what is no log."""
    header = log[:LOG_HEADER_LENGTH]
    store_id = header[len(MAGIC) : len(MAGIC) + STORE_ID_LENGTH]
    if len(store_id) < STORE_ID_LENGTH or header != _build_header(store_id):
        raise StorageError("that is no block log")
    return store_id


def _build_header(store_id: bytes) -> bytes:
    header = _HEADER.pack(MAGIC, store_id)
    return header + _LENGTH.pack(crc32(header))


def _encode_data(record: Logged) -> bytes:
    return b"".join((_LENGTH.pack(len(record.block)), record.block, encode(record.changes)))


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
