"""The tables of the read model: plain portable SQL, every row found again by its block's height.

Heights, times and amounts are 64-bit integers, ids and addresses are bytes. Because every table
carries the height of the block that made the row, taking a block back is one deletion a table.

A node that writes thousands of transactions a second cannot afford a row with its indexes for each:
that took more of its time than executing them. So transactions and events stand in packs (see
`dure.index.packs`), written in the order of the chain, and only what a question needs to find its
packs is a row. Accounts, of which each transaction may have another one, are gathered from packs in
quiet moments (`dure.index.settling`). The tables of applications stand beside these, made from
their declarations (`dure.index.tables`).
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
)

VERSION: Final = 4
"""Raised when a table changes.

An index of another version is emptied and built again from the blocks.
"""

METADATA: Final = MetaData()

STAMP: Final = Table(
    "stamp",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("value", String(128), nullable=False),
)
"""What the index was built from: schema version and chain id."""

BLOCKS: Final = Table(
    "blocks",
    METADATA,
    Column("height", BigInteger, primary_key=True, autoincrement=False),
    Column("block_id", LargeBinary(32), nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("proposer", LargeBinary(32), nullable=False),
    Column("transactions", Integer, nullable=False),
    Column("scheduled", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("transactions_total", BigInteger, nullable=False),
    Column("finality", String(16), nullable=False),
    Index("blocks_by_id", "block_id"),
    Index("blocks_by_time", "time"),
)

TRANSACTIONS: Final = Table(
    "transactions",
    METADATA,
    Column("height", BigInteger, nullable=False),
    Column("pack", Integer, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("senders", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("height", "pack"),
)
"""Packs of a block's transactions, from the position `first` to `last`.

`senders` joins the fingerprints of those who sent or paid. An index of them would write a page of
its own for almost every transaction. To look through all fingerprints takes some fifty milliseconds
for a million transactions.
"""

CALL_KINDS: Final = Table(
    "call_kinds",
    METADATA,
    Column("contract", LargeBinary(32), nullable=False),
    Column("method", String(64), nullable=False),
    Column("height", BigInteger, nullable=False),
    Column("pack", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
    PrimaryKeyConstraint("contract", "method", "height", "pack"),
    Index("call_kinds_by_contract", "contract", "height", "pack", "calls"),
    Index("call_kinds_by_method", "method", "height", "pack"),
    sqlite_with_rowid=False,
)
"""Which packs hold calls of a contract and a method, and how many."""

CONTRACTS: Final = Table(
    "contracts",
    METADATA,
    Column("address", LargeBinary(32), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("height", BigInteger, nullable=False),
    Column("position", Integer),
    Column("call", Integer),
    Column("transaction_id", LargeBinary(32)),
    Index("contracts_by_place", "height", "position", "call"),
)
"""Contracts: which successful `deploy` call of the ledger made one, in which transaction.

One that another contract's decision made, or a chain before this one, has no such call; it is known
from its first event on.
"""

EVENTS: Final = Table(
    "events",
    METADATA,
    Column("height", BigInteger, nullable=False),
    Column("pack", Integer, nullable=False),
    Column("first_receipt", Integer, nullable=False),
    Column("last_receipt", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("height", "pack"),
)
"""Packs of a block's events, in the order in which they happened.

`first_receipt` and `last_receipt` are those of a pack's first and last event; receipts count from
the scheduled calls on.
"""

EVENT_KINDS: Final = Table(
    "event_kinds",
    METADATA,
    Column("contract", LargeBinary(32), nullable=False),
    Column("name", String(64), nullable=False),
    Column("height", BigInteger, nullable=False),
    Column("pack", Integer, nullable=False),
    Column("events", Integer, nullable=False),
    PrimaryKeyConstraint("contract", "name", "height", "pack"),
    Index("event_kinds_by_contract", "contract", "height", "pack", "events"),
    Index("event_kinds_by_name", "name", "height", "pack"),
    sqlite_with_rowid=False,
)
"""Which packs hold events of a contract and a name, and how many."""

SCHEDULED: Final = Table(
    "scheduled",
    METADATA,
    Column("scheduled_id", LargeBinary(32), primary_key=True),
    Column("height", BigInteger, nullable=False),
    Column("receipt", Integer, nullable=False),
    Column("status", String(64), nullable=False),
    Column("message", String(256), nullable=False),
    Column("gas_used", BigInteger, nullable=False),
    Index("scheduled_by_height", "height"),
)

NAMED: Final = Table(
    "named",
    METADATA,
    Column("height", BigInteger, nullable=False),
    Column("pack", Integer, nullable=False),
    Column("fingerprints", LargeBinary, nullable=False),
    PrimaryKeyConstraint("height", "pack"),
)
"""The fingerprints of what the events of a pack name: accounts, assets, hashes."""

ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    Column("address", LargeBinary(32), primary_key=True),
    Column("first_height", BigInteger, nullable=False),
    Column("last_height", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("named", BigInteger, nullable=False),
    Index("accounts_by_last_height", "last_height", "address"),
    sqlite_with_rowid=False,
)
"""Who sent, paid, or stands in the ledger's events, in the blocks that are settled."""

SETTLED: Final = Table(
    "settled",
    METADATA,
    Column("height", BigInteger, primary_key=True, autoincrement=False),
)
"""One row: up to which block `NAMED` and `ACCOUNTS` say everything. None where they say nothing."""

BY_HEIGHT: Final = (BLOCKS, TRANSACTIONS, CALL_KINDS, CONTRACTS, EVENTS, EVENT_KINDS, SCHEDULED)
"""Every table whose rows go when their block is taken back."""

GATHERED: Final = (NAMED, ACCOUNTS, SETTLED)
"""What is made from those, and made again from the start where a settled block is taken back."""
