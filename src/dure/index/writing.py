"""Blocks into the tables, inside a transaction of the caller's."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from dure.core.errors import Unavailable
from dure.core.types import BlockId, Height
from dure.index import schema
from dure.index.rows import BlockRows


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
    newest = select(schema.BLOCKS.c.height, schema.BLOCKS.c.transactions_total)
    row = connection.execute(newest.order_by(schema.BLOCKS.c.height.desc()).limit(1)).first()
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
    for table, given in (
        (schema.BLOCKS, [rows.block for rows in blocks]),
        (schema.TRANSACTIONS, [row for rows in blocks for row in rows.transactions]),
        (schema.DEPLOYMENTS, [row for rows in blocks for row in rows.deployments]),
        (schema.EVENTS, [row for rows in blocks for row in rows.events]),
        (schema.EVENT_KINDS, [row for rows in blocks for row in rows.event_kinds]),
        (schema.SCHEDULED, [row for rows in blocks for row in rows.scheduled]),
    ):
        if given:
            connection.execute(insert(table), given)
