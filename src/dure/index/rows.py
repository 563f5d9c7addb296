"""From one stored block to the rows that stand for it. Pure: no database, no clock.

Events are kept as the bytes that the receipt commits to. What their fields mean is looked up when
somebody asks, by the contract's interface; the index never depends on a contract.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dure.chain.receipt import Kind, Record
from dure.chain.transaction import Body, Envelope, compute_transaction_id
from dure.core.block import compute_block_id
from dure.core.codec import decode
from dure.core.types import BlockId, Height, TransactionId
from dure.node.ports import StoredBlock

Row = dict[str, object]


class _Opened(NamedTuple):
    transaction_id: TransactionId
    body: Body


@dataclass(frozen=True, slots=True)
class BlockRows:
    """The rows of one block, by table."""

    height: Height
    block_id: BlockId
    block: Row
    transactions: list[Row]
    calls: list[Row]
    events: list[Row]
    scheduled: list[Row]
    accounts: list[Row]


def build_rows(stored: StoredBlock, finality: str) -> BlockRows:
    """Open a stored block. It comes from our own disk, so what does not decode is our own fault."""
    header = stored.block.header
    block_id = compute_block_id(header)
    records = [decode(Record, data) for data in stored.receipts]
    # Signatures and policies were checked before the block was; only the bodies are of interest.
    bodies = [decode(Envelope, envelope).body for envelope in stored.block.transactions]
    opened = [_Opened(compute_transaction_id(body), decode(Body, body)) for body in bodies]
    first = len(records) - len(opened)
    block: Row = {
        "height": header.height,
        "block_id": block_id,
        "time": header.time,
        "proposer": header.proposer,
        "transactions": len(opened),
        "scheduled": first,
        "bytes": sum(map(len, stored.block.transactions)),
        "finality": finality,
    }
    receipts = [record.receipt for record in records[first:]]
    places = list(enumerate(zip(opened, receipts, strict=True)))
    return BlockRows(
        height=header.height,
        block_id=block_id,
        block=block,
        transactions=[
            {
                "transaction_id": transaction.transaction_id,
                "height": header.height,
                "position": position,
                "sender": transaction.body.sender,
                "payer": transaction.body.payer,
                "calls": len(transaction.body.calls),
                "status": receipt.status,
                "message": receipt.message,
                "gas_used": receipt.gas_used,
            }
            for position, (transaction, receipt) in places
        ],
        calls=list(_list_calls(header.height, opened)),
        events=list(_list_events(header.height, records)),
        scheduled=list(_list_scheduled(header.height, records)),
        accounts=_list_accounts(header.height, opened),
    )


def _list_calls(height: Height, opened: list[_Opened]) -> Iterator[Row]:
    for position, transaction in enumerate(opened):
        for number, call in enumerate(transaction.body.calls):
            yield {
                "height": height,
                "position": position,
                "call": number,
                "contract": call.contract,
                "method": call.method,
            }


def _list_events(height: Height, records: list[Record]) -> Iterator[Row]:
    for receipt, record in enumerate(records):
        for call, outcome in enumerate(record.outcomes):
            for number, event in enumerate(outcome.events):
                yield {
                    "height": height,
                    "receipt": receipt,
                    "call": call,
                    "number": number,
                    "source": record.receipt.id,
                    "contract": event.contract,
                    "name": event.name,
                    "data": event.data,
                }


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


def _list_accounts(height: Height, opened: list[_Opened]) -> list[Row]:
    senders = {transaction.body.sender for transaction in opened}
    payers = {payer for transaction in opened if (payer := transaction.body.payer) is not None}
    return [{"address": address, "height": height} for address in sorted(senders | payers)]
