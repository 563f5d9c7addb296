"""The page of an election: how far it is, who took part, what came of it, and your receipt.

The digest on a receipt leads to the ballot as it was cast. Its proofs are checked here and now;
what is marked in it nobody learns, neither this page nor who looks at it.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from dure.application import ApplicationPage, DeployedContract, Reader, ToldEvent
from dure.apps.ballot.offchain.ballots import Booth, Layout
from dure.apps.ballot.offchain.polls import compute_share
from dure.core.address import decode_address

DIGEST: Final = re.compile("[0-9a-f]{64}")
STEPS: Final = (
    ("step_keys", "keys_by", ("KEYS",)),
    ("step_voting", "closes", ("VOTING",)),
    ("step_counting", "results_by", ("COUNTING",)),
    ("step_objections", "ends", ("DECLARED",)),
)
ENDED_BADLY: Final = ("STOPPED", "REJECTED")


async def show_box(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/box.html` shows: the election that was asked for, else the newest."""
    contracts = [each for each in await reader.list_contracts() if each.name == "Elections"]
    if not contracts:
        return {"contract": None}
    box = contracts[-1]
    announced = await reader.list_events(box, names=("ElectionAnnounced",))
    if not announced:
        return {"contract": box, "number": 0}
    newest = max(int(each.fields["number"]) for each in announced)
    number = choose(reader.query.get("election", ""), newest)
    election = await reader.view(box, "election", number=number)
    plan = await reader.view(box, "plan", number=number)
    declared = await reader.list_events(box, names=("ResultDeclared",))
    result = next((each for each in declared if each.fields["number"] == number), None)
    steps = build_steps(plan, election["phase"], reader.ledger_time)
    receipt = reader.query.get("receipt", "").strip().lower()
    return {
        "contract": box,
        "number": number,
        "newest": newest,
        "title": plan["title"],
        "election": election,
        "voters": plan["voters"],
        "is_poll": bool(plan["lot_below"]),
        "percent": election["turnout"] * 100 // plan["voters"],
        "steps": steps,
        "left": find_left(steps, reader.ledger_time),
        "questions": build_questions(plan, result),
        "counted": result.fields["counted"] if result else 0,
        "asked": receipt,
        "receipt": await find_receipt(reader, box, number, receipt),
    }


def choose(asked: str, newest: int) -> int:
    """Return the election that was asked for, else the newest."""
    is_number = asked.isascii() and asked.isdigit() and len(asked) < 12
    return int(asked) if is_number and 1 <= int(asked) <= newest else newest


def build_steps(plan: Mapping[str, Any], phase: str, now: int) -> list[dict[str, Any]]:
    """Return how far an election is, each step with its last moment."""
    current = next((at for at, each in enumerate(STEPS) if phase in each[2]), len(STEPS))
    steps = []
    for at, (label, field, _) in enumerate(STEPS):
        state = "done" if at < current else "current" if at == current else "waiting"
        if phase in ENDED_BADLY:
            state = "done" if plan[field] < now else "skipped"
        steps.append({"label": label, "state": state, "time": plan[field]})
    if phase in ENDED_BADLY:
        steps.append({"label": phase, "state": "refused", "time": None})
    return steps


def find_left(steps: Sequence[Mapping[str, Any]], now: int) -> dict[str, int] | None:
    """Return the days, hours and minutes that the current step has left."""
    current = next((each for each in steps if each["state"] == "current"), None)
    if current is None:
        return None
    minutes = max(0, current["time"] - now) // 60_000
    return {"days": minutes // 1_440, "hours": minutes // 60 % 24, "minutes": minutes % 60}


def build_questions(plan: Mapping[str, Any], result: ToldEvent | None) -> list[dict[str, Any]]:
    """Return each question with what came of it, a row for each option: name, marks by rank."""
    counts = list(result.fields["counts"]) if result else []
    counted = int(result.fields["counted"]) if result else 0
    questions, start = [], 0
    for each in plan["questions"]:
        layout = read_layout(each)
        own = counts[start : start + layout.cells]
        start += layout.cells
        rows = [
            [option, *own[at * layout.ranks : (at + 1) * layout.ranks]]
            for at, option in enumerate(each["options"])
        ]
        if layout.kind == "RANKED" and own:
            for row in rows:
                row.append(sum(n * (layout.ranks - at) for at, n in enumerate(row[1:])))
        if plan["lot_below"] and counted and layout.kind != "RANKED":
            for row in rows:
                share = compute_share(row[1], counted, plan["voters"])
                row += [round(share.low * 1_000), round(share.high * 1_000)]
        questions.append(
            {
                "text": each["text"],
                "kind": each["kind"],
                "ranks": layout.ranks,
                "rows": rows if own else [],
            }
        )
    return questions


def read_layout(question: Mapping[str, Any]) -> Layout:
    """Return how the cells of a question are laid out."""
    options = len(question["options"])
    return Layout(question["kind"], options, question["least"], question["most"])


async def find_receipt(
    reader: Reader, box: DeployedContract, number: int, asked: str
) -> dict[str, Any] | None:
    """Return what became of a ballot by the digest on its receipt; None where none is asked."""
    if not DIGEST.fullmatch(asked):
        return {"standing": "UNKNOWN"} if asked else None
    standing = await reader.view(box, "standing", number=number, digest=asked)
    if standing == "UNKNOWN":
        return {"standing": standing}
    cast = await reader.list_events(box, names=("BallotCast",))
    found = next((each for each in cast if each.fields["digest"] == asked), None)
    if found is None:
        return {"standing": standing, "is_sound": None}
    plan = await reader.view(box, "plan", number=number)
    election = await reader.view(box, "election", number=number)
    is_sound = await asyncio.to_thread(
        check_ballot,
        Booth(
            decode_address(box.address),
            number,
            bytes.fromhex(election["key"]),
            tuple(read_layout(each) for each in plan["questions"]),
        ),
        decode_address(found.fields["voter"]),
        bytes.fromhex(found.fields["ballot"]),
        asked,
    )
    return {
        "standing": standing,
        "is_sound": is_sound,
        "voter": found.fields["voter"],
        "time": found.time,
        "height": found.height,
    }


@lru_cache(maxsize=256)
def check_ballot(booth: Booth, voter: bytes, ballot: bytes, digest: str) -> bool:
    """Say whether a ballot has this digest and its proofs hold."""
    is_same = booth.compute_digest(voter, ballot).hex() == digest
    return is_same and booth.read(voter, ballot) is not None


PAGES = (ApplicationPage("box", show_box),)
