"""An application: what it is for and who takes part, its forms, its tables, and its own pages."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.shapes import ContractSummary
from dure.api.routes.operation import read_address
from dure.application import find_pages, load_texts
from dure.application.pages import ApplicationPage
from dure.console.agreement import read_agreement
from dure.console.applications.reading import SiteReader
from dure.console.applications.sections import Seen, look_at
from dure.console.applications.tables import ApplicationTables, build_application_tables
from dure.console.applications.templates import name_template
from dure.console.applications.values import ShownValue, ValueWriter
from dure.console.facts.forms import MethodForm, build_forms, find_money
from dure.console.language import choose_language
from dure.console.site import Page, Site
from dure.console.tables import Table, read_table
from dure.core.errors import NotFound
from dure.core.types import Address
from dure.index import Index

EVENTS_SHOWN: Final = 15


@dataclass(frozen=True, slots=True)
class NewestEvent:
    """An event of one of the application's contracts."""

    title: str
    says: str
    fields: Sequence[ShownValue]
    height: int
    time: int
    place: tuple[int, int]
    """Sorts events of one block."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What one kind of caller may do at one contract."""

    who: str
    """Empty for everybody."""
    forms: Sequence[MethodForm]


@dataclass(frozen=True, slots=True)
class ContractForms:
    """Everything that can be called or asked at one contract."""

    contract: ContractSummary
    calls: Sequence[Calls]
    questions: Sequence[MethodForm]


async def show_application(site: Site, request: Request) -> Response:
    seen = await look_at(site, request)
    tables = await _build_tables(site, seen)
    return _render(
        site,
        request,
        "applications/overview.html",
        seen,
        counts=await count_events(site, seen),
        views=[await read_table(site, request, table) for table in tables.at_a_glance],
        events=await _list_newest(site, seen),
    )


async def show_use(site: Site, request: Request) -> Response:
    seen = await look_at(site, request)
    grouped: list[ContractForms] = []
    for contract in seen.contracts:
        address = read_address(contract.address)
        interface = site.contracts.get_interface(address)
        agreement = await site.agreements.read(address)
        reading = await asyncio.to_thread(read_agreement, agreement, choose_language(request))
        money = find_money(site.gateway.executor.view(), address, interface)
        forms = build_forms(interface, reading, money)
        questions = [form for form in forms if form.is_asked]
        grouped.append(ContractForms(contract, _group_by_caller(forms), questions))
    return _render(site, request, "applications/use.html", seen, grouped=grouped)


async def show_tables(site: Site, request: Request) -> Response:
    seen = await look_at(site, request)
    tables = await _build_tables(site, seen)
    known = (*tables.things, *tables.logs)
    name = request.path_params.get("table") or (known[0].name if known else "")
    chosen = next((table for table in known if table.name == name), None)
    if name and chosen is None:
        raise NotFound("the application has no table of that name")
    return _render(
        site,
        request,
        "applications/tables.html",
        seen,
        known=known,
        chosen=chosen,
        view=None if chosen is None else await read_table(site, request, chosen),
    )


async def show_own_page(site: Site, request: Request) -> Response:
    seen = await look_at(site, request)
    page = _find_page(seen, request.path_params["page"])
    values = await page.handler(SiteReader(site, seen.application, request))
    texts = load_texts(seen.application, page.name, seen.words.language)
    template = name_template(seen.application, page.name)
    return _render(site, request, template, seen, **(dict(values) | {"texts": texts}))


async def list_things(site: Site, request: Request) -> Sequence[Table]:
    """Return the tables of the overview."""
    return (await _build_tables(site, await look_at(site, request))).at_a_glance


async def list_all_tables(site: Site, request: Request) -> Sequence[Table]:
    """Return all tables of the application."""
    tables = await _build_tables(site, await look_at(site, request))
    return (*tables.things, *tables.logs)


def _render(site: Site, request: Request, template: str, seen: Seen, **values: Any) -> Response:
    return site.renderer.render(
        request, template, application=seen.application, words=seen.words, seen=seen, **values
    )


def _find_page(seen: Seen, name: str) -> ApplicationPage:
    for page in find_pages(seen.application):
        if page.name == name:
            return page
    raise NotFound("the application has no page of that name")


async def _build_tables(site: Site, seen: Seen) -> ApplicationTables:
    return await build_application_tables(site, seen.application, seen.words, seen.translate)


async def count_events(site: Site, seen: Seen) -> Mapping[str, int]:
    """Return how often the application's contracts said what, by the event's title."""
    counts: dict[str, int] = {}
    for contract in seen.contracts:
        address = read_address(contract.address)
        found = await site.ask_index(partial(_count, address))
        for name, count in found.items():
            title = seen.words.head(name)
            counts[title] = counts.get(title, 0) + count
    return counts


def _count(contract: Address, index: Index) -> Mapping[str, int]:
    return index.count_events(contract)


async def _list_newest(site: Site, seen: Seen) -> list[NewestEvent]:
    """Return the newest events of all of the application's contracts, newest first."""
    writer = ValueWriter(seen.words, seen.translate)
    found: list[NewestEvent] = []
    for contract in seen.contracts:
        address = read_address(contract.address)
        types = _read_types(site, contract.address)
        for number, item in enumerate(await site.list_events(address, EVENTS_SHOWN)):
            fields = item.event.fields or {}
            known = types.get(item.event.name, {})
            found.append(
                NewestEvent(
                    title=seen.words.head(item.event.name),
                    says=seen.words.say(item.event.name),
                    fields=[writer.show(n, known.get(n, ""), v) for n, v in fields.items()],
                    height=item.height,
                    time=item.time,
                    place=(item.height, -number),
                )
            )
    found.sort(key=lambda each: each.place, reverse=True)
    return found[:EVENTS_SHOWN]


def _read_types(site: Site, address: str) -> dict[str, dict[str, str]]:
    interface: Any = site.contracts.get_interface(read_address(address))
    return {
        event.name: {field.name: field.type for field in event.fields}
        for event in interface.events.values()
    }


def _group_by_caller(forms: Sequence[MethodForm]) -> Sequence[Calls]:
    """Return calls by who may make them, those for everybody last."""
    grouped: dict[tuple[str, ...], list[MethodForm]] = {}
    for form in forms:
        if not form.is_asked:
            grouped.setdefault(form.who, []).append(form)
    callers = sorted(grouped, key=lambda who: not who)
    return [Calls(", ".join(who), grouped[who]) for who in callers]


PAGES: Final = (
    Page("/apps/{slug}", show_application, tables=list_things),
    Page("/apps/{slug}/use", show_use),
    Page("/apps/{slug}/tables", show_tables, tables=list_all_tables),
    Page("/apps/{slug}/tables/{table}", show_tables, tables=list_all_tables),
    Page("/apps/{slug}/pages/{page}", show_own_page),
)
