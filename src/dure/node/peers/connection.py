"""One connection to one peer, from the end of its TLS handshake to its loss.

States: greeting (our hello is out, theirs is awaited) → open (frames flow) → closed. Reading gives
way to other work after `TURN_SECONDS` and slows down past the peer's rate; writing takes from a
bounded queue only what the socket takes, so that a large frame never blocks the event loop and
small frames of one turn leave in one TLS record.
"""

import asyncio
import socket
import ssl
from typing import Final, Protocol, cast

from dure.core.errors import DureError, PeerViolation
from dure.core.types import ChainId, PublicKey
from dure.node.peers.directory import Peer
from dure.node.peers.frames import FrameReader, SendQueue
from dure.node.peers.hello import HELLO_BYTES_MAX, encode_hello, validate_hello
from dure.node.peers.limits import PeerLimits, RateLimit

TURN_SECONDS: Final = 0.005
"""How long the frames of one peer are handed over before others get their turn."""
CHUNK_BYTES: Final = 128 * 1024
"""What is encrypted at once: about 0.3 ms."""
TURN_CHUNKS_MAX: Final = 8

_KEEP_ALIVE: Final = (
    # A peer whose power was cut says nothing: notice it within about 15 seconds.
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 5),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 3),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 15_000),
)


class ConnectionOwner(Protocol):
    """What a connection tells the network that it belongs to."""

    @property
    def key(self) -> PublicKey:
        """Our validator key."""
        ...

    @property
    def chain_id(self) -> ChainId: ...

    @property
    def limits(self) -> PeerLimits: ...

    def admit(self, connection: "PeerConnection", certificate: bytes) -> Peer:
        """Return who shows this certificate (DER); raise `PeerViolation` where not welcome."""
        ...

    def on_open(self, connection: "PeerConnection") -> None: ...

    def on_received(self, connection: "PeerConnection", frame: bytes) -> None:
        """Take a frame; raise `PeerViolation` where no correct peer sends it."""
        ...

    def on_closed(self, connection: "PeerConnection") -> None: ...


class PeerConnection(asyncio.Protocol):
    """The protocol object of one TLS connection; `owner` hears of everything that happens."""

    def __init__(self, owner: ConnectionOwner, expected: Peer | None = None) -> None:
        """Make one for a connection that we dial to `expected`, or that somebody dials to us."""
        self._loop = asyncio.get_running_loop()
        self._owner = owner
        self._expected = expected
        self._queue = SendQueue(owner.limits.queue_bytes_max)
        self._reader = FrameReader(HELLO_BYTES_MAX)
        now = self._loop.time()
        self._byte_rate = RateLimit(owner.limits.received_bytes_per_second, now)
        self._frame_rate = RateLimit(owner.limits.received_frames_per_second, now)
        self._transport: asyncio.Transport | None = None
        self._hello_timer: asyncio.TimerHandle | None = None
        self._reading_later: asyncio.Handle | None = None
        self._writing_later: asyncio.Handle | None = None
        self._is_writable = True
        self.peer: Peer | None = None
        """Who is at the other end, once its certificate has said so."""
        self.certificate = b""
        """What it showed, DER."""
        self.closed = asyncio.Event()
        """Set when the connection is gone."""
        self.is_open = False
        self.was_open = False
        self.is_violation = False
        """Whether the connection ended because the peer broke a rule."""
        self.reason = "the connection was lost"
        """Why it ended, for operators."""
        self.opened_at = now
        self.bytes_received = 0
        self.frames_received = 0
        self.bytes_sent = 0
        self.frames_sent = 0

    @property
    def is_dialed(self) -> bool:
        """Whether we called the peer, and not the peer us."""
        return self._expected is not None

    @property
    def queued_bytes(self) -> int:
        """What waits for the peer."""
        return self._queue.size

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        try:
            self.peer = self._identify(transport)
        except DureError as refusal:
            self.close(refusal.message)
            return
        _keep_alive(transport.get_extra_info("socket"))
        self._write_frame(encode_hello(self._owner.chain_id, self._owner.key))
        seconds = self._owner.limits.handshake_seconds
        self._hello_timer = self._loop.call_later(seconds, self.close, "the peer sent no hello")

    def send(self, frame: bytes) -> None:
        """Queue a frame; a peer for which too much waits already is given up."""
        assert len(frame) <= self._owner.limits.frame_bytes_max, "the driver bounds what it sends"
        if self.is_open:
            self._write_frame(frame)

    def close(self, reason: str, *, is_violation: bool = False) -> None:
        """End the connection at once; what is queued is lost."""
        if self._transport is None or self.closed.is_set():
            return
        if not self._transport.is_closing():
            self.reason = reason
            self.is_violation = is_violation
        self.is_open = False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self.bytes_received += len(data)
        self._reader.feed(data)
        if self._reading_later is None:
            self._hand_over()

    def pause_writing(self) -> None:
        self._is_writable = False

    def resume_writing(self) -> None:
        self._is_writable = True
        self._write_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        for handle in (self._hello_timer, self._reading_later, self._writing_later):
            if handle is not None:
                handle.cancel()
        self.is_open = False
        if exc is not None:
            self.reason = f"the connection was lost: {exc}"
        self.closed.set()
        self._owner.on_closed(self)

    def _identify(self, transport: asyncio.BaseTransport) -> Peer:
        tls = cast("ssl.SSLObject", transport.get_extra_info("ssl_object"))
        certificate = tls.getpeercert(binary_form=True)
        assert certificate is not None, "both sides must show a certificate"
        self.certificate = certificate
        peer = self._owner.admit(self, certificate)
        if self._expected is not None and peer != self._expected:
            raise PeerViolation("another peer answers at this address")
        return peer

    def _hand_over(self) -> None:
        """Deliver whole frames until there are none, the peer's rate is used up or time is."""
        self._reading_later = None
        started = now = self._loop.time()
        try:
            while (frame := self._reader.take()) is not None:
                self._on_frame(frame)
                if self._transport is None or self._transport.is_closing():
                    return
                wait = self._spend(len(frame), now)
                now = self._loop.time()
                if wait > 0 or now - started > TURN_SECONDS:
                    self._read_later(wait)
                    return
        except PeerViolation as violation:
            self.close(violation.message, is_violation=True)
            return
        if self._transport is not None:
            self._transport.resume_reading()

    def _spend(self, size: int, now: float) -> float:
        return max(self._byte_rate.spend(size, now), self._frame_rate.spend(1, now))

    def _read_later(self, seconds: float) -> None:
        assert self._transport is not None, "frames come from a transport"
        self._transport.pause_reading()
        if seconds > 0:
            self._reading_later = self._loop.call_later(seconds, self._hand_over)
        else:
            self._reading_later = self._loop.call_soon(self._hand_over)

    def _on_frame(self, frame: bytes) -> None:
        self.frames_received += 1
        if self.is_open:
            self._owner.on_received(self, frame)
            return
        assert self.peer is not None, "a connection without a peer is closed at once"
        validate_hello(frame, chain_id=self._owner.chain_id, validator=self.peer.key)
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        self._reader.frame_bytes_max = self._owner.limits.frame_bytes_max
        self.is_open = self.was_open = True
        self._owner.on_open(self)

    def _write_frame(self, frame: bytes) -> None:
        if not self._queue.put(frame):
            self.close(f"the peer reads too slowly: {self._queue.size} bytes were waiting for it")
            return
        self.frames_sent += 1
        self._write_soon()

    def _write_soon(self) -> None:
        if self._writing_later is None and self._is_writable and self._queue.size:
            self._writing_later = self._loop.call_soon(self._write)

    def _write(self) -> None:
        self._writing_later = None
        assert self._transport is not None, "nothing is queued before there is a transport"
        for _ in range(TURN_CHUNKS_MAX):
            if not self._queue.size or not self._is_writable or self._transport.is_closing():
                break
            chunk = self._queue.take(CHUNK_BYTES)
            self.bytes_sent += len(chunk)
            self._transport.write(chunk)
        self._write_soon()


def _keep_alive(connection: socket.socket) -> None:
    for level, name, value in _KEEP_ALIVE:
        option = getattr(socket, name, None)
        if option is not None:
            connection.setsockopt(level, option, value)
