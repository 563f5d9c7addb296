"""Handlers about transactions and scheduled calls: sending, waiting, reading, proving."""

import asyncio
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.blocks import (
    FINAL_CONFIRMATIONS,
    describe_outcomes,
    describe_receipt,
    describe_transaction,
    find_record,
    open_records,
)
from dure.api.answers.proofs import get_stored, prove_call, prove_scheduled, prove_transaction
from dure.api.answers.shapes import Accepted, FinalAnswer, ScheduledAnswer
from dure.api.http.errors import InvalidRequest
from dure.api.routes.operation import (
    BINARY,
    JSON,
    Parameters,
    answer_json,
    read_id,
    read_json,
    read_query,
)
from dure.api.service import Service
from dure.chain.transaction import CALLS_MAX
from dure.core.block import compute_block_id
from dure.core.errors import InvalidTransaction, NotFound
from dure.core.types import TransactionId
from dure.node.gateway import Finality
from dure.node.ports import StoredBlock
from dure.proof.file import encode_proof, render_proof


class SubmitQuery(Parameters, frozen=True):
    """Whether to answer at once, or when the transaction is final."""

    wait: Literal["final"] | None = None
    timeout_s: Annotated[float, Meta(ge=0, le=3600)] = 10.0


class ProofQuery(Parameters, frozen=True):
    """Of which call alone, counted from 0; without it the whole transaction is shown."""

    call: Annotated[int, Meta(ge=0, lt=CALLS_MAX)] | None = None


class SubmitBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A transaction as JSON, for those who cannot send bytes."""

    envelope: str
    """The envelope in hexadecimal."""


async def submit(service: Service, request: Request) -> Response:
    query = read_query(request, SubmitQuery)
    if query.timeout_s > service.settings.wait_s_max:
        message = f"a request waits at most {service.settings.wait_s_max:g} seconds"
        raise InvalidRequest(message)
    results = await service.submit(request, [await _read_envelope(request)])
    if isinstance(results[0], InvalidTransaction):
        raise results[0]
    if query.wait is None:
        accepted = Accepted(transaction_id=results[0].hex(), finality=Finality.PENDING.value)
        return answer_json(accepted, 202)
    stored, index = await service.gateway.wait_final(results[0], query.timeout_s)
    return answer_json(_describe_final(service, results[0], stored, index))


async def get_transaction(service: Service, request: Request) -> Response:
    stored, index = _find(service, request)
    return answer_json(describe_transaction(stored, index, service.contracts))


async def get_transaction_proof(service: Service, request: Request) -> Response:
    call = read_query(request, ProofQuery).call
    stored, index = _find(service, request)
    if call is None:
        proof = prove_transaction(service.gateway, stored, index)
    else:
        proof = prove_call(service.gateway, stored, read_id(request), call)
    return Response(encode_proof(proof), media_type=JSON)


async def get_scheduled(service: Service, request: Request) -> Response:
    stored, index = await _find_scheduled(service, request)
    receipt = open_records(stored)[index].receipt
    height = stored.block.header.height
    return answer_json(
        ScheduledAnswer(height=height, index=index, receipt=describe_receipt(receipt))
    )


async def get_scheduled_proof(service: Service, request: Request) -> Response:
    stored, _ = await _find_scheduled(service, request)
    proof = prove_scheduled(service.gateway, stored, read_id(request))
    return Response(encode_proof(proof), media_type=JSON)


async def _read_envelope(request: Request) -> bytes:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == BINARY:
        return await request.body()
    if media != JSON:
        raise InvalidRequest(f"the body is {BINARY} or {JSON}, and its header says which")
    body = await read_json(request, SubmitBody)
    try:
        return bytes.fromhex(body.envelope)
    except ValueError:
        raise InvalidRequest("the envelope is not hexadecimal") from None


def _describe_final(
    service: Service, transaction_id: TransactionId, stored: StoredBlock, index: int
) -> FinalAnswer:
    record = find_record(stored, index)
    header = stored.block.header
    return FinalAnswer(
        transaction_id=transaction_id.hex(),
        finality=Finality.FINAL.value,
        confirmations=FINAL_CONFIRMATIONS,
        height=header.height,
        index=index,
        block_id=compute_block_id(header).hex(),
        receipt=describe_receipt(record.receipt),
        outcomes=describe_outcomes(record.outcomes, service.contracts),
        proof=render_proof(prove_transaction(service.gateway, stored, index)),
    )


def _find(service: Service, request: Request) -> tuple[StoredBlock, int]:
    place = service.gateway.find_transaction(TransactionId(read_id(request)))
    if place is None:
        raise NotFound("no block of this node holds that transaction; it may still wait for one")
    return get_stored(service.gateway, place[0]), place[1]


async def _find_scheduled(service: Service, request: Request) -> tuple[StoredBlock, int]:
    row = await asyncio.to_thread(service.index.find_scheduled, read_id(request))
    if row is None:
        raise NotFound("no scheduled call of that id has run yet")
    return get_stored(service.gateway, row.height), row.receipt
