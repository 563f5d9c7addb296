"""The page of routes: where containers go, leg by leg, on the map, with what is awaited when.

Lines between ports follow the great circle: they show from where to where, not the sea lane.
Ports whose place is not known here stand in the table alone.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from dure.application import ApplicationPage, Reader, ToldEvent

LEGS_SHOWN: Final = 60
PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "CNSHA": ("31.23", "121.49"),
    "DEHAM": ("53.54", "9.97"),
    "HKHKG": ("22.34", "114.13"),
    "JPTYO": ("35.62", "139.78"),
    "KRINC": ("37.46", "126.62"),
    "KRPUS": ("35.10", "129.04"),
    "NLRTM": ("51.95", "4.14"),
    "SGSIN": ("1.26", "103.83"),
    "USLAX": ("33.74", "-118.27"),
}
"""Degrees north and east of a few ports, by UN/LOCODE."""


async def show_routes(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/routes.html` shows."""
    contracts = [each for each in await reader.list_contracts() if each.name == "Shipments"]
    if not contracts:
        return {"contract": None, "legs": []}
    events = list(reversed(await reader.list_events(contracts[-1])))
    return {"contract": contracts[-1], "legs": build_legs(events)}


def build_legs(events: Iterable[ToldEvent]) -> list[dict[str, Any]]:
    """Return the newest legs of all bookings, as the map takes them, from events, oldest first."""
    planned: dict[tuple[int, int], Mapping[str, Any]] = {}
    moved: dict[int, tuple[int, str]] = {}
    for event in events:
        fields = event.fields
        if event.name == "LegPlanned":
            planned[fields["booking"], fields["leg"]] = fields
        elif event.name == "ContainerMoved":
            moved[fields["booking"]] = (fields["legs_done"], fields["stage"])
    newest = sorted(planned.items(), reverse=True)[:LEGS_SHOWN]
    return [
        {
            "source": _place(fields["source"]),
            "target": _place(fields["target"]),
            "state": _judge(leg, *moved.get(booking, (0, ""))),
            "share": 50 if _judge(leg, *moved.get(booking, (0, ""))) == "current" else 0,
            "note": f"{booking}: {fields['vessel']}",
        }
        for (booking, leg), fields in newest
    ]


def _judge(leg: int, legs_done: int, stage: str) -> str:
    if leg < legs_done:
        return "done"
    return "current" if leg == legs_done and stage == "ABOARD" else "waiting"


def _place(port: str) -> dict[str, Any]:
    latitude, longitude = PLACES.get(port, (None, None))
    return {"name": port, "latitude": latitude, "longitude": longitude}


PAGES = (ApplicationPage("routes", show_routes),)
