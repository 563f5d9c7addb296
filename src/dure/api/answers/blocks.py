"""Blocks, receipts and transactions as answers.

A stored block comes from the node's own disk, so what does not decode is our own fault.
"""

from typing import Any, TypeVar

import msgspec

from dure.api.answers.contracts import Contracts
from dure.api.answers.shapes import (
    BlockAnswer,
    CallAnswer,
    CertificateAnswer,
    HeaderAnswer,
    Number,
    OutcomeAnswer,
    ReceiptAnswer,
    TransactionAnswer,
)
from dure.chain.receipt import Outcome, Receipt, Record
from dure.chain.transaction import Call, Transaction, decode_transaction
from dure.core.address import encode_address
from dure.core.block import Header, compute_block_id
from dure.core.certificate import Certificate
from dure.core.codec import Wire, decode
from dure.node.gateway import Finality
from dure.node.ports import StoredBlock
from dure.proof import json_form

T = TypeVar("T")

FINAL_CONFIRMATIONS = 1
"""A block that an engine finalised once is final for ever."""


def describe(answer: type[T], value: Wire) -> T:
    """Return a wire value as the answer that has the same fields."""
    return msgspec.convert(json_form.render(type(value), value), answer)


def describe_number(value: int) -> Number:
    """Return an integer in the form that no JSON reader loses."""
    return value if value <= json_form.SAFE_INTEGER_MAX else str(value)


def open_records(stored: StoredBlock) -> list[Record]:
    """Return a block's receipts with their outcomes."""
    return [decode(Record, data) for data in stored.receipts]


def describe_receipt(receipt: Receipt) -> ReceiptAnswer:
    """Return a receipt as an answer."""
    return describe(ReceiptAnswer, receipt)


def describe_outcomes(outcomes: tuple[Outcome, ...], contracts: Contracts) -> list[OutcomeAnswer]:
    """Return what the calls did, events opened."""
    return [
        OutcomeAnswer(
            result=outcome.result.hex(),
            events=[contracts.describe_event(e.contract, e.name, e.data) for e in outcome.events],
        )
        for outcome in outcomes
    ]


def describe_block(stored: StoredBlock) -> BlockAnswer:
    """Return a stored block as an answer."""
    opened = [decode_transaction(envelope) for envelope in stored.block.transactions]
    return BlockAnswer(
        block_id=compute_block_id(stored.block.header).hex(),
        finality=Finality.FINAL.value,
        confirmations=FINAL_CONFIRMATIONS,
        header=_describe_header(stored.block.header),
        certificate=_describe_certificate(stored.certificate),
        transactions=[transaction.transaction_id.hex() for transaction in opened],
        receipts=[describe_receipt(record.receipt) for record in open_records(stored)],
    )


def find_record(stored: StoredBlock, index: int) -> Record:
    """Return the record of the block's transaction at `index`.

    Scheduled calls stand before all of them.
    """
    first = len(stored.receipts) - len(stored.block.transactions)
    return decode(Record, stored.receipts[first + index])


def describe_transaction(
    stored: StoredBlock, index: int, contracts: Contracts
) -> TransactionAnswer:
    """Return the block's transaction at `index` as an answer."""
    transaction: Transaction = decode_transaction(stored.block.transactions[index])
    body, record, header = transaction.body, find_record(stored, index), stored.block.header
    return TransactionAnswer(
        transaction_id=transaction.transaction_id.hex(),
        finality=Finality.FINAL.value,
        confirmations=FINAL_CONFIRMATIONS,
        height=header.height,
        index=index,
        block_id=compute_block_id(header).hex(),
        time=header.time,
        sender=encode_address(body.sender),
        payer=None if body.payer is None else encode_address(body.payer),
        valid_until=body.valid_until,
        gas_limit=describe_number(body.gas_limit),
        calls=[_describe_call(call, contracts) for call in body.calls],
        receipt=describe_receipt(record.receipt),
        outcomes=describe_outcomes(record.outcomes, contracts),
    )


def _describe_call(call: Call, contracts: Contracts) -> CallAnswer:
    form: dict[str, Any] = {
        "named": contracts.name_arguments(call.contract, call.method, call.arguments)
    }
    rendered = json_form.render(Call, call)
    assert isinstance(rendered, dict)
    return msgspec.convert(rendered | form, CallAnswer)


def _describe_header(header: Header) -> HeaderAnswer:
    return describe(HeaderAnswer, header)


def _describe_certificate(certificate: Certificate) -> CertificateAnswer:
    return describe(CertificateAnswer, certificate)
