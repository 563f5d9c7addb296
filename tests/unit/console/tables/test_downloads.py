"""A table as a file: whole, bounded, and nothing that a spreadsheet would run."""

import asyncio
import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dure.console.site import Page, Site
from dure.console.tables import Cell, Column, InvalidTableQuery, Kind, Query, Row, Rows, Table
from dure.console.tables.downloads import (
    BYTE_ORDER_MARK,
    DOWNLOAD_ROWS_MAX,
    FETCHES_MAX,
    answer_download,
    neutralise,
)

NOWHERE = cast("Site", None)
HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1")


def build_table(count: int, name: str = "things") -> Table:
    """Return a table whose rows come by pages from a list that nobody holds."""

    async def fetch(_site: Site, _request: Request, query: Query) -> Rows:
        start = int(query.cursor or 0)
        end = min(count, start + query.limit)
        moment = 1_700_000_000_000
        rows: list[Row] = [
            {"number": n, "time": moment, "memo": f'a,"{n}"'} for n in range(start, end)
        ]
        return Rows(rows, str(end) if end < count else None)

    columns = (Column("number", "gas", Kind.NUMBER), Column("time", "time", Kind.TIME))
    return Table(name, (*columns, Column("memo", "fields")), fetch)


def ask(query: str, *tables: Table) -> Response | None:
    async def show(_site: Site, _request: Request) -> Response:
        return Response()

    scope = {"type": "http", "method": "GET", "query_string": query.encode(), "headers": []}
    return asyncio.run(answer_download(NOWHERE, Request(scope), Page("/x", show, tables=tables)))


def read(answer: Response | None) -> str:
    assert isinstance(answer, StreamingResponse)

    async def join() -> str:
        return "".join([cast("str", each) async for each in answer.body_iterator])

    return asyncio.run(join())


def test_an_address_that_asks_for_no_file_gets_the_page() -> None:
    assert ask("lang=ko", build_table(1)) is None
    assert ask("table=things", build_table(1)) is None


@pytest.mark.parametrize("query", ["table=others&format=csv", "table=things&format=xml"])
def test_a_file_that_is_not_there_is_refused(query: str) -> None:
    with pytest.raises(InvalidTableQuery):
        ask(query, build_table(1))


def test_csv_holds_every_page_of_rows_as_rfc_4180_says() -> None:
    answer = ask("table=things&format=csv", build_table(450))
    text = read(answer)
    assert answer is not None
    assert answer.headers["content-disposition"] == 'attachment; filename="things.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert text.startswith(BYTE_ORDER_MARK + "number,time,memo\r\n")
    lines = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))
    assert len(lines) == 451
    assert lines[450] == ["449", "2023-11-14T22:13:20.000Z", 'a,"449"']


def test_json_holds_every_page_of_rows() -> None:
    content = json.loads(read(ask("table=things&format=json", build_table(450))))
    assert (content["table"], content["notice"], len(content["rows"])) == ("things", None, 450)
    assert content["rows"][3]["memo"] == 'a,"3"'


@pytest.mark.parametrize(("lang", "word"), [("en", "Only the first"), ("ko", "처음")])
def test_a_file_says_where_it_was_cut_off(lang: str, word: str) -> None:
    table = build_table(DOWNLOAD_ROWS_MAX + 1)
    content = json.loads(read(ask(f"table=things&format=json&lang={lang}", table)))
    assert len(content["rows"]) == DOWNLOAD_ROWS_MAX
    assert word in content["notice"]
    lines = read(ask(f"table=things&format=csv&lang={lang}", table)).splitlines()
    assert len(lines) == DOWNLOAD_ROWS_MAX + 2
    assert word in lines[-1]


def test_a_file_that_ends_at_the_bound_says_nothing() -> None:
    content = json.loads(read(ask("table=things&format=json", build_table(DOWNLOAD_ROWS_MAX))))
    assert (len(content["rows"]), content["notice"]) == (DOWNLOAD_ROWS_MAX, None)


@pytest.mark.parametrize(("form", "word"), [("csv", "first 40 rows"), ("json", "first 40 rows")])
def test_a_file_of_pages_with_little_in_them_ends_after_so_many(form: str, word: str) -> None:
    fetched: list[str | None] = []

    async def fetch(_site: Site, _request: Request, query: Query) -> Rows:
        fetched.append(query.cursor)
        return Rows([{"number": len(fetched)}], str(len(fetched)))

    table = replace(build_table(0), fetch=fetch)
    text = read(ask(f"table=things&format={form}", table))
    assert len(fetched) == FETCHES_MAX
    assert word in text


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_formula(text: str) -> None:
    assert neutralise(text) == f"'{text}"

    async def fetch(_site: Site, _request: Request, _query: Query) -> Rows:
        return Rows([{"memo": Cell(text), "number": -1}])

    table = replace(build_table(0), fetch=fetch)
    lines = list(csv.reader(io.StringIO(read(ask("table=things&format=csv", table)), newline="")))
    assert lines[1] == ["-1", "", f"'{text}"]


@pytest.mark.parametrize("value", ["plain", "a=b", "", -5, 7, None, True])
def test_other_values_stay_as_they_are(value: Any) -> None:
    assert neutralise(value) == value


def test_tables_may_depend_on_what_is_asked_for(tmp_path: Path) -> None:
    async def find(_site: Site, request: Request) -> tuple[Table, ...]:
        return (build_table(2, request.query_params["table"]),)

    async def show(_site: Site, _request: Request) -> Response:
        return Response()

    query = b"table=of_today&format=json"
    request = Request({"type": "http", "method": "GET", "query_string": query, "headers": []})
    answer = asyncio.run(answer_download(NOWHERE, request, Page("/x", show, tables=find)))
    assert json.loads(read(answer))["table"] == "of_today"
