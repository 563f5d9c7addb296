"""What a table reads from its page's address, and what it writes into links."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from starlette.requests import Request

from dure.console.site import Site
from dure.console.tables import Column, InvalidTableQuery, Kind, Query, Rows, Table
from dure.console.tables.address import PAGES_TURNED_MAX, TableWords
from dure.console.tables.view import View, build_view


async def fetch_nothing(_site: Site, _request: Request, _query: Query) -> Rows:
    return Rows(())


TABLE = Table(
    "blocks",
    (
        Column("height", "block", Kind.HEIGHT, is_sortable=True),
        Column("proposer", "proposer", is_filterable=True),
        Column("kind", "kind", is_filterable=True, choices=(("a", "block"), ("b", "time"))),
        Column("time", "time", Kind.TIME),
    ),
    fetch_nothing,
)


def read(address: str, rows: int = 25) -> TableWords:
    return TableWords(TABLE, QueryParams(address), rows)


def view(address: str, rows: Rows | None = None) -> View:
    return build_view(TABLE, read(address), rows or Rows(()))


def test_an_address_without_words_asks_for_the_first_page() -> None:
    assert read("lang=ko").query == Query(None, False, {}, None, 25)


def test_words_are_read_by_the_name_of_their_table() -> None:
    words = read(
        "blocks.sort=height&blocks.order=desc&blocks.rows=50&blocks.is.proposer=+bank+"
        "&blocks.is.kind=a&blocks.after=x1&blocks.after=x2&others.sort=nonsense"
    )
    assert words.query == Query("height", True, {"proposer": "bank", "kind": "a"}, "x2", 50)


@pytest.mark.parametrize(
    "address",
    [
        "blocks.sort=proposer",
        "blocks.sort=nonsense",
        "blocks.sort=height&blocks.order=up",
        "blocks.is.height=3",
        "blocks.is.nonsense=3",
        "blocks.is.kind=c",
        "blocks.rows=0",
        "blocks.rows=1000000",
        "blocks.rows=x",
        "blocks.after=",
        "blocks.after=%22%3E",
        f"blocks.after={'x' * 201}",
        f"blocks.is.proposer={'x' * 201}",
        "blocks.is.proposer=a%00b",
        "&".join(f"a{number}=1" for number in range(201)),
    ],
)
def test_what_a_table_does_not_have_is_refused(address: str) -> None:
    with pytest.raises(InvalidTableQuery):
        read(address)


def test_a_head_sorts_by_its_column_and_then_turns_the_order() -> None:
    height, proposer, *_ = view("lang=ko").headers
    assert (proposer.href, proposer.order) == ("", "")
    assert dict(parse_qsl(height.href[1:])) == {"lang": "ko", "blocks.sort": "height"}
    (rising, *_) = view(height.href[1:]).headers
    assert rising.order == "ascending"
    (falling, *_) = view(rising.href[1:]).headers
    assert falling.order == "descending"
    assert "order" not in falling.href


def test_pages_lead_on_and_back() -> None:
    first = view("lang=ko&others.after=z", Rows((), next="10"))
    assert (first.first, first.previous) == ("", "")
    second = view(first.next[1:], Rows((), next="20"))
    third = view(second.next[1:])
    assert read(third.previous[1:]).query == read(first.next[1:]).query
    assert read(second.previous[1:]).query == read("").query
    assert read(third.first[1:]).query == read("").query
    assert third.next == ""
    assert "others.after=z" in third.previous


def test_the_way_back_is_bounded() -> None:
    address = "&".join(f"blocks.after={number}" for number in range(PAGES_TURNED_MAX))
    turned = view(address, Rows((), next="end"))
    assert len(read(turned.next[1:]).trail) == PAGES_TURNED_MAX


def test_sorting_begins_at_the_first_page_and_keeps_the_filter() -> None:
    (height, *_) = view("blocks.after=10&blocks.is.proposer=bank").headers
    assert read(height.href[1:]).query == Query("height", False, {"proposer": "bank"})


def test_downloads_keep_order_and_filter_and_other_words() -> None:
    shown = view("lang=ko&blocks.sort=height&blocks.is.proposer=bank&blocks.after=10")
    (csv, json) = (dict(parse_qsl(href[1:])) for _, href in shown.downloads)
    wanted = {
        "lang": "ko",
        "blocks.sort": "height",
        "blocks.order": "asc",
        "blocks.is.proposer": "bank",
        "table": "blocks",
    }
    assert csv == wanted | {"format": "csv"}
    assert json == wanted | {"format": "json"}


@given(st.text(max_size=300))
def test_any_address_is_read_or_refused_by_name(address: str) -> None:
    try:
        words = read(address)
    except InvalidTableQuery:
        return
    assert read(build_view(TABLE, words, Rows((), next="x")).next[1:]).query.cursor == "x"
