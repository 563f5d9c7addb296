"""The log of administration: who did what to a node, one line of JSON each, chained by hashes.

Rules
-----
1. An entry is on the disk before what it tells of happens. What cannot be written is not done.
2. Each entry carries its number and the hash of the entry before it, and its own hash is over both.
   So nothing in the middle can be changed, taken out or put in unnoticed (`audit_check`).
3. The node and the commands write to one log, in turn, under a lock.
4. Entries are only ever appended. What a crash left of a half-written line, whose act therefore
   never happened, is cut off, and the next entry tells so.
5. A full file is put aside under the number of its first entry. The oldest of them goes when there
   are too many, and an entry tells so: what an archive wants to keep it fetches before.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from dure.core import hashing
from dure.core.errors import StorageError
from dure.core.types import NO_HASH
from dure.identity.files import sync_folder

ENTRY_BYTES_MAX: Final = 16 * 1024
FILE_BYTES_MAX: Final = 4 * 1024 * 1024
FILES_MAX: Final = 32
"""Put aside; with the one that is written to, a log has at most 132 MiB."""
FACTS_MAX: Final = 32
FACT_LENGTH_MAX: Final = 4_096

Number = Annotated[int, Meta(ge=1)]
HashText = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of an entry but its hash."""

    number: Number
    """From 1 on, without a gap."""
    time: int
    """Milliseconds since 1970, by the node's clock."""
    act: str
    by: str
    """Who did it: the user on the node's host, or the node itself."""
    node: str
    height: int | None
    """Of the chain, where the node knew it."""
    facts: dict[str, str]
    previous: HashText
    """Hash of the entry before; zeros in the first one."""


class Entry(Content, frozen=True, forbid_unknown_fields=True):
    """One line of the log."""

    hash: HashText


@dataclass(frozen=True, slots=True)
class Place:
    """Where the log stands: its last entry."""

    number: int
    hash: str


BEGINNING: Final = Place(0, NO_HASH.hex())


@dataclass(frozen=True, slots=True)
class Act:
    """What is about to be done."""

    name: str
    by: str
    time: int
    height: int | None = None
    facts: Mapping[str, str] | None = None


class AuditLog:
    """One node's log; several processes may hold it."""

    def __init__(
        self,
        path: Path,
        node: str,
        *,
        file_bytes_max: int = FILE_BYTES_MAX,
        files_max: int = FILES_MAX,
    ) -> None:
        self.path = path
        self._node = node
        self._file_bytes_max = file_bytes_max
        self._files_max = files_max

    def append(self, act: Act) -> Entry:
        """Write and flush one entry; raise `StorageError`, and then the act must not happen."""
        try:
            with self._locked():
                cut = self._cut_torn_line()
                if cut:
                    note = {"bytes": str(cut)}
                    self._write(Act("log_mended", "the node", act.time, act.height, note))
                self._put_aside(act)
                return self._write(act)
        except OSError as problem:
            raise StorageError("the audit log cannot be written") from problem

    def _write(self, act: Act) -> Entry:
        place = find_end(self.path)
        content = Content(
            number=place.number + 1,
            time=act.time,
            act=act.name,
            by=act.by,
            node=self._node,
            height=act.height,
            facts=_bound(act.facts or {}),
            previous=place.hash,
        )
        entry = Entry(**msgspec.structs.asdict(content), hash=compute_entry_hash(content))
        line = msgspec.json.encode(entry) + b"\n"
        is_new = not self.path.exists()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self.path.parent)
        return entry

    def _cut_torn_line(self) -> int:
        """Cut off a line without an end; return how many bytes that were."""
        if not self.path.exists():
            return 0
        size = self.path.stat().st_size
        start = max(0, size - ENTRY_BYTES_MAX)
        with self.path.open("r+b") as file:
            file.seek(start)
            tail = file.read()
            whole = tail.rfind(b"\n") + 1
            if whole == len(tail) or (not whole and start):
                return 0
            file.truncate(start + whole)
            os.fsync(file.fileno())
        return len(tail) - whole

    def _put_aside(self, act: Act) -> None:
        if not self.path.exists() or self.path.stat().st_size < self._file_bytes_max:
            return
        first = next(read_file(self.path)).number
        self.path.rename(self.path.with_name(f"{self.path.stem}.{first:012}{self.path.suffix}"))
        sync_folder(self.path.parent)
        aside = list_files(self.path)
        for file in aside[: max(0, len(aside) - self._files_max)]:
            *_, last = read_file(file)
            facts = {"removed_through": str(last.number), "hash": last.hash}
            self._write(Act("log_shortened", "the node", act.time, act.height, facts))
            file.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self.path.with_name(f".{self.path.name}.lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def compute_entry_hash(content: Content) -> str:
    """Return the hash over everything in an entry but itself, in hexadecimal."""
    return hashing.compute_hash(hashing.AUDIT_ENTRY, msgspec.json.encode(content)).hex()


def list_files(path: Path) -> list[Path]:
    """Return the files of a log in the order of their entries."""
    aside = sorted(path.parent.glob(f"{path.stem}.{'[0-9]' * 12}{path.suffix}"))
    return [*aside, path] if path.exists() else aside


def read_file(file: Path) -> Iterator[Entry]:
    """Yield one file's entries; raise `StorageError` at the first line that is none."""
    with file.open("rb") as lines:
        for line in iter(lambda: lines.readline(ENTRY_BYTES_MAX + 1), b""):
            yield decode_entry(line)


def read_entries(path: Path, after: int, limit: int) -> list[Entry]:
    """Return up to `limit` entries behind number `after`; raise `StorageError`."""
    found: list[Entry] = []
    files = list_files(path)
    try:
        for number, file in enumerate(files):
            following = files[number + 1].name if number + 1 < len(files) else ""
            begins = following.removeprefix(f"{path.stem}.")[:12]
            if begins.isdigit() and int(begins) <= after + 1:
                continue
            for entry in read_file(file):
                if entry.number > after:
                    found.append(entry)
                if len(found) == limit:
                    return found
    except OSError as problem:
        raise StorageError("the audit log cannot be read") from problem
    return found


def find_end(path: Path) -> Place:
    """Return the log's last entry, found from the end; raise `StorageError` where it is damaged."""
    for file in reversed(list_files(path)):
        with file.open("rb") as lines:
            size = lines.seek(0, os.SEEK_END)
            lines.seek(max(0, size - 2 * ENTRY_BYTES_MAX))
            tail = lines.read().splitlines(keepends=True)
        if tail:
            last = decode_entry(tail[-1])
            return Place(last.number, last.hash)
    return BEGINNING


def decode_entry(line: bytes) -> Entry:
    """Return the entry in a line; raise `StorageError`."""
    if not line.endswith(b"\n") or len(line) > ENTRY_BYTES_MAX:
        raise StorageError("a line of the audit log has no end, or is too long")
    try:
        return msgspec.json.decode(line, type=Entry)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise StorageError("a line of the audit log is no entry") from problem


def _bound(facts: Mapping[str, str]) -> dict[str, str]:
    """Return facts that fit into an entry, whatever was given."""
    assert len(facts) <= FACTS_MAX, "an act has a handful of facts"
    share = FACT_LENGTH_MAX // max(1, len(facts))
    return {
        name: value if len(value) <= share else f"{value[:share]}…" for name, value in facts.items()
    }
