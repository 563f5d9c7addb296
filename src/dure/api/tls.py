"""Handing a client's certificate from the listener's handshake to the application.

Uvicorn has no word for it: each connection's application is wrapped in one that puts the
certificate, as the handshake proved it, into the scope of every request and WebSocket.
"""

import asyncio
import ssl
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from dure.api.http.access import CERTIFICATE_SCOPE


class CertifiedHttp(H11Protocol):
    """HTTP whose requests carry their client's certificate."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app: Any = add_certificate(self.app, transport)


class CertifiedWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket that carries its client's certificate."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.app: Any = add_certificate(self.app, transport)


def add_certificate(app: Any, transport: asyncio.BaseTransport) -> ASGIApp:
    """Return the application for one connection."""
    handshake = transport.get_extra_info("ssl_object")
    certificate = (
        handshake.getpeercert(binary_form=True)
        if isinstance(handshake, ssl.SSLObject | ssl.SSLSocket)
        else None
    )

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if certificate is not None:
            scope[CERTIFICATE_SCOPE] = certificate
        await app(scope, receive, send)

    return serve
