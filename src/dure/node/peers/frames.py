"""Frames on a byte stream: 4 bytes of length, big-endian, then that many bytes, at least one.

Pure: bytes in, frames out, and the other way round.
"""

from collections import deque
from typing import Final

from dure.core.errors import PeerViolation

HEADER_LENGTH: Final = 4
PART_OVERHEAD: Final = 64
"""What a frame's header, and its body, cost in memory beside their bytes while they wait."""
FRAME_OVERHEAD: Final = 2 * PART_OVERHEAD
"""What a waiting frame costs in memory beside its bytes; many tiny frames count too."""


class FrameReader:
    """Cuts a stream into frames. Holds at most one frame and what came with its end."""

    __slots__ = ("_data", "_later", "_length", "_offset", "_size", "frame_bytes_max")

    def __init__(self, frame_bytes_max: int) -> None:
        self.frame_bytes_max = frame_bytes_max
        self._data = b""
        """What is cut next, from `_offset` on."""
        self._offset = 0
        self._later: list[bytes] = []
        """What came behind it."""
        self._size = 0
        """Bytes that are not cut yet."""
        self._length: int | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._size:
            self._later.append(data)
        else:
            self._data, self._offset = data, 0
        self._size += len(data)

    def take(self) -> bytes | None:
        """Return the next whole frame, or None; raise `PeerViolation` for a forbidden length."""
        if self._length is None:
            if self._size < HEADER_LENGTH:
                return None
            self._length = int.from_bytes(self._cut(HEADER_LENGTH), "big")
        if not 1 <= self._length <= self.frame_bytes_max:
            message = f"a frame of {self._length} bytes; 1 to {self.frame_bytes_max} are allowed"
            raise PeerViolation(message, size=self._length)
        if self._size < self._length:
            return None
        frame = self._cut(self._length)
        self._length = None
        return frame

    def _cut(self, count: int) -> bytes:
        start = self._offset
        if start + count > len(self._data):
            self._data = b"".join((self._data[start:], *self._later))
            self._later.clear()
            start = 0
        self._offset = start + count
        self._size -= count
        return self._data[start : self._offset]


class SendQueue:
    """Frames that wait for one peer, taken out as a stream in pieces of a size of our choice."""

    __slots__ = ("_bytes_max", "_parts", "size")

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._parts: deque[bytes | memoryview] = deque()
        self.size = 0
        """Bytes that wait, overhead included; 0 when and only when nothing waits."""

    def put(self, frame: bytes) -> bool:
        """Queue a frame; say False, and queue nothing, where that would pass the bound."""
        cost = len(frame) + HEADER_LENGTH + FRAME_OVERHEAD
        if self.size + cost > self._bytes_max:
            return False
        self._parts.append(len(frame).to_bytes(HEADER_LENGTH, "big"))
        self._parts.append(frame)
        self.size += cost
        return True

    def take(self, count_max: int) -> bytes:
        """Return the next bytes of the stream, at most `count_max`; small frames are joined."""
        pieces: list[bytes | memoryview] = []
        room = count_max
        while self._parts and room:
            part = self._parts.popleft()
            if len(part) > room:
                view = memoryview(part)
                self._parts.appendleft(view[room:])
                part = view[:room]
            else:
                self.size -= PART_OVERHEAD
            pieces.append(part)
            room -= len(part)
        self.size -= count_max - room
        return b"".join(pieces)
