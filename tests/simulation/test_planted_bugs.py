"""A simulator is worth something only if it catches bugs: each of those in `planted` is found."""

import pytest

from tests.simulation.planted import KNOWN, SEEDS, Plant, find


@pytest.mark.timeout(0)
@pytest.mark.parametrize("plant", KNOWN, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: Plant) -> None:
    known = KNOWN[plant]
    assert find(plant, known, known + 1) or find(plant, 0, SEEDS)
