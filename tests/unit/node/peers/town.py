"""Nodes with keys, certificates and free ports on loopback, and a way to run them without leaks."""

import asyncio
import gc
import socket
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dure.core.types import ChainId, PublicKey
from dure.identity.certificates import build_client_context, save_tls_files
from dure.identity.keys import SigningKey
from dure.node.peers.admission import PINNED_ONLY, Admission
from dure.node.peers.directory import Peer, build_peer
from dure.node.peers.limits import PeerLimits
from dure.node.peers.network import LocalNode, PeerNetwork, PeerStatus

CHAIN = ChainId(b"c" * 32)
LIMITS = PeerLimits(
    handshake_seconds=2.0, retry_seconds_min=0.01, retry_seconds_max=0.05, barred_seconds=0.3
)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a story; fail where it leaves tasks, sockets or unhandled errors behind."""
    problems: list[dict[str, Any]] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: problems.append(context)
        )
        async with asyncio.timeout(30):
            await story()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    gc.collect()
    assert problems == []


async def wait_until(condition: Callable[[], object]) -> None:
    """Return when the condition holds; the story's own time limit ends a vain wait."""
    while not condition():  # noqa: ASYNC110 - conditions span several nodes and the system's sockets
        await asyncio.sleep(0.002)


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Node:
    """One node, what it received, and who came and went."""

    local: LocalNode
    peer: Peer
    limits: PeerLimits = LIMITS
    received: list[tuple[PublicKey, bytes]] = field(default_factory=list)
    changes: list[tuple[PublicKey, bool]] = field(default_factory=list)
    network: PeerNetwork | None = None
    admission: Admission = PINNED_ONLY

    @property
    def key(self) -> PublicKey:
        return self.peer.key

    async def start(self, peers: list[Peer]) -> PeerNetwork:
        self.network = PeerNetwork(
            self.local,
            peers,
            lambda key, data: self.received.append((key, data)),
            on_change=lambda key, is_connected: self.changes.append((key, is_connected)),
            limits=self.limits,
            admission=self.admission,
        )
        await self.network.start()
        return self.network

    async def stop(self) -> None:
        if self.network is not None:
            await self.network.close()

    def status(self, other: "Node") -> PeerStatus:
        assert self.network is not None
        return next(status for status in self.network.status() if status.key == other.key)

    def sees(self, other: "Node") -> bool:
        return self.status(other).is_connected


class Town:
    """Nodes sorted by validator key, so that each dials all that come after it."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        keys = sorted(SigningKey(bytes([i + 1]) * 32).public for i in range(count))
        self.nodes = [self._make(f"node{i}", key) for i, key in enumerate(keys)]

    @property
    def peers(self) -> list[Peer]:
        return [node.peer for node in self.nodes]

    def _make(self, name: str, key: PublicKey) -> Node:
        certificate, secret = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        pem = save_tls_files(secret, certificate, SigningKey(bytes(key[::-1])), name)
        port = find_free_port()
        local = LocalNode(key, CHAIN, "127.0.0.1", port, certificate, secret)
        return Node(local, build_peer(name, key, address=("127.0.0.1", port), certificate=pem))

    def impersonate(self, victim: Node) -> Node:
        """Return a node with the victim's validator key and address, and a TLS key of its own."""
        stranger = self._make("stranger", victim.key)
        certificate, secret = self.folder / "eve.crt", self.folder / "eve.key"
        pem = save_tls_files(secret, certificate, SigningKey(b"eve!" * 8), victim.peer.name)
        local = replace(victim.local, certificate=certificate, tls_key=secret)
        return Node(
            local, build_peer("eve", stranger.key, address=("127.0.0.1", 1), certificate=pem)
        )

    async def start(self, *nodes: Node) -> None:
        for node in nodes or self.nodes:
            await node.start(self.peers)

    async def stop(self) -> None:
        for node in self.nodes:
            await node.stop()

    async def wait_until_connected(self) -> None:
        await wait_until(
            lambda: all(a.sees(b) for a in self.nodes for b in self.nodes if a is not b)
        )


class RawCaller:
    """A member's certificate in the hands of somebody who sends what he likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def call(cls, caller: Node, called: Node) -> "RawCaller":
        pinned = called.peer.certificate
        assert pinned is not None
        context = build_client_context(caller.local.certificate, caller.local.tls_key, [pinned])
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", called.local.port, ssl=context, server_hostname=""
        )
        return cls(reader, writer)

    def send_frame(self, data: bytes) -> None:
        self.writer.write(len(data).to_bytes(4, "big") + data)

    async def read_until_closed(self) -> bytes:
        """Return all that the other side still says before it hangs up."""
        try:
            return await self.reader.read(-1)
        except (ConnectionError, ssl.SSLError):
            return b""

    async def close(self) -> None:
        self.writer.transport.abort()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            return
