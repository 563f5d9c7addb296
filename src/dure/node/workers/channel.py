"""Messages over a byte stream: four bytes of length, big-endian, and then so many bytes.

Both ends of a worker's socket use it. The two take turns, but for messages that want no answer,
so an end that writes never waits for one that writes as well.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Final

FRAME_BYTES_MAX: Final = 8 * 1024 * 1024
"""Longest message: a contract's source with all of its library."""
HEADER_BYTES: Final = 4
READ_BYTES: Final = 64 * 1024


class ChannelClosed(Exception):
    """The other end is gone."""


class FrameTooLong(Exception):
    """The other end announced more than a message may have."""


class Channel:
    """Whole messages, in order."""

    __slots__ = ("_buffer", "_read", "_write")

    def __init__(self, read: Callable[[int], bytes], write: Callable[[bytes], None]) -> None:
        """`read` returns some bytes, none at the end of the stream; `write` writes all it gets."""
        self._read = read
        self._write = write
        self._buffer = b""

    def send(self, message: bytes) -> None:
        """Write one message."""
        self._write(len(message).to_bytes(HEADER_BYTES, "big") + message)

    def receive(self) -> bytes:
        """Return the next message; raise `ChannelClosed` or `FrameTooLong`."""
        buffer = self._buffer or self._read_some()
        while len(buffer) < HEADER_BYTES:
            buffer += self._read_some()
        end = HEADER_BYTES + int.from_bytes(buffer[:HEADER_BYTES], "big")
        if end > FRAME_BYTES_MAX + HEADER_BYTES:
            raise FrameTooLong
        if len(buffer) < end:
            buffer = self._read_until(buffer, end)
        self._buffer = buffer[end:]
        return buffer[HEADER_BYTES:end]

    def _read_until(self, begun: bytes, end: int) -> bytes:
        parts = [begun]
        size = len(begun)
        while size < end:
            part = self._read_some()
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    def _read_some(self) -> bytes:
        data = self._read(READ_BYTES)
        if not data:
            raise ChannelClosed
        return data


def open_channel(descriptor: int) -> Channel:
    """Return the channel over a descriptor that blocks."""

    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    return Channel(partial(os.read, descriptor), write)
