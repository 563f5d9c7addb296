"""Messages over a byte stream, however it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.node.workers.channel import FRAME_BYTES_MAX, Channel, ChannelClosed, FrameTooLong


@given(messages=st.lists(st.binary(max_size=40), max_size=8), cuts=st.lists(st.integers(1, 9)))
def test_messages_come_out_as_they_went_in(messages: list[bytes], cuts: list[int]) -> None:
    stream = bytearray()
    writer = Channel(bytes, stream.extend)
    for message in messages:
        writer.send(message)
    sizes = iter(cuts)

    def read(size: int) -> bytes:
        part = bytes(stream[: min(size, next(sizes, size))])
        del stream[: len(part)]
        return part

    reader = Channel(read, stream.extend)
    assert [reader.receive() for _ in messages] == messages
    with pytest.raises(ChannelClosed):
        reader.receive()


@pytest.mark.parametrize(
    ("size", "problem"),
    [(FRAME_BYTES_MAX, ChannelClosed), (FRAME_BYTES_MAX + 1, FrameTooLong)],
)
def test_a_message_that_is_announced_too_long_is_not_read(
    size: int, problem: type[Exception]
) -> None:
    parts = [b"", size.to_bytes(4, "big") + bytes(10)]
    with pytest.raises(problem):
        Channel(lambda _: parts.pop(), parts.append).receive()
