"""The admin API: what only the operator may see and do, on a Unix socket of mode 0600.

Whoever can open the socket is the operator; a browser cannot open one, so any `Origin` is refused.
Every act, allowed or not, leaves a line in the audit log before it happens.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from dure.api.answers.accounts import describe_status
from dure.api.answers.shapes import AdminStatusAnswer, DoneAnswer, PeerAnswer
from dure.api.answers.validators import AttestationAnswer
from dure.api.app import build_router
from dure.api.http.guard import Guard
from dure.api.routes.operation import answer_json
from dure.core.attestation import Attestation
from dure.core.errors import ConfigurationError, StorageError, Unavailable
from dure.node.gateway import Gateway
from dure.proof import json_form

ADMIN_HOSTS: Final = frozenset({"localhost"})
"""What clients of the socket send as `Host`."""

REQUEST_BYTES_MAX: Final = 64 * 1024


class AuditEntry(msgspec.Struct, frozen=True):
    """One line of the audit log."""

    time: int
    """Milliseconds since 1970, by the node's clock."""
    act: str
    node: str
    height: int


class AuditLog:
    """Lines of JSON, only ever appended, on disk before the act that they tell of."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, entry: AuditEntry) -> None:
        """Write and flush one line; raise `StorageError`, and then the act must not happen."""
        line = msgspec.json.encode(entry) + b"\n"
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as problem:
            raise StorageError("the audit log cannot be written") from problem


def build_admin_app(
    gateway: Gateway,
    *,
    audit_path: Path,
    shutdown: Callable[[], None],
    reload_peers: Callable[[], int],
) -> ASGIApp:
    """Return the application of the admin listener.

    `shutdown` asks the node to stop; it returns at once. `reload_peers` reads the peers file again
    and returns how many it names.
    """
    audit = AuditLog(audit_path)

    def act(
        name: str, handler: Callable[[], DoneAnswer | AdminStatusAnswer | AttestationAnswer]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handle(_request: Request) -> Response:
            status = gateway.get_status()
            now = time.time_ns() // 1_000_000
            entry = AuditEntry(now, name, status.name, status.height)
            await asyncio.to_thread(audit.append, entry)
            return answer_json(handler())

        return handle

    def stop() -> DoneAnswer:
        # After the answer, not before: the operator should hear that the node stops.
        asyncio.get_running_loop().call_soon(shutdown)
        return DoneAnswer("the node stops")

    def attest() -> AttestationAnswer:
        form = json_form.render(Attestation, gateway.attest())
        assert isinstance(form, dict), "a structure is an object"
        return AttestationAnswer(form)

    def reload() -> DoneAnswer:
        try:
            count = reload_peers()
        except ConfigurationError as problem:
            # The operator's to mend, and no fault of the node's.
            raise Unavailable(problem.message) from problem
        return DoneAnswer(f"the node knows the {count} nodes of its peers file")

    routes: list[BaseRoute] = [
        Route("/v1/admin/status", act("status", lambda: describe_admin_status(gateway))),
        Route("/v1/admin/attest", act("attest", attest), methods=["POST"]),
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


def describe_admin_status(gateway: Gateway) -> AdminStatusAnswer:
    """Return the status with every peer."""
    peers = gateway.get_status().peers
    return AdminStatusAnswer(
        status=describe_status(gateway),
        peers=[PeerAnswer(p.name, p.key.hex(), p.connected, p.height) for p in peers],
    )


def _count_nothing(_route: str, _status: int) -> None:
    """Admin requests are in the audit log."""
