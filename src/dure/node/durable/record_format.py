"""Records in a file, each with checksums: the form that the journal and the block log share.

Rules
-----
1. Only the last write can be torn, because each one was durable before the next began. So damage
   that **no intact record follows** is a torn tail; any other is `DamagedRecords`.
2. Checksums start from what only this file's owner knows: what peers put into a record can never
   look like a record of ours.

```
record  = mark[4] length[4] height[8] sequence[8] data_crc32[4] head_crc32[4] data[length]
```
All integers are big-endian. `head_crc32` covers the 28 bytes before it, so that a wrong length is
never believed; `sequence` only grows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final
from zlib import crc32

MARK: Final = b"\xd0\x5ejr"

_RECORD: Final = Struct(">4sIQQI")
_CRC: Final = Struct(">I")
RECORD_HEAD_LENGTH: Final = _RECORD.size + _CRC.size
"""Bytes that a record takes beside its data."""


class DamagedRecords(Exception):
    """The bytes are not what was written; the message continues `the file …`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record."""

    height: int
    sequence: int
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordFormat:
    """The form of one file's records."""

    crc_start: int

    def encode(self, entry: Entry) -> bytes:
        """Return the bytes of one record."""
        data_crc = crc32(entry.data, self.crc_start)
        head = _RECORD.pack(MARK, len(entry.data), entry.height, entry.sequence, data_crc)
        return b"".join((head, _CRC.pack(crc32(head, self.crc_start)), entry.data))

    def decode(self, data: bytes, offset: int) -> Entry | None:
        """Return the intact record at `offset`, or None where there is none."""
        length = self.read_length(data, offset)
        if length is None:
            return None
        _, _, height, sequence, data_crc = _RECORD.unpack_from(data, offset)
        start = offset + RECORD_HEAD_LENGTH
        payload = data[start : start + length]
        if len(payload) != length or crc32(payload, self.crc_start) != data_crc:
            return None
        return Entry(height, sequence, payload)

    def read_length(self, data: bytes, offset: int = 0) -> int | None:
        """Return how long the data of the record at `offset` is; None without an intact head."""
        head = data[offset : offset + _RECORD.size]
        if len(data) < offset + RECORD_HEAD_LENGTH or not head.startswith(MARK):
            return None
        if crc32(head, self.crc_start) != _CRC.unpack_from(data, offset + _RECORD.size)[0]:
            return None
        return int(_RECORD.unpack(head)[1])

    def walk(self, data: bytes, offset: int) -> Iterator[tuple[int, Entry]]:
        """Yield each record from `offset` on, with the offset behind it, up to a torn tail.

        Raises `DamagedRecords` for damage that intact records follow.
        """
        sequence = 0
        while offset < len(data):
            entry = self.decode(data, offset)
            if entry is None or entry.sequence < sequence:
                if self._has_intact_record(data, offset + 1):
                    raise DamagedRecords(f"is damaged at byte {offset}, before intact records")
                return
            sequence = entry.sequence + 1
            offset += RECORD_HEAD_LENGTH + len(entry.data)
            yield offset, entry

    def _has_intact_record(self, data: bytes, offset: int) -> bool:
        return any(self.decode(data, place) for place in _find_marks(data, offset))


def _find_marks(data: bytes, offset: int) -> Iterator[int]:
    place = data.find(MARK, offset)
    while place >= 0:
        yield place
        place = data.find(MARK, place + 1)
