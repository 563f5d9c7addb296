"""The admin console as one ASGI application, to be served on loopback and nowhere else.

Rules
-----
1. `Host` is exactly `localhost:PORT`: passkeys work under that name only, and a name that an
   attacker's page had point at this machine is none of it. `Origin`, where there is one, is exactly
   that page's.
2. Pages hold words and no data, so anybody may have them. Data come from `/v1/…`, with a session.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from dure.api.access.audit import AuditLog
from dure.api.http.errors import InternalError, build_error, get_status
from dure.api.http.guard import Guard
from dure.console.admin.auditing import Auditing
from dure.console.admin.desk import BODY_BYTES_MAX, Desk
from dure.console.admin.door import Door
from dure.console.admin.hosting import Hosting
from dure.console.admin.passkeys import OperatorPasskeys
from dure.console.admin.requests import JSON
from dure.console.admin.sessions import Sessions
from dure.console.assets import Assets
from dure.console.rendering import HEADERS, Renderer
from dure.core.errors import DureError, NotFound, StorageError

Handler = Callable[[Request], Awaitable[Response]]

PAGES: Final = {
    "/": "networks",
    "/sign-in": "sign_in",
    "/new": "new",
    "/audit": "audit",
    "/networks/{network}": "network",
    "/networks/{network}/validators": "validators",
    "/networks/{network}/byte": "byte",
}
"""The template of each page, in `templates/admin`."""


@dataclass(frozen=True, slots=True)
class AdminConsole:
    """What is served, and how its first passkey comes in."""

    app: ASGIApp
    passkeys: OperatorPasskeys


def build_admin_console(
    hosting: Hosting,
    folder: Path,
    port: int,
    *,
    scheme: str = "http",
    clock: Callable[[], float] = time.monotonic,
) -> AdminConsole:
    """Return the console of the operator whose passkeys and audit log lie in `folder`.

    Raise `ConfigurationError` for files that cannot be used.
    """
    host = f"localhost:{port}"
    origin = f"{scheme}://{host}"
    auditing = Auditing(AuditLog(folder / "audit.jsonl", "console"))
    passkeys = OperatorPasskeys(folder / "passkeys.json", origin)
    door = Door(passkeys, Sessions(clock), auditing, clock)
    desk = Desk(hosting, door, auditing)
    routes = [*_build_pages(), *_build_operations(door, desk)]
    app = Guard(
        _serve(Router([*routes, Route("/static/{path:path}", Assets().answer)])),
        hosts=frozenset({host}),
        origins=frozenset({origin}),
        bytes_max=BODY_BYTES_MAX,
        count=lambda _route, _status: None,
    )
    return AdminConsole(app, passkeys)


def _build_operations(door: Door, desk: Desk) -> list[Route]:
    asked: dict[str, Handler] = {
        "/v1/networks": desk.list_networks,
        "/v1/networks/{network}": desk.watch,
        "/v1/networks/{network}/contracts": desk.list_contracts,
        "/v1/networks/{network}/nodes/{node}/log": desk.read_log,
        "/v1/networks/{network}/copy": desk.show_copy,
        "/v1/networks/{network}/copy/blocks/{height}": desk.show_parts,
        "/v1/networks/{network}/copy/judgement": desk.judge_copy,
        "/v1/audit": desk.read_audit,
    }
    done: dict[str, Handler] = {
        "/v1/operator/challenge": door.draw,
        "/v1/operator/register": door.register,
        "/v1/operator/sign-in": door.enter,
        "/v1/operator/sign-out": door.leave,
        "/v1/nonces": desk.draw_nonce,
        "/v1/acts": desk.perform,
    }
    reading = [Route(path, handler, methods=["GET"]) for path, handler in asked.items()]
    return reading + [Route(path, handler, methods=["POST"]) for path, handler in done.items()]


def _build_pages() -> list[Route]:
    renderer = Renderer(_describe_frame)

    def build(template: str) -> Handler:
        async def handle(request: Request) -> Response:
            # Its forms are sent by scripts of this origin, which have to say so.
            return renderer.render_door(request, f"admin/{template}.html")

        return handle

    return [Route(path, build(template), methods=["GET"]) for path, template in PAGES.items()]


def _describe_frame() -> dict[str, Any]:
    return {}


def _serve(router: Router) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # Starlette answers a wrong method by itself unless it finds an application in the scope.
        scope["app"] = None
        try:
            await router(scope, receive, send)
        except DureError as problem:
            if not _is_telling(problem):
                raise
            await _refuse(problem)(scope, receive, send)
        except HTTPException as problem:
            if problem.status_code != HTTPStatus.NOT_FOUND:
                raise
            raise NotFound("there is no such path here") from problem

    return serve


def _is_telling(problem: DureError) -> bool:
    """Say whether an error that is no request's fault is still something to tell the operator.

    A folder that cannot be used, a change that the chain refuses: of those he is the master.
    """
    unforeseen = get_status(problem) == HTTPStatus.INTERNAL_SERVER_ERROR
    return unforeseen and not isinstance(problem, StorageError | InternalError)


def _refuse(problem: DureError) -> Response:
    content = msgspec.json.encode(build_error(problem))
    return Response(content, HTTPStatus.UNPROCESSABLE_ENTITY, headers=HEADERS, media_type=JSON)
