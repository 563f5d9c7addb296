"""What an operator may set about the API, with defaults that fit a machine of one's own."""

from dataclasses import dataclass
from pathlib import Path


def build_local_hosts(port: int) -> frozenset[str]:
    """Return the `Host` values by which this machine calls itself at `port`."""
    return frozenset(f"{name}:{port}" for name in ("localhost", "127.0.0.1", "[::1]"))


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Limits of the public listener. Every one of them refuses with a named error."""

    allowed_hosts: frozenset[str]
    """Values of `Host`, with the port.

    An `Origin` must be one of them behind http:// or https://.
    """
    audit: Path | None = None
    """Log of administration that auditors may read; None: there is none."""
    request_bytes_max: int = 3 * 1024 * 1024
    """Body of one request: the largest transaction in hexadecimal, and room around it."""
    frame_bytes_max: int = 8 * 1024 * 1024
    """One WebSocket message from a client."""
    frame_envelopes_max: int = 4096
    """Transactions in one message of the binary stream."""
    requests_per_second: float = 10_000
    """Requests and frames that one client address may send, whoever it says it is, on average."""
    requests_burst: float = 20_000
    """… and at once."""
    submissions_per_second: float = 50_000
    """Transactions and views that one client address may send, on average."""
    submissions_burst: float = 100_000
    """… and at once."""
    sockets_max: int = 512
    """WebSockets open at the same time."""
    connections_max: int = 2048
    """Connections open at the same time, sockets among them."""
    access_check_s: float = 1
    """How long a stream goes on, at most, after its caller's token was revoked."""
    send_timeout_s: float = 10
    """A reader that takes nothing for so long is too slow."""
    wait_s_max: float = 60
    """Longest wait for finality that a request may ask for."""
