"""The journal's bytes, without the file: its header, and what a damaged file says.

Rules
-----
1. Records are `record_format`'s; their checksums start from the store's own random id.
2. The header names the key whose ballots these are, and says why the journal is no memory of them
   where it replaces one that was lost (`dure.node.durable.loss`; 0 otherwise).

File
----
```
file    = header record*
header  = "DUREJRN1" store_id[16] voter[32] next_sequence[8] loss[1] crc32[4]
```
All integers are big-endian. The header's checksum covers all before it. `next_sequence` is the
number of the first record after the file was made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct
from typing import Final
from zlib import crc32

from dure.node.durable.record_format import DamagedRecords, Entry, RecordFormat

MAGIC: Final = b"DUREJRN1"
STORE_ID_LENGTH: Final = 16
NOBODY: Final = bytes(32)
"""The voter of a journal that nobody votes with."""

_HEADER: Final = Struct(">8s16s32sQB")
_CRC: Final = Struct(">I")
_HEADER_LENGTH: Final = _HEADER.size + _CRC.size


class UnknownFormat(Exception):
    """An intact header of a format that this program does not know."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds."""

    entries: list[Entry]
    next_sequence: int
    end: int
    """Offset behind the last intact record; what lies beyond is a torn tail."""
    voter: bytes = NOBODY
    """The key whose ballots these are."""
    loss: int = 0
    """Why this is no memory of them; 0 where it is."""


@dataclass(frozen=True, slots=True)
class JournalFormat:
    """The form of the journal of one store, as one key writes it."""

    store_id: bytes
    voter: bytes = NOBODY

    def encode_file(self, entries: Iterable[Entry], next_sequence: int, loss: int = 0) -> bytes:
        """Return a whole file; its header keeps the numbering where there are no entries."""
        header = _HEADER.pack(MAGIC, self.store_id, self.voter, next_sequence, loss)
        return b"".join([header, _CRC.pack(crc32(header)), *map(self.encode_record, entries)])

    def encode_record(self, entry: Entry) -> bytes:
        """Return the bytes of one record."""
        return self._records.encode(entry)

    def scan(self, data: bytes) -> Content | None:
        """Return what a file holds, whoever's ballots they are; None where it is another store's.

        Raises `DamagedRecords` for any damage that is not a torn tail, and `UnknownFormat`.
        """
        header = data[: _HEADER.size]
        if len(data) < _HEADER_LENGTH or crc32(header) != _CRC.unpack_from(data, _HEADER.size)[0]:
            raise DamagedRecords("is damaged at byte 0: its header is not intact")
        magic, store_id, voter, next_sequence, loss = _HEADER.unpack(header)
        if magic != MAGIC:
            raise UnknownFormat
        if store_id != self.store_id:
            return None
        entries: list[Entry] = []
        end = _HEADER_LENGTH
        for end, entry in self._records.walk(data, _HEADER_LENGTH):  # noqa: B007 - the last counts
            # Of those before the header's number some were dropped when the file was made.
            if entry.sequence > next_sequence:
                raise DamagedRecords(f"lacks records before number {entry.sequence}")
            entries.append(entry)
            next_sequence = max(next_sequence, entry.sequence + 1)
        return Content(entries, next_sequence, end, voter, loss)

    @property
    def _records(self) -> RecordFormat:
        return RecordFormat(crc32(self.store_id))
