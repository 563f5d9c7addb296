"""The garbage collector of a node's process: what stands is left out, circles are found."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from dure.core.certificate import Certificate
from dure.core.types import Round
from dure.node.collector import YOUNG_MAX, settle_collector


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


class Circle:
    def __init__(self) -> None:
        self.itself = self


def test_what_stands_at_the_start_is_left_out() -> None:
    settle_collector()
    assert gc.get_freeze_count() > 0
    assert gc.get_count()[0] < YOUNG_MAX


def test_circles_that_come_later_are_found_without_being_asked_for() -> None:
    settle_collector()
    circle = weakref.ref(Circle())
    assert circle() is not None
    kept: list[list[int]] = []
    while circle() is not None:
        assert len(kept) <= 2 * YOUNG_MAX
        kept.append([])


def test_wire_values_are_freed_by_counting_alone() -> None:
    assert not gc.is_tracked(Certificate(round=Round(0), seals=()))
