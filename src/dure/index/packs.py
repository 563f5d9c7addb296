"""Packs: many transactions or events of one block in one value of the database.

A pack holds at most `PACK_ITEMS_MAX` items, and is closed early where it grows long, so that who
looks for one item opens little. Packs never leave the index; what is read here was written here, so
nothing is compared with a canonical form, and no item is a `Wire`.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from dure.core.codec import build_decoder, encode
from dure.core.types import Address, Height, TransactionId

PACK_ITEMS_MAX: Final = 128
PACK_BYTES_MAX: Final = 64 * 1024
"""Bytes of event data after which a pack is closed; its last event may go beyond."""
FINGERPRINT_BYTES: Final = 8

EventPlace = tuple[int, int, int, int]
"""Where an event stands: height, receipt, call, number in the call."""


class TransactionRow(Struct, frozen=True, array_like=True, gc=False):
    """One transaction in a list."""

    transaction_id: TransactionId
    height: Height
    position: int
    sender: Address
    payer: Address | None
    calls: int
    status: str
    message: str
    gas_used: int


class PackedEvent(Struct, frozen=True, array_like=True, gc=False):
    """One event without what all events of its block have in common."""

    receipt: int
    call: int
    number: int
    source: bytes
    """The transaction or scheduled call."""
    contract: Address
    name: str
    data: bytes


class EventPack(NamedTuple):
    """Events that stand next to each other, and how many there are of each contract and name."""

    events: list[PackedEvent]
    kinds: dict[tuple[Address, str], int]


_TRANSACTIONS: Final = build_decoder(list[TransactionRow])
_EVENTS: Final = build_decoder(list[PackedEvent])


def split_transactions(rows: list[TransactionRow]) -> Iterator[list[TransactionRow]]:
    """Yield a block's transactions in packs."""
    for start in range(0, len(rows), PACK_ITEMS_MAX):
        yield rows[start : start + PACK_ITEMS_MAX]


def split_events(events: Iterator[PackedEvent]) -> Iterator[EventPack]:
    """Yield a block's events in packs."""
    pack, size = EventPack([], {}), 0
    for event in events:
        if len(pack.events) >= PACK_ITEMS_MAX or size >= PACK_BYTES_MAX:
            yield pack
            pack, size = EventPack([], {}), 0
        kind = (event.contract, event.name)
        pack.kinds[kind] = pack.kinds.get(kind, 0) + 1
        pack.events.append(event)
        size += len(event.data)
    if pack.events:
        yield pack


def encode_pack(items: list[TransactionRow] | list[PackedEvent]) -> bytes:
    """Return the bytes of a pack."""
    return encode(items)


def decode_transactions(data: bytes) -> list[TransactionRow]:
    """Return the transactions of a pack."""
    rows: list[TransactionRow] = _TRANSACTIONS.decode(data)
    return rows


def decode_events(data: bytes) -> list[PackedEvent]:
    """Return the events of a pack."""
    events: list[PackedEvent] = _EVENTS.decode(data)
    return events


def join_fingerprints(rows: list[TransactionRow]) -> bytes:
    """Return the fingerprints of the senders, one after the other."""
    return b"".join([get_fingerprint(row.sender) for row in rows])


def get_fingerprint(address: Address) -> bytes:
    """Return the beginning of an address: two may share it, so a match is only a hint."""
    return address[:FINGERPRINT_BYTES]
