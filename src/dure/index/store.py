"""The read model itself: blocks in, lists out.

Rules
-----
1. As many blocks as wait go in with one SQL transaction: the index holds a block whole or not at
   all.
2. Exactly once, by height: a block that is already here changes nothing but its finality; one that
   would leave a gap or contradict what is here is refused (`Unavailable`), and the follower starts
   over at the index's own height.
3. Everything can be built again from the stored blocks: another chain, another schema version,
   other tables of applications or `rebuild` empties it.
4. What a block brought goes with it (`retract`): afterwards the index is what it was before.

All methods block; callers on an event loop use a thread. Works on SQLite (files) and on what
SQLAlchemy Core makes portable.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    MetaData,
    RowMapping,
    Select,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
)

from dure.chain.state import View
from dure.core.types import Address, BlockId, ChainId, Height
from dure.index import queries, schema, settling
from dure.index.listing.lists import Lists
from dure.index.packs import decode_events
from dure.index.queries import (
    BlockRow,
    DeploymentRow,
    EventFilter,
    EventRow,
    ScheduledRow,
)
from dure.index.rows import BlockRows
from dure.index.tables import ApplicationTables
from dure.index.tables.keeping import Keeper
from dure.index.writing import delete_blocks, list_speakers, write_blocks

PACKS_AT_ONCE: Final = 4
"""Packs fetched from the database before it is known whether they are needed."""
WAL_PAGES: Final = 4_000
"""Pages that gather in SQLite's log before they are moved to their places: 16 MB."""


class Index:
    """An open index of one chain."""

    def __init__(
        self, url: str, chain_id: ChainId, applications: Sequence[ApplicationTables] = ()
    ) -> None:
        """Open or create the index at an SQLAlchemy database URL, with tables of applications.

        Empty it if it is another chain's, or has other tables.
        """
        self._chain_id = chain_id
        self.applications = tuple(applications)
        """Whose tables are kept."""
        self._keeper = Keeper(applications)
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
        self.lists = Lists(self._engine, self._keeper.tables)
        """Every list by sort, filter and page: `dure.index.listing`."""
        schema.METADATA.create_all(self._engine)
        if self._read_stamp() != self._stamp():
            self._drop_everything()
            schema.METADATA.create_all(self._engine)
            with self._engine.begin() as connection:
                rows = [{"name": name, "value": value} for name, value in self._stamp().items()]
                connection.execute(insert(schema.STAMP), rows)
        self._keeper.metadata.create_all(self._engine)

    def close(self) -> None:
        """Release the database."""
        self._engine.dispose()

    def rebuild(self) -> None:
        """Empty the index at once; the follower then reads every block again."""
        with self._engine.begin() as connection:
            for table in (*schema.BY_HEIGHT, *schema.GATHERED):
                connection.execute(delete(table))
            self._keeper.clear(connection)

    # Blocks in

    def get_head(self) -> tuple[Height, BlockId] | None:
        """Return height and id of the newest block here."""
        newest = select(schema.BLOCKS.c.height, schema.BLOCKS.c.block_id)
        newest = newest.order_by(schema.BLOCKS.c.height.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(newest).first()
        return None if row is None else (Height(row.height), BlockId(row.block_id))

    def learn(self, view: View, batch: Sequence[BlockRows]) -> None:
        """Read from a state, not older than the blocks, what their events mean.

        Belongs to the node's event loop, and comes before `apply`.
        """
        self._keeper.catalogue.learn(view, list_speakers(batch))

    def apply(self, batch: Sequence[BlockRows]) -> None:
        """Take blocks in, in rising order, or note the finality of those that are here.

        Raise `Unavailable` where one does not fit; then none of them was taken in.
        """
        if batch:
            with self._engine.begin() as connection:
                write_blocks(connection, batch, self._keeper)

    def retract(self, height: Height, block_id: BlockId) -> None:
        """Take a block and all above it out again.

        Nothing happens where the index does not hold it.
        """
        with self._engine.begin() as connection:
            delete_blocks(connection, height, block_id, self._keeper)

    def settle(self) -> bool:
        """Gather accounts from the next stretch of blocks; return whether there was one."""
        with self._engine.begin() as connection:
            return settling.settle_step(connection)

    def count_unsettled(self) -> int:
        """Return how many transactions are in no account's counts yet."""
        with self._engine.connect() as connection:
            return settling.count_unsettled(connection)

    # Lists out

    def list_blocks(self, from_height: Height | None, limit: int) -> list[BlockRow]:
        """Return blocks in rising order: from a height on, or the newest."""
        return [BlockRow(**row) for row in self._run(queries.blocks(from_height, limit))][
            :: _step(from_height)
        ]

    def list_events(self, wanted: EventFilter, limit: int) -> list[EventRow]:
        """Return events in the order in which they happened, or the newest first."""
        with self._read(queries.events(wanted)) as packs:
            once = (next(same) for _, same in groupby(packs, key=_get_pack))
            fitting = (event for pack in once for event in _open_events(pack, wanted))
            return list(islice(fitting, limit))

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

    def count_transactions(self) -> int:
        """Return how many transactions the indexed blocks hold."""
        total = select(func.max(schema.BLOCKS.c.transactions_total).label("total"))
        return self._run(total)[0]["total"] or 0

    def measure_bytes(self) -> int | None:
        """Return what the database takes on the disk; None where it is no file of this machine."""
        database = self._engine.url.database
        if self._engine.dialect.name != "sqlite" or not database:
            return None
        files = (Path(database), Path(f"{database}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def _run(self, statement: Select[Any]) -> Sequence[Any]:
        with self._engine.connect() as connection:
            return connection.execute(statement).mappings().all()

    @contextmanager
    def _read(self, statement: Select[Any]) -> Iterator[Iterator[RowMapping]]:
        """Read rows as they are asked for; who has enough leaves the others unread."""
        with self._engine.connect() as connection, connection.execute(statement) as result:
            yield iter(result.yield_per(PACKS_AT_ONCE).mappings())

    def _drop_everything(self) -> None:
        """Drop the tables of whatever version made the file."""
        found = MetaData()
        found.reflect(self._engine)
        found.drop_all(self._engine)

    def _read_stamp(self) -> dict[str, str]:
        return {row["name"]: row["value"] for row in self._run(select(schema.STAMP))}

    def _stamp(self) -> dict[str, str]:
        tables = hashlib.sha256(repr(self.applications).encode()).hexdigest()
        return {"version": str(schema.VERSION), "chain": self._chain_id.hex(), "tables": tables}


def _step(from_height: Height | None) -> int:
    """The newest blocks are found from the top and shown from below."""
    return -1 if from_height is None else 1


def _open_events(pack: RowMapping, wanted: EventFilter) -> Iterator[EventRow]:
    """Yield the events of a pack that are wanted."""
    height, events = pack["height"], decode_events(pack["data"])
    for each in reversed(events) if wanted.newest_first else events:
        if wanted.fits(each.contract, each.name, (height, each.receipt, each.call, each.number)):
            yield EventRow(
                height=height,
                receipt=each.receipt,
                call=each.call,
                number=each.number,
                source=each.source,
                contract=each.contract,
                name=each.name,
                data=each.data,
                block_id=pack["block_id"],
                time=pack["time"],
                finality=pack["finality"],
            )


def _get_pack(row: RowMapping) -> tuple[int, int]:
    return (row["height"], row["pack"])


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Let readers go on while a block is written.

    A block lost with the power is read again from the node.
    """
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()
