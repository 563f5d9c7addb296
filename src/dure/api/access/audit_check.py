"""Checking a log of administration without trusting whoever kept it.

What is found: an entry that was changed, taken out of the middle, put in or moved; a line that is
no entry; a missing beginning that no entry accounts for.

What cannot be found from the log alone: entries cut off at its end, a log that was written anew
from some entry on by somebody who may write the file (hashes need no key), and acts that were never
written. Therefore whoever audits notes number and hash of the last entry, elsewhere, and gives them
at the next check (`anchor`): a log that does not go on from there was cut or rewritten.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from dure.api.access.audit import (
    BEGINNING,
    ENTRY_BYTES_MAX,
    Content,
    Entry,
    Place,
    compute_entry_hash,
    decode_entry,
    list_files,
)
from dure.core.errors import StorageError

PROBLEMS_MAX: Final = 100


@dataclass(slots=True)
class Finding:
    """What a check found."""

    entries: int = 0
    first: int = 0
    """Number of the oldest entry that is there; 0 where there is none."""
    end: Place = BEGINNING
    problems: list[str] = field(default_factory=list)
    """In words, with the place; empty where all is well. At most `PROBLEMS_MAX`."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def check_log(path: Path, anchor: Place | None = None) -> Finding:
    """Check the log at `path`; raise `StorageError` where it cannot be read."""
    try:
        return check_lines(_read_lines(path), anchor)
    except OSError as problem:
        raise StorageError(f"the audit log {path} cannot be read: {problem.strerror}") from problem


def check_lines(lines: Iterable[tuple[str, bytes]], anchor: Place | None = None) -> Finding:
    """Check lines, each with the words by which its place is named."""
    finding = Finding()
    is_anchored = anchor is None or anchor == BEGINNING
    shortened_through = 0
    for place, line in lines:
        entry = _check_line(place, line, finding)
        if entry is None:
            continue
        if entry.act == "log_shortened" and entry.facts.get("removed_through", "").isdigit():
            shortened_through = max(shortened_through, int(entry.facts["removed_through"]))
        is_anchored = is_anchored or anchor == Place(entry.number, entry.hash)
    if finding.first > 1 and shortened_through < finding.first - 1:
        _note(finding, f"the entries before number {finding.first} are missing")
    if not is_anchored and anchor is not None:
        text = f"entry {anchor.number} with the hash that was noted is not there"
        _note(finding, f"{text}: the log was cut, or written anew")
    return finding


def _check_line(place: str, line: bytes, finding: Finding) -> Entry | None:
    try:
        entry = decode_entry(line)
    except StorageError as problem:
        _note(finding, f"{place}: {problem.message}")
        return None
    content = Content(*(getattr(entry, name) for name in Content.__struct_fields__))
    if msgspec.json.encode(entry) + b"\n" != line:
        _note(finding, f"{place}: entry {entry.number} is not written as the log writes it")
    if compute_entry_hash(content) != entry.hash:
        _note(finding, f"{place}: entry {entry.number} was changed")
    if finding.entries:
        _check_order(place, entry, finding)
    elif entry.number == 1 and entry.previous != BEGINNING.hash:
        _note(finding, f"{place}: the first entry names one before it")
    finding.first = finding.first or entry.number
    finding.entries += 1
    finding.end = Place(entry.number, entry.hash)
    return entry


def _check_order(place: str, entry: Entry, finding: Finding) -> None:
    expected = finding.end.number + 1
    if entry.number != expected:
        _note(finding, f"{place}: entry {entry.number} stands where number {expected} belongs")
    elif entry.previous != finding.end.hash:
        _note(finding, f"{place}: entry {entry.number} does not go on from the one before it")


def _note(finding: Finding, text: str) -> None:
    if len(finding.problems) < PROBLEMS_MAX:
        finding.problems.append(text)


def _read_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    for file in list_files(path):
        with file.open("rb") as lines:
            read = iter(lambda: lines.readline(ENTRY_BYTES_MAX + 1), b"")
            for number, line in enumerate(read, start=1):
                yield f"{file.name} line {number}", line
