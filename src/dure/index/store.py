"""The read model itself: blocks in, lists out.

Rules
-----
1. One SQL transaction a block: the index holds a block whole or not at all.
2. Exactly once, by height: a block that is already here changes nothing but its finality; one that
   would leave a gap or contradict what is here is refused (`Unavailable`), and the follower starts
   over at the index's own height.
3. Everything can be built again from the stored blocks: another chain, another schema version or
   `rebuild` empties it.

All methods block; callers on an event loop use a thread. Works on SQLite (files) and on what
SQLAlchemy Core makes portable.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    update,
)

from dure.core.errors import Unavailable
from dure.core.types import Address, BlockId, ChainId, Height, TransactionId
from dure.index import queries, schema
from dure.index.queries import (
    BlockRow,
    DeploymentRow,
    EventFilter,
    EventRow,
    ScheduledRow,
    TransactionRow,
)
from dure.index.rows import BlockRows


class Index:
    """An open index of one chain."""

    def __init__(self, url: str, chain_id: ChainId) -> None:
        """Open or create the index at an SQLAlchemy database URL.

        Empty it if it is another chain's.
        """
        self._chain_id = chain_id
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
        schema.METADATA.create_all(self._engine)
        if self._read_stamp() != self._stamp():
            schema.METADATA.drop_all(self._engine)
            schema.METADATA.create_all(self._engine)
            with self._engine.begin() as connection:
                rows = [{"name": name, "value": value} for name, value in self._stamp().items()]
                connection.execute(insert(schema.STAMP), rows)

    def close(self) -> None:
        """Release the database."""
        self._engine.dispose()

    def rebuild(self) -> None:
        """Empty the index at once; the follower then reads every block again."""
        with self._engine.begin() as connection:
            for table in schema.BY_HEIGHT:
                connection.execute(delete(table))

    # Blocks in

    def get_head(self) -> tuple[Height, BlockId] | None:
        """Return height and id of the newest block here."""
        newest = select(schema.BLOCKS.c.height, schema.BLOCKS.c.block_id)
        newest = newest.order_by(schema.BLOCKS.c.height.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(newest).first()
        return None if row is None else (Height(row.height), BlockId(row.block_id))

    def apply(self, rows: BlockRows) -> None:
        """Take a block in, or note the finality of one that is here.

        Raise `Unavailable` where it does not fit.
        """
        with self._engine.begin() as connection:
            known = _get_block_id(connection, rows.height)
            if known == rows.block_id:
                _set_finality(connection, rows)
            elif known is not None:
                raise Unavailable(
                    "the index holds another block at that height", height=rows.height
                )
            else:
                _append(connection, rows)

    def retract(self, height: Height, block_id: BlockId) -> None:
        """Take a block and all above it out again.

        Nothing happens where the index does not hold it.
        """
        with self._engine.begin() as connection:
            if _get_block_id(connection, height) == block_id:
                for table in schema.BY_HEIGHT:
                    connection.execute(delete(table).where(table.c.height >= height))

    # Lists out

    def list_blocks(self, from_height: Height | None, limit: int) -> list[BlockRow]:
        """Return blocks in rising order: from a height on, or the newest."""
        return [BlockRow(**row) for row in self._run(queries.blocks(from_height, limit))][
            :: _step(from_height)
        ]

    def list_transactions_of(
        self, sender: Address, before: tuple[Height, int] | None, limit: int
    ) -> list[TransactionRow]:
        """Return what `sender` sent, newest first, beginning before a (height, position)."""
        return [
            TransactionRow(**row) for row in self._run(queries.transactions(sender, before, limit))
        ]

    def list_transactions_at(self, height: Height) -> list[TransactionRow]:
        """Return a block's transactions in their order."""
        return [TransactionRow(**row) for row in self._run(queries.transactions_at(height))]

    def list_events(self, wanted: EventFilter, limit: int) -> list[EventRow]:
        """Return events in the order in which they happened."""
        return [EventRow(**row) for row in self._run(queries.events(wanted, limit))]

    def count_events(self, contract: Address) -> dict[str, int]:
        """Return how many events of each name a contract left."""
        return {row["name"]: row["count"] for row in self._run(queries.event_counts(contract))}

    def list_deployments(
        self, after: tuple[int, int, int] | None, limit: int
    ) -> list[DeploymentRow]:
        """Return the calls that put contracts on the chain, after a (height, position, call)."""
        return [DeploymentRow(**row) for row in self._run(queries.deployments(after, limit))]

    def find_scheduled(self, scheduled_id: bytes) -> ScheduledRow | None:
        """Return where a scheduled call's receipt stands."""
        table = schema.SCHEDULED
        rows = self._run(select(table).where(table.c.scheduled_id == scheduled_id))
        return ScheduledRow(**rows[0]) if rows else None

    def find_transaction(self, transaction_id: TransactionId) -> TransactionRow | None:
        """Return the row of one transaction."""
        table = schema.TRANSACTIONS
        rows = self._run(select(table).where(table.c.transaction_id == transaction_id))
        return TransactionRow(**rows[0]) if rows else None

    def count_transactions(self) -> int:
        """Return how many transactions the indexed blocks hold."""
        total = select(func.max(schema.BLOCKS.c.transactions_total).label("total"))
        return self._run(total)[0]["total"] or 0

    def _run(self, statement: Select[Any]) -> Sequence[Any]:
        with self._engine.connect() as connection:
            return connection.execute(statement).mappings().all()

    def _read_stamp(self) -> dict[str, str]:
        return {row["name"]: row["value"] for row in self._run(select(schema.STAMP))}

    def _stamp(self) -> dict[str, str]:
        return {"version": str(schema.VERSION), "chain": self._chain_id.hex()}


def _step(from_height: Height | None) -> int:
    """The newest blocks are found from the top and shown from below."""
    return -1 if from_height is None else 1


def _get_block_id(connection: Connection, height: Height) -> BlockId | None:
    found = select(schema.BLOCKS.c.block_id).where(schema.BLOCKS.c.height == height)
    value = connection.execute(found).scalar()
    return None if value is None else BlockId(value)


def _set_finality(connection: Connection, rows: BlockRows) -> None:
    changed = update(schema.BLOCKS).where(schema.BLOCKS.c.height == rows.height)
    connection.execute(changed.values(finality=rows.block["finality"]))


def _append(connection: Connection, rows: BlockRows) -> None:
    newest = select(schema.BLOCKS.c.height, schema.BLOCKS.c.transactions_total)
    head = connection.execute(newest.order_by(schema.BLOCKS.c.height.desc()).limit(1)).first()
    if head is not None and rows.height != head.height + 1:
        raise Unavailable("the index would have a gap", height=rows.height, head=head.height)
    total = (head.transactions_total if head else 0) + len(rows.transactions)
    connection.execute(insert(schema.BLOCKS), [rows.block | {"transactions_total": total}])
    for table, given in (
        (schema.TRANSACTIONS, rows.transactions),
        (schema.CALLS, rows.calls),
        (schema.EVENTS, rows.events),
        (schema.SCHEDULED, rows.scheduled),
        (schema.ACCOUNTS, _drop_known(connection, rows)),
    ):
        if given:
            connection.execute(insert(table), given)


def _drop_known(connection: Connection, rows: BlockRows) -> list[dict[str, object]]:
    """Return the accounts that no earlier block has seen; asks in portions that databases take."""
    column = schema.ACCOUNTS.c.address
    known: set[object] = set()
    for start in range(0, len(rows.accounts), queries.VARIABLES_MAX):
        part = [row["address"] for row in rows.accounts[start : start + queries.VARIABLES_MAX]]
        known.update(connection.execute(select(column).where(column.in_(part))).scalars())
    return [row for row in rows.accounts if row["address"] not in known]


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Let readers go on while a block is written.

    A block lost with the power is read again from the node.
    """
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()
