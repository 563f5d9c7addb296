"""Lists of the index as answers: columns, rows as JSON, and what a search found."""

from collections.abc import Mapping
from decimal import Decimal

from dure.api.answers.shapes import Answer
from dure.core.address import encode_address
from dure.core.types import Address
from dure.index import (
    Cell,
    Column,
    ColumnType,
    Hit,
    ListedAccount,
    Page,
    TableDescription,
    TableRow,
)
from dure.proof.json_form import SAFE_INTEGER_MAX, Json

CHAIN = "chain"
"""Stands for an application where a list is the chain's own."""


class ColumnAnswer(Answer, frozen=True):
    """A column, and what may be asked of it."""

    name: str
    type: str
    sorts: bool
    compares: list[str]
    """`is`, `contains`, `from`, `to`: what `where` may ask of it."""
    asset: str
    """Of an amount: the column, or the contract's state field, with its asset."""
    places: int
    """Of a decimal: digits behind the point."""
    hidden: bool
    """Whether it is only asked for, and no part of a row."""


class TableAnswer(Answer, frozen=True):
    """A list: whose it is and what stands in it."""

    application: str
    """Its slug; `chain` for the chain's own lists."""
    name: str
    contract: str
    """The class of contracts whose events make its rows."""
    key: list[str]
    """The columns that name a thing; none where each event is a row."""
    title_en: str
    title_ko: str
    columns: list[ColumnAnswer]


class TableList(Answer, frozen=True):
    """Every list that the node keeps."""

    tables: list[TableAnswer]


class RowList(Answer, frozen=True):
    """One page of a list."""

    rows: list[dict[str, Json]]
    """By column. Integers above 2⁵³-1 and decimals are text, bytes are hexadecimal."""
    next: str | None
    """`after` of the next page; null where nothing follows."""
    total: int | None
    """How many rows there are; null where nobody counted."""
    has_more: bool
    """Whether there are more than `total`."""


class AccountSummary(Answer, frozen=True):
    """One account in a list."""

    address: str
    first_height: int
    last_height: int
    sent: int
    paid: int
    named: int


class AccountList(Answer, frozen=True):
    """Accounts that sent, paid, or stand in the ledger's events, in settled blocks."""

    accounts: list[AccountSummary]
    next: str | None
    total: int | None
    has_more: bool


class HitAnswer(Answer, frozen=True):
    """One thing that a text may mean."""

    kind: str
    target: str
    label: str
    height: int | None
    application: str
    table: str
    contract: str


class SearchAnswer(Answer, frozen=True):
    """What a text may mean, the likeliest first."""

    hits: list[HitAnswer]


def describe_table(table: TableDescription) -> TableAnswer:
    """Return a list's description as an answer."""
    return TableAnswer(
        application=table.application or CHAIN,
        name=table.name,
        contract=table.contract,
        key=list(table.key),
        title_en=table.title_en,
        title_ko=table.title_ko,
        columns=[_describe_column(each) for each in table.columns],
    )


def describe_rows(table: TableDescription, page: Page[TableRow]) -> RowList:
    """Return a page as an answer."""
    columns = {column.name: column for column in table.columns}
    return RowList(
        rows=[_describe_cells(columns, row.cells) for row in page.rows],
        next=page.next or None,
        total=page.total,
        has_more=page.has_more,
    )


def describe_accounts(page: Page[ListedAccount]) -> AccountList:
    """Return a page of accounts as an answer."""
    accounts = [
        AccountSummary(
            address=encode_address(each.address),
            first_height=each.first_height,
            last_height=each.last_height,
            sent=each.sent,
            paid=each.paid,
            named=each.named,
        )
        for each in page.rows
    ]
    return AccountList(accounts, page.next or None, page.total, page.has_more)


def describe_hit(hit: Hit) -> HitAnswer:
    """Return what was found as an answer."""
    return HitAnswer(
        kind=hit.kind.value,
        target=hit.target,
        label=hit.label,
        height=hit.height,
        application=hit.application,
        table=hit.table,
        contract=hit.contract,
    )


def _describe_column(column: Column) -> ColumnAnswer:
    return ColumnAnswer(
        name=column.name,
        type=column.type.value,
        sorts=column.sorts,
        compares=[each.value for each in column.compares],
        asset=column.asset,
        places=column.places,
        hidden=column.is_hidden,
    )


def _describe_cells(columns: Mapping[str, Column], cells: Mapping[str, Cell]) -> dict[str, Json]:
    return {name: _describe_cell(columns[name], value) for name, value in cells.items()}


def _describe_cell(column: Column, value: Cell) -> Json:
    match value:
        case bytes() if column.type is ColumnType.ADDRESS and len(value) == len(Address(bytes(32))):
            return encode_address(Address(value))
        case bytes():
            return value.hex()
        case int() if column.type is ColumnType.DECIMAL:
            return f"{Decimal(value).scaleb(-column.places):f}"
        case int() if not isinstance(value, bool) and abs(value) > SAFE_INTEGER_MAX:
            return str(value)
        case _:
            return value
