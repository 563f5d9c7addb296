"""Blocks into the tables, inside a transaction of the caller's."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from sqlalchemy import Connection, Insert, delete, insert, select, update

from dure.core.errors import Unavailable
from dure.core.types import BlockId, Height
from dure.index import schema
from dure.index.rows import BlockRows, Row

# Statements are made once: to make one costs about as much as to run it.
_NEWEST: Final = (
    select(schema.BLOCKS.c.height, schema.BLOCKS.c.transactions_total)
    .order_by(schema.BLOCKS.c.height.desc())
    .limit(1)
)
_INSERTS: Final[tuple[tuple[Insert, Callable[[BlockRows], list[Row]]], ...]] = (
    (insert(schema.BLOCKS), lambda rows: [rows.block]),
    (insert(schema.TRANSACTIONS), lambda rows: rows.transactions),
    (insert(schema.DEPLOYMENTS), lambda rows: rows.deployments),
    (insert(schema.EVENTS), lambda rows: rows.events),
    (insert(schema.EVENT_KINDS), lambda rows: rows.event_kinds),
    (insert(schema.SCHEDULED), lambda rows: rows.scheduled),
)
"""How the rows of each table are written, and which they are."""


class _Newest(NamedTuple):
    height: Height
    total: int
    """Transactions in the blocks up to it."""


def write_blocks(connection: Connection, batch: Sequence[BlockRows]) -> None:
    """Append blocks in rising order, each table's rows at once; of one that is here, note finality.

    Raise `Unavailable` where one does not fit.
    """
    newest = _get_newest(connection)
    new: list[BlockRows] = []
    for rows in batch:
        if newest is None or rows.height == newest.height + 1:
            total = rows.block["transactions"] + (newest.total if newest else 0)
            newest = _Newest(rows.height, total)
            new.append(replace(rows, block=rows.block | {"transactions_total": total}))
        else:
            _append(connection, new)
            new.clear()
            _note_finality(connection, rows)
    _append(connection, new)


def delete_blocks(connection: Connection, height: Height, block_id: BlockId) -> None:
    """Take a block and all above it out again, where it is here."""
    if _get_block_id(connection, height) == block_id:
        for table in schema.BY_HEIGHT:
            connection.execute(delete(table).where(table.c.height >= height))


def _get_newest(connection: Connection) -> _Newest | None:
    row = connection.execute(_NEWEST).first()
    return None if row is None else _Newest(Height(row.height), row.transactions_total)


def _get_block_id(connection: Connection, height: Height) -> BlockId | None:
    found = select(schema.BLOCKS.c.block_id).where(schema.BLOCKS.c.height == height)
    value = connection.execute(found).scalar()
    return None if value is None else BlockId(value)


def _note_finality(connection: Connection, rows: BlockRows) -> None:
    known = _get_block_id(connection, rows.height)
    if known is None:
        raise Unavailable("the index would have a gap", height=rows.height)
    if known != rows.block_id:
        raise Unavailable("the index holds another block at that height", height=rows.height)
    changed = update(schema.BLOCKS).where(schema.BLOCKS.c.height == rows.height)
    connection.execute(changed.values(finality=rows.block["finality"]))


def _append(connection: Connection, blocks: Sequence[BlockRows]) -> None:
    for statement, get_rows in _INSERTS:
        given = [row for rows in blocks for row in get_rows(rows)]
        if given:
            connection.execute(statement, given)
