"""What is gathered from packs in quiet moments: accounts, and the fingerprints of what events name.

A transaction may be of another account each time, and a row for each would cost a node more than
executing them: an upsert writes a page, and there are two or three accounts in every payment. So
blocks go in as packs alone, and when nothing else waits, or much has gathered, one step reads a
stretch of packs again and takes up what stands there, each account once for the whole stretch.

Only final blocks are settled, in order, each stretch with the mark of how far it goes in one SQL
transaction: so every block counts once. Should a settled block be taken back after all, everything
gathered goes, and the next steps begin anew. Who asks for one account is answered exactly
meanwhile: above the mark the packs themselves are looked through.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from dure.chain.money import LEDGER
from dure.core.codec import build_decoder
from dure.core.types import Address, Height
from dure.index import schema
from dure.index.packs import PackedEvent, decode_events, decode_transactions, join_named
from dure.node.gateway import Finality
from dure.proof.ledger_words import EVENTS as LEDGER_EVENTS

STEP_BLOCKS_MAX: Final = 1_024
STEP_TRANSACTIONS_MAX: Final = 16_384
"""Transactions after which a step is long enough; its last block may go beyond."""
_LOOKUP: Final = 500
"""Addresses in one question: databases take only so many."""

_NONE_YET: Final = -1
_ADDRESS_PLACES: Final[dict[str, tuple[int, ...]]] = {
    name: tuple(i for i, (_, type_) in enumerate(fields) if type_ in {Address, Address | None})
    for name, fields in LEDGER_EVENTS.items()
}
"""Which fields of the ledger's events are accounts."""
_LEDGER_DECODERS: Final = {
    name: build_decoder(
        tuple[tuple(type_ for _, type_ in LEDGER_EVENTS[name])]  # type: ignore[misc]  # known at run time
    )
    for name, places in _ADDRESS_PLACES.items()
    if places
}

_UPDATE: Final = (
    update(schema.ACCOUNTS)
    .where(schema.ACCOUNTS.c.address == bindparam("of"))
    .values(
        last_height=bindparam("last"),
        sent=schema.ACCOUNTS.c.sent + bindparam("more_sent"),
        paid=schema.ACCOUNTS.c.paid + bindparam("more_paid"),
        named=schema.ACCOUNTS.c.named + bindparam("more_named"),
    )
)


@dataclass(slots=True)
class _Counts:
    """What one account did in a stretch of blocks."""

    first: int
    last: int
    sent: int = 0
    paid: int = 0
    named: int = 0


@dataclass(slots=True)
class _Stretch:
    """What stands in the packs of a stretch of blocks."""

    accounts: dict[Address, _Counts] = field(default_factory=dict)

    def meet(self, address: Address, height: int) -> _Counts:
        """Return the counts of an account that stands in a block."""
        counts = self.accounts.get(address)
        if counts is None:
            counts = self.accounts[address] = _Counts(height, height)
        elif height > counts.last:
            counts.last = height
        elif height < counts.first:
            counts.first = height
        return counts


def find_settled(connection: Connection) -> int:
    """Return the newest settled height; -1 where nothing is."""
    found = connection.execute(select(func.max(schema.SETTLED.c.height))).scalar()
    return _NONE_YET if found is None else int(found)


def count_unsettled(connection: Connection) -> int:
    """Return how many transactions stand in blocks that are not settled."""
    total = schema.BLOCKS.c.transactions_total
    newest = connection.execute(select(func.max(total))).scalar() or 0
    mark = select(total).where(schema.BLOCKS.c.height == find_settled(connection))
    return int(newest) - int(connection.execute(mark).scalar() or 0)


def settle_step(connection: Connection) -> bool:
    """Settle the next stretch of final blocks; return whether there was one."""
    blocks = _choose_blocks(connection)
    if not blocks:
        return False
    first, last = blocks[0], blocks[-1]
    stretch = _Stretch()
    _read_transactions(connection, stretch, first, last)
    named = list(_read_events(connection, stretch, first, last))
    if named:
        connection.execute(insert(schema.NAMED), named)
    _write_accounts(connection, stretch)
    connection.execute(delete(schema.SETTLED))
    connection.execute(insert(schema.SETTLED), {"height": last})
    return True


def unsettle(connection: Connection, height: Height) -> None:
    """Forget what was gathered, where a block from `height` on is settled."""
    if find_settled(connection) >= height:
        for table in schema.GATHERED:
            connection.execute(delete(table))


def _choose_blocks(connection: Connection) -> list[int]:
    columns = schema.BLOCKS.c
    following = (
        select(columns.height, columns.transactions, columns.finality)
        .where(columns.height > find_settled(connection))
        .order_by(columns.height)
        .limit(STEP_BLOCKS_MAX)
    )
    chosen: list[int] = []
    transactions = 0
    for row in connection.execute(following):
        if row.finality != Finality.FINAL or transactions >= STEP_TRANSACTIONS_MAX:
            break
        chosen.append(row.height)
        transactions += row.transactions
    return chosen


def _read_transactions(connection: Connection, stretch: _Stretch, first: int, last: int) -> None:
    for row in _read_packs(connection, schema.TRANSACTIONS, first, last):
        for each in decode_transactions(row.data).transactions:
            stretch.meet(each.sender, row.height).sent += 1
            if each.payer is not None and each.payer != each.sender:
                stretch.meet(each.payer, row.height).paid += 1


def _read_events(
    connection: Connection, stretch: _Stretch, first: int, last: int
) -> Iterator[dict[str, Any]]:
    """Take up who stands in the ledger's events; yield each pack's fingerprints."""
    for row in _read_packs(connection, schema.EVENTS, first, last):
        events = decode_events(row.data)
        for event in events:
            for address in _list_named(event):
                stretch.meet(address, row.height).named += 1
        fingerprints = join_named(events)
        if fingerprints:
            yield {"height": row.height, "pack": row.pack, "fingerprints": fingerprints}


def _list_named(event: PackedEvent) -> set[Address]:
    """Return the accounts that an event of the ledger names, each once."""
    if event.contract != LEDGER or event.name not in _LEDGER_DECODERS:
        return set()
    values = _LEDGER_DECODERS[event.name].decode(event.data)
    return {values[i] for i in _ADDRESS_PLACES[event.name] if values[i] is not None}


def _read_packs(connection: Connection, table: Any, first: int, last: int) -> Iterable[Any]:
    wanted = select(table.c.height, table.c.pack, table.c.data)
    wanted = wanted.where(table.c.height >= first, table.c.height <= last)
    return connection.execute(wanted.order_by(table.c.height, table.c.pack))


def _write_accounts(connection: Connection, stretch: _Stretch) -> None:
    # In the order of addresses, which is that of the table's pages.
    addresses = sorted(stretch.accounts)
    known = set(_find_known(connection, addresses))
    new = [_describe_new(each, stretch.accounts[each]) for each in addresses if each not in known]
    more = [_describe_more(each, stretch.accounts[each]) for each in addresses if each in known]
    if more:
        connection.execute(_UPDATE, more)
    if new:
        connection.execute(insert(schema.ACCOUNTS), new)


def _find_known(connection: Connection, addresses: Sequence[Address]) -> Iterator[Address]:
    column = schema.ACCOUNTS.c.address
    waiting = iter(addresses)
    while some := list(islice(waiting, _LOOKUP)):
        yield from connection.execute(select(column).where(column.in_(some))).scalars()


def _describe_new(address: Address, counts: _Counts) -> dict[str, Any]:
    return {
        "address": address,
        "first_height": counts.first,
        "last_height": counts.last,
        "sent": counts.sent,
        "paid": counts.paid,
        "named": counts.named,
    }


def _describe_more(address: Address, counts: _Counts) -> dict[str, Any]:
    return {
        "of": address,
        "last": counts.last,
        "more_sent": counts.sent,
        "more_paid": counts.paid,
        "more_named": counts.named,
    }
