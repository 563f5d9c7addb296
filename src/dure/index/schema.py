"""The tables of the read model: plain portable SQL, every row found again by its block's height.

Heights, times and amounts are 64-bit integers, ids and addresses are bytes. Because every table
carries the height of the block that made the row, taking a block back is one deletion a table.

A node that writes thousands of transactions a second cannot afford a row with its indexes for each:
that took more of its time than executing them. So transactions and events stand in packs (see
`dure.index.packs`), written in the order of the chain, and only what a question needs to find its
packs is a row.
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

VERSION: Final = 2
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
)

TRANSACTIONS: Final = Table(
    "transactions",
    METADATA,
    Column("height", BigInteger, nullable=False),
    Column("pack", Integer, nullable=False),
    Column("senders", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("height", "pack"),
)
"""Packs of a block's transactions. `senders` joins the fingerprints of those who sent them.

An index of senders would write a page of its own for almost every transaction. To look through all
fingerprints takes some fifty milliseconds for a million transactions.
"""

DEPLOYMENTS: Final = Table(
    "deployments",
    METADATA,
    Column("height", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("call", Integer, nullable=False),
    Column("transaction_id", LargeBinary(32), nullable=False),
    PrimaryKeyConstraint("height", "position", "call"),
)
"""Calls that put a contract on the chain."""

EVENTS: Final = Table(
    "events",
    METADATA,
    Column("height", BigInteger, nullable=False),
    Column("pack", Integer, nullable=False),
    Column("last_receipt", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("height", "pack"),
)
"""Packs of a block's events, in the order in which they happened.

`last_receipt` is the receipt of a pack's last event; receipts count from the scheduled calls on.
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
    Index("event_kinds_by_contract", "contract", "height", "pack"),
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

BY_HEIGHT: Final = (BLOCKS, TRANSACTIONS, DEPLOYMENTS, EVENTS, EVENT_KINDS, SCHEDULED)
"""Every table whose rows go when their block is taken back."""
