"""The handler of the log of administration."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dure.api.access.audit import find_end, read_entries
from dure.api.answers.administration import AuditItem, AuditList
from dure.api.routes.operation import Parameters, answer_json, read_query
from dure.api.service import Service
from dure.core.errors import NotFound
from dure.core.types import INT_MAX

ENTRIES_MAX: Final = 500


class AuditQuery(Parameters, frozen=True):
    """Which entries: those behind a number."""

    after: Annotated[int, Meta(ge=0, le=INT_MAX)] = 0
    limit: Annotated[int, Meta(ge=1, le=ENTRIES_MAX)] = 100


async def list_entries(service: Service, request: Request) -> Response:
    query = read_query(request, AuditQuery)
    if service.settings.audit is None:
        raise NotFound("this node keeps no log of administration")
    return answer_json(await asyncio.to_thread(_read, service.settings.audit, query))


def _read(path: Path, query: AuditQuery) -> AuditList:
    entries = read_entries(path, query.after, query.limit)
    end = find_end(path)
    return AuditList(
        entries=[AuditItem(**msgspec.structs.asdict(entry)) for entry in entries],
        end_number=end.number,
        end_hash=end.hash,
    )
