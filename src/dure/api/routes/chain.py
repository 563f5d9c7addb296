"""Handlers about the chain: status, genesis, blocks, accounts, assets, state."""

import asyncio
from typing import Annotated, Final

from msgspec import Meta, field
from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers import assets
from dure.api.answers.accounts import describe_account, describe_asset, describe_status
from dure.api.answers.blocks import FINAL_CONFIRMATIONS, describe_block
from dure.api.answers.proofs import get_stored, prove_state
from dure.api.answers.shapes import AssetList, BlockList, BlockSummary, HealthAnswer
from dure.api.answers.validators import describe_history
from dure.api.http.metrics import MEDIA_TYPE, measure_index
from dure.api.routes.operation import (
    BINARY,
    JSON,
    Parameters,
    answer_json,
    read_address,
    read_height,
    read_key,
    read_query,
)
from dure.api.service import Service
from dure.core.codec import encode
from dure.core.types import INT_MAX, AssetId, Height
from dure.index import BlockRow
from dure.proof.file import encode_proof

BLOCKS_MAX: Final = 500


class BlocksQuery(Parameters, frozen=True):
    """Which blocks: from a height on, or without one the newest."""

    from_height: Annotated[int, Meta(ge=0, le=INT_MAX)] | None = field(default=None, name="from")
    limit: Annotated[int, Meta(ge=1, le=BLOCKS_MAX)] = 20


async def get_status(service: Service, _request: Request) -> Response:
    return answer_json(describe_status(service.gateway))


async def get_validators(service: Service, _request: Request) -> Response:
    return answer_json(describe_history(service.gateway))


async def get_genesis(service: Service, _request: Request) -> Response:
    return Response(service.genesis_file, media_type=BINARY)


async def list_blocks(service: Service, request: Request) -> Response:
    query = read_query(request, BlocksQuery)
    start = None if query.from_height is None else Height(query.from_height)
    rows = await asyncio.to_thread(service.index.list_blocks, start, query.limit)
    full = start is not None and len(rows) == query.limit
    return answer_json(
        BlockList(
            blocks=[describe_row(row) for row in rows],
            next=rows[-1].height + 1 if full else None,
        )
    )


async def get_block(service: Service, request: Request) -> Response:
    return answer_json(describe_block(get_stored(service.gateway, read_height(request))))


async def get_block_bytes(service: Service, request: Request) -> Response:
    stored = get_stored(service.gateway, read_height(request))
    return Response(encode(stored.block), media_type=BINARY)


async def get_account(service: Service, request: Request) -> Response:
    address = read_address(request.path_params["address"])
    known = await list_asset_ids(service)
    return answer_json(describe_account(service.gateway, address, known))


async def list_assets(service: Service, _request: Request) -> Response:
    found = [describe_asset(service.gateway, asset) for asset in await list_asset_ids(service)]
    return answer_json(AssetList(assets=[asset for asset in found if asset is not None]))


async def get_state_proof(service: Service, request: Request) -> Response:
    proof = prove_state(service.gateway, read_key(request))
    return Response(encode_proof(proof), media_type=JSON)


async def get_health(service: Service, _request: Request) -> Response:
    status = service.gateway.get_status()
    reason = "the node is catching up with the other members" if status.syncing else ""
    answer = HealthAnswer(ready=not reason, reason=reason, height=status.height)
    return answer_json(answer, 200 if answer.ready else 503)


async def get_metrics(service: Service, _request: Request) -> Response:
    indexed = await asyncio.to_thread(measure_index, service.index)
    return Response(service.metrics.render(indexed), media_type=MEDIA_TYPE)


async def list_asset_ids(service: Service) -> list[AssetId]:
    """Return all assets that the node knows."""
    return await assets.list_asset_ids(service.gateway, service.index, service.contracts.inherited)


def describe_row(row: BlockRow) -> BlockSummary:
    """Return a block of the index as an answer."""
    return BlockSummary(
        height=row.height,
        block_id=row.block_id.hex(),
        time=row.time,
        proposer=row.proposer.hex(),
        transactions=row.transactions,
        scheduled=row.scheduled,
        finality=row.finality,
        confirmations=FINAL_CONFIRMATIONS,
    )
