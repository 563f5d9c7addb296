"""Targets, their compact form, and the difficulty that follows the hash rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.consensus.pow.asert import Schedule
from dure.consensus.pow.target import (
    TARGET_MAX,
    compact_target,
    compute_work,
    expand_target,
)
from dure.core.errors import InvalidBlock
from tests.unit.core.vectors import load_vectors

RUNS = load_vectors("asert")["runs"]
SPACING, HALF_LIFE = 600, 172_800


@pytest.mark.parametrize("run", RUNS, ids=[run["run"][:5] for run in RUNS])
def test_published_runs_come_out(run: dict[str, object]) -> None:
    schedule = Schedule(
        height=int(str(run["anchor_height"])),
        parent_time=int(str(run["anchor_parent_time"])),
        bits=int(str(run["anchor_bits"])),
        spacing=SPACING,
        half_life=HALF_LIFE,
    )
    rows = run["height_time_bits"]
    assert isinstance(rows, list)
    for height, time, bits in rows:
        assert schedule.compute_bits(height, time) == bits


@given(st.integers(1, 2**255))
def test_the_compact_form_is_the_nearest_from_below(target: int) -> None:
    bits = compact_target(target)
    expanded = expand_target(bits)
    assert expanded <= target < expanded + max(1, expanded >> 14)
    assert compact_target(expanded) == bits


@pytest.mark.parametrize(
    "bits",
    [0, -1, 2**32, 0x01003456, 0x04923456, 0x1D000000, 0x1C0000FF, 0xFF7FFFFF],
)
def test_a_form_that_is_not_the_one_is_refused(bits: int) -> None:
    with pytest.raises(InvalidBlock):
        expand_target(bits)


def test_half_the_target_is_twice_the_work() -> None:
    assert compute_work(2**255 - 1) == 2
    assert compute_work(2**254 - 1) == 4
    assert compute_work(TARGET_MAX) == 2**32


@given(st.integers(1, 10_000), st.integers(0, 10_000_000), st.integers(1, 10_000_000))
def test_a_later_block_is_never_followed_by_a_harder_one(height: int, time: int, more: int) -> None:
    schedule = Schedule(0, 0, 0x1C0FFFFF, SPACING, HALF_LIFE)
    sooner = expand_target(schedule.compute_bits(height, time))
    later = expand_target(schedule.compute_bits(height, time + more))
    assert sooner <= later <= TARGET_MAX


def test_a_half_life_behind_doubles_the_target() -> None:
    schedule = Schedule(0, 0, 0x1C0FFFFF, SPACING, HALF_LIFE)
    on_time = expand_target(schedule.compute_bits(9, 6_000))
    behind = expand_target(schedule.compute_bits(9, 6_000 + HALF_LIFE))
    assert behind == 2 * on_time
