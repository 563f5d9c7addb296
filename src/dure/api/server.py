"""A listener for an API application.

Uvicorn with this API's bounds, run inside the node's own event loop.
"""

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from dure.api.settings import ApiSettings
from dure.api.tls import CertifiedHttp, CertifiedWebSocket
from dure.core.errors import ConfigurationError

SHUTDOWN_SECONDS: Final = 2
BACKLOG: Final = 512


class _Server(uvicorn.Server):
    """Says when it listens, and leaves signals to the program around it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind_public(host: str, port: int) -> socket.socket:
    """Return a bound TCP socket; raise `ConfigurationError` where the port is taken."""
    try:
        bound = socket.create_server((host, port), backlog=BACKLOG)
    except OSError as problem:
        message = f"cannot listen on {host}:{port} ({problem.strerror}); choose another api port"
        raise ConfigurationError(message, host=host, port=port) from problem
    # Asyncio leaves this to sockets that name their protocol. Without it the second packet of an
    # answer waits 40 ms for the first to be acknowledged; connections inherit it.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


def bind_admin(path: Path) -> socket.socket:
    """Return a bound Unix socket that only this user may open.

    A file left by a dead node is replaced.
    """
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.bind(str(path))
    except OSError as problem:
        bound.close()
        raise ConfigurationError(f"cannot open the admin socket at {path}: {problem}") from problem
    finally:
        os.umask(before)
    return bound


@contextlib.asynccontextmanager
async def serve(
    app: ASGIApp,
    bound: socket.socket,
    settings: ApiSettings,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[None]:
    """Answer requests on a bound socket for the time of a `with` block.

    Then end every connection. `tls` makes it HTTPS.
    """
    secured: dict[str, Any] = {}
    if tls is not None:
        secured = {
            "ssl_context_factory": lambda _config, _default: tls,
            "http": CertifiedHttp,
            "ws": CertifiedWebSocket,
        }
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=settings.connections_max,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ws_max_size=settings.frame_bytes_max,
        ws_per_message_deflate=False,
        **secured,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        await server.listening.wait()
        yield
    finally:
        server.should_exit = True
        await running
        bound.close()
