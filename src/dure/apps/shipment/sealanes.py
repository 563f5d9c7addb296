"""Where ports are, and the sea lanes between them, from the package `searoute` where it is there.

`searoute` (Apache-2.0) carries 3,962 ports by UN/LOCODE and a network of sea lanes; the extra
`shipment` installs it. Without it nine ports are known, and lines between them are great circles.
The north-west passage is left out, as the package does. A lane is for a picture and for a first
estimate, never for navigation.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

POINTS_MAX: Final = 60
"""Of a lane on the map; the lines between them are short enough for the eye."""
SPEED_KNOTS: Final = 16
"""Of a container ship that saves fuel; UNCTAD's Review of Maritime Transport speaks of 14 to 17."""

Place = tuple[float, float]
"""Degrees north and east."""

FEW: Final[Mapping[str, Place]] = {
    "CNSHA": (31.23, 121.49),
    "DEHAM": (53.54, 9.97),
    "HKHKG": (22.34, 114.13),
    "JPTYO": (35.62, 139.78),
    "KRINC": (37.46, 126.62),
    "KRPUS": (35.10, 129.04),
    "NLRTM": (51.95, 4.14),
    "SGSIN": (1.26, 103.83),
    "USLAX": (33.74, -118.27),
}
"""Ports that are known in any case, by UN/LOCODE."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A way by sea."""

    kilometres: int
    hours: int
    """At `SPEED_KNOTS`, without any stop."""
    points: tuple[Place, ...]
    """From port to port, `POINTS_MAX` at most."""


def has_lanes() -> bool:
    """Say whether `searoute` is installed."""
    return find_spec("searoute") is not None


@cache
def load_ports() -> Mapping[str, Place]:
    """Return where ports are, by UN/LOCODE."""
    found = find_spec("searoute")
    if found is None or not found.submodule_search_locations:
        return FEW
    file = Path(found.submodule_search_locations[0]) / "data" / "ports.geojson"
    ports = {}
    for feature in json.loads(file.read_text("utf-8"))["features"]:
        longitude, latitude = feature["geometry"]["coordinates"][:2]
        ports[feature["properties"]["port"]] = (latitude, longitude)
    return {**ports, **FEW}


@lru_cache(maxsize=512)
def find_lane(source: str, target: str) -> Lane | None:
    """Return the lane between two ports; None where one is not known, or lanes are not installed.

    The first takes a fifth of a second, while the network is read.
    """
    ports = load_ports()
    if not has_lanes() or source not in ports or target not in ports or source == target:
        return None
    import searoute  # noqa: PLC0415 - optional, and slow to load

    start, end = ports[source], ports[target]
    found: Any = searoute.searoute(start[::-1], end[::-1], units="km", speed_knot=SPEED_KNOTS)
    way = [(latitude, longitude) for longitude, latitude in found.geometry["coordinates"]]
    return Lane(
        kilometres=round(found.properties["length"]),
        hours=round(found.properties["duration_hours"]),
        points=_thin([start, *way, end]),
    )


def _thin(points: list[Place]) -> tuple[Place, ...]:
    """Keep every n-th point, and both ends."""
    step = -(-(len(points) - 1) // (POINTS_MAX - 1)) or 1
    kept = points[:-1:step]
    return (*kept, points[-1])
