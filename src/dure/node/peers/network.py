"""`dure.node.ports.Network` over TLS: who is connected, who dials whom, who is barred.

Who may be connected is asked of an `Admission` when a peer comes, and again at every `review`.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext

import structlog

from dure.core.errors import AccessDenied, ConfigurationError, PeerViolation
from dure.core.types import ChainId, PublicKey
from dure.identity.authorities.profile import Kind, read_certificate
from dure.identity.certificates import (
    build_client_context,
    build_server_context,
    get_certificate_key,
)
from dure.node.peers.admission import PINNED_ONLY, Admission
from dure.node.peers.connection import PeerConnection
from dure.node.peers.directory import Peer
from dure.node.peers.limits import PeerLimits
from dure.node.peers.listener import SHUTDOWN_SECONDS, Listener, open_socket

log = structlog.get_logger("dure.node.peers")


@dataclass(frozen=True, slots=True)
class LocalNode:
    """This node, as its peers see it."""

    key: PublicKey
    """Its validator key."""
    chain_id: ChainId
    host: str
    """Address to listen on; not where others reach it, which stands in the peers file."""
    port: int
    """Port to listen on; 0 lets the operating system choose."""
    certificate: Path
    tls_key: Path


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """What an operator may want to know of one peer. Counters are of the present connection."""

    name: str
    key: PublicKey
    address: str
    is_connected: bool
    is_dialed: bool
    """Whether it is our part to call."""
    seconds_connected: float
    connections: int
    """How often it was connected since the node started."""
    queued_bytes: int
    bytes_sent: int
    bytes_received: int
    frames_sent: int
    frames_received: int
    seconds_barred: float
    problem: str | None
    """Why the last connection ended or the last attempt failed; None while all is well."""


@dataclass(slots=True)
class _Link:
    """What is remembered of a peer from one connection to the next."""

    peer: Peer
    dialing: asyncio.Task[None] | None = None
    """Where it is our part to call."""
    connection: PeerConnection | None = None
    connections: int = 0
    barred_until: float = 0.0
    problem: str | None = None


class PeerNetwork:
    """The connections of one node. Lives in one event loop.

    `on_frame(peer, data)` gets every frame of a peer in order. It may raise `PeerViolation`, which
    cuts the peer off; any other error is our own fault and goes to the loop's exception handler.
    `on_change(peer, is_connected)` is told of every connection that opens or ends.
    """

    def __init__(
        self,
        local: LocalNode,
        peers: Iterable[Peer],
        on_frame: Callable[[PublicKey, bytes], None],
        *,
        on_change: Callable[[PublicKey, bool], None] = lambda _peer, _is_connected: None,
        limits: PeerLimits | None = None,
        admission: Admission = PINNED_ONLY,
    ) -> None:
        """Prepare the network; `peers` may contain this node itself. Raise `ConfigurationError`."""
        self.limits = limits if limits is not None else PeerLimits()
        self._local = local
        self._on_frame = on_frame
        self._on_change = on_change
        self._admission = admission
        self._links = {peer.key: _Link(peer) for peer in peers if peer.key != local.key}
        self._authorities = self._list_authorities(self._links.values())
        self._server_tls, self._client_tls = self._build_contexts(self._links.values())
        self._connections: set[PeerConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: Listener | None = None

    @property
    def key(self) -> PublicKey:
        """Our validator key."""
        return self._local.key

    @property
    def chain_id(self) -> ChainId:
        """The chain that every connection is about."""
        return self._local.chain_id

    @property
    def port(self) -> int:
        """The port that the node listens on."""
        assert self._listener is not None, "the network is not started"
        return self._listener.port

    async def start(self) -> None:
        """Listen and dial; raise `ConfigurationError` where the address cannot be had."""
        listening = await open_socket(self._local.host, self._local.port)
        self._listener = Listener(
            listening, self._server_tls, self.limits, lambda: PeerConnection(self)
        )
        self._start_task(self._listener.run())
        self._begin_dialing()

    def change_peers(self, peers: Iterable[Peer]) -> None:
        """Know these peers from now on, and cut off whoever is not among them as it was.

        Raise `ConfigurationError` for certificates that cannot be used; then nothing has changed.
        """
        kept, links = self._links, {}
        for peer in peers:
            known = kept.get(peer.key)
            if peer.key != self._local.key:
                links[peer.key] = known if known and known.peer == peer else _Link(peer)
        before = self._authorities
        self._authorities = self._list_authorities(links.values())
        try:
            self._server_tls, self._client_tls = self._build_contexts(links.values())
        except ConfigurationError:
            self._authorities = before
            raise
        self._links = links
        for link in kept.values():
            if links.get(link.peer.key) is not link:
                self._forget(link)
        self._use_contexts()
        self.review()

    def reload_certificate(self) -> None:
        """Show the certificate that lies in the file now; what is connected stays connected.

        Raise `ConfigurationError` where it cannot be used; then nothing has changed.
        """
        self._server_tls, self._client_tls = self._build_contexts(self._links.values())
        self._use_contexts()

    def review(self) -> None:
        """Ask again who may be connected, and cut off who may not; call it at every new head."""
        authorities = self._list_authorities(self._links.values())
        if authorities != self._authorities:
            self._authorities = authorities
            try:
                self.reload_certificate()
            except ConfigurationError as problem:
                # A file of ours that cannot be read now is no reason to stop following the chain.
                log.warning("certificate_unreadable", reason=problem.message)
        for connection in tuple(self._connections):
            peer = connection.peer
            if peer is None:
                continue
            flaw = self._admission.find_flaw(peer, connection.certificate, is_new=False)
            if flaw is not None:
                log.warning("peer_cut_off", peer=peer.name, reason=flaw)
                connection.close(flaw)

    async def close(self) -> None:
        """End all connections and tasks, and wait until they are gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
        connections = list(self._connections)
        for connection in connections:
            connection.close("this node is stopping")
        for connection in connections:
            await connection.closed.wait()
        # Transports close their sockets one turn of the loop after they are told to.
        await asyncio.sleep(0)

    def send(self, peer: PublicKey, data: bytes) -> None:
        """Queue a frame for one peer; lost where it is not connected."""
        link = self._links.get(peer)
        if link is not None and link.connection is not None:
            link.connection.send(data)

    def broadcast(self, data: bytes) -> None:
        """Queue a frame for every connected peer."""
        for link in self._links.values():
            if link.connection is not None:
                link.connection.send(data)

    def disconnect(self, peer: PublicKey, reason: str) -> None:
        """Cut off a peer that broke a rule, and bar it for a while."""
        link = self._links.get(peer)
        if link is not None and link.connection is not None:
            link.connection.close(reason, is_violation=True)

    def status(self) -> list[PeerStatus]:
        """Return one line a peer, in the order of the peers file."""
        now = asyncio.get_running_loop().time()
        return [self._describe(link, now) for link in self._links.values()]

    def admit(self, connection: PeerConnection, certificate: bytes) -> Peer:
        """Say who shows this certificate; raise `PeerViolation` where it may not come in."""
        self._connections.add(connection)
        link = self._find_holder(certificate)
        if link is None:
            raise PeerViolation("the certificate is nobody's in the peers file")
        flaw = self._admission.find_flaw(link.peer, certificate, is_new=True)
        if flaw is not None:
            link.problem = flaw
            raise PeerViolation(flaw)
        if connection.is_dialed is not self._is_dialed(link):
            raise PeerViolation("it is not this peer's part to call")
        if link.barred_until > asyncio.get_running_loop().time():
            raise PeerViolation("the peer broke a rule and is barred for a while")
        return link.peer

    def on_open(self, connection: PeerConnection) -> None:
        """Take the connection into use, in place of an older one of the same peer."""
        link = self._find_link(connection)
        if link is None:
            connection.close("it left the peers file while it called")
            return
        older, link.connection = link.connection, connection
        link.connections += 1
        link.problem = None
        connection.opened_at = asyncio.get_running_loop().time()
        if older is not None:
            older.close("the peer connected anew")
        log.info("peer_connected", peer=link.peer.name)
        self._on_change(link.peer.key, True)  # noqa: FBT003

    def on_received(self, connection: PeerConnection, frame: bytes) -> None:
        """Pass a frame on to the driver."""
        link = self._find_link(connection)
        if link is not None:
            self._on_frame(link.peer.key, frame)

    def on_closed(self, connection: PeerConnection) -> None:
        """Forget the connection; bar its peer where it broke a rule."""
        self._connections.discard(connection)
        if connection.peer is None:
            log.warning("caller_refused", reason=connection.reason)
            return
        link = self._find_link(connection)
        if link is None:
            return
        if connection.is_violation:
            now = asyncio.get_running_loop().time()
            link.barred_until = now + self.limits.barred_seconds
            log.warning("peer_barred", peer=link.peer.name, reason=connection.reason)
        if link.connection is connection or link.connection is None:
            link.problem = connection.reason
        if link.connection is connection:
            link.connection = None
            log.info("peer_disconnected", peer=link.peer.name, reason=connection.reason)
            self._on_change(link.peer.key, False)  # noqa: FBT003 - the callback's shape

    def _build_contexts(self, links: Iterable[_Link]) -> tuple[SSLContext, SSLContext]:
        """Return those of the side that is called and of the side that calls."""
        pinned = [link.peer.certificate for link in links if link.peer.certificate is not None]
        files = self._local.certificate, self._local.tls_key
        trust = pinned, self._authorities
        return build_server_context(*files, *trust), build_client_context(*files, *trust)

    def _use_contexts(self) -> None:
        if self._listener is not None:
            self._listener.context = self._server_tls
            self._begin_dialing()

    def _list_authorities(self, links: Iterable[_Link]) -> tuple[bytes, ...]:
        """Return who certifies the peers that are not pinned, as the chain says now."""
        certified = {link.peer.organisation for link in links if link.peer.certificate is None}
        own = sorted(name for name in certified if name is not None)
        return tuple(der for name in own for der in self._admission.list_authorities(name))

    def _find_holder(self, certificate: bytes) -> _Link | None:
        """Return whose certificate this is, by its key or by what it says."""
        try:
            key = get_certificate_key(certificate)
            pinned = [link for link in self._links.values() if link.peer.tls_key == key]
            if pinned:
                return pinned[0]
            subject = read_certificate(certificate).subject
        except (ConfigurationError, AccessDenied):
            return None
        wanted = (subject.organisation, subject.name, None)
        for link in self._links.values():
            peer = link.peer
            if (peer.organisation, peer.name, peer.certificate) == wanted:
                return link if subject.kind is Kind.NODE else None
        return None

    def _begin_dialing(self) -> None:
        for link in self._links.values():
            if self._is_dialed(link) and link.dialing is None:
                link.dialing = self._start_task(self._keep_dialing(link))

    def _forget(self, link: _Link) -> None:
        """Let a peer go that is in no link any more."""
        if link.dialing is not None:
            link.dialing.cancel()
            self._tasks.discard(link.dialing)
        connection, link.connection = link.connection, None
        if connection is not None:
            connection.close("it stands no longer like this in the peers file")
            log.info("peer_forgotten", peer=link.peer.name)
            self._on_change(link.peer.key, False)  # noqa: FBT003 - the callback's shape

    def _start_task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(_report_failure)
        return task

    async def _keep_dialing(self, link: _Link) -> None:
        failures, pause = 0, 0.0
        while True:
            barred = link.barred_until - asyncio.get_running_loop().time()
            await asyncio.sleep(max(pause, barred))
            connection = await self._dial(link)
            if connection is not None:
                await connection.closed.wait()
                link.problem = connection.reason
            was_open = connection is not None and connection.was_open
            failures = 0 if was_open else failures + 1
            pause = compute_pause(failures, self.limits)

    async def _dial(self, link: _Link) -> PeerConnection | None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(2 * self.limits.handshake_seconds):
                _, connection = await loop.create_connection(
                    lambda: PeerConnection(self, link.peer),
                    link.peer.host,
                    link.peer.port,
                    ssl=self._client_tls,
                    server_hostname="",
                    ssl_handshake_timeout=self.limits.handshake_seconds,
                    ssl_shutdown_timeout=SHUTDOWN_SECONDS,
                )
        except (OSError, UnicodeError) as problem:
            link.problem = f"cannot be reached: {problem}"
            return None
        return connection

    def _find_link(self, connection: PeerConnection) -> _Link | None:
        """Return what is remembered of the peer; None where it left the peers file meanwhile."""
        assert connection.peer is not None, "only an identified peer gets this far"
        link = self._links.get(connection.peer.key)
        return link if link is not None and link.peer == connection.peer else None

    def _is_dialed(self, link: _Link) -> bool:
        return self._local.key < link.peer.key

    def _describe(self, link: _Link, now: float) -> PeerStatus:
        connection = link.connection
        return PeerStatus(
            name=link.peer.name,
            key=link.peer.key,
            address=f"{link.peer.host}:{link.peer.port}",
            is_connected=connection is not None,
            is_dialed=self._is_dialed(link),
            seconds_connected=now - connection.opened_at if connection else 0.0,
            connections=link.connections,
            queued_bytes=connection.queued_bytes if connection else 0,
            bytes_sent=connection.bytes_sent if connection else 0,
            bytes_received=connection.bytes_received if connection else 0,
            frames_sent=connection.frames_sent if connection else 0,
            frames_received=connection.frames_received if connection else 0,
            seconds_barred=max(0.0, link.barred_until - now),
            problem=link.problem,
        )


def _report_failure(task: asyncio.Task[None]) -> None:
    """Let our own faults stop the node at once, and not wait unseen until it closes."""
    if not task.cancelled() and (problem := task.exception()) is not None:
        context = {"message": "the peer network failed", "exception": problem, "task": task}
        task.get_loop().call_exception_handler(context)


def compute_pause(failures: int, limits: PeerLimits) -> float:
    """Return the seconds to wait before the next attempt: doubling, bounded, half of it chance."""
    longest = min(limits.retry_seconds_max, limits.retry_seconds_min * 2.0 ** min(failures, 30))
    return longest * (0.5 + secrets.randbelow(1000) / 2000)
