"""The admin API: what only the operator may see and do, on a Unix socket of mode 0600.

Whoever can open the socket is the operator; a browser cannot open one, so any `Origin` is refused.
Every act, allowed or not, leaves a line in the audit log before it happens.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from dure.api.access.audit import Act, AuditLog
from dure.api.access.callers import CallersFile, describe_change
from dure.api.access.known import KnownCallers
from dure.api.answers.accounts import describe_status
from dure.api.answers.administration import AdminStatusAnswer, DoneAnswer, PeerAnswer
from dure.api.answers.validators import AttestationAnswer
from dure.api.app import build_router, read_wall_ms
from dure.api.http.guard import Guard
from dure.api.routes.operation import answer_json
from dure.core.attestation import Attestation
from dure.core.errors import ConfigurationError, Unavailable
from dure.node.gateway import Gateway
from dure.proof import json_form

T = TypeVar("T")

ADMIN_HOSTS: Final = frozenset({"localhost"})
"""What clients of the socket send as `Host`."""

REQUEST_BYTES_MAX: Final = 64 * 1024


OPERATOR: Final = "the admin socket"
"""Whoever can open it; it does not tell which person that was."""


def build_admin_app(
    gateway: Gateway,
    *,
    audit: AuditLog,
    callers: KnownCallers,
    shutdown: Callable[[], None],
    reload_peers: Callable[[], int],
    load_callers: Callable[[], CallersFile],
) -> ASGIApp:
    """Return the application of the admin listener.

    `shutdown` asks the node to stop; it returns at once. `reload_peers` reads the peers file again
    and returns how many it names. `load_callers` reads the callers' file again, for `callers`.
    """

    async def write_down(name: str, facts: Mapping[str, str] | None = None) -> None:
        height = gateway.get_status().height
        act = Act(name, OPERATOR, read_wall_ms(), height, facts)
        await asyncio.to_thread(audit.append, act)

    def act(
        name: str, handler: Callable[[], DoneAnswer | AdminStatusAnswer | AttestationAnswer]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handle(_request: Request) -> Response:
            await write_down(name)
            return answer_json(handler())

        return handle

    async def change_callers(_request: Request) -> Response:
        file = _blame_the_operator(load_callers)
        await write_down("access", describe_change(callers.file, file))
        callers.change(file)
        return answer_json(
            DoneAnswer(f"the node knows the {len(file.callers)} callers of its file")
        )

    def stop() -> DoneAnswer:
        # After the answer, not before: the operator should hear that the node stops.
        asyncio.get_running_loop().call_soon(shutdown)
        return DoneAnswer("the node stops")

    def reload() -> DoneAnswer:
        count = _blame_the_operator(reload_peers)
        return DoneAnswer(f"the node knows the {count} nodes of its peers file")

    routes: list[BaseRoute] = [
        Route("/v1/admin/status", act("status", lambda: describe_admin_status(gateway))),
        Route("/v1/admin/attest", act("attest", lambda: attest(gateway)), methods=["POST"]),
        Route("/v1/admin/access", change_callers, methods=["POST"]),
        Route("/v1/admin/peers", act("peers", reload), methods=["POST"]),
        Route("/v1/admin/shutdown", act("shutdown", stop), methods=["POST"]),
    ]
    return Guard(
        build_router(routes),
        hosts=ADMIN_HOSTS,
        origins=frozenset(),
        bytes_max=REQUEST_BYTES_MAX,
        count=_count_nothing,
    )


def attest(gateway: Gateway) -> AttestationAnswer:
    """Return what the node says of itself, signed; raise `Unavailable` where it is behind."""
    form = json_form.render(Attestation, gateway.attest())
    assert isinstance(form, dict), "a structure is an object"
    return AttestationAnswer(form)


def describe_admin_status(gateway: Gateway) -> AdminStatusAnswer:
    """Return the status with every peer."""
    peers = gateway.get_status().peers
    return AdminStatusAnswer(
        status=describe_status(gateway),
        peers=[PeerAnswer(p.name, p.key.hex(), p.connected, p.height) for p in peers],
    )


def _blame_the_operator(read: Callable[[], T]) -> T:
    """Return what was read of a file; a bad one is the operator's to mend, and no fault of ours."""
    try:
        return read()
    except ConfigurationError as problem:
        raise Unavailable(problem.message) from problem


def _count_nothing(_route: str, _status: int) -> None:
    """Admin requests are in the audit log."""
