"""From TopoJSON to GeoJSON, for a map that ends at the 180th meridian.

TopoJSON keeps each border once, as steps on a grid; here the borders become rings of longitude and
latitude. A ring that crosses the 180th meridian would be drawn as a band around the whole map, so
it is cut there: it is followed beyond 180 degrees, and each half is clipped to the map.

Sources: TopoJSON specification 1.0; RFC 7946 section 3.1.9; Sutherland and Hodgman, 1974.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

DIGITS: Final = 2
"""Of longitude and latitude: about a kilometre."""
LEFT_OUT: Final = frozenset({"Antarctica"})
"""Nothing is shipped there, and it would take a fifth of the map."""
EDGE: Final = 180.0

Point = tuple[float, float]
Ring = list[Point]


def convert(data: bytes) -> bytes:
    """Return the countries of a TopoJSON file as GeoJSON; each feature has its name."""
    topology = json.loads(data)
    arcs = _decode_arcs(topology)
    features = [
        {
            "type": "Feature",
            "properties": {"name": country["properties"]["name"]},
            "geometry": {"type": "MultiPolygon", "coordinates": polygons},
        }
        for country in topology["objects"]["countries"]["geometries"]
        if country["properties"]["name"] not in LEFT_OUT
        and (polygons := list(_list_polygons(country, arcs)))
    ]
    text = json.dumps(
        {"type": "FeatureCollection", "features": features},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return text.encode()


def _decode_arcs(topology: dict[str, Any]) -> list[Ring]:
    scale, move = topology["transform"]["scale"], topology["transform"]["translate"]
    decoded = []
    for arc in topology["arcs"]:
        x = y = 0
        ring: Ring = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            ring.append((x * scale[0] + move[0], y * scale[1] + move[1]))
        decoded.append(ring)
    return decoded


def _list_polygons(country: dict[str, Any], arcs: Sequence[Ring]) -> Iterator[list[Any]]:
    shapes = country.get("arcs", [])
    for shape in [shapes] if country["type"] == "Polygon" else shapes:
        rings = [_join([_get_arc(arcs, number) for number in ring]) for ring in shape]
        pieces = [cut(ring) for ring in rings]
        # Holes of a polygon that is cut in two would have to be shared out; there are none.
        assert len(pieces[0]) == 1 or len(rings) == 1, "a polygon with holes crosses the edge"
        for outer in pieces[0]:
            holes = [hole for piece in pieces[1:] for hole in piece]
            kept = [_round(ring) for ring in (outer, *holes)]
            if len(kept[0]) >= 4:
                yield kept


def _get_arc(arcs: Sequence[Ring], number: int) -> Ring:
    """Return an arc; a negative number is the arc walked backwards."""
    return arcs[number] if number >= 0 else arcs[~number][::-1]


def _join(arcs: Sequence[Ring]) -> Ring:
    ring = list(arcs[0])
    for arc in arcs[1:]:
        ring += arc[1:]
    return ring


def cut(ring: Ring) -> list[Ring]:
    """Return the ring in pieces none of which crosses the 180th meridian."""
    whole = _unwrap(ring)
    pieces: list[Ring] = []
    for shift in (-2 * EDGE, 0.0, 2 * EDGE):
        moved = [(x + shift, y) for x, y in whole]
        inside = _clip(moved, lambda x: x >= -EDGE, -EDGE)
        inside = _clip(inside, lambda x: x <= EDGE, EDGE)
        if len({x for x, _ in inside}) > 1:
            pieces.append(inside)
    return pieces


def _unwrap(ring: Ring) -> Ring:
    """Return the ring followed beyond the edge in place of jumping to the other side."""
    turned = 0.0
    whole = [ring[0]]
    for (before, _), (x, y) in pairwise(ring):
        if abs(x - before) > EDGE:
            turned += 2 * EDGE if before > x else -2 * EDGE
        whole.append((x + turned, y))
    return whole


def _clip(ring: Ring, is_inside: Callable[[float], bool], edge: float) -> Ring:
    """Return what of a closed ring lies on one side of a meridian."""
    kept: Ring = []
    for (x1, y1), (x2, y2) in pairwise(ring):
        if is_inside(x1):
            kept.append((x1, y1))
        if is_inside(x1) != is_inside(x2):
            kept.append((edge, y1 + (y2 - y1) * (edge - x1) / (x2 - x1)))
    return [*kept, kept[0]] if kept else []


def _round(ring: Ring) -> list[list[float]]:
    """Return the ring's points without those that rounding made the same as the one before."""
    points: list[list[float]] = []
    for x, y in ring:
        point = [round(x, DIGITS), round(y, DIGITS)]
        if not points or points[-1] != point:
            points.append(point)
    return points
