"""The chain's own lists: what each has in its columns, and what may be asked of them.

A list as long as the chain is sorted by what the database has an index of, and by nothing else.
"""

from typing import Final

from dure.index.listing.query import Column, ColumnType, Compare, TableDescription

_IS: Final = (Compare.IS,)
_RANGE: Final = (Compare.IS, Compare.FROM, Compare.TO)
_TEXT: Final = (Compare.IS, Compare.CONTAINS)


def _number(name: str, *, sorts: bool = True) -> Column:
    return Column(name, ColumnType.INTEGER, sorts=sorts, compares=_RANGE)


_HEIGHT: Final = _number("height")
_TIME: Final = Column("time", ColumnType.TIME, compares=_RANGE)
_STATUS: Final = Column("status", ColumnType.TEXT, compares=_IS)
_SENDER: Final = Column("sender", ColumnType.ADDRESS, compares=_IS)
_CONTRACT: Final = Column("contract", ColumnType.ADDRESS, compares=_IS)
_METHOD: Final = Column("method", ColumnType.TEXT, compares=_IS)
_ANY_ROLE: Final = Column("account", ColumnType.ADDRESS, compares=_IS, is_hidden=True)


def _plain(name: str, type_: ColumnType = ColumnType.INTEGER) -> Column:
    return Column(name, type_)


BLOCKS: Final = TableDescription(
    "blocks",
    (
        _HEIGHT,
        Column("time", ColumnType.TIME, sorts=True, compares=_RANGE),
        Column("block_id", ColumnType.BYTES, compares=_IS),
        Column("proposer", ColumnType.BYTES, compares=_IS),
        _number("transactions", sorts=False),
        _number("scheduled", sorts=False),
        _number("bytes", sorts=False),
        Column("finality", ColumnType.TEXT, compares=_IS),
        _plain("transactions_total"),
    ),
    sort="height",
)
TRANSACTIONS: Final = TableDescription(
    "transactions",
    (
        _HEIGHT,
        _plain("position"),
        _TIME,
        _plain("transaction_id", ColumnType.BYTES),
        _SENDER,
        Column("payer", ColumnType.ADDRESS, compares=_IS),
        _plain("calls", ColumnType.TEXT),
        _plain("calls_total"),
        _STATUS,
        _plain("message", ColumnType.TEXT),
        _plain("gas_used"),
        _plain("finality", ColumnType.TEXT),
        _ANY_ROLE,
        Column("contract", ColumnType.ADDRESS, compares=_IS, is_hidden=True),
        Column("method", ColumnType.TEXT, compares=_IS, is_hidden=True),
    ),
    sort="height",
)
CALLS: Final = TableDescription(
    "calls",
    (
        _HEIGHT,
        _plain("position"),
        _plain("call"),
        _TIME,
        _plain("transaction_id", ColumnType.BYTES),
        _SENDER,
        _CONTRACT,
        _METHOD,
        _STATUS,
    ),
    sort="height",
)
EVENTS: Final = TableDescription(
    "events",
    (
        _HEIGHT,
        _plain("receipt"),
        _plain("call"),
        _plain("number"),
        _TIME,
        Column("source", ColumnType.BYTES, compares=_IS),
        _CONTRACT,
        Column("name", ColumnType.TEXT, compares=_IS),
        _plain("data", ColumnType.BYTES),
        _plain("block_id", ColumnType.BYTES),
        _plain("finality", ColumnType.TEXT),
        _ANY_ROLE,
    ),
    sort="height",
)
ACCOUNTS: Final = TableDescription(
    "accounts",
    (
        Column("address", ColumnType.ADDRESS, sorts=True, compares=_IS),
        _number("first_height", sorts=False),
        _number("last_height"),
        _number("sent", sorts=False),
        _number("paid", sorts=False),
        _number("named", sorts=False),
    ),
    sort="last_height",
)
CONTRACTS: Final = TableDescription(
    "contracts",
    (
        Column("address", ColumnType.ADDRESS, compares=_IS),
        Column("name", ColumnType.TEXT, sorts=True, compares=_TEXT),
        _HEIGHT,
        _plain("position"),
        _plain("call"),
        _plain("transaction_id", ColumnType.BYTES),
    ),
    sort="height",
)

OF_CHAIN: Final = (BLOCKS, TRANSACTIONS, CALLS, EVENTS, ACCOUNTS, CONTRACTS)
