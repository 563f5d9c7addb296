"""The listening side: few strangers at a time, and little time for each to prove itself."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Final

from dure.core.errors import ConfigurationError
from dure.node.peers.connection import PeerConnection
from dure.node.peers.limits import PeerLimits

BACKLOG: Final = 64
SHUTDOWN_SECONDS: Final = 1.0
ACCEPT_PAUSE_SECONDS: Final = 0.2
"""Rest after the operating system refused to hand over a caller, for want of descriptors."""


async def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket; raise `ConfigurationError` where the address cannot be had."""
    loop = asyncio.get_running_loop()
    try:
        infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = infos[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as problem:
        message = f"cannot listen for peers on {host}:{port}: {problem}"
        raise ConfigurationError(message, host=host, port=port) from problem
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.settimeout(0)
    except OSError as problem:
        listener.close()
        message = (
            f"cannot listen for peers on {host}:{port}: {problem.strerror}. "
            "Stop what uses the address, or choose another one under [peers]"
        )
        raise ConfigurationError(message, host=host, port=port) from problem
    return listener


class Listener:
    """Accepts callers on one socket and brings each through its TLS handshake."""

    def __init__(
        self,
        listener: socket.socket,
        context: ssl.SSLContext,
        limits: PeerLimits,
        build_connection: Callable[[], PeerConnection],
    ) -> None:
        self.context = context
        """That of the next caller."""
        self._socket = listener
        self._limits = limits
        self._build_connection = build_connection
        self._handshakes: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that callers reach."""
        return int(self._socket.getsockname()[1])

    async def run(self) -> None:
        """Accept callers until cancelled; then turn away those half way in."""
        try:
            while True:
                await self._accept_one()
        finally:
            for task in self._handshakes:
                task.cancel()
            await asyncio.gather(*self._handshakes, return_exceptions=True)

    def close(self) -> None:
        """Stop listening; call it when `run` has ended."""
        self._socket.close()

    async def _accept_one(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            caller, _ = await loop.sock_accept(self._socket)
        except OSError:
            await asyncio.sleep(ACCEPT_PAUSE_SECONDS)
            return
        if len(self._handshakes) >= self._limits.handshakes_max:
            caller.close()
            return
        task = loop.create_task(self._shake_hands(caller))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, caller: socket.socket) -> None:
        # A failed handshake closes the socket; strangers are no news, so nothing is logged.
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                self._build_connection,
                caller,
                ssl=self.context,
                ssl_handshake_timeout=self._limits.handshake_seconds,
                ssl_shutdown_timeout=SHUTDOWN_SECONDS,
            )
