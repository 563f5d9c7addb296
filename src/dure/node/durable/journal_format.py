"""The journal's bytes, without the file: what a record looks like, and what a damaged file says.

Rules
-----
1. Only the last record can be torn, because each one was durable before the next began. So damage
   that **no intact record follows** is a torn tail; any other is `DamagedJournal`.
2. Checksums start from the store's own random id: what peers put into a record can never look like
   a record of ours.
3. The header names the key whose ballots these are, and says why the journal is no memory of them
   where it replaces one that was lost (`dure.node.durable.loss`; 0 otherwise).

File
----
```
file    = header record*
header  = "DUREJRN1" store_id[16] voter[32] next_sequence[8] loss[1] crc32[4]
record  = mark[4] length[4] height[8] sequence[8] data_crc32[4] head_crc32[4] data[length]
```
All integers are big-endian. The header's checksum covers all before it; `head_crc32` the 28 bytes
before it, so that a wrong length is never believed. `next_sequence` is the number of the first
record after the file was made.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final
from zlib import crc32

MAGIC: Final = b"DUREJRN1"
MARK: Final = b"\xd0\x5ejr"
STORE_ID_LENGTH: Final = 16
NOBODY: Final = bytes(32)
"""The voter of a journal that nobody votes with."""

_HEADER: Final = Struct(">8s16s32sQB")
_RECORD: Final = Struct(">4sIQQI")
_CRC: Final = Struct(">I")
_HEADER_LENGTH: Final = _HEADER.size + _CRC.size
RECORD_HEAD_LENGTH: Final = _RECORD.size + _CRC.size
"""Bytes that a record takes beside its data."""


class DamagedJournal(Exception):
    """The bytes are no journal; the message continues `the journal …`."""


class UnknownFormat(Exception):
    """An intact header of a format that this program does not know."""


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
        data_crc = crc32(entry.data, self._crc_start)
        head = _RECORD.pack(MARK, len(entry.data), entry.height, entry.sequence, data_crc)
        return head + _CRC.pack(crc32(head, self._crc_start)) + entry.data

    def scan(self, data: bytes) -> Content | None:
        """Return what a file holds, whoever's ballots they are; None where it is another store's.

        Raises `DamagedJournal` for any damage that is not a torn tail, and `UnknownFormat`.
        """
        header = data[: _HEADER.size]
        if len(data) < _HEADER_LENGTH or crc32(header) != _CRC.unpack_from(data, _HEADER.size)[0]:
            raise DamagedJournal("is damaged at byte 0: its header is not intact")
        magic, store_id, voter, next_sequence, loss = _HEADER.unpack(header)
        if magic != MAGIC:
            raise UnknownFormat
        if store_id != self.store_id:
            return None
        entries, sequence, end = self._scan_records(data)
        return Content(entries, max(sequence, next_sequence), end, voter, loss)

    @property
    def _crc_start(self) -> int:
        return crc32(self.store_id)

    def _scan_records(self, data: bytes) -> tuple[list[Entry], int, int]:
        """Return the records, the number after the last one's, and the offset behind it."""
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
        return entries, sequence, offset

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
