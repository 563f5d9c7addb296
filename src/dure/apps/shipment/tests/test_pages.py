"""Legs on the map stand where their containers are."""

from dataclasses import dataclass
from typing import Any

import pytest

from dure.apps.shipment.pages import build_legs
from dure.apps.shipment.sealanes import POINTS_MAX, find_lane, has_lanes, load_ports


@dataclass(frozen=True)
class Told:
    name: str
    fields: dict[str, Any]


def leg(number: int, source: str, target: str, vessel: str = "V") -> Told:
    fields = {"booking": 1, "leg": number, "source": source, "target": target, "vessel": vessel}
    return Told("LegPlanned", fields)


def moved(legs_done: int, stage: str) -> Told:
    return Told("ContainerMoved", {"booking": 1, "legs_done": legs_done, "stage": stage})


def states(*events: Told) -> dict[str, str]:
    legs = build_legs(events)  # type: ignore[arg-type]
    return {each["target"]["name"]: each["state"] for each in legs}


def test_a_leg_is_behind_under_way_or_ahead() -> None:
    planned = (leg(0, "KRPUS", "SGSIN"), leg(1, "SGSIN", "NLRTM"))
    assert states(*planned) == {"SGSIN": "waiting", "NLRTM": "waiting"}
    aboard = moved(0, "ABOARD")
    assert states(*planned, aboard) == {"SGSIN": "current", "NLRTM": "waiting"}
    assert states(*planned, aboard, moved(1, "ASHORE")) == {"SGSIN": "done", "NLRTM": "waiting"}


def test_a_leg_planned_anew_replaces_the_old_one_and_unknown_ports_have_no_place() -> None:
    (found,) = build_legs([leg(0, "KRPUS", "SGSIN"), leg(0, "KRPUS", "XXABC", "W")])  # type: ignore[list-item]
    assert found["target"] == {"name": "XXABC", "latitude": None, "longitude": None}
    assert found["note"] == "1: W"
    assert "via" not in found


def test_a_leg_follows_the_sea_lane_where_lanes_are_installed() -> None:
    (found,) = build_legs([leg(0, "KRPUS", "NLRTM")])  # type: ignore[list-item]
    if not has_lanes():
        pytest.skip("searoute is not installed")
    # By the Suez canal, not over land: some 20,000 km.
    assert "20," in found["note"]
    assert found["via"][0] == (35.10, 129.04)
    assert found["via"][-1] == (51.95, 4.14)
    assert len(found["via"]) <= POINTS_MAX
    assert any(28 < north < 32 and 31 < east < 34 for north, east in found["via"])


def test_lanes_need_two_known_ports() -> None:
    assert find_lane("KRPUS", "XXABC") is None
    assert find_lane("KRPUS", "KRPUS") is None
    assert load_ports()["SGSIN"] == (1.26, 103.83)
