"""Frames survive any way of cutting the stream; forbidden lengths do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core.errors import PeerViolation
from dure.node.peers.frames import FrameReader, SendQueue
from dure.node.peers.limits import PeerLimits, RateLimit
from dure.node.peers.network import compute_pause

FRAMES = st.lists(st.binary(min_size=1, max_size=300), max_size=20)


@given(FRAMES, st.lists(st.integers(1, 400), min_size=1))
def test_what_goes_into_a_queue_comes_out_of_a_reader(frames: list[bytes], cuts: list[int]) -> None:
    queue, reader = SendQueue(10**6), FrameReader(300)
    for frame in frames:
        assert queue.put(frame)
    read: list[bytes] = []
    turn = 0
    while queue.size:
        piece = queue.take(cuts[turn % len(cuts)])
        assert 1 <= len(piece) <= cuts[turn % len(cuts)]
        turn += 1
        reader.feed(piece)
        while (whole := reader.take()) is not None:
            read.append(whole)
    assert read == frames
    assert queue.take(100) == b""


@given(FRAMES)
def test_a_queue_is_bounded_and_refuses_whole_frames(frames: list[bytes]) -> None:
    queue = SendQueue(1000)
    taken = [frame for frame in frames if queue.put(frame)]
    assert queue.size <= 1000
    stream = queue.take(10**6)
    assert stream == b"".join(len(frame).to_bytes(4, "big") + frame for frame in taken)
    assert queue.put(b"x" * 500)


def test_many_tiny_frames_fill_a_queue_too() -> None:
    queue = SendQueue(10_000)
    assert sum(queue.put(b"x") for _ in range(10_000)) < 100


@pytest.mark.parametrize("length", [0, 11, 2**32 - 1])
def test_a_forbidden_length_is_refused_before_its_bytes_arrive(length: int) -> None:
    reader = FrameReader(10)
    reader.feed(length.to_bytes(4, "big"))
    with pytest.raises(PeerViolation, match="1 to 10"):
        reader.take()


def test_half_a_frame_is_no_frame() -> None:
    reader = FrameReader(10)
    for byte in b"\0\0\0\3ab":
        reader.feed(bytes([byte]))
        assert reader.take() is None
    reader.feed(b"c")
    assert reader.take() == b"abc"


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 2)), max_size=40))
def test_a_rate_is_kept_over_any_time(spending: list[tuple[int, float]]) -> None:
    now, spent = 0.0, 0
    limit = RateLimit(100, now)
    for amount, idle in spending:
        now += idle + limit.spend(amount, now)
        spent += amount
        assert spent <= 100 + 100 * now + 1e-6


def test_a_rate_saves_up_one_second_only() -> None:
    limit = RateLimit(100, 0.0)
    assert limit.spend(100, 50.0) == 0.0
    assert limit.spend(100, 50.0) == 1.0


def test_pauses_grow_to_a_bound() -> None:
    limits = PeerLimits(retry_seconds_min=0.1, retry_seconds_max=5.0)
    for failures, longest in [(0, 0.1), (1, 0.2), (5, 3.2), (6, 5.0), (10**6, 5.0)]:
        pauses = [compute_pause(failures, limits) for _ in range(50)]
        assert longest / 2 <= min(pauses) < max(pauses) <= longest


def test_a_queue_that_is_never_empty_counts_only_what_waits() -> None:
    queue = SendQueue(bytes_max=1_000)
    assert queue.put(b"first" * 10)
    for _ in range(100):
        assert queue.put(b"frame" * 10), "a reader that keeps up is not given up"
        queue.take(54)
    queue.take(1_000)
    assert queue.size == 0
