"""All contracts of the chain."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.shapes import ContractSummary
from dure.api.routes.operation import read_address
from dure.console.facts.listing import (
    Row,
    build_query,
    build_rows,
    match_address,
    match_text,
)
from dure.console.facts.names import Names
from dure.console.language import choose_language, get_text
from dure.console.site import Entry, Group, Page, Site
from dure.console.tables import Cell, Column, Kind, Query, Rows, Table, read_table
from dure.contract.agreement import LanguageCode
from dure.core.address import encode_address
from dure.core.errors import NotFound
from dure.index import ListedContract


async def fetch_contracts(site: Site, request: Request, asked: Query) -> Rows:
    filters = {"name": match_text("name"), "address": match_address("address")}
    query = build_query(asked, filters)
    page = await site.ask_index(lambda index: index.lists.list_contracts(query))
    names, language = Names(site.gateway, choose_language(request)), choose_language(request)
    return build_rows(page, lambda row: _show_row(site, row, names, language))


CONTRACTS: Final = Table(
    "contracts",
    (
        Column("name", "name", is_sortable=True, is_filterable=True),
        Column("state", "state", Kind.PILL),
        Column("version", "version", Kind.NUMBER),
        Column("height", "contracts_deployed", Kind.HEIGHT, is_sortable=True),
        Column("owner", "owner", Kind.ADDRESS),
        Column("address", "contracts_address", Kind.CONTRACT, is_filterable=True),
    ),
    fetch_contracts,
    label="contracts",
)


async def show_contracts(site: Site, request: Request) -> Response:
    contracts = await read_table(site, request, CONTRACTS)
    return site.renderer.render(request, "contracts/contracts.html", contracts=contracts)


def show_state(summary: ContractSummary, language: LanguageCode) -> Cell:
    """Return whether a contract runs, as a pill."""
    if summary.stopped is None:
        return Cell("runs", get_text(language, "runs"), tone="good")
    return Cell("stopped", get_text(language, "is_stopped"), tone="bad")


def _show_row(site: Site, row: ListedContract, names: Names, language: LanguageCode) -> Row:
    address = encode_address(row.address)
    shown: Row = {"name": Cell(row.name, href=f"/contracts/{address}"), "address": address}
    try:
        summary = site.contracts.summarise(row.address)
    except NotFound:
        # Its events are there, and it is none of the state's any more, or not yet.
        return {**shown, "height": row.height}
    return {
        **shown,
        "name": Cell(summary.name, href=f"/contracts/{address}"),
        "state": show_state(summary, language),
        "version": summary.version,
        "height": summary.deployed,
        "owner": names.show(read_address(summary.owner)),
    }


PAGES: Final = (
    Page(
        "/contracts",
        show_contracts,
        menu=Entry(Group.CHAIN, "contracts"),
        tables=(CONTRACTS,),
    ),
)
