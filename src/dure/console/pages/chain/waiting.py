"""What waits: transactions that no block holds yet, and calls that the chain will make by itself.

The first list is this node's own: others may have more, or less, for a moment.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dure.console.facts.listing import Row, join_words
from dure.console.facts.names import Names
from dure.console.facts.transactions import name_call
from dure.console.language import choose_language
from dure.console.site import Entry, Group, Page, Site
from dure.console.tables import Column, Kind, Query, Rows, Table, read_table, select_rows
from dure.index import CallName
from dure.node.gateway import WaitingTransaction

WAITING_READ: Final = 1_000


async def fetch_waiting(site: Site, request: Request, asked: Query) -> Rows:
    names = Names(site.gateway, choose_language(request))
    found = site.gateway.list_waiting(WAITING_READ)
    rows = [_show_row(each, names) for each in found]
    return select_rows(WAITING.columns, rows, asked)


WAITING: Final = Table(
    "waiting",
    (
        Column("id", "transaction", Kind.TRANSACTION, is_filterable=True),
        Column("since", "waiting_since", Kind.TIME, is_sortable=True),
        Column("valid_until", "waiting_until", Kind.TIME, is_sortable=True),
        Column("sender", "sender", Kind.ADDRESS, is_filterable=True),
        Column("method", "transactions_does", Kind.CODE, is_filterable=True),
        Column("gas_limit", "gas_limit", Kind.NUMBER, is_sortable=True),
        Column("bytes", "waiting_bytes", Kind.NUMBER, is_sortable=True),
    ),
    fetch_waiting,
    label="waiting_title",
    empty="waiting_nothing",
)


async def show_waiting(site: Site, request: Request) -> Response:
    return site.renderer.render(
        request,
        "chain/waiting.html",
        waiting=await read_table(site, request, WAITING),
        read_max=WAITING_READ,
        due=site.gateway.executor.next_due(),
    )


def _show_row(waiting: WaitingTransaction, names: Names) -> Row:
    transaction = waiting.transaction
    body = transaction.body
    calls = (CallName(call.contract, call.method) for call in body.calls)
    return {
        "id": transaction.transaction_id.hex(),
        "since": waiting.since,
        "valid_until": body.valid_until,
        "sender": names.show(body.sender),
        "method": join_words(name_call(call, names) for call in calls),
        "gas_limit": body.gas_limit,
        "bytes": len(transaction.envelope),
    }


PAGES: Final = (
    Page("/waiting", show_waiting, menu=Entry(Group.CHAIN, "waiting_title"), tables=(WAITING,)),
)
