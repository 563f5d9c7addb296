"""What a person, or a program, sees of proposals and votes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from dure.chain import system
from dure.cli.output import out, print_facts
from dure.proof import json_form
from dure.sdk.governance import Proposal, Vote, Voted

SOURCE_SHOWN = 60
"""Characters of a contract's text that are shown; the chain has all of them."""


def describe_proposal(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal with its votes, for machines."""
    record = proposal.record
    arguments = system.DECISIONS[record.action].arguments
    return {
        "proposal": proposal.number,
        "state": record.state,
        "action": record.action,
        "arguments": json_form.render(arguments, proposal.open_arguments()),
        "summary": record.summary,
        "organisation": record.organisation,
        "proposed": record.proposed,
        "deadline": record.deadline,
        "closed": None if record.state == "OPEN" else record.closed,
        "result": record.result.hex(),
        "votes": [_describe_vote(vote) for vote in proposal.votes],
    }


def describe_voted(voted: Voted) -> dict[str, Any]:
    """Return what came of a vote, for machines."""
    return {
        "proposal": voted.number,
        "state": "CARRIED_OUT" if voted.is_carried_out else "OPEN",
        "height": voted.receipt.height,
        "result": voted.result.hex(),
    }


def show_voted(facts: dict[str, Any]) -> None:
    """Say what came of a vote, or of a decision of the common account."""
    number = facts["proposal"]
    if number is None:
        out.print(f"Decided by the members' account in block {facts['height']}.", highlight=False)
    elif facts["state"] == "CARRIED_OUT":
        out.print(f"Proposal {number} was carried out in block {facts['height']}.", highlight=False)
    else:
        out.print(
            f"Proposal {number}: the vote stands in block {facts['height']}. "
            f"`dure governance show` tells how it stands.",
            highlight=False,
        )


def show_list(proposals: Sequence[dict[str, Any]]) -> None:
    """Show proposals, one a line."""
    table = Table(title="Proposals", title_justify="left")
    for column in ("number", "state", "act", "by", "votes", "deadline", "why"):
        table.add_column(column, overflow="fold")
    for each in proposals:
        table.add_row(
            str(each["proposal"]),
            each["state"],
            each["action"],
            escape(each["organisation"]),
            _count(each["votes"]),
            _write_time(each["deadline"]),
            escape(each["summary"]),
        )
    out.print(table)


def show_proposal(facts: dict[str, Any], tally: dict[str, int]) -> None:
    """Show all of one proposal."""
    rows = [
        ("state", facts["state"]),
        ("act", facts["action"]),
        *((f"  {name}", _shorten(value)) for name, value in facts["arguments"].items()),
        ("why", escape(facts["summary"])),
        ("by", escape(facts["organisation"])),
        ("deadline", _write_time(facts["deadline"])),
        ("needed", f"{tally['needed']} of {tally['approvers']}"),
        *((f"  {each['organisation']}", _say(each)) for each in facts["votes"]),
    ]
    print_facts(f"Proposal {facts['proposal']}", rows)


def _describe_vote(vote: Vote) -> dict[str, Any]:
    form = json_form.render(Vote, vote)
    assert isinstance(form, dict), "a struct is an object in JSON"
    return form


def _count(votes: Sequence[dict[str, Any]]) -> str:
    in_favour = sum(each["in_favour"] for each in votes)
    return f"{in_favour} for, {len(votes) - in_favour} against"


def _say(vote: dict[str, Any]) -> str:
    return f"{'for' if vote['in_favour'] else 'against'}, {_write_time(vote['cast'])}"


def _write_time(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _shorten(value: object) -> str:
    text = str(value)
    return escape(text if len(text) <= SOURCE_SHOWN * 4 else text[: SOURCE_SHOWN * 4] + " …")
