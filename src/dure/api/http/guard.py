"""The gate in front of every request and every WebSocket.

In this order: the `Host` header must be one of ours (a name that an attacker's page resolves to
this machine is not), an `Origin`, where there is one, must be ours too (no other site's page drives
this node), and a body is cut off at its limit while it is read. Whatever goes wrong further in
leaves as one error shape.
"""

import secrets
from collections.abc import Callable
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dure.api.http.errors import (
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    RequestTooLarge,
    WrongHost,
    WrongOrigin,
    get_status,
    render_error,
)
from dure.core.errors import DureError, NotFound

CLOSE_REFUSED: Final = 1008
"""WebSocket close code: the rules of this server forbid it."""

CountRequest = Callable[[str, int], None]

_log = structlog.get_logger(__name__)


def build_origins(hosts: frozenset[str]) -> frozenset[str]:
    """Return the origins of pages that these hosts serve."""
    return frozenset(f"{way}://{host}" for way in ("http", "https") for host in hosts)


class Guard:
    """ASGI middleware; the outermost layer of both listeners."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: frozenset[str],
        origins: frozenset[str],
        bytes_max: int,
        count: CountRequest,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins
        self._bytes_max = bytes_max
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        watched = _WatchedSend(send)
        try:
            self._validate_headers(Headers(scope=scope))
            await self._app(scope, self._limit(receive), watched)
        except Exception as problem:  # the outer edge: every error becomes an answer, and is logged
            await _answer(describe_problem(problem), scope, receive, watched)
        route = scope.get("route")
        self._count(getattr(route, "path", "other"), watched.status)

    def _validate_headers(self, headers: Headers) -> None:
        host = headers.get("host", "")
        if host.lower() not in self._hosts:
            raise WrongHost("this node does not answer for that host name")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in self._origins:
            raise WrongOrigin("pages of other sites may not use this node")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise InvalidRequest("the content length is no number")
        if len(length) > 18 or int(length) > self._bytes_max:
            raise self._too_large()

    def _limit(self, receive: Receive) -> Receive:
        taken = 0

        async def receive_some() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > self._bytes_max:
                    raise self._too_large()
            return message

        return receive_some

    def _too_large(self) -> RequestTooLarge:
        message = f"a request has at most {self._bytes_max} bytes"
        return RequestTooLarge(message, bytes_max=self._bytes_max)


class _WatchedSend:
    """Passes messages on and remembers how the answer began."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.accepted = False

    async def __call__(self, message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            self.status = message["status"]
        elif message["type"] == "websocket.accept":
            self.status, self.accepted = 101, True
        await self._send(message)


def describe_problem(problem: Exception) -> DureError:
    """Return what may be told of an exception; log it where it is our own fault."""
    match problem:
        case DureError() if get_status(problem) < 500 or get_status(problem) in {503, 504}:
            return problem
        case HTTPException(status_code=404):
            return NotFound("there is no such path here; /docs lists all")
        case HTTPException(status_code=405):
            return MethodNotAllowed("that path has other methods; /docs lists all")
        case HTTPException():
            return InvalidRequest("the request cannot be understood")
        case _:
            identity = secrets.token_hex(8)
            _log.error("api.failed", id=identity, exc_info=problem)
            message = "the node failed to answer; its log has more under this id"
            return InternalError(message, id=identity)


async def _answer(problem: DureError, scope: Scope, receive: Receive, send: _WatchedSend) -> None:
    if scope["type"] == "http":
        if not send.status:
            await render_error(problem)(scope, receive, send)
        return
    if send.accepted:
        await send({"type": "websocket.close", "code": 1011, "reason": problem.code})
        return
    if "websocket.http.response" in scope.get("extensions", {}):
        await render_error(problem)(scope, receive, send)
        return
    await send({"type": "websocket.close", "code": CLOSE_REFUSED, "reason": problem.code})
