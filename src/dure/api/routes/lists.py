"""Handlers of the read model: every list by its columns, accounts, and the search."""

import asyncio
from typing import Annotated, Final, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.tables import (
    CHAIN,
    SearchAnswer,
    TableList,
    describe_accounts,
    describe_hit,
    describe_rows,
    describe_table,
)
from dure.api.routes.operation import Parameters, answer_json, read_query
from dure.api.service import Service
from dure.index import LIMIT_MAX, Query, TableDescription, parse_where, search

TEXT_MAX: Final = 200
WHERE_MAX: Final = 2_400


class ListQuery(Parameters, frozen=True):
    """Which rows of a list, in which order, and which page of them."""

    sort: Annotated[str, Meta(max_length=64)] = ""
    """A column that sorts; without it the list's own order."""
    order: Literal["asc", "desc"] = "desc"
    where: Annotated[str, Meta(max_length=WHERE_MAX)] = ""
    """Conditions: `status:is:ok,height:from:100`."""
    after: Annotated[str, Meta(max_length=TEXT_MAX)] = ""
    """`next` of the page before."""
    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = 50


class SearchQuery(Parameters, frozen=True):
    """What is searched for."""

    text: Annotated[str, Meta(max_length=TEXT_MAX)] = ""


async def search_everything(service: Service, request: Request) -> Response:
    query = read_query(request, SearchQuery)
    hits = await search(service.gateway, service.index, query.text)
    return answer_json(SearchAnswer([describe_hit(each) for each in hits]))


async def list_accounts(service: Service, request: Request) -> Response:
    lists = service.index.lists
    query = _read_list_query(request, lists.describe("accounts"))
    return answer_json(describe_accounts(await asyncio.to_thread(lists.list_accounts, query)))


async def list_tables(service: Service, _request: Request) -> Response:
    tables = service.index.lists.describe_tables()
    return answer_json(TableList([describe_table(each) for each in tables]))


async def list_rows(service: Service, request: Request) -> Response:
    lists = service.index.lists
    application = request.path_params["application"]
    name = request.path_params["table"]
    table = lists.describe(name, "" if application == CHAIN else application)
    query = _read_list_query(request, table)
    return answer_json(describe_rows(table, await asyncio.to_thread(lists.read, table, query)))


def _read_list_query(request: Request, table: TableDescription) -> Query:
    given = read_query(request, ListQuery)
    return Query(
        sort=given.sort,
        descending=given.order == "desc",
        conditions=parse_where(table, given.where),
        after=given.after,
        limit=given.limit,
    )
