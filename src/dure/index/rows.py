"""From one stored block to the rows that stand for it. Pure: no database, no clock.

Events are kept as the bytes that the receipt commits to. What their fields mean is looked up when
somebody asks, by the contract's interface; the index never depends on a contract.

This runs for every transaction in the node's own interpreter. So blocks, which come from our own
disk, are not compared with their canonical form again, transaction ids are read from receipts, and
of a body only the little is opened that rows need.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Raw, Struct

from dure.chain.money import LEDGER
from dure.chain.receipt import OK, Kind, Receipt, Record
from dure.chain.transaction import Body
from dure.core.block import compute_block_id
from dure.core.codec import build_decoder
from dure.core.types import Address, BlockId, Height, TransactionId
from dure.index.packs import (
    PackedEvent,
    TransactionRow,
    encode_pack,
    join_fingerprints,
    split_events,
    split_transactions,
)
from dure.node.ports import StoredBlock

DEPLOY: Final = "deploy"
"""The ledger's method that puts a contract on the chain."""
_DEPLOY_BYTES: Final = DEPLOY.encode()

Row = dict[str, Any]


class _Envelope(Struct, frozen=True, array_like=True, gc=False):
    """`dure.chain.transaction.Envelope`, of which only the body is of interest.

    Signatures and policies were checked before the block was.
    """

    body: bytes
    proofs: Raw


class _Body(Struct, frozen=True, array_like=True, gc=False):
    """`dure.chain.transaction.Body`, opened as far as a row needs."""

    version: Raw
    chain_id: Raw
    sender: Address
    payer: Address | None
    valid_until: Raw
    salt: Raw
    gas_limit: Raw
    fee_limit: Raw
    calls: tuple[Raw, ...]


_ENVELOPE: Final = build_decoder(_Envelope)
_SKIMMED: Final = build_decoder(_Body)
_BODY: Final = build_decoder(Body)
_RECORD: Final = build_decoder(Record)


@dataclass(frozen=True, slots=True)
class BlockRows:
    """The rows of one block, by table."""

    height: Height
    block_id: BlockId
    block: Row
    transactions: list[Row]
    deployments: list[Row]
    events: list[Row]
    event_kinds: list[Row]
    scheduled: list[Row]


def build_rows(stored: StoredBlock, finality: str) -> BlockRows:
    """Open a stored block. It comes from our own disk, so what does not decode is our own fault."""
    header = stored.block.header
    records: list[Record] = [_RECORD.decode(data) for data in stored.receipts]
    bodies: list[bytes] = [_ENVELOPE.decode(data).body for data in stored.block.transactions]
    first = len(records) - len(bodies)
    receipts = [record.receipt for record in records[first:]]
    block_id = compute_block_id(header)
    block: Row = {
        "height": header.height,
        "block_id": block_id,
        "time": header.time,
        "proposer": header.proposer,
        "transactions": len(bodies),
        "scheduled": first,
        "bytes": sum(map(len, stored.block.transactions)),
        "finality": finality,
    }
    events, event_kinds = _pack_events(header.height, records)
    return BlockRows(
        height=header.height,
        block_id=block_id,
        block=block,
        transactions=_pack_transactions(header.height, bodies, receipts),
        deployments=list(_list_deployments(header.height, bodies, receipts)),
        events=events,
        event_kinds=event_kinds,
        scheduled=list(_list_scheduled(header.height, records)),
    )


def _pack_transactions(height: Height, bodies: list[bytes], receipts: list[Receipt]) -> list[Row]:
    opened = map(_SKIMMED.decode, bodies)
    rows = [
        TransactionRow(
            TransactionId(receipt.id),
            height,
            position,
            body.sender,
            body.payer,
            len(body.calls),
            receipt.status,
            receipt.message,
            receipt.gas_used,
        )
        for position, (body, receipt) in enumerate(zip(opened, receipts, strict=True))
    ]
    return [
        {
            "height": height,
            "pack": number,
            "senders": join_fingerprints(pack),
            "data": encode_pack(pack),
        }
        for number, pack in enumerate(split_transactions(rows))
    ]


def _list_deployments(
    height: Height, bodies: list[bytes], receipts: list[Receipt]
) -> Iterator[Row]:
    # A body names its methods in plain bytes: hardly any has to be opened.
    named = [position for position, data in enumerate(bodies) if _DEPLOY_BYTES in data]
    for position in named:
        receipt = receipts[position]
        for number, call in enumerate(_BODY.decode(bodies[position]).calls):
            if receipt.status == OK and (call.contract, call.method) == (LEDGER, DEPLOY):
                yield {
                    "height": height,
                    "position": position,
                    "call": number,
                    "transaction_id": receipt.id,
                }


def _pack_events(height: Height, records: list[Record]) -> tuple[list[Row], list[Row]]:
    """Return the packs of events, and which kinds stand in which."""
    packs: list[Row] = []
    kinds: list[Row] = []
    for number, (events, counts) in enumerate(split_events(_list_events(records))):
        place: Row = {"height": height, "pack": number}
        packs.append(place | {"last_receipt": events[-1].receipt, "data": encode_pack(events)})
        kinds += [
            place | {"contract": contract, "name": name, "events": count}
            for (contract, name), count in counts.items()
        ]
    return packs, kinds


def _list_events(records: list[Record]) -> Iterator[PackedEvent]:
    for receipt, record in enumerate(records):
        source = record.receipt.id
        for call, outcome in enumerate(record.outcomes):
            for number, event in enumerate(outcome.events):
                yield PackedEvent(
                    receipt, call, number, source, event.contract, event.name, event.data
                )


def _list_scheduled(height: Height, records: list[Record]) -> Iterator[Row]:
    for number, record in enumerate(records):
        receipt = record.receipt
        if receipt.kind is Kind.SCHEDULED:
            yield {
                "scheduled_id": receipt.id,
                "height": height,
                "receipt": number,
                "status": receipt.status,
                "message": receipt.message,
                "gas_used": receipt.gas_used,
            }
