"""Members and certificates: who takes part, who certifies for whom, roles, devices, revocations."""

import datetime as dt
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dure.chain import membership, state, system
from dure.console.facts.listing import Row
from dure.console.facts.organisations import (
    OrganisationFacts,
    describe_organisation,
    list_organisations,
)
from dure.console.facts.scan import list_devices
from dure.console.site import Entry, Group, Page, Site
from dure.console.tables import Cell, Column, Kind, Query, Rows, Table, read_table, select_rows
from dure.core.address import decode_address, encode_address
from dure.core.errors import NotFound

NAME_LENGTH_MAX: Final = 64


async def fetch_members(site: Site, _request: Request, asked: Query) -> Rows:
    rows = [_show_row(each) for each in _list_all(site)]
    return select_rows(MEMBERS.columns, rows, asked)


MEMBERS: Final = Table(
    "members",
    (
        Column("name", "organisation", is_sortable=True, is_filterable=True),
        Column("validators", "members_validators", Kind.NUMBER, is_sortable=True),
        Column("roles", "members_roles", is_filterable=True),
        Column("authorities", "members_authorities", Kind.NUMBER, is_sortable=True),
        Column("ends", "members_ends", Kind.TIME, is_sortable=True),
        Column("account", "members_account", Kind.ADDRESS, is_filterable=True),
    ),
    fetch_members,
    label="members_title",
)


async def fetch_devices(site: Site, request: Request, asked: Query) -> Rows:
    found = await site.scan.read(site.gateway)
    view = site.gateway.executor.view()
    rows: list[Row] = [
        {
            "name": device.name,
            "kind": device.kind,
            "since": device.since,
            "account": encode_address(address),
            "key": device.key.hex(),
        }
        for address, device in list_devices(view, found, _read_name(request))
    ]
    return select_rows(DEVICES.columns, rows, asked)


DEVICES: Final = Table(
    "devices",
    (
        Column("name", "name", is_sortable=True, is_filterable=True),
        Column("kind", "kind", is_sortable=True, is_filterable=True),
        Column("since", "devices_since", Kind.HEIGHT, is_sortable=True),
        Column("account", "devices_account", Kind.ADDRESS),
        Column("key", "devices_key", Kind.HASH),
    ),
    fetch_devices,
    label="devices_title",
    empty="devices_none",
)


async def fetch_revocations(site: Site, request: Request, asked: Query) -> Rows:
    found = await site.scan.read(site.gateway)
    view = site.gateway.executor.view()
    account = decode_address(_get_facts(site, _read_name(request)).account)
    rows: list[Row] = []
    for serial in found.revocations.get(account, []):
        key = membership.key_revocation(account, serial)
        revocation = view.load(membership.Revocation, key)
        if revocation is not None:
            height, reason = revocation.height, revocation.reason
            rows.append({"serial": serial.hex(), "height": height, "reason": reason})
    return select_rows(REVOCATIONS.columns, rows, asked)


REVOCATIONS: Final = Table(
    "revocations",
    (
        Column("serial", "revocations_serial", Kind.HASH, is_filterable=True),
        Column("height", "block", Kind.HEIGHT, is_sortable=True),
        Column("reason", "revocations_reason", is_filterable=True),
    ),
    fetch_revocations,
    label="revocations_title",
    empty="revocations_none",
)


async def show_members(site: Site, request: Request) -> Response:
    return site.renderer.render(
        request, "members/members.html", members=await read_table(site, request, MEMBERS)
    )


async def show_member(site: Site, request: Request) -> Response:
    facts = _get_facts(site, _read_name(request))
    return site.renderer.render(
        request,
        "members/member.html",
        member=facts,
        validators=[
            member.key.hex()
            for member in site.gateway.executor.head.validators.members
            if member.organisation == facts.name
        ],
        devices=await read_table(site, request, DEVICES),
        revocations=await read_table(site, request, REVOCATIONS),
    )


def _list_all(site: Site) -> list[OrganisationFacts]:
    view = site.gateway.executor.view()
    validators = site.gateway.executor.head.validators
    return list_organisations(view, validators, _list_approvers(view), dt.datetime.now(dt.UTC))


def _get_facts(site: Site, name: str) -> OrganisationFacts:
    view = site.gateway.executor.view()
    validators = site.gateway.executor.head.validators
    approvers = _list_approvers(view)
    return describe_organisation(view, name, validators, approvers, dt.datetime.now(dt.UTC))


def _list_approvers(view: state.View) -> frozenset[str]:
    return frozenset(each.organisation for each in system.list_approvers(view))


def _read_name(request: Request) -> str:
    name: str = request.path_params["name"]
    if len(name) > NAME_LENGTH_MAX:
        raise NotFound("no member organisation of this chain has that name")
    return name


def _show_row(facts: OrganisationFacts) -> Row:
    ends = [each.ends for each in facts.authorities if each.ends is not None]
    return {
        "name": Cell(facts.name, href=f"/members/{facts.name}"),
        "validators": facts.validators,
        "roles": ", ".join(facts.roles) or None,
        "authorities": len(facts.authorities),
        "ends": min(ends, default=None),
        "account": facts.account,
    }


PAGES: Final = (
    Page("/members", show_members, menu=Entry(Group.NETWORK, "members_title"), tables=(MEMBERS,)),
    # A name is whatever its organisation chose, slashes and all.
    Page("/members/{name:path}", show_member, tables=(DEVICES, REVOCATIONS)),
)
