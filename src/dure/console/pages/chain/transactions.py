"""Transactions: the list, one opened, what it did line by line, and a call that the chain made."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dure.api.answers.blocks import (
    describe_outcomes,
    describe_receipt,
    describe_transaction,
    find_record,
    open_records,
)
from dure.api.answers.proofs import get_stored
from dure.api.answers.shapes import CallAnswer, EventAnswer, OutcomeAnswer
from dure.api.routes.operation import read_address, read_id
from dure.chain.money import LEDGER
from dure.chain.receipt import Record
from dure.chain.state import key_contract
from dure.chain.transaction import decode_transaction
from dure.console.facts.movements import add_up, list_movements
from dure.console.facts.names import Names
from dure.console.facts.signers import list_signers
from dure.console.facts.transactions import COLUMNS, fetch_transactions
from dure.console.language import choose_language
from dure.console.site import Entry, Group, Page, Site
from dure.console.tables import Query, Rows, Table, read_table
from dure.console.threads import list_time_fields
from dure.core.errors import NotFound
from dure.core.types import Address, Height, TransactionId
from dure.node.gateway import WaitingTransaction
from dure.node.ports import StoredBlock

WAITING_SEARCHED: Final = 2_000


async def fetch_all(site: Site, request: Request, asked: Query) -> Rows:
    return await fetch_transactions(site, choose_language(request), asked)


TRANSACTIONS: Final = Table("transactions", COLUMNS, fetch_all, label="transactions")


async def show_transactions(site: Site, request: Request) -> Response:
    transactions = await read_table(site, request, TRANSACTIONS)
    return site.renderer.render(request, "chain/transactions.html", transactions=transactions)


async def show_transaction(site: Site, request: Request) -> Response:
    identity = TransactionId(read_id(request))
    place = site.gateway.find_transaction(identity)
    if place is None:
        if await site.ask_index(lambda index: index.find_scheduled(identity)) is not None:
            # Events say what they came from by its id alone, be it one or the other.
            return RedirectResponse(f"/scheduled/{identity.hex()}", HTTPStatus.SEE_OTHER)
        return _show_waiting(site, request, identity)
    stored = get_stored(site.gateway, place[0])
    shown = describe_transaction(stored, place[1], site.contracts)
    record = find_record(stored, place[1])
    return site.renderer.render(
        request,
        "chain/transaction.html",
        transaction=shown,
        signers=list_signers(
            site.gateway.executor.view(), decode_transaction(stored.block.transactions[place[1]])
        ),
        times=_list_times(site, shown.calls, shown.outcomes),
        names=Names(site.gateway, choose_language(request)),
        **_describe_money(site, record),
    )


async def show_trace(site: Site, request: Request) -> Response:
    """Execute the chain again up to a transaction or scheduled call, and show what it did."""
    identity = read_id(request)
    stored, index = await _find_receipt(site, identity)
    found = await site.retracer.retrace(site.gateway, stored, index)
    return site.renderer.render(
        request,
        "chain/trace.html",
        trace=found["trace"],
        changes=found["changes"],
        names=Names(site.gateway, choose_language(request)),
    )


async def show_scheduled(site: Site, request: Request) -> Response:
    identity = read_id(request)
    row = await site.ask_index(lambda index: index.find_scheduled(identity))
    if row is None and site.gateway.find_transaction(TransactionId(identity)) is not None:
        return RedirectResponse(f"/transactions/{identity.hex()}", HTTPStatus.SEE_OTHER)
    if row is None:
        raise NotFound("no scheduled call of that id has run yet")
    stored = get_stored(site.gateway, row.height)
    record = open_records(stored)[row.receipt]
    outcomes = describe_outcomes(record.outcomes, site.contracts)
    return site.renderer.render(
        request,
        "chain/scheduled.html",
        receipt=describe_receipt(record.receipt),
        height=row.height,
        time=stored.block.header.time,
        outcomes=outcomes,
        times=_list_times(site, (), outcomes),
        names=Names(site.gateway, choose_language(request)),
        **_describe_money(site, record),
    )


def _show_waiting(site: Site, request: Request, identity: TransactionId) -> Response:
    """Show a transaction that this node has admitted; raise `NotFound` where it has none such."""
    waiting = site.gateway.list_waiting(WAITING_SEARCHED)
    found: WaitingTransaction | None = next(
        (each for each in waiting if each.transaction.transaction_id == identity), None
    )
    if found is None:
        raise NotFound("no block of this node holds that transaction")
    return site.renderer.render(
        request,
        "chain/transaction_waiting.html",
        waiting=found,
        signers=list_signers(site.gateway.executor.view(), found.transaction),
        names=Names(site.gateway, choose_language(request)),
    )


async def _find_receipt(site: Site, identity: bytes) -> tuple[StoredBlock, int]:
    """Return the block of a transaction or scheduled call, and its place among the receipts."""
    place = site.gateway.find_transaction(TransactionId(identity))
    if place is not None:
        stored = get_stored(site.gateway, place[0])
        return stored, len(stored.receipts) - len(stored.block.transactions) + place[1]
    row = await site.ask_index(lambda index: index.find_scheduled(identity))
    if row is None:
        raise NotFound("no block of this node holds a transaction or scheduled call of that id")
    return get_stored(site.gateway, Height(row.height)), row.receipt


def _describe_money(site: Site, record: Record) -> dict[str, Any]:
    events = (event for outcome in record.outcomes for event in outcome.events)
    movements = list_movements(site.gateway.executor.view(), events)
    return {"movements": movements, "balance_changes": add_up(movements)}


def _list_times(
    site: Site, calls: Sequence[CallAnswer], outcomes: Sequence[OutcomeAnswer]
) -> frozenset[str]:
    """Return which names of arguments and fields are moments, in all contracts that speak here."""
    events: list[EventAnswer] = [event for outcome in outcomes for event in outcome.events]
    texts = {call.contract for call in calls} | {event.contract for event in events}
    addresses: set[Address] = {read_address(text) for text in texts} - {LEDGER}
    known = [each for each in addresses if site.gateway.executor.read(key_contract(each))]
    return frozenset().union(
        *(list_time_fields(site.contracts.get_interface(each)) for each in known)
    )


PAGES: Final = (
    Page(
        "/transactions",
        show_transactions,
        menu=Entry(Group.CHAIN, "transactions"),
        tables=(TRANSACTIONS,),
    ),
    Page("/transactions/{id}", show_transaction),
    Page("/transactions/{id}/trace", show_trace, is_live=False),
    Page("/scheduled/{id}", show_scheduled),
    Page("/scheduled/{id}/trace", show_trace, is_live=False),
)
