"""Search for everything: one exact hit leads straight to its page, several stand in a list."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dure.console.language import get_asked_language
from dure.console.site import Page, Site
from dure.index import Hit, HitKind, InvalidQuery, search

TEXT_MAX: Final = 200

_PAGES: Final = {
    HitKind.BLOCK: "/blocks/{target}",
    HitKind.TRANSACTION: "/transactions/{target}",
    HitKind.SCHEDULED: "/scheduled/{target}",
    HitKind.ACCOUNT: "/accounts/{target}",
    HitKind.CONTRACT: "/contracts/{target}",
    HitKind.ORGANISATION: "/members/{label}",
    HitKind.APPLICATION: "/apps/{target}",
    HitKind.ROW: "/apps/{application}",
    HitKind.ASSET: "/assets?assets.is.asset={target}",
}


async def show_search(site: Site, request: Request) -> Response:
    text = request.query_params.get("q", "").strip()
    hits: Sequence[Hit] = ()
    is_too_long = len(text) > TEXT_MAX
    if text and not is_too_long:
        hits = await _find(site, text)
    links = [(hit, link_hit(hit)) for hit in hits]
    if len(links) == 1 and is_exact(links[0][0], text):
        return RedirectResponse(_with_language(request, links[0][1]), HTTPStatus.SEE_OTHER)
    return site.renderer.render(
        request, "chain/search.html", text=text[:TEXT_MAX], links=links, is_too_long=is_too_long
    )


def link_hit(hit: Hit) -> str:
    """Return the path of the page that shows a hit."""
    return _PAGES[hit.kind].format(
        target=quote(hit.target, safe=""),
        label=quote(hit.label, safe=""),
        application=quote(hit.application, safe=""),
    )


def is_exact(hit: Hit, text: str) -> bool:
    """Say whether the text is the whole name of what was found."""
    wanted = text.casefold()
    return wanted in {hit.target.casefold(), hit.label.casefold()}


async def _find(site: Site, text: str) -> Sequence[Hit]:
    try:
        return await search(site.gateway, site.index, text)
    except InvalidQuery:
        return ()


def _with_language(request: Request, path: str) -> str:
    language = get_asked_language(request)
    if language is None:
        return path
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


PAGES: Final = (Page("/search", show_search),)
