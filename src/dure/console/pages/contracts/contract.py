"""One contract: what it says in plain words, who holds which role in it, and what happened."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.shapes import ContractAnswer, EventItem
from dure.api.routes.contracts import describe_event_row
from dure.api.routes.operation import read_address
from dure.console.agreement import Reading, read_agreement
from dure.console.facts.listing import Row, build_query, match_from, match_word
from dure.console.facts.names import Names
from dure.console.language import choose_language
from dure.console.rendering import show_time
from dure.console.site import Page, Site
from dure.console.tables import Cell, Column, Kind, Query, Rows, Table, read_table
from dure.console.threads import list_time_fields
from dure.contract.interface import Interface
from dure.core.address import encode_address
from dure.core.types import Address
from dure.index import Compare, Condition
from dure.proof.json_form import Json

EVENTS_SHOWN: Final = 10
FIELD_SHOWN: Final = 24
"""Characters of one value in an event's line; the transaction has all of it."""


async def read_contract(site: Site, request: Request) -> tuple[Address, Interface, dict[str, Any]]:
    """Return address, interface and what every page of a contract shows; raise `NotFound`."""
    address = read_address(request.path_params["address"])
    interface = site.contracts.get_interface(address)
    answer: ContractAnswer = site.contracts.describe(address)
    names = Names(site.gateway, choose_language(request))
    return (
        address,
        interface,
        {
            "contract": answer,
            "reading": await read_words(site, request, address),
            "owner_name": names.find(read_address(answer.owner)),
        },
    )


async def read_words(site: Site, request: Request, address: Address) -> Reading:
    """Return the contract's agreement in the reader's language."""
    agreement = await site.agreements.read(address)
    return await asyncio.to_thread(read_agreement, agreement, choose_language(request))


async def fetch_events(site: Site, request: Request, asked: Query) -> Rows:
    address = read_address(request.path_params["address"])
    interface = site.contracts.get_interface(address)
    words = (await read_words(site, request, address)).words
    filters = {"height": match_from("height"), "name": match_word("name")}
    query = build_query(asked, filters, (Condition("contract", Compare.IS, address),))
    page = await site.ask_index(lambda index: index.lists.list_events(query))
    items = [describe_event_row(row, site.contracts) for row in page.rows]
    times = list_time_fields(interface)
    rows = [_show_event(item, words, times) for item in items]
    return Rows(rows, page.next or None, None if page.has_more else page.total)


async def list_tables(site: Site, request: Request) -> Sequence[Table]:
    """Return the table of events, whose filter lists the kinds of this contract's events."""
    return (await _build_events(site, request),)


async def _build_events(site: Site, request: Request) -> Table:
    interface = site.contracts.get_interface(read_address(request.path_params["address"]))
    return Table(
        "events",
        (
            Column("height", "block", Kind.HEIGHT, is_sortable=True, is_filterable=True),
            Column("time", "time", Kind.TIME),
            Column("name", "event", is_filterable=bool(interface.events)),
            Column("fields", "fields"),
            Column("source", "events_source", Kind.TRANSACTION),
        ),
        fetch_events,
        label="newest_events",
    )


async def show_contract(site: Site, request: Request) -> Response:
    address, interface, values = await read_contract(site, request)
    found = await site.scan.read(site.gateway)
    names = Names(site.gateway, choose_language(request))
    roles = found.contract_roles.get(address, [])
    return site.renderer.render(
        request,
        "contracts/contract.html",
        **values,
        interface=interface,
        counts=await site.ask_index(lambda index: index.count_events(address)),
        roles=[(role, encode_address(holder), names.find(holder)) for holder, role in roles],
        times=list_time_fields(interface),
        events=await site.list_events(address, EVENTS_SHOWN),
    )


async def show_events(site: Site, request: Request) -> Response:
    address, interface, values = await read_contract(site, request)
    table = await _build_events(site, request)
    return site.renderer.render(
        request,
        "contracts/events.html",
        **values,
        interface=interface,
        counts=await site.ask_index(lambda index: index.count_events(address)),
        events=await read_table(site, request, table),
    )


def _show_event(item: EventItem, words: dict[str, str], times: frozenset[str]) -> Row:
    event = item.event
    fields = event.fields
    if fields is None:
        shown = Cell(event.data)
    else:
        parts = (f"{words.get(k, k)} {_show_value(k, v, times)}" for k, v in fields.items())
        shown = Cell(str(fields), " · ".join(parts))
    return {
        "height": item.height,
        "time": item.time,
        "name": Cell(event.name, words.get(event.name, "")),
        "fields": shown,
        "source": item.source,
    }


def _show_value(name: str, value: Json, times: frozenset[str]) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and name in times:
        return show_time(value)
    text = str(value)
    return text if len(text) <= FIELD_SHOWN else text[:FIELD_SHOWN] + "…"


PAGES: Final = (
    Page("/contracts/{address}", show_contract),
    Page("/contracts/{address}/events", show_events, tables=list_tables),
)
