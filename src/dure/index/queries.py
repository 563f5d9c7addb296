"""What lists and pages ask of the index, as portable SQL, and the rows that answer."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Select, and_, func, or_, select, true

from dure.chain.money import LEDGER
from dure.chain.receipt import OK
from dure.core.types import Address, Height, TransactionId
from dure.index.schema import BLOCKS, CALLS, EVENTS, TRANSACTIONS

VARIABLES_MAX: Final = 500
"""Values in one `IN (…)`; every database takes as many."""


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One block in a list."""

    height: Height
    block_id: bytes
    time: int
    proposer: bytes
    transactions: int
    scheduled: int
    bytes: int
    transactions_total: int
    finality: str


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """One transaction in a list."""

    transaction_id: bytes
    height: Height
    position: int
    sender: bytes
    payer: bytes | None
    calls: int
    status: str
    message: str
    gas_used: int


@dataclass(frozen=True, slots=True)
class ScheduledRow:
    """One scheduled call that ran."""

    scheduled_id: bytes
    height: Height
    receipt: int
    status: str
    message: str
    gas_used: int


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """One call that put a contract on the chain."""

    height: Height
    position: int
    call: int
    transaction_id: TransactionId


EventPlace = tuple[int, int, int, int]
"""Where an event stands: height, receipt, call, number in the call."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event with the block it stands in; `data` is the canonical tuple of its fields."""

    height: Height
    receipt: int
    call: int
    number: int
    source: bytes
    contract: bytes
    name: str
    data: bytes
    block_id: bytes
    time: int
    finality: str

    @property
    def place(self) -> EventPlace:
        """Return where it stands; the next page begins after the last place of this one."""
        return (self.height, self.receipt, self.call, self.number)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted; None leaves a condition out."""

    contract: Address | None = None
    name: str | None = None
    from_height: Height | None = None
    after: EventPlace | None = None
    """Only events that stand after this place."""
    newest_first: bool = False


def blocks(from_height: Height | None, limit: int) -> Select[Any]:
    """Blocks from a height upwards, or from the newest downwards."""
    if from_height is None:
        return select(BLOCKS).order_by(BLOCKS.c.height.desc()).limit(limit)
    wanted = select(BLOCKS).where(BLOCKS.c.height >= from_height)
    return wanted.order_by(BLOCKS.c.height).limit(limit)


def transactions(sender: Address, before: tuple[int, int] | None, limit: int) -> Select[Any]:
    """Transactions of a sender, newest first."""
    table = TRANSACTIONS
    wanted = select(table).where(table.c.sender == sender)
    if before is not None:
        height, position = before
        same = and_(table.c.height == height, table.c.position < position)
        wanted = wanted.where(or_(table.c.height < height, same))
    return wanted.order_by(table.c.height.desc(), table.c.position.desc()).limit(limit)


def deployments(after: tuple[int, int, int] | None, limit: int) -> Select[Any]:
    """Successful `deploy` calls of the ledger, in order, with the transactions they stand in."""
    same = and_(
        CALLS.c.height == TRANSACTIONS.c.height, CALLS.c.position == TRANSACTIONS.c.position
    )
    query = select(
        CALLS.c.height, CALLS.c.position, CALLS.c.call, TRANSACTIONS.c.transaction_id
    ).select_from(CALLS.join(TRANSACTIONS, same))
    query = query.where(
        CALLS.c.contract == LEDGER, CALLS.c.method == "deploy", TRANSACTIONS.c.status == OK
    )
    places = (CALLS.c.height, CALLS.c.position, CALLS.c.call)
    if after is not None:
        query = query.where(_stands_after(places, after))
    return query.order_by(*places).limit(limit)


def transactions_at(height: Height) -> Select[Any]:
    """Transactions of a block in order."""
    table = TRANSACTIONS
    return select(table).where(table.c.height == height).order_by(table.c.position)


def events(wanted: EventFilter, limit: int) -> Select[Any]:
    """Events that fit, in the order in which they happened, or the newest first."""
    places = (EVENTS.c.height, EVENTS.c.receipt, EVENTS.c.call, EVENTS.c.number)
    joined = EVENTS.join(BLOCKS, EVENTS.c.height == BLOCKS.c.height)
    query = select(EVENTS, BLOCKS.c.block_id, BLOCKS.c.time, BLOCKS.c.finality).select_from(joined)
    if wanted.contract is not None:
        query = query.where(EVENTS.c.contract == wanted.contract)
    if wanted.name is not None:
        query = query.where(EVENTS.c.name == wanted.name)
    if wanted.from_height is not None:
        query = query.where(EVENTS.c.height >= wanted.from_height)
    if wanted.after is not None:
        query = query.where(_stands_after(places, wanted.after))
    order = [place.desc() for place in places] if wanted.newest_first else list(places)
    return query.order_by(*order).limit(limit)


def event_counts(contract: Address) -> Select[Any]:
    """How many events of each name a contract left."""
    count = func.count().label("count")
    query = select(EVENTS.c.name, count).where(EVENTS.c.contract == contract)
    return query.group_by(EVENTS.c.name).order_by(EVENTS.c.name)


def _stands_after(columns: tuple[Column[Any], ...], place: tuple[int, ...]) -> ColumnElement[bool]:
    """Say that the columns, read as one tuple, are greater than `place`.

    Not all databases compare tuples.
    """
    later = [
        and_(
            true(),
            *(column == value for column, value in zip(columns[:i], place[:i], strict=True)),
            columns[i] > place[i],
        )
        for i in range(len(columns))
    ]
    return or_(*later)
