"""What runs: a contract's methods, its source, every version, and what differs between two."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dure.api.http.errors import InvalidRequest
from dure.api.routes.operation import read_address, read_number
from dure.console.facts.differences import compare_versions
from dure.console.pages.contracts.contract import read_contract
from dure.console.site import Page, Site


async def show_code(site: Site, request: Request) -> Response:
    address, interface, values = await read_contract(site, request)
    return site.renderer.render(
        request,
        "contracts/code.html",
        **values,
        interface=interface,
        versions=site.contracts.list_versions(address).versions,
    )


async def show_difference(site: Site, request: Request) -> Response:
    address = read_address(request.path_params["address"])
    _, interface, values = await read_contract(site, request)
    versions = site.contracts.list_versions(address).versions
    older = _read_version(request, "from", max(1, len(versions) - 1))
    newer = _read_version(request, "to", len(versions))
    sides = [site.contracts.describe_version(address, number) for number in (older, newer)]
    return site.renderer.render(
        request,
        "contracts/difference.html",
        **values,
        interface=interface,
        versions=versions,
        older=sides[0],
        newer=sides[1],
        files=await asyncio.to_thread(compare_versions, *sides),
    )


def _read_version(request: Request, name: str, usual: int) -> int:
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise InvalidRequest("a parameter stands twice in the query")
    return read_number(given[0], "a version") if given else usual


PAGES: Final = (
    Page("/contracts/{address}/code", show_code, is_live=False),
    Page("/contracts/{address}/difference", show_difference, is_live=False),
)
