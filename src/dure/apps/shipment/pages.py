"""The page of routes: where containers go, leg by leg, on the map, with what is awaited when.

Lines follow the sea lanes where they are installed (`sealanes`), and the great circle elsewhere.
Ports whose place is not known here stand in the table alone.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

from dure.application import ApplicationPage, Reader, ToldEvent
from dure.apps.shipment.sealanes import find_lane, has_lanes, load_ports

LEGS_SHOWN: Final = 60


async def show_routes(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/routes.html` shows."""
    contracts = [each for each in await reader.list_contracts() if each.name == "Shipments"]
    if not contracts:
        return {"contract": None, "legs": []}
    events = list(reversed(await reader.list_events(contracts[-1])))
    # The first lane reads the whole network of them: not on the loop that serves everybody.
    legs = await asyncio.to_thread(build_legs, events)
    return {"contract": contracts[-1], "legs": legs, "has_lanes": has_lanes()}


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
            **_follow_lane(booking, fields),
        }
        for (booking, leg), fields in newest
    ]


def _judge(leg: int, legs_done: int, stage: str) -> str:
    if leg < legs_done:
        return "done"
    return "current" if leg == legs_done and stage == "ABOARD" else "waiting"


def _follow_lane(booking: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    note = f"{booking}: {fields['vessel']}"
    lane = find_lane(fields["source"], fields["target"])
    if lane is None:
        return {"note": note}
    return {"note": f"{note}, {lane.kilometres:,} km, {lane.hours:,} h", "via": lane.points}


def _place(port: str) -> dict[str, Any]:
    latitude, longitude = load_ports().get(port, (None, None))
    return {"name": port, "latitude": latitude, "longitude": longitude}


PAGES = (ApplicationPage("routes", show_routes),)
