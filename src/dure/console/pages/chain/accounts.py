"""Accounts and what they hold: the list, one with its keys, rights and activity, and all assets."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.accounts import describe_account, describe_asset
from dure.api.answers.assets import list_asset_ids
from dure.api.answers.proofs import get_stored
from dure.api.routes.operation import read_address
from dure.chain import membership, state
from dure.chain.transaction import Policy, decode_transaction
from dure.console.applications.money import show_money
from dure.console.facts.listing import Row, build_query, build_rows, match_address, match_from
from dure.console.facts.names import Names
from dure.console.facts.signers import describe_policy
from dure.console.facts.transactions import COLUMNS, fetch_transactions
from dure.console.language import choose_language
from dure.console.site import Entry, Group, Page, Site
from dure.console.tables import Cell, Column, Kind, Query, Rows, Table, read_table, select_rows
from dure.core.address import encode_address
from dure.core.types import Address, AssetId
from dure.index import Compare, Condition, ListedAccount
from dure.index import Query as IndexQuery


async def fetch_accounts(site: Site, request: Request, asked: Query) -> Rows:
    filters = {
        "address": match_address("address"),
        "sent": match_from("sent"),
        "last_height": match_from("last_height"),
    }
    query = build_query(asked, filters)
    page = await site.ask_index(lambda index: index.lists.list_accounts(query))
    names = Names(site.gateway, choose_language(request))
    return build_rows(page, lambda row: _show_account(row, names))


ACCOUNTS: Final = Table(
    "accounts",
    (
        Column("address", "accounts_address", Kind.ADDRESS, is_filterable=True),
        Column("name", "accounts_name"),
        Column("sent", "accounts_sent", Kind.NUMBER, is_filterable=True),
        Column("paid", "accounts_paid", Kind.NUMBER),
        Column("named", "accounts_named", Kind.NUMBER),
        Column("first_height", "accounts_first", Kind.HEIGHT),
        Column("last_height", "accounts_last", Kind.HEIGHT, is_sortable=True, is_filterable=True),
    ),
    fetch_accounts,
    label="accounts_title",
)


async def fetch_activity(site: Site, request: Request, asked: Query) -> Rows:
    address = read_address(request.path_params["address"])
    theirs = Condition("account", Compare.IS, address)
    return await fetch_transactions(site, choose_language(request), asked, (theirs,))


ACTIVITY: Final = Table("activity", COLUMNS, fetch_activity, label="account_activity")


async def fetch_assets(site: Site, request: Request, asked: Query) -> Rows:
    names = Names(site.gateway, choose_language(request))
    rows = [_show_asset(site, asset, names) for asset in await _list_assets(site)]
    return select_rows(ASSETS.columns, [row for row in rows if row is not None], asked)


ASSETS: Final = Table(
    "assets",
    (
        Column("code", "assets_code", is_sortable=True, is_filterable=True),
        Column("supply", "assets_supply", Kind.NUMBER),
        Column("decimals", "assets_decimals", Kind.NUMBER, is_sortable=True),
        Column("issuer", "assets_issuer", Kind.ADDRESS, is_filterable=True),
        Column("asset", "assets_id", Kind.HASH, is_filterable=True),
    ),
    fetch_assets,
    label="assets_title",
)


async def show_accounts(site: Site, request: Request) -> Response:
    accounts = await read_table(site, request, ACCOUNTS)
    return site.renderer.render(request, "chain/accounts.html", accounts=accounts)


async def show_assets(site: Site, request: Request) -> Response:
    assets = await read_table(site, request, ASSETS)
    return site.renderer.render(request, "chain/assets.html", assets=assets)


async def show_account(site: Site, request: Request) -> Response:
    address = read_address(request.path_params["address"])
    view = site.gateway.executor.view()
    names = Names(site.gateway, choose_language(request))
    policy = await _find_policy(site, address)
    return site.renderer.render(
        request,
        "chain/account.html",
        account=describe_account(site.gateway, address, await _list_assets(site)),
        name=names.find(address),
        names=names,
        policy=None if policy is None else describe_policy(policy),
        device=view.load(membership.Device, membership.key_device(address)),
        activity=await read_table(site, request, ACTIVITY),
        **await _describe_rights(site, address, names),
    )


async def _describe_rights(site: Site, address: Address, names: Names) -> dict[str, Any]:
    """Return the roles of an account, at contracts and everywhere."""
    view, found = site.gateway.executor.view(), await site.scan.read(site.gateway)
    held = found.held_roles.get(address, [])
    return {
        "chain_roles": [
            role
            for role in found.chain_roles.get(address, [])
            if membership.has_chain_role(view, address, role)
        ],
        "contract_roles": [
            (encode_address(contract), names.find(contract), role) for contract, role in held
        ],
    }


async def _find_policy(site: Site, address: Address) -> Policy | None:
    """Return the policy that acts now; None where nobody has seen it yet.

    An account that never changed its keys shows them with its first transaction only: until then
    the chain knows the address alone.
    """
    view = site.gateway.executor.view()
    known = view.load(state.Account, state.key_account(address))
    if known is not None and known.policy is not None:
        return known.policy
    sent = IndexQuery(conditions=(Condition("sender", Compare.IS, address),), limit=1)
    page = await site.ask_index(lambda index: index.lists.list_transactions(sent))
    for row in page.rows:
        stored = get_stored(site.gateway, row.height)
        opened = decode_transaction(stored.block.transactions[row.position])
        if opened.addresses[0] == address:
            return opened.proofs[0].policy
    return None


async def _list_assets(site: Site) -> list[AssetId]:
    return await list_asset_ids(site.gateway, site.index, site.contracts.inherited)


def _show_account(row: ListedAccount, names: Names) -> Row:
    text = encode_address(row.address)
    page = "contracts" if names.is_contract(row.address) else "accounts"
    return {
        "address": Cell(text, href=f"/{page}/{text}"),
        "name": names.find(row.address),
        "sent": row.sent,
        "paid": row.paid,
        "named": row.named,
        "first_height": row.first_height,
        "last_height": row.last_height,
    }


def _show_asset(site: Site, asset: AssetId, names: Names) -> Row | None:
    answer = describe_asset(site.gateway, asset)
    if answer is None:
        return None
    supply = int(answer.supply)
    return {
        "code": answer.code,
        "supply": Cell(supply, show_money(supply, answer.decimals)),
        "decimals": answer.decimals,
        "issuer": names.show(read_address(answer.issuer)),
        "asset": answer.asset,
    }


PAGES: Final = (
    Page("/accounts", show_accounts, menu=Entry(Group.CHAIN, "accounts_title"), tables=(ACCOUNTS,)),
    Page("/accounts/{address}", show_account, tables=(ACTIVITY,)),
    Page("/assets", show_assets, menu=Entry(Group.CHAIN, "assets_title"), tables=(ASSETS,)),
)
