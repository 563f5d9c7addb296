"""Where servers listen: at a host and a port, or at a file for one's own processes.

1. Pages of this machine are named `http://localhost:PORT`, and browsers try `[::1]` first. Whoever
   listened there would be the same origin: it could read the pages' storage and ask their
   passkeys. So who listens on loopback listens on both of its addresses, or does not start.
2. `::1` is left out only where the host has no such address: then nobody else has it either.
3. Any other address is listened on as it is given, and alone.
"""

import contextlib
import errno
import os
import socket
from pathlib import Path
from typing import Final

from dure.core.errors import ConfigurationError

BACKLOG: Final = 512
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost"})
LOOPBACK: Final = "127.0.0.1"
LOOPBACK_6: Final = "::1"
NO_SUCH_ADDRESS: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
DRAWS: Final = 16
"""Tries for a port that the system chooses on one address and that is free on the other."""

Listeners = tuple[socket.socket, ...]
"""Listening sockets of one server, with the same port."""


def bind_public(host: str, port: int) -> Listeners:
    """Return listening TCP sockets of one port; for port 0 the system chooses it.

    On loopback they are two. Raise `ConfigurationError` where one of them cannot be had.
    """
    if host.lower() not in LOOPBACK_NAMES:
        return (_listen(host, port),)
    draws = 1 if port else DRAWS
    while True:
        draws -= 1
        try:
            return _listen_on_both(port)
        except ConfigurationError:
            if draws == 0:
                raise


def bind_admin(path: Path) -> Listeners:
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
    return (bound,)


def _listen_on_both(port: int) -> Listeners:
    first = _listen(LOOPBACK, port)
    try:
        second = _listen_6(first.getsockname()[1])
    except ConfigurationError:
        first.close()
        raise
    return (first,) if second is None else (first, second)


def _listen_6(port: int) -> socket.socket | None:
    """Return a socket on `[::1]`; None where this host has no such address."""
    try:
        return _listen(LOOPBACK_6, port, socket.AF_INET6)
    except ConfigurationError as problem:
        if isinstance(problem.__cause__, OSError) and problem.__cause__.errno in NO_SUCH_ADDRESS:
            return None
        raise


def _listen(host: str, port: int, family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    try:
        # For IPv6 this sets IPV6_V6ONLY. A port that somebody listens on is refused either way.
        bound = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as problem:
        at = f"[{host}]:{port}" if family == socket.AF_INET6 else f"{host}:{port}"
        message = f"cannot listen on {at} ({problem.strerror}); choose another port"
        raise ConfigurationError(message, host=host, port=port) from problem
    # Asyncio leaves this to sockets that name their protocol. Without it the second packet of an
    # answer waits 40 ms for the first to be acknowledged; connections inherit it.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound
