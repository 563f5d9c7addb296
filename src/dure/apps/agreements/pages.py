"""The page of agreements: who has accepted what, what is due when, and who sees how much of it.

Terms and amounts are not here, because they are not on the chain: what stands for them is digests.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dure.application import ApplicationPage, DeployedContract, Reader, ToldEvent

EVENTS_SHOWN: Final = 30
OBLIGATIONS_SHOWN: Final = 64
TOLD: Final = (
    "ChangeProposed",
    "ChangeAccepted",
    "ProposalClosed",
    "VersionAccepted",
    "AgreementClosed",
    "ObligationBegun",
    "ObligationChanged",
)
_BAD: Final = frozenset({"REFUSED", "LAPSED", "FAILED", "BROKEN", "BREACHED", "DISPUTED"})
_OVER: Final = frozenset({"PERFORMED", "REPLACED", "NOVATED"})
_PHASES: Final[Mapping[str, tuple[str, str, str]]] = {
    "OPEN": ("waiting", "waiting", "waiting"),
    "DUE": ("current", "waiting", "waiting"),
    "DECLARED": ("done", "done", "current"),
    "DISPUTED": ("done", "refused", "current"),
    "BREACHED": ("done", "waiting", "current"),
    "PERFORMED": ("done", "done", "done"),
    "REPLACED": ("skipped", "skipped", "done"),
    "NOVATED": ("skipped", "skipped", "done"),
}
"""By state: how due date, word of the debtor, and end of an obligation stand."""


@dataclass(slots=True)
class Deal:
    """What the contract told of one agreement, the oldest first."""

    events: list[ToldEvent] = field(default_factory=list)
    proposals: list[int] = field(default_factory=list)
    accepted: dict[int, list[str]] = field(default_factory=dict)
    """By proposal: who accepted it, in order."""
    obligations: dict[str, dict[str, Any]] = field(default_factory=dict)


async def show_deals(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/deals.html` shows."""
    contracts = await reader.list_contracts()
    if not contracts:
        return {"contract": None}
    contract = contracts[-1]
    deals = read_deals(reversed(await reader.list_events(contract, TOLD)))
    newest = max(deals, default=0)
    number = _choose(reader.query.get("agreement", ""), deals, newest)
    shown: dict[str, object] = {"contract": contract, "newest": newest, "number": number}
    if not number:
        return shown
    deal = deals[number]
    return {
        **shown,
        "agreement": await reader.view(contract, "state_of", number=number),
        "proposal": await _read_proposal(reader, contract, deal),
        "rows": build_rows(deal)[-OBLIGATIONS_SHOWN:],
        "open": await reader.view(contract, "count_open", group=number),
        "told": build_timeline(deal.events)[:EVENTS_SHOWN],
    }


def read_deals(events: Iterable[ToldEvent]) -> dict[int, Deal]:
    """Return what events, the oldest first, tell of each agreement, by its number."""
    deals: dict[int, Deal] = {}
    by_proposal: dict[int, int] = {}
    by_obligation: dict[str, int] = {}
    for event in events:
        fields = event.fields
        if event.name == "ChangeProposed":
            by_proposal[fields["proposal"]] = fields["agreement"]
        elif event.name == "ObligationBegun":
            by_obligation[fields["obligation"]] = fields["group"]
        number = _find_number(fields, by_proposal, by_obligation)
        if number:
            _take(deals.setdefault(number, Deal()), event)
    return deals


def build_signing(
    proposal: Mapping[str, Any], accepted: Sequence[str], *, is_closed: bool
) -> list[dict[str, Any]]:
    """Return how far a proposal is: who has accepted, who is awaited."""
    ending = proposal["state"]
    waiting = "skipped" if is_closed else "current"
    steps: list[dict[str, Any]] = [
        {
            "label": "step_accepted" if signer in accepted else "step_awaited",
            "who": signer,
            "state": "done" if signer in accepted else waiting,
            "note": "",
        }
        for signer in sorted(proposal["signers"], key=lambda each: _rank(accepted, each))
    ]
    last = "done" if ending == "ACCEPTED" else "refused" if is_closed else "waiting"
    label = "step_in_force" if ending in {"OPEN", "ACCEPTED"} else "step_closed"
    return [*steps, {"label": label, "who": "", "state": last, "note": ending}]


def build_rows(deal: Deal) -> list[dict[str, Any]]:
    """Return the obligations of an agreement, each with its phases."""
    return [
        {
            "number": number,
            "debtor": each["debtor"],
            "creditor": each["creditor"],
            "due": each["due"],
            "state": each["state"],
            "cells": _PHASES.get(each["state"], _PHASES["OPEN"]),
        }
        for number, each in deal.obligations.items()
    ]


def build_timeline(events: Sequence[ToldEvent]) -> list[dict[str, Any]]:
    """Return what happened, the newest first; `title` and `state` are keys of texts."""
    told = []
    for event in reversed(events):
        fields = event.fields
        state = fields.get("state") or fields.get("kind") or ""
        tone = "bad" if state in _BAD else "quiet" if state in _OVER else ""
        told.append(
            {
                "title": event.name,
                "tone": tone,
                "time": event.time,
                "height": event.height,
                "state": state,
                "who": fields.get("signer") or fields.get("proposer") or fields.get("debtor") or "",
                "version": fields.get("version"),
            }
        )
    return told


async def _read_proposal(
    reader: Reader, contract: DeployedContract, deal: Deal
) -> Mapping[str, Any] | None:
    """Return the agreement's newest proposal and its signing."""
    if not deal.proposals:
        return None
    number = deal.proposals[-1]
    known = await reader.view(contract, "proposal", number=number)
    is_closed = known["state"] != "OPEN"
    return {
        "number": number,
        "kind": known["kind"],
        "answer_by": known["answer_by"],
        "steps": build_signing(known, deal.accepted.get(number, ()), is_closed=is_closed),
    }


def _find_number(
    fields: Mapping[str, Any], by_proposal: Mapping[int, int], by_obligation: Mapping[str, int]
) -> int:
    """Return the number of the agreement that an event is about; 0 for none."""
    if "agreement" in fields:
        return int(fields["agreement"])
    if "proposal" in fields:
        return by_proposal.get(fields["proposal"], 0)
    return by_obligation.get(fields.get("obligation", ""), 0)


def _take(deal: Deal, event: ToldEvent) -> None:
    deal.events.append(event)
    fields = event.fields
    if event.name == "ChangeProposed":
        deal.proposals.append(fields["proposal"])
    elif event.name == "ChangeAccepted":
        deal.accepted.setdefault(fields["proposal"], []).append(fields["signer"])
    elif event.name == "ObligationBegun":
        deal.obligations[fields["obligation"]] = {**fields, "state": "OPEN"}
    elif event.name == "ObligationChanged":
        deal.obligations[fields["obligation"]]["state"] = fields["state"]


def _rank(accepted: Sequence[str], signer: str) -> int:
    return accepted.index(signer) if signer in accepted else len(accepted)


def _choose(asked: str, deals: Mapping[int, Deal], newest: int) -> int:
    """Return the agreement that was asked for, else the newest; 0 before the first."""
    is_number = asked.isascii() and asked.isdigit() and len(asked) < 12
    return int(asked) if is_number and int(asked) in deals else newest


PAGES = (ApplicationPage("deals", show_deals),)
