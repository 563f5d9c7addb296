"""Proposals of the members as they stand in the governance contract's state.

They are read at the head, like everything that a page says; who wants them proved asks the SDK
(`dure.sdk.governance`), whose shapes these are. Where the members share an account there is nothing
to vote on (`has_governance`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from msgspec import Meta

from dure.api.answers.contracts import Contracts
from dure.chain import state, system
from dure.chain.genesis.governance import GOVERNANCE
from dure.chain.parameters import Parameters
from dure.console.facts.names import Names
from dure.console.rendering import shorten
from dure.core.address import encode_address
from dure.core.codec import decode, encode
from dure.core.errors import NotFound
from dure.core.types import NO_HASH, Address, Instant, Milliseconds, Unsigned
from dure.node.gateway import Gateway
from dure.proof import json_form
from dure.proof.json_form import Json
from dure.sdk.governance import Proposal, ProposalRecord, Vote

_ADDRESSES: Final = frozenset({"account", "contract", "holder", "owner"})
"""Arguments of acts that are addresses."""
PROPOSALS_READ: Final = 500
"""The newest; older ones are found by their number."""

TEXT_SHOWN: Final = 400
"""Characters of a value; the transaction has all of them."""

_Votes = Annotated[tuple[Vote, ...], Meta(max_length=10_000)]


@dataclass(frozen=True, slots=True)
class Tally:
    """How those that decide now have voted."""

    approvers: int
    needed: int
    in_favour: int
    against: int


@dataclass(frozen=True, slots=True)
class Rules:
    """How the members of this chain decide."""

    rule: str
    """Name of a member of the contract's `VotingRule`."""
    voting_period: Milliseconds
    needed: int
    approvers: dict[str, str]
    """Organisation to the account by which it votes."""


def has_governance(view: state.View) -> bool:
    """Say whether the members vote here."""
    return state.get_authority(view) == GOVERNANCE


def read_rules(gateway: Gateway, contracts: Contracts) -> Rules:
    """Return how the members decide; for chains on which they vote."""
    view = gateway.executor.view()
    needed = contracts.call_view(GOVERNANCE, "needed", {}, Address(NO_HASH))
    assert isinstance(needed, int), "a view returns what its interface says"
    return Rules(
        rule=view.require(str, _key("rule")),
        voting_period=view.require(Milliseconds, _key("voting_period")),
        needed=needed,
        approvers={
            each.organisation: encode_address(each.account) for each in system.list_approvers(view)
        },
    )


def list_proposals(view: state.View) -> list[Proposal]:
    """Return the newest proposals, the newest first; none where the members do not vote."""
    made = view.load(Unsigned, _key("proposals_made")) or 0
    numbers = range(made, max(0, made - PROPOSALS_READ), -1)
    return [read_proposal(view, number) for number in numbers]


def read_proposal(view: state.View, number: int) -> Proposal:
    """Return a proposal with its votes; raise `NotFound`."""
    record = view.get(_key("proposals", number))
    arguments = view.get(_key("arguments", number))
    votes = view.get(_key("votes_cast", number))
    if record is None or arguments is None or votes is None:
        raise NotFound("there is no proposal of that number on this chain")
    return Proposal(
        number=number,
        record=decode(ProposalRecord, record),
        arguments=decode(bytes, arguments),
        votes=decode(_Votes, votes),
    )


def read_tally(contracts: Contracts, number: int) -> Tally:
    """Return how those that decide now have voted on a proposal; raise `ViewRefused`."""
    answer = contracts.call_view(GOVERNANCE, "tally", {"number": number}, Address(NO_HASH))
    assert isinstance(answer, dict), "a view returns what its interface says"
    return Tally(**answer)


@dataclass(frozen=True, slots=True)
class ActFacts:
    """What a proposal is about, for a sentence of the texts (`act_<action>`) and a list below."""

    action: str
    values: Mapping[str, str]
    """What the sentence takes in."""
    details: tuple[tuple[str, str], ...]
    """Names of the ledger's own arguments, and their values as text."""


def describe_act(proposal: Proposal, view: state.View, names: Names) -> ActFacts:
    """Return an act in parts of a sentence; what is long stands in the details alone."""
    action = proposal.record.action
    opened = proposal.open_arguments()
    form = json_form.render(system.DECISIONS[action].arguments, opened)
    assert isinstance(form, dict), "arguments are a structure"
    values = {name: _write(value) for name, value in form.items()}
    match opened:
        case system.DeployArguments(source=source) | system.UpgradeArguments(source=source):
            values["name"] = source.class_name
            form["source"] = f"{source.class_name}, {len(source.text)} characters"
        case system.DecideValidatorsArguments(members=members):
            values["count"] = str(len(members))
            values["names"] = ", ".join(member.organisation for member in members)
        case system.SetParametersArguments(parameters=parameters):
            form = _list_changes(json_form.render(type(parameters), parameters), view)
            values["count"] = str(len(form))
        case _:
            pass
    for field in _ADDRESSES & form.keys():
        text = str(form[field])
        values[field] = names.find_text(text) or shorten(text)
    return ActFacts(action, values, tuple((name, _write(form[name])) for name in form))


def is_open(proposal: Proposal, ledger_time: Instant) -> bool:
    """Say whether votes still count."""
    return proposal.record.state == "OPEN" and ledger_time < proposal.record.deadline


def _list_changes(wanted: Json, view: state.View) -> dict[str, Any]:
    """Return only what differs from the parameters in force, each with what it is now."""
    present = json_form.render(Parameters, view.require(Parameters, state.PARAMETERS))
    assert isinstance(wanted, dict), "parameters are a structure"
    assert isinstance(present, dict), "parameters are a structure"
    return {
        name: f"{present[name]} → {value}"
        for name, value in wanted.items()
        if present[name] != value
    }


def _key(field: str, *keys: int) -> bytes:
    return state.key_storage(GOVERNANCE, encode((field, *keys)))


def _write(value: Json) -> str:
    """Return a value on one line; what is not text stands as its JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= TEXT_SHOWN else text[:TEXT_SHOWN] + "…"
