"""Legs on the map stand where their containers are."""

from dataclasses import dataclass
from typing import Any

from dure.apps.shipment.pages import build_legs


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
