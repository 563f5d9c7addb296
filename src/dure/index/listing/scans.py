"""Transactions, calls and events that meet a query's conditions, in the order of the chain.

Each scan yields its items with their places, and ends with a `Stop` where it has read as much as
one question may: everything up to that place has been looked at.
"""

import heapq
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection, RowMapping, select

from dure.core.types import Address, Height
from dure.index import schema
from dure.index.listing.checking import find_value
from dure.index.listing.packs_read import (
    EVENTS,
    PACKS_READ_MAX,
    TRANSACTIONS,
    Heights,
    Wanted,
    find_heights,
    open_naming_packs,
    open_packs,
)
from dure.index.listing.query import Query
from dure.index.listing.rows import CallName, ListedCall, ListedTransaction
from dure.index.packs import (
    PackedTransaction,
    TransactionPack,
    decode_events,
    decode_transactions,
    get_fingerprint,
    write_name,
)
from dure.index.portable import contains_bytes
from dure.index.queries import EventRow

T = TypeVar("T")

Place = tuple[int, ...]
_LAST_CALL: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """An item and where it stands."""

    place: Place
    item: T


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of what one question reads; the next one goes on behind that place."""

    place: Place


Items = Generator[Found[T] | Stop, None, None]
"""What a scan yields; who has enough closes it."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A question to packs, taken apart."""

    connection: Connection
    heights: Heights
    descending: bool
    after: Place | None
    values: dict[str, Any]
    """What columns are to be, by name."""

    def is_behind(self, place: Place) -> bool:
        """Say whether a place comes after the last one of the page before."""
        if self.after is None:
            return True
        return place < self.after if self.descending else place > self.after

    def turn(self, items: list[T]) -> list[T]:
        """Return the items of a pack in the order asked for."""
        return items[::-1] if self.descending else items


def open_scan(connection: Connection, query: Query, after: Place | None, *columns: str) -> Scan:
    """Take a checked query apart; `columns` are those that are compared by value."""
    return Scan(
        connection,
        find_heights(connection, query),
        query.descending,
        after,
        {name: find_value(query, name) for name in columns},
    )


def scan_transactions(scan: Scan) -> Items[ListedTransaction]:
    """Yield transactions: all, or those of an account in any role."""
    account = scan.values.get("account")
    if account is None:
        yield from _scan_packs(scan, None)
        return
    own = _scan_packs(scan, account)
    named = _scan_naming(scan, account)
    emitted: Place | None = None
    for each in heapq.merge(own, named, key=_order(scan)):
        if isinstance(each, Stop):
            yield each
            return
        if each.place == emitted:
            continue
        emitted = each.place
        item = each.item or _load_transaction(scan, each.place)
        if _fits(scan, item):
            yield Found(each.place, item)


def scan_calls(scan: Scan) -> Items[ListedCall]:
    """Yield calls, each with what is known of its transaction."""
    contract, method = scan.values["contract"], scan.values["method"]
    whole = Scan(scan.connection, scan.heights, scan.descending, None, scan.values)
    start = None if scan.after is None else (scan.after[0], scan.after[1])
    for each in _scan_packs(whole, None, start):
        if isinstance(each, Stop):
            yield Stop((*each.place, 0 if scan.descending else _LAST_CALL))
            return
        calls = [
            Found((*each.place, number), (number, call))
            for number, call in enumerate(each.item.calls)
            if contract in {None, call.contract} and method in {None, call.method}
        ]
        for found in scan.turn(calls):
            if scan.is_behind(found.place):
                yield Found(found.place, _list_call(each.item, *found.item))


def scan_events(scan: Scan) -> Items[EventRow]:
    """Yield events: all, or those that name an account or any other 32 bytes."""
    account = scan.values["account"]
    after = None if scan.after is None else (scan.after[0], scan.after[1])
    wanted = Wanted(
        scan.heights, scan.descending, after, scan.values["contract"], scan.values["name"]
    )
    packs = (
        open_packs(scan.connection, EVENTS, wanted)
        if account is None
        else open_naming_packs(scan.connection, wanted, account)
    )
    read, place = 0, None
    for pack in packs:
        read += 1
        for row in scan.turn(_open_events(pack)):
            place = row.place
            if scan.is_behind(place) and _is_event_wanted(scan, row):
                yield Found(place, row)
    if read >= PACKS_READ_MAX and place is not None:
        yield Stop(place)


def _scan_packs(
    scan: Scan, account: bytes | None, start: tuple[int, int] | None = None
) -> Items[ListedTransaction]:
    """Yield the transactions of packs; with an account, those that it sent or paid."""
    signer = account or scan.values.get("sender") or scan.values.get("payer")
    after = start or (None if scan.after is None else (scan.after[0], scan.after[1]))
    wanted = Wanted(
        scan.heights,
        scan.descending,
        after,
        scan.values.get("contract"),
        scan.values.get("method"),
        None
        if signer is None
        else contains_bytes(schema.TRANSACTIONS.c.senders, get_fingerprint(signer)),
    )
    read, place = 0, None
    for row in open_packs(scan.connection, TRANSACTIONS, wanted):
        read += 1
        pack = decode_transactions(row["data"])
        for each in scan.turn(pack.transactions):
            place = (row["height"], each.position)
            if not scan.is_behind(place) or account not in {None, each.sender, each.payer}:
                continue
            item = _list_transaction(row, pack, each)
            if account is not None or _fits(scan, item):
                yield Found(place, item)
    if read >= PACKS_READ_MAX and place is not None:
        yield Stop(place)


def _scan_naming(scan: Scan, account: bytes) -> Items[ListedTransaction | None]:
    """Yield the places of transactions whose events name an account."""
    after = None if scan.after is None else _find_receipt(scan, scan.after)
    wanted = Wanted(scan.heights, scan.descending, after)
    needle = write_name(account)
    read, place, emitted = 0, None, None
    for row in open_naming_packs(scan.connection, wanted, account):
        read += 1
        for event in scan.turn(decode_events(row["data"])):
            place = (row["height"], event.receipt - row["scheduled"])
            is_new = place != emitted and place[1] >= 0
            if is_new and needle in event.data and scan.is_behind(place):
                emitted = place
                yield Found(place, None)
    if read >= PACKS_READ_MAX and place is not None:
        # The rest of that transaction's events may stand in the next pack.
        height, position = place
        before = (height, position + (1 if scan.descending else -1))
        yield Stop(place if place == emitted else before)


def _order(scan: Scan) -> Callable[[Found[Any] | Stop], tuple[int, int, bool]]:
    """Return the key by which two scans become one: at one place, a stop comes last."""
    sign = -1 if scan.descending else 1
    return lambda each: (
        sign * each.place[0],
        sign * each.place[1],
        isinstance(each, Stop),
    )


def _fits(scan: Scan, item: ListedTransaction) -> bool:
    """Say whether a transaction meets the conditions on its own values."""
    contract, method = scan.values.get("contract"), scan.values.get("method")
    is_called = contract is method is None or any(
        contract in {None, call.contract} and method in {None, call.method} for call in item.calls
    )
    return is_called and all(
        scan.values.get(name) in {None, value}
        for name, value in (
            ("sender", item.sender),
            ("payer", item.payer),
            ("status", item.status),
        )
        if scan.values.get(name) is not None
    )


def _is_event_wanted(scan: Scan, row: EventRow) -> bool:
    account = scan.values["account"]
    if account is not None and write_name(account) not in row.data:
        return False
    return all(
        scan.values[name] in {None, value}
        for name, value in (
            ("contract", row.contract),
            ("name", row.name),
            ("source", row.source),
        )
    )


def _load_transaction(scan: Scan, place: Place) -> ListedTransaction:
    """Return the transaction at a place that an event names."""
    table, blocks = schema.TRANSACTIONS.c, schema.BLOCKS.c
    joined = schema.TRANSACTIONS.join(schema.BLOCKS, blocks.height == table.height)
    wanted = select(table.height, table.data, blocks.time, blocks.finality).select_from(joined)
    wanted = wanted.where(table.height == place[0], table.first <= place[1], table.last >= place[1])
    row = scan.connection.execute(wanted).mappings().one()
    pack = decode_transactions(row["data"])
    found = next(each for each in pack.transactions if each.position == place[1])
    return _list_transaction(row, pack, found)


def _find_receipt(scan: Scan, place: Place) -> tuple[int, int]:
    """Return height and receipt of a transaction's place; scheduled calls stand before it."""
    column = schema.BLOCKS.c.scheduled
    wanted = select(column).where(schema.BLOCKS.c.height == place[0])
    scheduled = scan.connection.execute(wanted).scalar() or 0
    return (place[0], place[1] + scheduled)


def _list_transaction(
    row: RowMapping, pack: TransactionPack, each: PackedTransaction
) -> ListedTransaction:
    return ListedTransaction(
        transaction_id=each.transaction_id,
        height=Height(row["height"]),
        position=each.position,
        time=row["time"],
        sender=each.sender,
        payer=each.payer,
        calls=tuple(CallName(*pack.kinds[number]) for number in each.calls),
        calls_total=each.calls_total,
        status=each.status,
        message=each.message,
        gas_used=each.gas_used,
        finality=row["finality"],
    )


def _list_call(item: ListedTransaction, number: int, call: CallName) -> ListedCall:
    return ListedCall(
        height=item.height,
        position=item.position,
        call=number,
        transaction_id=item.transaction_id,
        time=item.time,
        sender=item.sender,
        contract=Address(call.contract),
        method=call.method,
        status=item.status,
    )


def _open_events(pack: RowMapping) -> list[EventRow]:
    return [
        EventRow(
            height=pack["height"],
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
        for each in decode_events(pack["data"])
    ]
