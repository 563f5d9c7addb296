"""The console as an application that hangs behind the API's gate.

`build_public_app(…, pages=build_pages(…))`.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from dure.api import ApiSettings, build_access
from dure.api.access.roles import Act
from dure.api.answers.contracts import Contracts
from dure.api.http.access import Access
from dure.api.http.errors import TooManyRequests, get_status, render_error
from dure.application import Application
from dure.console.pages import Pages
from dure.console.rendering import CALLER_SCOPE, HEADERS
from dure.console.signing_in import SigningIn
from dure.core.errors import AccessDenied, DureError, NotFound
from dure.index import Index
from dure.node.gateway import Gateway

Handler = Callable[[Request], Awaitable[Response]]

ASSETS: Final = {
    "console.css": "text/css",
    "ledger.js": "text/javascript",
    "live.js": "text/javascript",
    "passkey.js": "text/javascript",
    "wallet.js": "text/javascript",
    "wire.js": "text/javascript",
}
"""The files that pages load; nothing else in the folder is ever served."""

_STATIC: Final = Path(__file__).parent / "static"


def build_pages(
    gateway: Gateway,
    index: Index,
    applications: Sequence[Application] = (),
    access: Access | None = None,
) -> ASGIApp:
    """Return the pages of one node; each application gets one at `/apps/<slug>`.

    Who may read the chain may see them; without `access` nobody has a role.
    """
    access = access or build_access(gateway, ApiSettings(frozenset()))
    pages = Pages(gateway, index, Contracts(gateway), applications)
    signing_in = SigningIn(access, pages.renderer)
    handlers: dict[str, Handler] = {
        "/": pages.overview,
        "/blocks/{height}": pages.block,
        "/transactions/{id}": pages.transaction,
        "/contracts/{address}": pages.contract,
        "/apps/{slug}": pages.application,
        "/wallet": pages.wallet,
    }
    guarded = {path: _behind(access, handler) for path, handler in handlers.items()}
    routes = [
        Route(path, _with_error_page(pages, signing_in, handler))
        for path, handler in guarded.items()
    ]
    routes += [
        Route("/sign-in", _with_error_page(pages, signing_in, signing_in.show)),
        Route("/sign-in", _with_error_page(pages, signing_in, signing_in.enter), methods=["POST"]),
        Route("/sign-out", _with_error_page(pages, signing_in, signing_in.leave), methods=["POST"]),
    ]
    routes.append(Route("/static/{name}", _build_asset_handler()))
    router = Router(routes, redirect_slashes=False)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = None
        # The API's router has left its own mark; this one begins anew.
        scope.pop("router", None)
        try:
            await router(scope, receive, send)
        except HTTPException as problem:
            if problem.status_code != 404:
                raise
            await missing(scope, receive, send)

    async def find_nothing(_request: Request) -> Response:
        raise NotFound("there is no such page here")

    handle_missing = _with_error_page(pages, signing_in, _behind(access, find_nothing))

    async def missing(scope: Scope, receive: Receive, send: Send) -> None:
        answer = await handle_missing(Request(scope, receive))
        await answer(scope, receive, send)

    return serve


def _behind(access: Access, handler: Handler) -> Handler:
    """Return the handler for those who may read."""

    async def handle(request: Request) -> Response:
        request.scope[CALLER_SCOPE] = access.authorize(request, Act.READ)
        return await handler(request)

    return handle


def _with_error_page(pages: Pages, signing_in: SigningIn, handler: Handler) -> Handler:
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
            return _render_error(pages, request, problem)

    return handle


def _render_error(pages: Pages, request: Request, problem: DureError) -> Response:
    status = get_status(problem)
    return pages.renderer.render(request, "error.html", status, problem=problem)


def _build_asset_handler() -> Handler:
    files = {name: (_STATIC / name).read_bytes() for name in ASSETS}

    async def handle(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            raise HTTPException(404)
        return Response(files[name], headers=HEADERS, media_type=ASSETS[name])

    return handle
