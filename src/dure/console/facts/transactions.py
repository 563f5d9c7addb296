"""Rows of transactions, as every table of the console lists them."""

from collections.abc import Sequence
from typing import Final

from dure.chain.money import LEDGER
from dure.console.facts.listing import (
    ReadFilter,
    Row,
    build_query,
    build_rows,
    join_words,
    match_address,
    match_from,
    match_word,
)
from dure.console.facts.names import Names
from dure.console.language import get_text
from dure.console.site import Site
from dure.console.tables import Cell, Column, Kind, Query, Rows
from dure.contract.agreement import LanguageCode
from dure.index import CallName, Condition, ListedTransaction

COLUMNS: Final = (
    Column("id", "transaction", Kind.TRANSACTION),
    Column("height", "block", Kind.HEIGHT, is_sortable=True, is_filterable=True),
    Column("time", "time", Kind.TIME),
    Column("sender", "sender", Kind.ADDRESS, is_filterable=True),
    Column("method", "transactions_does", Kind.CODE, is_filterable=True),
    Column("status", "status", Kind.PILL, is_filterable=True),
    Column("gas", "gas", Kind.NUMBER),
)
FILTERS: Final[dict[str, ReadFilter]] = {
    "height": match_from("height"),
    "sender": match_address("sender"),
    "method": match_word("method"),
    "status": match_word("status"),
    "account": match_address("account"),
}


async def fetch_transactions(
    site: Site, language: LanguageCode, asked: Query, fixed: Sequence[Condition] = ()
) -> Rows:
    """Return a page of transactions that meet the fixed conditions and the reader's."""
    query = build_query(asked, FILTERS, fixed)
    page = await site.ask_index(lambda index: index.lists.list_transactions(query))
    names = Names(site.gateway, language)
    return build_rows(page, lambda row: show_transaction(row, names, language))


def show_transaction(row: ListedTransaction, names: Names, language: LanguageCode) -> Row:
    """Return one row."""
    return {
        "id": row.transaction_id.hex(),
        "height": row.height,
        "time": row.time,
        "sender": names.show(row.sender),
        "method": join_words(name_call(call, names) for call in row.calls),
        "status": show_status(row.status, language),
        "gas": row.gas_used,
    }


def show_status(status: str, language: LanguageCode) -> Cell:
    """Return a receipt's status as a pill."""
    if status == "ok":
        return Cell("ok", get_text(language, "ok"), tone="good")
    return Cell(status, tone="bad")


def name_call(call: CallName, names: Names) -> str:
    """Return e.g. `Token.issue`; of the ledger's own calls the method alone."""
    if call.contract == LEDGER:
        return call.method
    name = names.find(call.contract)
    return call.method if name is None else f"{name}.{call.method}"
