"""The tables of the read model: plain portable SQL, every row found again by its block's height.

Heights, times and amounts are 64-bit integers, ids and addresses are bytes. Because every table
carries the height of the block that made the row, taking a block back is one deletion a table.
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

VERSION: Final = 1
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
    Column("transaction_id", LargeBinary(32), primary_key=True),
    Column("height", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("sender", LargeBinary(32), nullable=False),
    Column("payer", LargeBinary(32)),
    Column("calls", Integer, nullable=False),
    Column("status", String(64), nullable=False),
    Column("message", String(256), nullable=False),
    Column("gas_used", BigInteger, nullable=False),
    Index("transactions_by_sender", "sender", "height", "position"),
    Index("transactions_by_height", "height"),
)

CALLS: Final = Table(
    "calls",
    METADATA,
    Column("height", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("call", Integer, nullable=False),
    Column("contract", LargeBinary(32), nullable=False),
    Column("method", String(64), nullable=False),
    PrimaryKeyConstraint("height", "position", "call"),
    Index("calls_by_contract", "contract", "height"),
)

EVENTS: Final = Table(
    "events",
    METADATA,
    Column("height", BigInteger, nullable=False),
    Column("receipt", Integer, nullable=False),
    Column("call", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("source", LargeBinary(32), nullable=False),
    Column("contract", LargeBinary(32), nullable=False),
    Column("name", String(64), nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("height", "receipt", "call", "number"),
    Index("events_by_contract", "contract", "height"),
    Index("events_by_name", "contract", "name", "height"),
)
"""`receipt` counts the block's receipts, scheduled calls first.

`source` is the transaction or scheduled call.
"""

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

ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    Column("address", LargeBinary(32), primary_key=True),
    Column("height", BigInteger, nullable=False),
    Index("accounts_by_height", "height"),
)
"""Accounts that ever sent or paid for a transaction, with the block where they first did."""

BY_HEIGHT: Final = (BLOCKS, TRANSACTIONS, CALLS, EVENTS, SCHEDULED, ACCOUNTS)
"""Every table whose rows go when their block is taken back."""
