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
from dure.chain.receipt import OK, Receipt, Record
from dure.chain.receipt import Kind as ReceiptKind
from dure.chain.system.contracts import DeployArguments
from dure.chain.transaction import Body, compute_contract_address
from dure.core.block import compute_block_id
from dure.core.codec import build_decoder
from dure.core.types import Address, BlockId, Height, TransactionId
from dure.index import packs
from dure.index.packs import (
    Kind,
    PackedEvent,
    PackedTransaction,
    TransactionPack,
    encode_pack,
    join_fingerprints,
    split_events,
)
from dure.node.ports import StoredBlock

DEPLOY: Final = "deploy"
"""The ledger's method that puts a contract on the chain."""

Row = dict[str, Any]


class _Envelope(Struct, frozen=True, array_like=True, gc=False):
    """`dure.chain.transaction.Envelope`, of which only the body is of interest.

    Signatures and policies were checked before the block was.
    """

    body: bytes
    proofs: Raw


class _Call(Struct, frozen=True, array_like=True, gc=False):
    """`dure.chain.transaction.Call`, of which only what is called is of interest.

    What follows in the array is skipped.
    """

    contract: Address
    method: str


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
    calls: list[_Call]


_ENVELOPE: Final = build_decoder(_Envelope)
_SKIMMED: Final = build_decoder(_Body)
_BODY: Final = build_decoder(Body)
_RECORD: Final = build_decoder(Record)
_DEPLOYMENT: Final = build_decoder(DeployArguments)


@dataclass(frozen=True, slots=True)
class BlockRows:
    """The rows of one block, by table."""

    height: Height
    block_id: BlockId
    block: Row
    transactions: list[Row]
    call_kinds: list[Row]
    contracts: list[Row]
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
    transactions, call_kinds = _pack_transactions(header.height, bodies, receipts)
    events, event_kinds = _pack_events(header.height, records)
    return BlockRows(
        height=header.height,
        block_id=block_id,
        block=block,
        transactions=transactions,
        call_kinds=call_kinds,
        contracts=_list_deployed(header.height, bodies, receipts, call_kinds),
        events=events,
        event_kinds=event_kinds,
        scheduled=list(_list_scheduled(header.height, records)),
    )


def _pack_transactions(
    height: Height, bodies: list[bytes], receipts: list[Receipt]
) -> tuple[list[Row], list[Row]]:
    """Return the packs of transactions, and which kinds of calls stand in which."""
    rows: list[Row] = []
    kinds: list[Row] = []
    for number, first in enumerate(range(0, len(bodies), packs.PACK_ITEMS_MAX)):
        end = first + packs.PACK_ITEMS_MAX
        pack, counts = _fill_pack(first, bodies[first:end], receipts[first:end])
        place: Row = {"height": height, "pack": number}
        rows.append(
            place
            | {
                "first": first,
                "last": first + len(pack.transactions) - 1,
                "senders": join_fingerprints(pack.transactions),
                "data": encode_pack(pack),
            }
        )
        kinds += [
            place | {"contract": contract, "method": method, "calls": count}
            for (contract, method), count in zip(pack.kinds, counts, strict=True)
        ]
    return rows, kinds


def _fill_pack(
    first: int, bodies: list[bytes], receipts: list[Receipt]
) -> tuple[TransactionPack, list[int]]:
    """Return a pack, and how many calls of each of its kinds there are."""
    kinds = _Kinds()
    transactions: list[PackedTransaction] = []
    for position, (data, receipt) in enumerate(zip(bodies, receipts, strict=True), start=first):
        body: _Body = _SKIMMED.decode(data)
        calls = [kinds[call.contract, call.method] for call in _list_reached(body.calls, receipt)]
        for number in set(calls):
            kinds.counts[number] += calls.count(number)
        transactions.append(
            PackedTransaction(
                TransactionId(receipt.id),
                position,
                body.sender,
                body.payer,
                calls,
                len(body.calls),
                receipt.status,
                receipt.message,
                receipt.gas_used,
            )
        )
    return TransactionPack(list(kinds.numbers), transactions), kinds.counts


class _Kinds(dict[Kind, int]):
    """Numbers the kinds of calls in a pack as they come, and counts the calls of each."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[Kind, int] = {}
        self.counts: list[int] = []

    def __missing__(self, kind: Kind) -> int:
        # Names as a transaction writes them may be different ones that a database takes for one.
        contract, method = kind
        number = self.numbers.setdefault((contract, clean_text(method)), len(self.counts))
        if number == len(self.counts):
            self.counts.append(0)
        self[kind] = number
        return number


def _list_reached(calls: list[_Call], receipt: Receipt) -> list[_Call]:
    """Return the calls up to the one that refused.

    Those behind it were paid for by their bytes alone and may name anything.
    """
    if receipt.status == OK:
        return calls
    return [] if receipt.failed_call is None else calls[: receipt.failed_call + 1]


def clean_text(text: str) -> str:
    """Return a text as every database takes it: without the character 0."""
    return text.replace("\0", "\ufffd")


def _list_deployed(
    height: Height, bodies: list[bytes], receipts: list[Receipt], kinds: list[Row]
) -> list[Row]:
    """Return the contracts that the block's transactions put on the chain."""
    if not any(kind["method"] == DEPLOY and kind["contract"] == LEDGER for kind in kinds):
        return []
    return [
        {
            "address": compute_contract_address(TransactionId(receipt.id), number),
            "name": clean_text(_DEPLOYMENT.decode(call.arguments).source.class_name),
            "height": height,
            "position": position,
            "call": number,
            "transaction_id": receipt.id,
        }
        for position, (data, receipt) in enumerate(zip(bodies, receipts, strict=True))
        if receipt.status == OK and DEPLOY.encode() in data
        for number, call in enumerate(_BODY.decode(data).calls)
        if (call.contract, call.method) == (LEDGER, DEPLOY)
    ]


def _pack_events(height: Height, records: list[Record]) -> tuple[list[Row], list[Row]]:
    """Return the packs of events, and which kinds stand in which."""
    rows: list[Row] = []
    kinds: list[Row] = []
    for number, (events, counts) in enumerate(split_events(_list_events(records))):
        place: Row = {"height": height, "pack": number}
        rows.append(
            place
            | {
                "first_receipt": events[0].receipt,
                "last_receipt": events[-1].receipt,
                "data": encode_pack(events),
            }
        )
        kinds += [
            place | {"contract": contract, "name": name, "events": count}
            for (contract, name), count in counts.items()
        ]
    return rows, kinds


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
        if receipt.kind is ReceiptKind.SCHEDULED:
            yield {
                "scheduled_id": receipt.id,
                "height": height,
                "receipt": number,
                "status": receipt.status,
                "message": clean_text(receipt.message),
                "gas_used": receipt.gas_used,
            }
