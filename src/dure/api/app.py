"""The public API as an ASGI application, assembled from the table of operations.

Pages, where there are any, hang behind the same gate and share its origin, so that they may open
the event stream.
"""

import time

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from dure.api.access.known import KnownCallers
from dure.api.access.roles import Act
from dure.api.answers.contracts import Contracts
from dure.api.http.access import Access
from dure.api.http.allowance import Allowance
from dure.api.http.guard import Guard, build_origins
from dure.api.http.metrics import Metrics
from dure.api.routes.docs import build_docs_routes
from dure.api.routes.operation import Operation, Socket
from dure.api.routes.table import OPERATIONS, SOCKETS
from dure.api.service import Service
from dure.api.settings import ApiSettings
from dure.core.errors import NotFound
from dure.index import Index
from dure.node.gateway import Gateway
from dure.node.sealed.desk import Desk


def build_public_app(  # noqa: PLR0913 - what a listener is made of, by name
    gateway: Gateway,
    index: Index,
    *,
    settings: ApiSettings,
    genesis_file: bytes,
    access: Access | None = None,
    pages: ASGIApp | None = None,
    sealed: Desk | None = None,
) -> ASGIApp:
    """Return the application of the public listener.

    `genesis_file` is what `encode_genesis_file` made; without `access` nobody has a role; `pages`
    answers every path that the API does not have, and decides by itself who may see them.
    """
    metrics = Metrics(gateway)
    service = Service(
        gateway=gateway,
        index=index,
        settings=settings,
        genesis_file=genesis_file,
        access=access or build_access(gateway, settings),
        allowance=Allowance(
            settings.submissions_per_second, settings.submissions_burst, time.monotonic
        ),
        metrics=metrics,
        contracts=Contracts(gateway),
        sealed=sealed,
    )
    routes: list[BaseRoute] = [_build_route(service, each) for each in OPERATIONS]
    routes += [_build_socket_route(service, each) for each in SOCKETS]
    routes += build_docs_routes(OPERATIONS, SOCKETS)

    def count(route: str, status: int) -> None:
        metrics.requests.labels(route, str(status)).inc()

    app = build_router(routes, None if pages is None else _hold_sockets(service, pages))
    return Guard(
        app,
        hosts=settings.allowed_hosts,
        origins=build_origins(settings.allowed_hosts),
        bytes_max=settings.request_bytes_max,
        count=count,
    )


def build_access(
    gateway: Gateway, settings: ApiSettings, callers: KnownCallers | None = None
) -> Access:
    """Return the rule of the chain's own parameter for these callers; without them for nobody."""
    return Access(
        is_reading_open=lambda: gateway.executor.parameters.open_reading,
        callers=callers or KnownCallers(read_wall_ms, time.monotonic),
        addresses=Allowance(
            settings.requests_per_second,
            settings.requests_burst,
            time.monotonic,
            limit="requests of an address",
        ),
    )


def read_wall_ms() -> int:
    """Return the time on this machine's clock, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def build_router(routes: list[BaseRoute], pages: ASGIApp | None = None) -> ASGIApp:
    """Return a router that leaves errors to the gate in front of it."""

    async def answer_rest(scope: Scope, receive: Receive, send: Send) -> None:
        if pages is None or scope["path"].startswith("/v1/"):
            raise NotFound("there is no such path here; /docs lists all")
        await pages(scope, receive, send)

    router = Router(routes=routes, redirect_slashes=False, default=answer_rest)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # Starlette answers a wrong method by itself unless it finds an application in the scope.
        scope["app"] = None
        await router(scope, receive, send)

    return serve


def _hold_sockets(service: Service, pages: ASGIApp) -> ASGIApp:
    """Count the WebSockets of pages among those of the API."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await service.hold_socket(lambda: pages(scope, receive, send))
        else:
            await pages(scope, receive, send)

    return serve


def _build_route(service: Service, operation: Operation) -> Route:
    async def handle(request: Request) -> Response:
        _let_in(service, request, operation.act)
        return await operation.handler(service, request)

    return Route(
        operation.path, handle, methods=[operation.method], name=operation.handler.__name__
    )


def _build_socket_route(service: Service, socket: Socket) -> WebSocketRoute:
    async def handle(connection: WebSocket) -> None:
        _let_in(service, connection, Act.READ)
        await service.hold_socket(lambda: socket.handler(service, connection))

    return WebSocketRoute(socket.path, handle)


def _let_in(service: Service, connection: HTTPConnection, act: Act) -> None:
    caller = service.access.authorize(connection, act)
    service.metrics.callers.labels("nobody" if caller is None else caller.role.value).inc()
