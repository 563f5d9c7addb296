"""Who decides about blocks: the set, who is here, who proposed and sealed lately, late rounds."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.validators import describe_history
from dure.console.facts.consensus import (
    PROPOSERS_READ,
    Consensus,
    ValidatorFacts,
    describe_consensus,
)
from dure.console.facts.flow import list_phases
from dure.console.facts.listing import Row
from dure.console.language import choose_language, get_text
from dure.console.pages.chain.overview import describe_quorum
from dure.console.site import Entry, Group, Page, Site
from dure.console.tables import Cell, Column, Kind, Query, Rows, Table, read_table, select_rows
from dure.contract.agreement import LanguageCode

TONES: Final = {"here": "good", "connected": "good", "away": "bad", "unknown": "quiet"}
HISTORY_SHOWN: Final = 20


async def fetch_validators(site: Site, request: Request, asked: Query) -> Rows:
    consensus = await _describe(site)
    language = choose_language(request)
    rows = [_show_validator(each, language) for each in consensus.validators]
    return select_rows(VALIDATORS.columns, rows, asked)


VALIDATORS: Final = Table(
    "validators",
    (
        Column("organisation", "organisation", is_sortable=True, is_filterable=True),
        Column("presence", "validators_presence", Kind.PILL, is_sortable=True),
        Column("height", "validators_claims", Kind.HEIGHT),
        Column("proposed", "validators_proposed", Kind.NUMBER, is_sortable=True),
        Column("sealed", "validators_sealed", Kind.NUMBER, is_sortable=True),
        Column("last_sealed", "validators_last_sealed", Kind.HEIGHT, is_sortable=True),
        Column("key", "validators_key", Kind.HASH, is_filterable=True),
    ),
    fetch_validators,
    label="validators_title",
)


async def fetch_rounds(site: Site, _request: Request, asked: Query) -> Rows:
    consensus = await _describe(site)
    rows: list[Row] = [
        {
            "height": each.height,
            "time": each.time,
            "round": each.round,
            "proposer": each.proposer,
            "seals": each.seals,
        }
        for each in consensus.blocks
    ]
    return select_rows(ROUNDS.columns, rows, asked)


ROUNDS: Final = Table(
    "rounds",
    (
        Column("height", "block", Kind.HEIGHT, is_sortable=True),
        Column("time", "time", Kind.TIME),
        Column("round", "rounds_round", Kind.NUMBER, is_sortable=True, is_filterable=True),
        Column("proposer", "proposer", is_sortable=True, is_filterable=True),
        Column("seals", "rounds_seals", Kind.NUMBER, is_sortable=True),
    ),
    fetch_rounds,
    label="rounds_title",
)


async def show_validators(site: Site, request: Request) -> Response:
    history = describe_history(site.gateway)
    consensus = await _describe(site)
    return site.renderer.render(
        request,
        "chain/validators.html",
        consensus=consensus,
        quorum=describe_quorum(site.gateway),
        present=history.validators,
        pending=history.pending,
        changes=history.changes,
        history=list(reversed(history.history))[:HISTORY_SHOWN],
        phases=list_phases(site.gateway.phases),
        validators=await read_table(site, request, VALIDATORS),
        rounds=await read_table(site, request, ROUNDS),
    )


async def _describe(site: Site) -> Consensus:
    rows = await site.ask_index(lambda index: index.list_blocks(None, PROPOSERS_READ))
    return await describe_consensus(site.gateway, [row for row in rows if row.height])


def _show_validator(facts: ValidatorFacts, language: LanguageCode) -> Row:
    words = get_text(language, f"presence_{facts.presence}")
    return {
        "organisation": Cell(facts.organisation, href=f"/members/{facts.organisation}"),
        "presence": Cell(facts.presence, words, tone=TONES[facts.presence]),
        "height": facts.height,
        "proposed": facts.proposed,
        "sealed": facts.sealed,
        "last_sealed": facts.last_sealed,
        "key": facts.key,
    }


PAGES: Final = (
    Page(
        "/validators",
        show_validators,
        menu=Entry(Group.NETWORK, "validators_title"),
        tables=(VALIDATORS, ROUNDS),
    ),
)
