"""Handlers about contracts and what they said: source, interface, read-only calls, events."""

import asyncio
from typing import Annotated, Final

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.blocks import FINAL_CONFIRMATIONS
from dure.api.answers.contracts import Contracts
from dure.api.answers.shapes import ContractList, EventItem, EventList, ViewAnswer
from dure.api.http.access import get_client
from dure.api.http.errors import InvalidRequest
from dure.api.routes.operation import (
    Parameters,
    answer_json,
    read_address,
    read_json,
    read_query,
    read_version,
)
from dure.api.service import Service
from dure.chain.transaction import compute_contract_address
from dure.contract.agreement import LanguageCode
from dure.core.types import INT_MAX, NO_HASH, Address, Height
from dure.index import EventFilter, EventRow
from dure.proof.json_form import Json

PAGE_MAX: Final = 500

Limit = Annotated[int, Meta(ge=1, le=PAGE_MAX)]
Cursor = Annotated[str, Meta(pattern=r"^[0-9]{1,18}(-[0-9]{1,9}){2,3}$")]
"""`next` of the page before."""


class ContractsQuery(Parameters, frozen=True):
    """Which page of the contracts."""

    after: Cursor | None = None
    limit: Limit = 100


class ViewQuery(Parameters, frozen=True):
    """As whom to ask; methods that look at their caller answer accordingly."""

    sender: str | None = None


class AgreementQuery(Parameters, frozen=True):
    """In which language the page is written."""

    language: LanguageCode = "en"


class EventsQuery(Parameters, frozen=True):
    """Which events, and which page of them."""

    from_height: Annotated[int, Meta(ge=0, le=INT_MAX)] | None = None
    contract: str | None = None
    name: Annotated[str, Meta(max_length=64)] | None = None
    after: Cursor | None = None
    limit: Limit = 100


async def list_contracts(service: Service, request: Request) -> Response:
    query = read_query(request, ContractsQuery)
    after = None if query.after is None else _read_cursor(query.after, 3)
    place = None if after is None else (after[0], after[1], after[2])
    found = service.contracts.inherited.list_contracts(place, query.limit)
    rows = await asyncio.to_thread(service.index.list_deployments, place, query.limit - len(found))
    for row in rows:
        address = compute_contract_address(row.transaction_id, row.call)
        found.append(((row.height, row.position, row.call), address))
    full = len(found) == query.limit
    return answer_json(
        ContractList(
            contracts=[service.contracts.summarise(address) for _, address in found],
            next="-".join(map(str, found[-1][0])) if full else None,
        )
    )


async def get_contract(service: Service, request: Request) -> Response:
    return answer_json(service.contracts.describe(read_address(request.path_params["address"])))


async def list_versions(service: Service, request: Request) -> Response:
    address = read_address(request.path_params["address"])
    return answer_json(service.contracts.list_versions(address))


async def get_version(service: Service, request: Request) -> Response:
    address = read_address(request.path_params["address"])
    return answer_json(service.contracts.describe_version(address, read_version(request)))


async def get_agreement(service: Service, request: Request) -> Response:
    query = read_query(request, AgreementQuery)
    address = read_address(request.path_params["address"])
    service.allowance.take(get_client(request))
    return answer_json(await service.agreements.describe(address, query.language))


async def call_view(service: Service, request: Request) -> Response:
    query = read_query(request, ViewQuery)
    address = read_address(request.path_params["address"])
    sender = Address(NO_HASH) if query.sender is None else read_address(query.sender)
    arguments = await read_json(request, dict[str, Json] | list[Json])  # type: ignore[arg-type]
    service.allowance.take(get_client(request))
    method = request.path_params["method"]
    result = service.contracts.call_view(address, method, arguments, sender)
    head = service.gateway.executor.head
    return answer_json(
        ViewAnswer(result=result, height=head.header.height, block_id=head.block_id.hex())
    )


async def list_events(service: Service, request: Request) -> Response:
    query = read_query(request, EventsQuery)
    after = None if query.after is None else _read_cursor(query.after, 4)
    wanted = EventFilter(
        contract=None if query.contract is None else read_address(query.contract),
        name=query.name,
        from_height=None if query.from_height is None else Height(query.from_height),
        after=None if after is None else (after[0], after[1], after[2], after[3]),
    )
    rows = await asyncio.to_thread(service.index.list_events, wanted, query.limit)
    last = rows[-1].place if len(rows) == query.limit else None
    return answer_json(
        EventList(
            events=[describe_event_row(row, service.contracts) for row in rows],
            next=None if last is None else "-".join(map(str, last)),
        )
    )


def describe_event_row(row: EventRow, contracts: Contracts) -> EventItem:
    """Return an event of the index as an answer."""
    return EventItem(
        type="event",
        height=row.height,
        index=row.receipt,
        call=row.call,
        number=row.number,
        block_id=row.block_id.hex(),
        time=row.time,
        source=row.source.hex(),
        finality=row.finality,
        confirmations=FINAL_CONFIRMATIONS,
        event=contracts.describe_event(Address(row.contract), row.name, row.data),
    )


def _read_cursor(text: str, parts: int) -> list[int]:
    numbers = [int(part) for part in text.split("-")]
    if len(numbers) != parts:
        raise InvalidRequest("`after` is the `next` of the page before")
    return numbers
