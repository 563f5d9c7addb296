"""A table as its template shows it: cells laid out, and a link for everything that one can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from dure.console.settings import read_settings
from dure.console.site import Site
from dure.console.tables.address import Pairs, TableWords
from dure.console.tables.kinds import RIGHT_ALIGNED, Shown, show_cell
from dure.console.tables.model import Column, Query, Rows, Table


@dataclass(frozen=True, slots=True)
class Header:
    """A column's head."""

    column: Column
    is_right: bool
    href: str
    """Sorts by the column, or turns its order; empty where it cannot be sorted."""
    order: str
    """`ascending`, `descending` or empty: what `aria-sort` says."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A field of the filter form."""

    column: Column
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the macro needs."""

    table: Table
    headers: Sequence[Header]
    rows: Sequence[Sequence[Shown]]
    total: int | None
    filters: Sequence[Filter]
    kept: Pairs
    """Words of the address that the filter form sends along."""
    unfiltered: str
    """The link that takes all filters away; empty where there are none."""
    first: str
    previous: str
    next: str
    """Links to other pages; empty where there is no such page."""
    downloads: Sequence[tuple[str, str]]
    """The name of a format and its link."""

    @property
    def is_filtered(self) -> bool:
        """Say whether something was typed into a filter."""
        return bool(self.unfiltered)


async def read_table(site: Site, request: Request, table: Table) -> View:
    """Fetch the rows that the page's address asks for; raise `InvalidTableQuery`."""
    words = TableWords(table, request.query_params, read_settings(request).rows)
    rows = await table.fetch(site, request, words.query)
    return build_view(table, words, rows)


def build_view(table: Table, words: TableWords, rows: Rows) -> View:
    """Return the view of one page of rows."""
    query = words.query
    previous = words.trail[:-1]

    def turn(trail: list[str]) -> str:
        return words.link(sort=query.sort, descending=query.descending, trail=trail)

    return View(
        table=table,
        headers=[_build_header(column, words) for column in table.columns],
        rows=[[show_cell(c.kind, row.get(c.name)) for c in table.columns] for row in rows.rows],
        total=rows.total,
        filters=[
            Filter(each, words.name(f"is.{each.name}"), query.filters.get(each.name, ""))
            for each in table.columns
            if each.is_filterable
        ],
        kept=_list_kept(words),
        unfiltered=_link_unfiltered(words) if query.filters else "",
        first=turn([]) if len(words.trail) > 1 else "",
        previous=turn(previous) if words.trail else "",
        next=turn([*words.trail, rows.next]) if rows.next is not None else "",
        downloads=[(name, _link_download(table, name, words)) for name in ("csv", "json")],
    )


def _build_header(column: Column, words: TableWords) -> Header:
    query = words.query
    is_sorted = query.sort == column.name
    order = ("descending" if query.descending else "ascending") if is_sorted else ""
    href = words.link(sort=column.name, descending=is_sorted and not query.descending)
    is_right = column.kind in RIGHT_ALIGNED
    return Header(column, is_right, href if column.is_sortable else "", order)


def _list_kept(words: TableWords) -> Pairs:
    kept = [*words.rest]
    if words.query.sort is not None:
        kept.append((words.name("sort"), words.query.sort))
        kept.append((words.name("order"), "desc" if words.query.descending else "asc"))
    if words.rows is not None:
        kept.append((words.name("rows"), words.rows))
    return kept


def _link_unfiltered(words: TableWords) -> str:
    return "?" + urlencode(_list_kept(words))


def _link_download(table: Table, name: str, words: TableWords) -> str:
    query: Query = words.query
    filters = [(words.name(f"is.{key}"), value) for key, value in query.filters.items()]
    return "?" + urlencode([*_list_kept(words), *filters, ("table", table.name), ("format", name)])
