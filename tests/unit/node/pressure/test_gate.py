"""How many of a client's transactions may wait as well."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core.types import Gas
from dure.node.pressure.gate import (
    BLOCKS_MAX,
    BUSY_MIN,
    RETRY_MS_MAX,
    RETRY_MS_MIN,
    WAIT_S,
    WAITING_FIRST,
    WAITING_MIN,
    Gate,
)

BLOCK_GAS = Gas(100_000_000)


@dataclass
class Clock:
    """Time that the test moves."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def run_blocks(
    gate: Gate, clock: Clock, *, rate: int, seconds: float, waiting: int = BUSY_MIN
) -> None:
    """Let ten blocks a second take so many transactions, while so many wait."""
    for _ in range(round(seconds * 10)):
        clock.now += 0.1
        gate.on_block(rate // 10, waiting)


def count_room(gate: Gate, waiting: int = 0) -> int:
    return gate.count_room(waiting, Gas(0), BLOCK_GAS)


def test_a_quiet_node_takes_a_burst() -> None:
    clock = Clock()
    gate = Gate(clock)
    run_blocks(gate, clock, rate=100, seconds=60, waiting=BUSY_MIN - 1)
    assert count_room(gate) == WAITING_FIRST
    assert count_room(gate, WAITING_FIRST - 1) == 1
    assert count_room(gate, WAITING_FIRST) == 0


@pytest.mark.parametrize("rate", [2_000, 20_000])
def test_no_more_wait_than_are_worked_off_in_a_while(rate: int) -> None:
    clock = Clock()
    gate = Gate(clock)
    run_blocks(gate, clock, rate=rate, seconds=20)
    assert count_room(gate) == pytest.approx(rate * WAIT_S, rel=0.01)
    assert count_room(gate, 2 * rate) == 0


def test_a_slow_node_takes_a_small_burst() -> None:
    clock = Clock()
    gate = Gate(clock)
    run_blocks(gate, clock, rate=50, seconds=20)
    assert count_room(gate) == WAITING_MIN


def test_times_with_little_to_do_say_nothing_about_speed() -> None:
    clock = Clock()
    gate = Gate(clock)
    run_blocks(gate, clock, rate=20_000, seconds=20)
    before = count_room(gate)
    gate.on_block(0, 0)
    run_blocks(gate, clock, rate=10, seconds=600, waiting=1)
    assert count_room(gate) == pytest.approx(before, rel=0.01)


def test_a_slower_speed_is_noticed_within_seconds() -> None:
    clock = Clock()
    gate = Gate(clock)
    run_blocks(gate, clock, rate=20_000, seconds=20)
    run_blocks(gate, clock, rate=10_000, seconds=9)
    assert count_room(gate) < 1.1 * 10_000 * WAIT_S


def test_no_more_wait_than_fill_a_few_blocks() -> None:
    gate = Gate(Clock())
    full = Gas(BLOCKS_MAX * BLOCK_GAS)
    assert gate.count_room(1, Gas(full - 1), BLOCK_GAS) == WAITING_FIRST - 1
    assert gate.count_room(1, full, BLOCK_GAS) == 0


def test_the_refusal_says_when_to_try_again() -> None:
    clock = Clock()
    gate = Gate(clock)
    assert gate.refuse(10).facts == {"waiting": 10, "retry_after_ms": RETRY_MS_MAX}
    run_blocks(gate, clock, rate=10_000, seconds=20)
    retry = gate.refuse(12_000).facts["retry_after_ms"]
    assert retry == pytest.approx(1_200, rel=0.01)
    assert gate.refuse(1).facts["retry_after_ms"] == RETRY_MS_MIN
    assert gate.refuse(10**6).facts["retry_after_ms"] == RETRY_MS_MAX


@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 10_000), st.floats(0, 100)), max_size=50
    ),
    st.integers(0, 100_000),
)
def test_room_is_never_negative_and_never_less_than_the_least_burst_leaves(
    blocks: list[tuple[int, int, float]], waiting: int
) -> None:
    clock = Clock()
    gate = Gate(clock)
    for count, left, pause in blocks:
        clock.now += pause
        gate.on_block(count, left)
    assert count_room(gate, waiting) >= max(0, WAITING_MIN - waiting)
    gate.refuse(waiting)
