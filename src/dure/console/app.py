"""The console as an application that hangs behind the API's gate.

`build_public_app(…, pages=build_pages(…))`.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from dure.api import ApiSettings, build_access
from dure.api.access.roles import Act
from dure.api.answers.accounts import describe_status
from dure.api.answers.agreements import Agreements
from dure.api.answers.contracts import Contracts
from dure.api.http.access import Access
from dure.api.http.errors import TooManyRequests, get_status, render_error
from dure.application import Application, get_pages_folder
from dure.console.assets import Assets
from dure.console.live import Hub, LivePages, read_mark
from dure.console.menu import Part, build_menu
from dure.console.pages import PAGES
from dure.console.rendering import (
    CALLER_SCOPE,
    FOLLOWED_SCOPE,
    FRAME_PAGE,
    MARK_SCOPE,
    Renderer,
    show_offset,
)
from dure.console.signing_in import SigningIn
from dure.console.site import Page, Site
from dure.console.tables.downloads import answer_download
from dure.core.errors import AccessDenied, DureError, NotFound
from dure.index import Index
from dure.node.gateway import Gateway

Answer = Callable[[Request], Awaitable[Response]]


def build_pages(
    gateway: Gateway,
    index: Index,
    applications: Sequence[Application] = (),
    access: Access | None = None,
    reports: Path | None = None,
) -> ASGIApp:
    """Return the pages of one node; each application gets one at `/apps/<slug>`.

    Who may read the chain may see them; without `access` nobody has a role. `reports` is the
    folder in which demos leave their closing reports.
    """
    access = access or build_access(gateway, ApiSettings(frozenset()))
    contracts = Contracts(gateway)
    menu = build_menu(PAGES, applications)
    renderer = Renderer(partial(_describe_frame, gateway, menu), applications)
    agreements = Agreements(contracts)
    site = Site(gateway, index, contracts, agreements, applications, access, renderer, reports)
    return _serve(site, SigningIn(access, renderer))


def _describe_frame(gateway: Gateway, menu: Sequence[Part]) -> dict[str, Any]:
    status = describe_status(gateway)
    return {"status": status, "offset": show_offset(status.offset), "menu": menu}


def _serve(site: Site, signing_in: SigningIn) -> ASGIApp:
    def guard(answer: Answer) -> Answer:
        return _with_error_page(site, signing_in, _behind(site.access, answer))

    def open_to_all(answer: Answer) -> Answer:
        return _with_error_page(site, signing_in, answer)

    live = Hub(site, LivePages(PAGES))
    routes: list[BaseRoute] = [
        Route(page.path, guard(partial(_answer_page, site, page)), methods=[*page.methods])
        for page in PAGES
    ]
    routes += [
        WebSocketRoute("/live", live.serve),
        Route("/sign-in", open_to_all(signing_in.show)),
        Route("/sign-in", open_to_all(signing_in.enter), methods=["POST"]),
        Route("/sign-out", open_to_all(signing_in.leave), methods=["POST"]),
        Route("/static/{path:path}", Assets().answer),
        *(
            Route(f"/apps/{each.slug}/static/{{path:path}}", Assets(folder).answer)
            for each in site.applications
            if (folder := get_pages_folder(each) / "static").is_dir()
        ),
    ]
    router = Router(routes, redirect_slashes=False)
    handle_missing = guard(_find_nothing)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = None
        # The API's router has left its own mark; this one begins anew.
        scope.pop("router", None)
        try:
            await router(scope, receive, send)
        except HTTPException as problem:
            if problem.status_code != 404:
                raise
            answer = await handle_missing(Request(scope, receive))
            await answer(scope, receive, send)

    return serve


async def _answer_page(site: Site, page: Page, request: Request) -> Response:
    """Answer with the page, or with one of its tables as a file."""
    # Before anything is read: what is newer than this, the page will be told.
    request.scope[MARK_SCOPE] = await site.ask_index(read_mark)
    if not page.is_live:
        request.scope[FOLLOWED_SCOPE] = FRAME_PAGE
    return await answer_download(site, request, page) or await page.handler(site, request)


async def _find_nothing(_request: Request) -> Response:
    raise NotFound("there is no such page here")


def _behind(access: Access, handler: Answer) -> Answer:
    """Return the handler for those who may read."""

    async def handle(request: Request) -> Response:
        request.scope[CALLER_SCOPE] = access.authorize(request, Act.READ)
        return await handler(request)

    return handle


def _with_error_page(site: Site, signing_in: SigningIn, handler: Answer) -> Answer:
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except AccessDenied as problem:
            return signing_in.refuse(request, problem)
        except TooManyRequests as problem:
            return render_error(problem)
        except DureError as problem:
            if get_status(problem) >= 500:
                raise
            return _render_error(site, request, problem)

    return handle


def _render_error(site: Site, request: Request, problem: DureError) -> Response:
    status = get_status(problem)
    request.scope.pop(MARK_SCOPE, None)
    return site.renderer.render(request, "error.html", status, problem=problem)
