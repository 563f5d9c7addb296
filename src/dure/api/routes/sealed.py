"""Handlers about sealed data: parts of files and sealed keys, for those whom the contract names.

Every request carries a signature of its own (`dure.identity.envelopes.requests`), so these need no
role: the access list of the record decides.
"""

from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dure.api.http.errors import InvalidRequest
from dure.api.routes.operation import (
    BINARY,
    Parameters,
    answer_json,
    read_address,
    read_json,
    read_name,
    read_query,
)
from dure.api.service import Service
from dure.core.address import encode_address
from dure.core.errors import NotFound
from dure.core.types import INT_MAX
from dure.identity.envelopes.requests import HEADER
from dure.node.sealed.callers import Asked
from dure.node.sealed.desk import READERS_MAX, Desk, Subject
from dure.sdk.sealed.keeper_node import PART_BYTES, KeysBody, ReadingAnswer

Version = Annotated[int, Meta(ge=1, le=INT_MAX)]
Offset = Annotated[int, Meta(ge=0, le=INT_MAX)]


class VersionQuery(Parameters, frozen=True):
    """Which version of the record; only the present one is kept."""

    version: Version


class OffsetQuery(Parameters, frozen=True):
    """From where on the part goes."""

    version: Version
    offset: Offset


class PartQuery(Parameters, frozen=True):
    """Which part is wanted."""

    version: Version
    offset: Offset
    length: Annotated[int, Meta(ge=1, le=PART_BYTES)]


async def get_sealed_standing(service: Service, request: Request) -> Response:
    query = read_query(request, VersionQuery)
    subject = _read(request, query.version)
    desk = _get_desk(service)
    return answer_json(await desk.describe(await _hear(request), subject))


async def put_sealed_part(service: Service, request: Request) -> Response:
    query = read_query(request, OffsetQuery)
    subject = _read(request, query.version)
    desk = _get_desk(service)
    return answer_json(await desk.take_part(await _hear(request), subject, query.offset))


async def get_sealed_part(service: Service, request: Request) -> Response:
    query = read_query(request, PartQuery)
    subject = _read(request, query.version)
    desk = _get_desk(service)
    part = await desk.give_part(await _hear(request), subject, query.offset, query.length)
    return Response(part, media_type=BINARY)


async def put_sealed_keys(service: Service, request: Request) -> Response:
    query = read_query(request, VersionQuery)
    body = await read_json(request, KeysBody)
    if len(body.keys) > READERS_MAX:
        raise InvalidRequest(f"a version has at most {READERS_MAX} sealed keys")
    try:
        keys = {read_address(reader): bytes.fromhex(key) for reader, key in body.keys.items()}
    except ValueError:
        raise InvalidRequest("a sealed key is not hexadecimal") from None
    subject = _read(request, query.version)
    desk = _get_desk(service)
    return answer_json(await desk.take_keys(await _hear(request), subject, keys))


async def get_sealed_keys(service: Service, request: Request) -> Response:
    query = read_query(request, VersionQuery)
    subject = _read(request, query.version)
    keys = await _get_desk(service).give_keys(await _hear(request), subject)
    return answer_json(
        KeysBody(keys={encode_address(reader): key.hex() for reader, key in keys.items()})
    )


async def read_sealed_key(service: Service, request: Request) -> Response:
    query = read_query(request, VersionQuery)
    subject = _read(request, query.version)
    key, number = await _get_desk(service).give_key(await _hear(request), subject)
    return answer_json(ReadingAnswer(key=key.hex(), reading=number))


def _get_desk(service: Service) -> Desk:
    if service.sealed is None:
        raise NotFound("this node keeps no sealed data")
    return service.sealed


def _read(request: Request, version: int) -> Subject:
    return Subject(read_address(request.path_params["address"]), read_name(request), version)


async def _hear(request: Request) -> Asked:
    scope = request.scope
    query = scope["query_string"].decode("latin-1")
    target = f"{scope['path']}?{query}"
    header = request.headers.get(HEADER, "")
    return Asked(header, request.method, target, await request.body())
