"""What lists and pages ask of the index, as portable SQL, and the rows that answer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, func, or_, select, true

from dure.core.types import Address, Height, TransactionId
from dure.index.packs import EventPlace
from dure.index.schema import BLOCKS, CONTRACTS, EVENT_KINDS, EVENTS


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

    def fits(self, contract: Address, name: str, place: EventPlace) -> bool:
        """Say whether an event of a block from `from_height` on is wanted."""
        return (
            (self.contract is None or self.contract == contract)
            and (self.name is None or self.name == name)
            and (self.after is None or self.after < place)
        )


def blocks(from_height: Height | None, limit: int) -> Select[Any]:
    """Blocks from a height upwards, or from the newest downwards."""
    if from_height is None:
        return select(BLOCKS).order_by(BLOCKS.c.height.desc()).limit(limit)
    wanted = select(BLOCKS).where(BLOCKS.c.height >= from_height)
    return wanted.order_by(BLOCKS.c.height).limit(limit)


def deployments(after: tuple[int, int, int] | None, limit: int) -> Select[Any]:
    """Successful `deploy` calls of the ledger, in order, with the transactions they stand in."""
    columns = CONTRACTS.c
    places = (columns.height, columns.position, columns.call)
    query = select(*places, columns.transaction_id).where(columns.transaction_id.is_not(None))
    if after is not None:
        query = query.where(_stands_after(places, after))
    return query.order_by(*places).limit(limit)


def events(wanted: EventFilter) -> Select[Any]:
    """Packs in which there are events that fit, with their blocks, in order or newest first.

    A pack comes once for each kind of its events that fits, one right after the other.
    """
    kinds = [
        column == value
        for column, value in (
            (EVENT_KINDS.c.contract, wanted.contract),
            (EVENT_KINDS.c.name, wanted.name),
        )
        if value is not None
    ]
    places = (EVENT_KINDS if kinds else EVENTS).c
    same = and_(EVENT_KINDS.c.height == EVENTS.c.height, EVENT_KINDS.c.pack == EVENTS.c.pack)
    packs = EVENT_KINDS.join(EVENTS, same) if kinds else EVENTS
    columns = (EVENTS.c.height, EVENTS.c.pack, EVENTS.c.data)
    query = select(*columns, BLOCKS.c.block_id, BLOCKS.c.time, BLOCKS.c.finality)
    query = query.select_from(packs.join(BLOCKS, BLOCKS.c.height == EVENTS.c.height))
    query = query.where(*kinds)
    if wanted.from_height is not None:
        query = query.where(places.height >= wanted.from_height)
    if wanted.after is not None:
        height, receipt = wanted.after[:2]
        later = or_(EVENTS.c.height > height, EVENTS.c.last_receipt >= receipt)
        query = query.where(places.height >= height, later)
    order = (places.height, places.pack)
    return query.order_by(*(each.desc() if wanted.newest_first else each for each in order))


def event_counts(contract: Address) -> Select[Any]:
    """How many events of each name a contract left."""
    count = func.sum(EVENT_KINDS.c.events).label("count")
    query = select(EVENT_KINDS.c.name, count).where(EVENT_KINDS.c.contract == contract)
    return query.group_by(EVENT_KINDS.c.name).order_by(EVENT_KINDS.c.name)


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
