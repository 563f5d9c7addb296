"""Blocks into the tables, inside a transaction of the caller's."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from sqlalchemy import Connection, Insert, delete, insert, select, update

from dure.chain.money import LEDGER
from dure.core.errors import Unavailable
from dure.core.types import Address, BlockId, Height
from dure.index import schema
from dure.index.rows import BlockRows, Row, clean_text
from dure.index.settling import unsettle
from dure.index.tables.keeping import Keeper

# Statements are made once: to make one costs about as much as to run it.
_NEWEST: Final = (
    select(schema.BLOCKS.c.height, schema.BLOCKS.c.transactions_total)
    .order_by(schema.BLOCKS.c.height.desc())
    .limit(1)
)
_INSERTS: Final[tuple[tuple[Insert, Callable[[BlockRows], list[Row]]], ...]] = (
    (insert(schema.BLOCKS), lambda rows: [rows.block]),
    (insert(schema.TRANSACTIONS), lambda rows: rows.transactions),
    (insert(schema.CALL_KINDS), lambda rows: rows.call_kinds),
    (insert(schema.CONTRACTS), lambda rows: rows.contracts),
    (insert(schema.EVENTS), lambda rows: rows.events),
    (insert(schema.EVENT_KINDS), lambda rows: rows.event_kinds),
    (insert(schema.SCHEDULED), lambda rows: rows.scheduled),
)
"""How the rows of each table are written, and which they are."""
_LOOKUP: Final = 500
"""Contracts in one question: databases take only so many."""


class _Newest(NamedTuple):
    height: Height
    total: int
    """Transactions in the blocks up to it."""


def write_blocks(connection: Connection, batch: Sequence[BlockRows], keeper: Keeper) -> None:
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
            _append(connection, new, keeper)
            new.clear()
            _note_finality(connection, rows)
    _append(connection, new, keeper)


def delete_blocks(
    connection: Connection, height: Height, block_id: BlockId, keeper: Keeper
) -> None:
    """Take a block and all above it out again, where it is here."""
    if _get_block_id(connection, height) == block_id:
        unsettle(connection, height)
        keeper.retract(connection, height)
        for table in schema.BY_HEIGHT:
            connection.execute(delete(table).where(table.c.height >= height))


def list_speakers(batch: Sequence[BlockRows]) -> dict[Address, Height]:
    """Return the contracts that left events, each with the height of its newest one."""
    return {kind["contract"]: rows.height for rows in batch for kind in rows.event_kinds}


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


def _append(connection: Connection, blocks: Sequence[BlockRows], keeper: Keeper) -> None:
    for statement, get_rows in _INSERTS:
        given = [row for rows in blocks for row in get_rows(rows)]
        if given:
            connection.execute(statement, given)
    met = list(_list_met(connection, blocks, keeper))
    if met:
        connection.execute(insert(schema.CONTRACTS), met)
    keeper.write(connection, blocks)


def _list_met(connection: Connection, blocks: Sequence[BlockRows], keeper: Keeper) -> Iterator[Row]:
    """Yield the contracts of which nothing was known before their first event."""
    first = {
        kind["contract"]: rows.height for rows in reversed(blocks) for kind in rows.event_kinds
    }
    first.pop(LEDGER, None)
    column = schema.CONTRACTS.c.address
    speakers = sorted(first)
    for start in range(0, len(speakers), _LOOKUP):
        some = speakers[start : start + _LOOKUP]
        known = set(connection.execute(select(column).where(column.in_(some))).scalars())
        for address in some:
            if address not in known:
                yield {
                    "address": address,
                    "name": clean_text(keeper.catalogue.get_name(address, first[address])),
                    "height": first[address],
                    "position": None,
                    "call": None,
                    "transaction_id": None,
                }
