"""The consensus journal: what an engine must remember before it speaks.

Rules
-----
1. `append` returns when the record is on the disk (`fdatasync`), or raises `StorageError`; after a
   failed flush nobody knows what is on the disk, so the journal refuses all further work.
2. A torn tail is cut off; any other damage is a `StorageError` that names the place, and the node
   does not start.
3. Every record has a sequence number that never restarts. The store notes the newest one with each
   block. A journal that is missing, belongs to another store or is older than the store noted
   (restored from a backup) is not `is_complete`: the validator may have forgotten what it said and
   must stay mute. What a mute engine appends is worth nothing to anybody, so it is not written, and
   restarting changes nothing, until somebody calls `begin_anew`.
4. Records at or below the head's height are dropped once the file has grown past `size_max`: the
   rest is written to a new file, which replaces the old one in one step.

The bytes are `journal_format`'s.
"""

import os
from pathlib import Path
from typing import Final, NoReturn

from dure.core.errors import StorageError
from dure.core.types import Height
from dure.identity.files import sync_folder
from dure.node.durable.journal_format import (
    RECORD_HEAD_LENGTH,
    Content,
    DamagedJournal,
    Entry,
    JournalFormat,
)

RECORD_BYTES_MAX: Final = 64 * 1024 * 1024
"""A record may hold a whole block with its proofs; one message is at most 32 MiB."""
FILE_BYTES_MAX: Final = 16 * 1024 * 1024
"""Size past which a file is rewritten when the head has moved on."""


class Journal:
    """One open journal. Not shared between processes: the store beside it holds the lock."""

    def __init__(
        self, path: Path, store_id: bytes, *, noted: int | None, size_max: int = FILE_BYTES_MAX
    ) -> None:
        """Open the journal of the store `store_id`, whose newest block noted `noted` records.

        `noted` is None where the store has no block yet, so that no journal is expected either.
        Raises `StorageError` where the file is damaged before its last record.
        """
        self._path = path
        self._format = JournalFormat(store_id)
        self._size_max = size_max
        self._failed = False
        self._descriptor = -1
        self._size = 0
        content = self._read() or Content([], 0, 0)
        self._entries = content.entries
        self._next_sequence = max(content.next_sequence, noted or 0)
        self.is_complete = noted is None or (content.next_sequence >= noted and content.end > 0)
        """Whether this is the journal that the store knew; a validator without it stays mute."""
        if content.end > 0 and self.is_complete:
            self._open(content.end)
        elif self.is_complete:
            self._rewrite()

    @property
    def sequence(self) -> int:
        """Number of records ever appended to this store's journal."""
        return self._next_sequence

    def append(self, height: Height, data: bytes) -> None:
        """Append one record and flush it to the disk, unless mute; raise `StorageError`."""
        if self._failed:
            self._refuse("failed before and takes no more records; restart the node")
        if len(data) > RECORD_BYTES_MAX:
            self._refuse(f"takes records of at most {RECORD_BYTES_MAX} bytes, not {len(data)}")
        if not self.is_complete:
            return
        entry = Entry(height, self._next_sequence, data)
        record = self._format.encode_record(entry)
        try:
            _write_all(self._descriptor, record)
            os.fdatasync(self._descriptor)
        except OSError as problem:
            self._failed = True
            self._refuse(
                f"could not be written: {problem.strerror}; free space or replace the disk"
            )
        self._entries.append(entry)
        self._next_sequence += 1
        self._size += len(record)

    def load(self, height: Height) -> list[bytes]:
        """Return the records of `height`, in the order in which they were appended."""
        return [entry.data for entry in self._entries if entry.height == height]

    def begin_anew(self) -> None:
        """Start an empty journal in place of one that is not complete.

        The caller answers for it that the chain is past everything this validator may have voted
        on: with an intact guard (`dure.node.durable.signer`), as soon as the head has reached the
        height that was signed last. Raises `StorageError`.
        """
        assert not self.is_complete, "a complete journal is not thrown away"
        self._entries = []
        self._rewrite()
        self.is_complete = True

    def compact(self, head: Height) -> None:
        """Forget records at or below the `head`; the file shrinks once it is past its size."""
        self._entries = [entry for entry in self._entries if entry.height > head]
        live = sum(RECORD_HEAD_LENGTH + len(entry.data) for entry in self._entries)
        # Half of the file must go, or a long height would be rewritten again and again.
        if self._size > self._size_max and live * 2 < self._size:
            self._close_descriptor()
            self._rewrite()

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._close_descriptor()
        self._failed = True

    def _read(self) -> Content | None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            self._refuse(f"could not be read: {problem.strerror}")
        try:
            return self._format.scan(data)
        except DamagedJournal as problem:
            self._refuse(str(problem))

    def _open(self, end: int) -> None:
        try:
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            if os.fstat(self._descriptor).st_size != end:
                os.ftruncate(self._descriptor, end)
                os.fsync(self._descriptor)
        except OSError as problem:
            self._refuse(f"could not be opened: {problem.strerror}")
        self._size = end

    def _rewrite(self) -> None:
        content = self._format.encode_file(self._entries, self._next_sequence)
        temporary = self._path.with_suffix(".new")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as problem:
            self._failed = True
            self._refuse(f"could not be rewritten: {problem.strerror}; free space and restart")
        self._open(len(content))

    def _close_descriptor(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _refuse(self, reason: str) -> NoReturn:
        raise StorageError(f"the journal {self._path} {reason}", file=str(self._path))


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
