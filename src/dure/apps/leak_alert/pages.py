"""The page of alerts: where a report stands, what each member did, and one case for its person.

A person who was told has the number of a case and nothing else: with it the page says how far the
review is and who looked. Nothing here says whose case it is, because nothing on the chain does.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dure.application import ApplicationPage, DeployedContract, Reader, ToldEvent
from dure.core.errors import ViewRefused

MEMBERS_SHOWN: Final = 60
EVENTS_SHOWN: Final = 30
NO_BATCH: Final = 0
"""Batches count from 1, so nobody has compared this one: all members are missing there."""
TOLD: Final = {
    "MemberAdmitted": "quiet",
    "MemberDismissed": "quiet",
    "EpochBegun": "quiet",
    "LeakReported": "bad",
    "AlarmsCleared": "warn",
    "BatchAcknowledged": "",
    "CasesOpened": "",
    "PersonsTold": "",
    "CaseClosed": "",
    "CaseLookedAt": "quiet",
    "NoticeOverdue": "bad",
    "ReviewOverdue": "bad",
}
"""The events of the timeline, and how loud each is."""
_CASE: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


async def show_alerts(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/alerts.html` shows."""
    contracts = await reader.list_contracts()
    if not contracts:
        return {"contract": None}
    contract = contracts[-1]
    totals = await reader.view(contract, "totals")
    members = await reader.view(contract, "missing", batch=NO_BATCH)
    batch = _choose(reader.query.get("batch", ""), totals["batches"])
    asked = reader.query.get("case", "").strip().lower()
    events = await reader.list_events(contract, TOLD, EVENTS_SHOWN)
    return {
        "contract": contract,
        "totals": totals,
        "standing": totals["reported"] - totals["cleared"],
        "members": len(members),
        "batch": batch,
        "steps": await _read_steps(reader, contract, batch, len(members)) if batch else (),
        "rows": await _read_rows(reader, contract, members[:MEMBERS_SHOWN], totals["batches"]),
        "asked": asked[:64],
        "case": await _read_case(reader, contract, asked) if asked else None,
        "told": build_timeline(events),
    }


def build_timeline(events: Sequence[ToldEvent]) -> list[dict[str, Any]]:
    """Return what happened, the newest first; `title` and `reason` are keys of the page's texts."""
    return [
        {
            "title": event.name,
            "tone": TOLD[event.name],
            "time": event.time,
            "height": event.height,
            "who": event.fields.get("member") or event.fields.get("by") or "",
            "batch": event.fields.get("batch"),
            **_count(event),
            "reason": event.fields.get("reason") or event.fields.get("state") or "",
        }
        for event in events
    ]


def build_steps(batch: Mapping[str, Any], *, members: int, missing: int) -> list[dict[str, Any]]:
    """Return how far a batch is."""
    left = batch["digests"] - batch["cleared"]
    compared = members - missing
    return [
        {"label": "step_reported", "state": "done", "time": batch["reported"]},
        {
            "label": "step_compared",
            "time": None,
            "state": "done" if members and not missing else "current",
            "count": compared,
            "of": members,
        },
        {
            "label": "step_standing" if left else "step_cleared",
            "state": "current" if left else "done",
            "time": None,
            "count": left,
            "of": batch["digests"],
        },
    ]


def build_row(
    member: str, work: Mapping[str, int], *, compared: int, batches: int
) -> dict[str, Any]:
    """Return what a member did, phase by phase."""
    opened, told, closed = work["opened"], work["told"], work["closed"]
    return {
        "member": member,
        "cells": (
            _cell(compared, batches, late=0),
            {"state": "done" if opened else "waiting", "count": opened, "of": None, "late": 0},
            _cell(told, opened, late=work["told_late"]),
            _cell(closed, opened, late=work["reviewed_late"]),
        ),
    }


def build_case_steps(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return how far a case is."""
    is_open = case["state"] == "FROZEN"
    return [
        {"label": "step_frozen", "state": "done", "time": case["opened"], "note": ""},
        {
            "label": "step_told",
            "state": "done" if case["told"] else "current",
            "time": None,
            "note": "",
        },
        {
            "label": "step_review" if is_open else "step_free",
            "state": "done" if not is_open else "current" if case["told"] else "waiting",
            "time": None,
            "note": "" if is_open else case["state"],
        },
    ]


async def _read_steps(
    reader: Reader, contract: DeployedContract, number: int, members: int
) -> list[dict[str, Any]]:
    batch = await reader.view(contract, "batch", number=number)
    missing = await reader.view(contract, "missing", batch=number)
    return build_steps(batch, members=members, missing=len(missing))


async def _read_rows(
    reader: Reader, contract: DeployedContract, members: Sequence[str], batches: int
) -> list[dict[str, Any]]:
    rows = []
    for member in members:
        work = await reader.view(contract, "work_of", member=member)
        compared = await reader.view(contract, "compared_by", member=member)
        rows.append(build_row(member, work, compared=compared, batches=batches))
    return rows


async def _read_case(
    reader: Reader, contract: DeployedContract, number: str
) -> Mapping[str, Any] | None:
    """Return a case with who looked at it; None where the chain has none of that number."""
    if not _CASE.fullmatch(number):
        return None
    try:
        case = await reader.view(contract, "case", number=number)
    except ViewRefused:
        return None
    looks = await reader.view(contract, "looks_at", case=number, start=0)
    return {"member": case["member"], "steps": build_case_steps(case), "looks": looks}


def _cell(done: int, of: int, *, late: int) -> dict[str, Any]:
    state = "waiting" if not of else "done" if done >= of else "current"
    return {"state": state, "count": done, "of": of, "late": late}


def _count(event: ToldEvent) -> dict[str, Any]:
    """Return how many entries or cases an event names; `unit` is a key of the page's texts."""
    for unit in ("digests", "cases"):
        found = event.fields.get(unit)
        if isinstance(found, list):
            return {"unit": unit, "count": len(found)}
    return {"unit": "", "count": 0}


def _choose(asked: str, newest: int) -> int:
    """Return the batch that was asked for, else the newest; 0 before the first."""
    is_number = asked.isascii() and asked.isdigit() and len(asked) < 12
    return int(asked) if is_number and 1 <= int(asked) <= newest else newest


PAGES = (ApplicationPage("alerts", show_alerts),)
