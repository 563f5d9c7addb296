"""A listener for an API application.

Uvicorn with this API's bounds, run inside the node's own event loop.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from dure.api.listeners import Listeners
from dure.api.settings import ApiSettings
from dure.api.tls import CertifiedHttp, CertifiedWebSocket

SHUTDOWN_SECONDS: Final = 2


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


@contextlib.asynccontextmanager
async def serve(
    app: ASGIApp,
    listeners: Listeners,
    settings: ApiSettings,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[None]:
    """Answer requests on bound sockets for the time of a `with` block.

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
    running = asyncio.create_task(server.serve(sockets=list(listeners)))
    try:
        await server.listening.wait()
        yield
    finally:
        server.should_exit = True
        await running
        for listener in listeners:
            listener.close()
