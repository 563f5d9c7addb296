"""The journal's bytes, without the file: what a record looks like, and what a damaged file says.

Rules
-----
1. Only the last record can be torn, because each one was durable before the next began. So damage
   that **no intact record follows** is a torn tail; any other is `DamagedJournal`.
2. Checksums start from the store's own random id: what peers put into a record can never look like
   a record of ours.

File
----
```
file    = header record*
header  = "DUREJRN1" store_id[16] next_sequence[8] crc32[4]        crc of the 32 bytes before it
record  = mark[4] length[4] height[8] sequence[8] data_crc32[4] head_crc32[4] data[length]
```
All integers are big-endian. `head_crc32` covers the 28 bytes before it, so that a wrong length is
never believed; `next_sequence` is the number of the first record after the file was made.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final
from zlib import crc32

MAGIC: Final = b"DUREJRN1"
MARK: Final = b"\xd0\x5ejr"
STORE_ID_LENGTH: Final = 16

_HEADER: Final = Struct(">8s16sQ")
_RECORD: Final = Struct(">4sIQQI")
_CRC: Final = Struct(">I")
_HEADER_LENGTH: Final = _HEADER.size + _CRC.size
RECORD_HEAD_LENGTH: Final = _RECORD.size + _CRC.size
"""Bytes that a record takes beside its data."""


class DamagedJournal(Exception):
    """The bytes are no journal; the message continues `the journal …`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record."""

    height: int
    sequence: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds."""

    entries: list[Entry]
    next_sequence: int
    end: int
    """Offset behind the last intact record; what lies beyond is a torn tail."""


@dataclass(frozen=True, slots=True)
class JournalFormat:
    """The form of the journal of one store."""

    store_id: bytes

    def encode_file(self, entries: Iterable[Entry], next_sequence: int) -> bytes:
        """Return a whole file; its header keeps the numbering where there are no entries."""
        header = _HEADER.pack(MAGIC, self.store_id, next_sequence)
        return b"".join([header, _CRC.pack(crc32(header)), *map(self.encode_record, entries)])

    def encode_record(self, entry: Entry) -> bytes:
        """Return the bytes of one record."""
        data_crc = crc32(entry.data, self._crc_start)
        head = _RECORD.pack(MARK, len(entry.data), entry.height, entry.sequence, data_crc)
        return head + _CRC.pack(crc32(head, self._crc_start)) + entry.data

    def scan(self, data: bytes) -> Content | None:
        """Return what a file holds, None where it belongs to another store.

        Raises `DamagedJournal` for any damage that is not a torn tail.
        """
        header = data[: _HEADER.size]
        if len(data) < _HEADER_LENGTH or crc32(header) != _CRC.unpack_from(data, _HEADER.size)[0]:
            raise DamagedJournal("is damaged at byte 0: its header is not intact")
        magic, store_id, next_sequence = _HEADER.unpack(header)
        if magic != MAGIC:
            raise DamagedJournal("has a format that this program does not read")
        return self._scan_records(data, next_sequence) if store_id == self.store_id else None

    @property
    def _crc_start(self) -> int:
        return crc32(self.store_id)

    def _scan_records(self, data: bytes, next_sequence: int) -> Content:
        offset, sequence = _HEADER_LENGTH, 0
        entries: list[Entry] = []
        while offset < len(data):
            entry = self._decode_record(data, offset)
            if entry is None or entry.sequence < sequence:
                if self._has_intact_record(data, offset + 1):
                    message = f"is damaged at byte {offset}, before intact records"
                    raise DamagedJournal(message)
                break
            entries.append(entry)
            sequence = entry.sequence + 1
            offset += RECORD_HEAD_LENGTH + len(entry.data)
        return Content(entries, max(sequence, next_sequence), offset)

    def _decode_record(self, data: bytes, offset: int) -> Entry | None:
        """Return the intact record at `offset`, or None where there is none."""
        start = offset + RECORD_HEAD_LENGTH
        if start > len(data):
            return None
        head = data[offset : offset + _RECORD.size]
        if crc32(head, self._crc_start) != _CRC.unpack_from(data, offset + _RECORD.size)[0]:
            return None
        mark, length, height, sequence, data_crc = _RECORD.unpack(head)
        payload = data[start : start + length]
        whole = mark == MARK and len(payload) == length
        if not whole or crc32(payload, self._crc_start) != data_crc:
            return None
        return Entry(height, sequence, payload)

    def _has_intact_record(self, data: bytes, offset: int) -> bool:
        return any(self._decode_record(data, place) for place in _find_marks(data, offset))


def _find_marks(data: bytes, offset: int) -> Iterator[int]:
    place = data.find(MARK, offset)
    while place >= 0:
        yield place
        place = data.find(MARK, place + 1)
