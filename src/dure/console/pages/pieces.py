"""The gallery of shared pieces, for those who write pages; on test chains only."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dure.console.applications.gallery import build_gallery
from dure.console.site import Page, Site
from dure.core.address import encode_address
from dure.core.errors import NotFound
from dure.core.types import NO_HASH, Address


async def show_pieces(site: Site, request: Request) -> Response:
    if not site.gateway.executor.genesis.test:
        raise NotFound("there is no such page here")
    gallery = build_gallery(encode_address(Address(NO_HASH)))
    return site.renderer.render(request, "pieces/gallery.html", gallery=gallery)


PAGES: Final = (Page("/pieces", show_pieces),)
