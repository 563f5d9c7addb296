"""The page of credits: how far one is, party by party, told by the contract's events alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dure.application import ApplicationPage, Reader, ToldEvent

PHASES: Final = ("applied", "issued", "advised", "presented", "examined", "paid")
PARTIES: Final = ("importer", "issuing_bank", "advising_bank", "exporter")
_OF_CREDIT: Final = {
    "CreditApplied": ("importer", "applied"),
    "CreditIssued": ("issuing_bank", "issued"),
    "CreditAdvised": ("advising_bank", "advised"),
}
_OF_PRESENTATION: Final = {
    "DocumentsPresented": ("exporter", "presented", "done"),
    "PresentationRefused": ("issuing_bank", "examined", "refused"),
    "DocumentsReturned": ("exporter", "presented", "returned"),
    "DiscrepanciesWaived": ("importer", "examined", "done"),
    "PresentationAccepted": ("issuing_bank", "examined", "done"),
    "PresentationPaid": ("exporter", "paid", "done"),
}


async def show_credits(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/credits.html` shows."""
    contracts = [each for each in await reader.list_contracts() if each.name == "LettersOfCredit"]
    if not contracts:
        return {"contract": None}
    events = list(reversed(await reader.list_events(contracts[-1])))
    numbers = [event.fields["credit"] for event in events if event.name == "CreditApplied"]
    asked = reader.query.get("credit", "")
    is_number = asked.isascii() and asked.isdigit() and len(asked) < 12
    chosen = int(asked) if is_number else max(numbers, default=0)
    return {
        "contract": contracts[-1],
        "last": max(numbers, default=0),
        "chosen": chosen if chosen in numbers else None,
        "phases": PHASES,
        "lanes": build_lanes(events, chosen),
    }


def build_lanes(events: Iterable[ToldEvent], credit: int) -> Sequence[Mapping[str, Any]]:
    """Return a row for each party with what it has done in each phase, the newest act last.

    `events` are the oldest first; of several presentations the last one is told.
    """
    cells: dict[str, dict[str, str]] = {party: {} for party in PARTIES}
    presentations: set[int] = set()
    for event in events:
        fields = event.fields
        if event.name in _OF_CREDIT and fields["credit"] == credit:
            party, phase = _OF_CREDIT[event.name]
            cells[party][phase] = "done"
        if event.name == "DocumentsPresented" and fields["credit"] == credit:
            presentations.add(fields["presentation"])
        if event.name in _OF_PRESENTATION and fields["presentation"] in presentations:
            party, phase, state = _OF_PRESENTATION[event.name]
            cells[party][phase] = state
    return [
        {
            "party": party,
            "cells": [{"state": cells[party][p]} if p in cells[party] else None for p in PHASES],
        }
        for party in PARTIES
    ]


PAGES = (ApplicationPage("credits", show_credits),)
