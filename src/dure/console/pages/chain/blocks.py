"""Blocks: the list, and one with its header explained, its seals, and what it holds."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.blocks import describe_block
from dure.api.answers.proofs import get_stored
from dure.api.routes.operation import read_height
from dure.chain.genesis.document import get_first_height
from dure.chain.receipt import Kind as ReceiptKind
from dure.console.facts.listing import ReadFilter, Row, build_query, build_rows, match_from
from dure.console.facts.transactions import COLUMNS, fetch_transactions
from dure.console.language import choose_language
from dure.console.site import Entry, Group, Page, Site
from dure.console.tables import Column, InvalidTableQuery, Kind, Query, Rows, Table, read_table
from dure.core.certificate import Certificate
from dure.core.validators import ValidatorSet, compute_quorum
from dure.index import BlockRow, Compare, Condition
from dure.node.gateway import Gateway

HEADER_FIELDS: Final = (
    "previous",
    "transaction_root",
    "state_root",
    "receipt_root",
    "validators_root",
    "next_validators_root",
    "parameters_root",
)
"""Roots of a header, each with its sentence in the texts (`field_<name>`)."""


async def fetch_blocks(site: Site, _request: Request, asked: Query) -> Rows:
    names = name_validators(site.gateway)
    filters: dict[str, ReadFilter] = {
        "height": match_from("height"),
        "transactions": match_from("transactions"),
        "proposer": lambda text: _match_proposer(text, names),
    }
    query = build_query(asked, filters)
    page = await site.ask_index(lambda index: index.lists.list_blocks(query))
    return build_rows(page, lambda row: _show_row(row, names))


BLOCKS: Final = Table(
    "blocks",
    (
        Column("height", "block", Kind.HEIGHT, is_sortable=True, is_filterable=True),
        Column("time", "time", Kind.TIME),
        Column("transactions", "transactions", Kind.NUMBER, is_filterable=True),
        Column("scheduled", "scheduled", Kind.NUMBER),
        Column("bytes", "blocks_bytes", Kind.NUMBER),
        Column("proposer", "proposer", is_filterable=True),
        Column("id", "block_id", Kind.HASH),
    ),
    fetch_blocks,
    label="blocks_title",
)


async def fetch_block_transactions(site: Site, request: Request, asked: Query) -> Rows:
    here = Condition("height", Compare.IS, read_height(request))
    return await fetch_transactions(site, choose_language(request), asked, (here,))


BLOCK_TRANSACTIONS: Final = Table(
    "transactions",
    tuple(column for column in COLUMNS if column.name not in {"height", "time"}),
    fetch_block_transactions,
    label="transactions",
    empty="block_no_transactions",
)


async def show_blocks(site: Site, request: Request) -> Response:
    blocks = await read_table(site, request, BLOCKS)
    return site.renderer.render(request, "chain/blocks.html", blocks=blocks)


async def show_block(site: Site, request: Request) -> Response:
    height = read_height(request)
    stored = get_stored(site.gateway, height)
    answer = describe_block(stored)
    return site.renderer.render(
        request,
        "chain/block.html",
        block=answer,
        header_fields=HEADER_FIELDS,
        names=name_validators(site.gateway),
        seals=_list_seals(site.gateway, stored.certificate),
        quorum=compute_quorum(len(site.gateway.executor.head.validators)),
        scheduled=[each for each in answer.receipts if each.kind == ReceiptKind.SCHEDULED],
        first=get_first_height(site.gateway.executor.genesis),
        transactions=await read_table(site, request, BLOCK_TRANSACTIONS),
    )


def name_validators(gateway: Gateway) -> dict[str, str]:
    """Return the organisation of each key that decides now, by the key in hexadecimal."""
    validators: ValidatorSet = gateway.executor.head.validators
    return {member.key.hex(): member.organisation for member in validators.members}


def _list_seals(gateway: Gateway, certificate: Certificate) -> list[dict[str, Any]]:
    """Return each validator of today with whether the certificate has its seal, and all others."""
    given = {seal.validator.hex(): seal.signature.hex() for seal in certificate.seals}
    names = name_validators(gateway)
    keys = [*names, *(key for key in given if key not in names)]
    return [{"key": key, "name": names.get(key), "signature": given.get(key)} for key in keys]


def _show_row(row: BlockRow, names: dict[str, str]) -> Row:
    proposer = row.proposer.hex()
    return {
        "height": row.height,
        "time": row.time,
        "transactions": row.transactions,
        "scheduled": row.scheduled,
        "bytes": row.bytes,
        "proposer": names.get(proposer, proposer[:16] if row.height else None),
        "id": row.block_id.hex(),
    }


def _match_proposer(text: str, names: dict[str, str]) -> Condition:
    """Return the condition for an organisation's name, or for a key in hexadecimal."""
    keys = [key for key, name in names.items() if text in (key, name)]
    if len(keys) != 1:
        message = "name one organisation that decides about blocks, or one validator's whole key"
        raise InvalidTableQuery(message)
    return Condition("proposer", Compare.IS, bytes.fromhex(keys[0]))


PAGES: Final = (
    Page("/blocks", show_blocks, menu=Entry(Group.CHAIN, "blocks_title"), tables=(BLOCKS,)),
    Page("/blocks/{height}", show_block, tables=(BLOCK_TRANSACTIONS,)),
)
