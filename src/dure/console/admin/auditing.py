"""The audit log of the admin console: an entry is on the disk before what it tells of happens.

What strangers tried in vain is counted: whoever may only knock cannot fill the log, which keeps so
many bytes and no more, with lines of his.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dure.api.access.audit import Act, AuditLog, Entry, read_entries
from dure.api.app import read_wall_ms

ENTRIES_SHOWN = 200
STRANGER = "somebody"
COUNTED_S = 60.0


@dataclass(frozen=True, slots=True)
class Auditing:
    """Writes down who does what."""

    log: AuditLog

    def write(self, act: str, by: str, facts: Mapping[str, str] | None = None) -> None:
        """Write one entry; raise `StorageError`, and then it must not be done."""
        self.log.append(Act(act, by, read_wall_ms(), facts=facts))

    def read(self, after: int) -> list[Entry]:
        """Return the entries behind that number, the oldest first; raise `StorageError`."""
        return read_entries(self.log.path, after, ENTRIES_SHOWN)


@dataclass(slots=True)
class _Count:
    refused: int
    facts: Mapping[str, str]
    """Of the last one."""


class Refusals:
    """What strangers were refused: of each kind at most one line a minute, with how many."""

    def __init__(self, auditing: Auditing, clock: Callable[[], float]) -> None:
        """`clock` tells seconds that only ever grow."""
        self._auditing = auditing
        self._clock = clock
        self._counts: dict[str, _Count] = {}
        self._written_s: dict[str, float] = {}

    def add(self, act: str, facts: Mapping[str, str]) -> None:
        """Count one; raise `StorageError` where it cannot be written."""
        before = self._counts.get(act)
        self._counts[act] = _Count(1 if before is None else before.refused + 1, facts)
        written_s = self._written_s.get(act)
        if written_s is None or self._clock() - written_s >= COUNTED_S:
            self._write(act)

    def settle(self) -> None:
        """Write what was counted and not written yet; raise `StorageError`."""
        for act in list(self._counts):
            self._write(act)

    def _write(self, act: str) -> None:
        count = self._counts[act]
        self._auditing.write(act, STRANGER, {"times": str(count.refused), **count.facts})
        del self._counts[act]
        self._written_s[act] = self._clock()
