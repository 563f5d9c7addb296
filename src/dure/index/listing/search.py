"""Finds whatever one text may mean: a height, an id, an address, a name, a row of a table."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from dure.chain.state import (
    AssetRecord,
    ContractRecord,
    View,
    key_asset,
    key_contract,
    key_organisation,
    list_organisations,
)
from dure.core.address import PREFIX, decode_address, encode_address
from dure.core.errors import InvalidEncoding
from dure.core.types import INT_MAX, Address, AssetId, Height, TransactionId
from dure.index.listing.query import Compare, Condition, InvalidQuery, Query
from dure.node.gateway import Gateway

if TYPE_CHECKING:
    from dure.index.store import Index

TEXT_MAX: Final = 200
HITS_MAX: Final = 50
_OF_A_KIND_MAX: Final = 10
_NUMBER: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
_ID: Final = re.compile(r"[0-9a-f]{64}")


class HitKind(StrEnum):
    """What was found, and so which page shows it."""

    BLOCK = "block"
    """`target` is its height."""
    TRANSACTION = "transaction"
    """`target` is its id in hexadecimal."""
    SCHEDULED = "scheduled"
    """`target` is the scheduled call's id; `height` is where it ran."""
    ACCOUNT = "account"
    CONTRACT = "contract"
    """`target` is the address as text, of an account too."""
    ASSET = "asset"
    """`target` is its id."""
    ORGANISATION = "organisation"
    """`target` is its account's address."""
    APPLICATION = "application"
    """`target` is its slug."""
    ROW = "row"
    """`target` is the row's key, in the table `table` of the application `application`."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that the text may mean."""

    kind: HitKind
    target: str
    label: str
    """What it is called, where it has a name; else the target."""
    height: int | None = None
    """Block in which it stands, where there is one."""
    application: str = ""
    table: str = ""
    contract: str = ""
    """Of a row: the contract's address."""


async def search(gateway: Gateway, index: "Index", text: str) -> list[Hit]:
    """Return up to `HITS_MAX` hits, what is meant exactly before what only contains the text.

    Nothing is found for an empty text; one longer than `TEXT_MAX`, or one that no name has, raises
    `InvalidQuery`. Runs on the node's event loop.
    """
    wanted = text.strip()
    if len(wanted) > TEXT_MAX or not wanted.isprintable():
        raise InvalidQuery(f"what is searched for is one line of {TEXT_MAX} characters at most")
    if not wanted:
        return []
    hits = [*_find_by_address(gateway, wanted), *_find_by_id(gateway, wanted)]
    hits += await asyncio.to_thread(_find_in_index, index, wanted)
    hits += _find_organisations(gateway.executor.view(), wanted)
    # One thing may be found in two ways; the first hit of it stays.
    once = {
        (hit.kind, hit.target, hit.application, hit.table, hit.contract): hit for hit in hits[::-1]
    }
    return list(once.values())[::-1][:HITS_MAX]


def _find_by_address(gateway: Gateway, text: str) -> Iterator[Hit]:
    if not text.lower().startswith(PREFIX + "1"):
        return
    try:
        address = decode_address(text)
    except InvalidEncoding:
        return
    shown = encode_address(address)
    is_contract = gateway.executor.read(key_contract(address)) is not None
    yield Hit(HitKind.CONTRACT if is_contract else HitKind.ACCOUNT, shown, shown)


def _find_by_id(gateway: Gateway, text: str) -> Iterator[Hit]:
    identity = text.lower()
    if not _ID.fullmatch(identity):
        return
    value = bytes.fromhex(identity)
    place = gateway.find_transaction(TransactionId(value))
    if place is not None:
        yield Hit(HitKind.TRANSACTION, identity, identity, place[0])
    view = gateway.executor.view()
    asset = view.load(AssetRecord, key_asset(AssetId(value)))
    if asset is not None:
        yield Hit(HitKind.ASSET, identity, asset.code)
    if view.load(ContractRecord, key_contract(Address(value))) is not None:
        yield Hit(HitKind.CONTRACT, encode_address(Address(value)), identity)


def _find_organisations(view: View, text: str) -> Iterator[Hit]:
    for name in list_organisations(view):
        account = view.get(key_organisation(name))
        if text.casefold() in name.casefold() and account is not None:
            yield Hit(HitKind.ORGANISATION, encode_address(Address(account)), name)


def _find_in_index(index: "Index", text: str) -> list[Hit]:
    return [
        *_find_blocks(index, text),
        *_find_scheduled(index, text),
        *_find_rows(index, text),
        *_find_contracts(index, text),
        *_find_applications(index, text),
    ]


def _find_blocks(index: "Index", text: str) -> Iterator[Hit]:
    conditions = []
    if _NUMBER.fullmatch(text) and int(text) <= INT_MAX:
        conditions.append(Condition("height", Compare.IS, int(text)))
    if _ID.fullmatch(text.lower()):
        conditions.append(Condition("block_id", Compare.IS, bytes.fromhex(text)))
    for condition in conditions:
        for row in index.lists.list_blocks(Query(conditions=(condition,), limit=1)).rows:
            yield Hit(HitKind.BLOCK, str(row.height), row.block_id.hex(), Height(row.height))


def _find_scheduled(index: "Index", text: str) -> Iterator[Hit]:
    row = index.find_scheduled(bytes.fromhex(text)) if _ID.fullmatch(text.lower()) else None
    if row is not None:
        yield Hit(HitKind.SCHEDULED, text.lower(), text.lower(), row.height)


def _find_rows(index: "Index", text: str) -> Iterator[Hit]:
    for table, row in index.lists.find_rows(text, _OF_A_KIND_MAX):
        yield Hit(
            HitKind.ROW,
            row["row_key"],
            row["row_key"],
            row["row_height"],
            application=table.description.application,
            table=table.description.name,
            contract=encode_address(Address(row["row_contract"])),
        )


def _find_contracts(index: "Index", text: str) -> Iterator[Hit]:
    named = Condition("name", Compare.CONTAINS, text)
    page = index.lists.list_contracts(Query(conditions=(named,), limit=_OF_A_KIND_MAX))
    for row in page.rows:
        yield Hit(HitKind.CONTRACT, encode_address(Address(row.address)), row.name, row.height)


def _find_applications(index: "Index", text: str) -> Iterator[Hit]:
    wanted = text.casefold()
    for each in index.applications:
        names = (each.application, each.title_en, each.title_ko)
        if any(wanted in name.casefold() for name in names):
            yield Hit(HitKind.APPLICATION, each.application, each.title_en or each.application)
