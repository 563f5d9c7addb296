"""The consensus journal: what an engine must remember before it speaks.

Rules
-----
1. `append` returns when the record is on the disk (`fdatasync`), or raises `StorageError`; after a
   failed flush nobody knows what is on the disk, so the journal refuses all further work.
2. A torn tail is the trace of a crash and is cut off. Any other damage may have cost a record that
   was acted on: the journal is lost.
3. Every record has a sequence number that never restarts. The store notes the newest one with each
   block. A journal that is missing, damaged before its end, older than the store noted (restored
   from a backup), another store's or another key's is lost as well: `loss` says why.
4. A validator whose journal is lost may have forgotten what it said and must stay mute
   (`dure.node.driver.muteness`). What a mute engine appends is worth nothing to anybody, so it is
   not written, and restarting changes nothing, until somebody calls `begin_anew`.
5. What was lost is never overwritten: `begin_anew` and `declare_lost` move the file aside as
   `journal.lost-N`, for whoever has to find out what happened.
6. Records at or below the head's height are dropped once the file has grown past `size_max`: the
   rest is written to a new file, which replaces the old one in one step.

The bytes are `journal_format`'s.
"""

import os
from pathlib import Path
from typing import Final, NoReturn

import structlog

from dure.core.errors import StorageError
from dure.core.types import Height
from dure.identity.files import move_aside, sync_folder
from dure.node.durable.journal_format import NOBODY, Content, JournalFormat, UnknownFormat
from dure.node.durable.loss import Loss
from dure.node.durable.record_format import RECORD_HEAD_LENGTH, DamagedRecords, Entry

RECORD_BYTES_MAX: Final = 64 * 1024 * 1024
"""A record may hold a whole block with its proofs; one message is at most 32 MiB."""
FILE_BYTES_MAX: Final = 16 * 1024 * 1024
"""Size past which a file is rewritten when the head has moved on."""

log = structlog.get_logger()


class Journal:
    """One open journal. Not shared between processes: the store beside it holds the lock."""

    def __init__(
        self,
        path: Path,
        store_id: bytes,
        *,
        noted: int | None,
        voter: bytes = NOBODY,
        size_max: int = FILE_BYTES_MAX,
    ) -> None:
        """Open the journal of the key `voter` in the store `store_id`.

        `noted` is how many records the store's newest block noted, None where the store has no
        block yet, so that no journal is expected either. Raises `StorageError` where the file
        cannot be read, or has a format that this program does not know.
        """
        self._path = path
        self._format = JournalFormat(store_id, voter)
        self._size_max = size_max
        self._failed = False
        self._descriptor = -1
        self._size = 0
        self._entries: list[Entry] = []
        self._next_sequence = noted or 0
        self.loss: Loss | None = None
        """Why this is not the journal that the store knew; None where it is."""
        self._begin(noted)

    @property
    def is_complete(self) -> bool:
        """Whether this is the journal that the store knew; a validator without it stays mute."""
        return self.loss is None

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
            self._fail(problem, "written")
        self._entries.append(entry)
        self._next_sequence += 1
        self._size += len(record)

    def load(self, height: Height) -> list[bytes]:
        """Return the records of `height`, in the order in which they were appended."""
        return [entry.data for entry in self._entries if entry.height == height]

    def load_all(self) -> list[bytes]:
        """Return every record that the file held when it was opened, and each one since.

        The head's moving on ends that: see `compact`.
        """
        return [entry.data for entry in self._entries]

    def declare_lost(self, loss: Loss) -> None:
        """Note durably that this is no memory of the validator's votes, whatever it says itself.

        The guard or the store showed it. Raises `StorageError`.
        """
        self._begin_file(loss)

    def begin_anew(self) -> None:
        """Start an empty journal in place of one that is lost.

        The caller answers for it that the chain is past everything that this validator may have
        voted on (`dure.node.driver.muteness`). Raises `StorageError`.
        """
        assert not self.is_complete, "a complete journal is not thrown away"
        self._begin_file(None)

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

    def _begin(self, noted: int | None) -> None:
        """Take the file into use, or say why it is no memory of this validator's votes."""
        data = self._read()
        if data is None:
            if noted is None:
                self._rewrite()
            else:
                self.loss = Loss.MISSING
            return
        try:
            content = self._format.scan(data)
        except DamagedRecords as problem:
            log.warning("journal_damaged", file=str(self._path), reason=str(problem))
            self.loss = Loss.DAMAGED
        except UnknownFormat:
            self._refuse("has a format that this program does not know")
        else:
            self._take_in(content, noted, len(data))

    def _take_in(self, content: Content | None, noted: int | None, size: int) -> None:
        if content is None:
            self.loss = Loss.FOREIGN
            return
        self._next_sequence = max(content.next_sequence, self._next_sequence)
        self.loss = self._find_loss(content, noted)
        if self.is_complete:
            self._entries = content.entries
            if size > content.end:
                log.info("journal_tail_cut", file=str(self._path), bytes=size - content.end)
            self._open(content.end)

    def _find_loss(self, content: Content, noted: int | None) -> Loss | None:
        if content.voter != self._format.voter:
            return Loss.ANOTHER_KEY
        if content.loss:
            return Loss(content.loss) if content.loss in tuple(Loss) else Loss.DAMAGED
        return Loss.OLDER if content.next_sequence < (noted or 0) else None

    def _read(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            self._refuse(f"could not be read: {problem.strerror}")

    def _begin_file(self, loss: Loss | None) -> None:
        """Move the old file aside and write an empty one."""
        self._close_descriptor()
        try:
            move_aside(self._path)
        except OSError as problem:
            self._fail(problem, "moved aside")
        self._entries, self._size, self.loss = [], 0, loss
        self._rewrite()

    def _open(self, end: int) -> None:
        try:
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            if os.fstat(self._descriptor).st_size != end:
                os.ftruncate(self._descriptor, end)
            # A process that was killed before it flushed leaves records that only look durable.
            os.fsync(self._descriptor)
        except OSError as problem:
            self._fail(problem, "opened")
        self._size = end

    def _rewrite(self) -> None:
        loss = self.loss or 0
        content = self._format.encode_file(self._entries, self._next_sequence, loss)
        temporary = self._path.with_suffix(".new")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as problem:
            self._fail(problem, "rewritten")
        if self.is_complete:
            self._open(len(content))

    def _close_descriptor(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _fail(self, problem: OSError, what: str) -> NoReturn:
        self._failed = True
        self._refuse(
            f"could not be {what}: {problem.strerror}. Free space or replace the disk, and start "
            "the node again"
        )

    def _refuse(self, reason: str) -> NoReturn:
        raise StorageError(f"the journal {self._path} {reason}", file=str(self._path))


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
