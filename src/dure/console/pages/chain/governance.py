"""Governance: proposals, one with its act in words and its votes, and the chain's own numbers.

Votes are cast in the browser (`static/chain/vote.js`): the page never sees a key.
"""

from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dure.api.routes.operation import read_number
from dure.chain import state
from dure.chain.genesis.governance import GOVERNANCE
from dure.console.facts.listing import Row
from dure.console.facts.names import Names
from dure.console.facts.proposals import (
    ActFacts,
    describe_act,
    has_governance,
    is_open,
    list_proposals,
    read_proposal,
    read_rules,
    read_tally,
)
from dure.console.language import choose_language, get_text
from dure.console.site import Entry, Group, Page, Site
from dure.console.tables import Cell, Column, Kind, Query, Rows, Table, read_table, select_rows
from dure.contract.agreement import LanguageCode
from dure.core.address import encode_address
from dure.proof import json_form
from dure.sdk.governance import Proposal

STATES: Final = ("OPEN", "CARRIED_OUT", "REJECTED", "WITHDRAWN", "EXPIRED")
TONES: Final = {"OPEN": "warn", "CARRIED_OUT": "good", "REJECTED": "bad"}
ATTESTED: Final = frozenset({"set_validators", "expel_organisation"})
"""Acts of which the deciding vote brings along that validators run."""


async def fetch_proposals(site: Site, request: Request, asked: Query) -> Rows:
    view = site.gateway.executor.view()
    language, names = choose_language(request), Names(site.gateway, choose_language(request))
    found = list_proposals(view) if has_governance(view) else []
    rows = [_show_row(each, view, names, language) for each in found]
    return select_rows(PROPOSALS.columns, rows, asked)


PROPOSALS: Final = Table(
    "proposals",
    (
        Column("number", "proposals_number", Kind.NUMBER, is_sortable=True),
        Column(
            "state",
            "state",
            Kind.PILL,
            is_sortable=True,
            is_filterable=True,
            choices=tuple((each, f"proposal_{each.lower()}") for each in STATES),
        ),
        Column("act", "proposals_act", is_filterable=True),
        Column("organisation", "proposals_by", is_sortable=True, is_filterable=True),
        Column("votes", "proposals_votes"),
        Column("deadline", "proposals_deadline", Kind.TIME, is_sortable=True),
        Column("summary", "proposals_summary", is_filterable=True),
    ),
    fetch_proposals,
    label="proposals_title",
    empty="proposals_none",
)


async def show_governance(site: Site, request: Request) -> Response:
    view = site.gateway.executor.view()
    rules = read_rules(site.gateway, site.contracts) if has_governance(view) else None
    parameters = site.gateway.executor.parameters
    return site.renderer.render(
        request,
        "governance/proposals.html",
        rules=rules,
        authority=encode_address(state.get_authority(view)),
        contract=encode_address(GOVERNANCE),
        parameters=json_form.render(type(parameters), parameters),
        proposals=await read_table(site, request, PROPOSALS),
    )


async def show_proposal(site: Site, request: Request) -> Response:
    view = site.gateway.executor.view()
    number = read_number(request.path_params["number"], "a number")
    if not has_governance(view):
        # The members share an account, as that page explains.
        return RedirectResponse("/governance", HTTPStatus.SEE_OTHER)
    proposal = read_proposal(view, number)
    rules = read_rules(site.gateway, site.contracts)
    names = Names(site.gateway, choose_language(request))
    act = describe_act(proposal, view, names)
    return site.renderer.render(
        request,
        "governance/proposal.html",
        proposal=proposal,
        sentence=tell_act(act, choose_language(request)),
        act=act,
        rules=rules,
        tally=read_tally(site.contracts, proposal.number),
        votes=_list_votes(proposal, rules.approvers),
        is_open=is_open(proposal, site.gateway.executor.ledger_time),
        needs_attestations=proposal.record.action in ATTESTED,
        contract=encode_address(GOVERNANCE),
        proposer=encode_address(proposal.record.account),
        names=names,
    )


def tell_act(act: ActFacts, language: LanguageCode) -> str:
    """Return what a proposal is about, as a sentence."""
    return get_text(language, f"act_{act.action}", **act.values)


def _list_votes(proposal: Proposal, approvers: dict[str, str]) -> list[dict[str, Any]]:
    """Return each vote, then each organisation that decides and has not voted."""
    votes: list[dict[str, Any]] = [
        {
            "organisation": vote.organisation,
            "in_favour": vote.in_favour,
            "cast": vote.cast,
            "counts": approvers.get(vote.organisation) == encode_address(vote.account),
        }
        for vote in proposal.votes
    ]
    voted = {vote["organisation"] for vote in votes if vote["counts"]}
    votes += [
        {"organisation": name, "in_favour": None, "cast": None, "counts": True}
        for name in approvers
        if name not in voted
    ]
    return votes


def _show_row(proposal: Proposal, view: state.View, names: Names, language: LanguageCode) -> Row:
    record = proposal.record
    in_favour = sum(vote.in_favour for vote in proposal.votes)
    against = len(proposal.votes) - in_favour
    words = get_text(language, f"proposal_{record.state.lower()}")
    return {
        "number": Cell(proposal.number, href=f"/governance/{proposal.number}"),
        "state": Cell(record.state, words, tone=TONES.get(record.state, "quiet")),
        "act": Cell(record.action, tell_act(describe_act(proposal, view, names), language)),
        "organisation": record.organisation,
        "votes": get_text(language, "proposals_counted", yes=in_favour, no=against),
        "deadline": record.deadline,
        "summary": record.summary,
    }


PAGES: Final = (
    Page(
        "/governance",
        show_governance,
        menu=Entry(Group.GOVERNANCE, "proposals_title"),
        tables=(PROPOSALS,),
    ),
    Page("/governance/{number}", show_proposal),
)
