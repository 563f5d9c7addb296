"""Packs: many transactions or events of one block in one value of the database.

A pack holds at most `PACK_ITEMS_MAX` items, and is closed early where it grows long, so that who
looks for one item opens little. Packs never leave the index; what is read here was written here, so
nothing is compared with a canonical form, and no item is a `Wire`.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from dure.core.codec import build_decoder, encode
from dure.core.types import Address, TransactionId

PACK_ITEMS_MAX: Final = 128
PACK_BYTES_MAX: Final = 64 * 1024
"""Bytes of event data after which a pack is closed; its last event may go beyond."""
FINGERPRINT_BYTES: Final = 8

EventPlace = tuple[int, int, int, int]
"""Where an event stands: height, receipt, call, number in the call."""


Kind = tuple[Address, str]
"""A contract, and the name of one of its methods or events."""


class PackedTransaction(Struct, frozen=True, array_like=True, gc=False):
    """One transaction without what all transactions of its block have in common."""

    transaction_id: TransactionId
    position: int
    sender: Address
    payer: Address | None
    calls: list[int]
    """Which of the pack's kinds each call is, as far as calls were reached."""
    calls_total: int
    status: str
    message: str
    gas_used: int


class TransactionPack(Struct, frozen=True, array_like=True, gc=False):
    """Transactions that stand next to each other, and the methods that they call."""

    kinds: list[Kind]
    transactions: list[PackedTransaction]


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
    kinds: dict[Kind, int]


_TRANSACTIONS: Final = build_decoder(TransactionPack)
_EVENTS: Final = build_decoder(list[PackedEvent])
_NAMED: Final = re.compile(rb"\xc4\x20(?=(.{%d}))" % FINGERPRINT_BYTES, re.DOTALL)
"""The beginning of each value of 32 bytes. What stands inside a value only adds to the hints: a
match takes two bytes, and neither can be the first byte of the one that follows."""


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


def encode_pack(items: TransactionPack | list[PackedEvent]) -> bytes:
    """Return the bytes of a pack."""
    return encode(items)


def decode_transactions(data: bytes) -> TransactionPack:
    """Return a pack of transactions."""
    pack: TransactionPack = _TRANSACTIONS.decode(data)
    return pack


def decode_events(data: bytes) -> list[PackedEvent]:
    """Return the events of a pack."""
    events: list[PackedEvent] = _EVENTS.decode(data)
    return events


def join_fingerprints(transactions: list[PackedTransaction]) -> bytes:
    """Return the fingerprints of those who sent or paid, one after the other."""
    found = [each.sender[:FINGERPRINT_BYTES] for each in transactions]
    found += [each.payer[:FINGERPRINT_BYTES] for each in transactions if each.payer is not None]
    return b"".join(found)


def join_named(events: list[PackedEvent]) -> bytes:
    """Return the fingerprints of all values of 32 bytes that events name, each once, sorted."""
    return b"".join(sorted(set(_NAMED.findall(b"".join([each.data for each in events])))))


def get_fingerprint(address: bytes) -> bytes:
    """Return the beginning of an address: two may share it, so a match is only a hint."""
    return address[:FINGERPRINT_BYTES]


def write_name(address: bytes) -> bytes:
    """Return an address, or anything of 32 bytes, as it stands in the bytes of an event."""
    return b"\xc4\x20" + address
