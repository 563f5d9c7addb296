"""What a person, or a program, sees of validator sets and of a change of them."""

from typing import Any

from rich.markup import escape
from rich.table import Table

from dure.chain.system import is_fresh
from dure.cli.network.membership.change import list_warnings
from dure.cli.network.membership.gathering import Proposal
from dure.cli.output import out, print_facts
from dure.core.address import encode_address
from dure.core.types import Height, PublicKey
from dure.core.validators import (
    Validator,
    compute_faults_tolerated,
    compute_quorum,
)


def print_history(history: dict[str, Any]) -> None:
    """Show a node's answer to `/v1/validators`."""
    _print_set(f"Validators after height {history['height']}", history["validators"])
    pending = history["pending"]
    if pending is not None:
        validators = pending["validators"]
        title = f"Decided in block {pending['decided']}, from height {validators['from_height']} on"
        _print_set(title, validators)
    title = f"Changes since the genesis: {history['changes']}"
    table = Table(title=title, title_justify="left")
    for column in ("from height", "organisations", "quorum", "may fail"):
        table.add_column(column)
    for each in history["history"]:
        names = escape(", ".join(member["organisation"] for member in each["members"]))
        numbers = (str(each[key]) for key in ("quorum", "faults_tolerated"))
        table.add_row(str(each["from_height"]), names, *numbers)
    out.print(table)


def _print_set(title: str, validators: dict[str, Any]) -> None:
    facts = [(escape(member["organisation"]), member["key"]) for member in validators["members"]]
    facts.append(("quorum", f"{validators['quorum']} of {len(facts)}"))
    facts.append(("may fail", str(validators["faults_tolerated"])))
    print_facts(title, facts)


def print_proposal(proposal: Proposal) -> None:
    """Show who would decide, and what that can bear."""
    given, facts = proposal.given, proposal.facts
    table = Table(title=f"Validators from height {given.from_height} on", title_justify="left")
    for column in ("organisation", "key", "change", "seen"):
        table.add_column(column, overflow="fold")
    for member in given.members:
        change = "" if member.key in facts.present else "[green]new[/green]"
        seen = _tell_presence(proposal, member)
        table.add_row(escape(member.organisation), member.key.hex(), change, seen)
    for member in list_leaving(proposal):
        table.add_row(escape(member.organisation), member.key.hex(), "[red]leaves[/red]", "")
    out.print(table)
    before, after = len(facts.present), len(given.members)
    rows = [
        ("newest block", str(facts.height)),
        (
            "quorum",
            f"{compute_quorum(before)} of {before}, then {compute_quorum(after)} of {after}",
        ),
        (
            "may fail",
            f"{compute_faults_tolerated(before)}, then {compute_faults_tolerated(after)}",
        ),
    ]
    rows += [
        ("becomes a member", f"{escape(n)}, {encode_address(a)}") for n, a in proposal.admitted
    ]
    rows += [("mind", escape(warning)) for warning in list_warnings(given.members)]
    print_facts("", rows)


def describe_proposal(proposal: Proposal, sent: Height | None) -> dict[str, Any]:
    """Return the machine-readable form; `sent` is the height of the block that holds the change."""
    given, facts = proposal.given, proposal.facts
    before, after = len(facts.present), len(given.members)
    return {
        "height": facts.height,
        "from_height": given.from_height,
        "members": [
            {
                "organisation": member.organisation,
                "key": member.key.hex(),
                "new": member.key not in facts.present,
                "seen": member.key in _list_present(proposal),
                "problem": proposal.absent.get(member.key),
            }
            for member in given.members
        ],
        "leaving": [
            {"organisation": member.organisation, "key": member.key.hex()}
            for member in list_leaving(proposal)
        ],
        "admitted": {name: encode_address(account) for name, account in proposal.admitted},
        "quorum": {"before": compute_quorum(before), "after": compute_quorum(after)},
        "faults_tolerated": {
            "before": compute_faults_tolerated(before),
            "after": compute_faults_tolerated(after),
        },
        "warnings": list_warnings(given.members),
        "sent": sent is not None,
        "decided": sent,
    }


def list_leaving(proposal: Proposal) -> list[Validator]:
    """Return the validators of the present set that the new one lacks."""
    kept = {member.key for member in proposal.given.members}
    return [member for member in proposal.facts.present.members if member.key not in kept]


def _list_present(proposal: Proposal) -> set[PublicKey]:
    height = Height(proposal.facts.height + 1)
    return {
        attestation.statement.validator
        for attestation in proposal.given.attestations
        if is_fresh(attestation, height, proposal.now)
    }


def _tell_presence(proposal: Proposal, member: Validator) -> str:
    for attestation in proposal.given.attestations:
        statement = attestation.statement
        if statement.validator == member.key:
            seconds = (proposal.now - statement.time) // 1000
            said = f"{seconds} s ago, at height {statement.height}"
            return said if member.key in _list_present(proposal) else f"[red]too long: {said}[/red]"
    return f"[red]no: {escape(proposal.absent.get(member.key, ''))}[/red]"
