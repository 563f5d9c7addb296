"""The map of the console: no ring crosses the 180th meridian, and nothing of a country is lost."""

import json
from itertools import pairwise

import pytest

from scripts.world_map import convert, cut

Ring = list[tuple[float, float]]


def area(ring: Ring) -> float:
    pairs = pairwise(ring)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def test_a_ring_within_the_map_stays_whole() -> None:
    square: Ring = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]
    assert [area(piece) for piece in cut(square)] == [100]


@pytest.mark.parametrize("turned", [False, True])
def test_a_ring_over_the_edge_is_cut_in_two(turned: bool) -> None:
    ring: Ring = [(170, 0), (-175, 0), (-175, 10), (170, 10), (170, 0)]
    pieces = cut(ring[::-1] if turned else ring)
    assert sorted(area(piece) for piece in pieces) == [50, 100]
    for piece in pieces:
        assert all(-180 <= x <= 180 for x, _ in piece)
        assert max(x for x, _ in piece) - min(x for x, _ in piece) <= 10


def test_borders_are_walked_forwards_and_backwards() -> None:
    topology = {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": [[[0, 0], [10, 0], [0, 10]], [[0, 0], [0, 10], [10, 0]]],
        "objects": {
            "countries": {
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, -2]], "properties": {"name": "Here"}},
                    {"type": "Polygon", "arcs": [[0, -2]], "properties": {"name": "Antarctica"}},
                ]
            }
        },
    }
    (feature,) = json.loads(convert(json.dumps(topology).encode()))["features"]
    assert feature["properties"] == {"name": "Here"}
    assert feature["geometry"]["coordinates"] == [[[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]]
