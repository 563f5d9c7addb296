"""A user-space link between nodes on loopback, for every machine: one TCP relay a pair of nodes.

Every node gets a peers file of its own in which the others' addresses are those of relays. What a
relay does is what a program sees of a bad network **through TCP**, and not the network itself:

* delay: bytes arrive later, in order;
* a cut direction: bytes stay with the relay until the weather is better, as the sender's system
  would keep and repeat them; connections made meanwhile get no answer;
* loss: each piece waits as long as TCP would take to repeat one lost packet, again and again with
  the given chance, and everything behind it waits too; past `GIVEN_UP_S` the connection breaks.

Acknowledgements, congestion windows and reordering are not simulated. For real packets see
`packets`.
"""

import asyncio
import random
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from dure.node.peers.directory import load_peers, write_peers
from tests.e2e.faults.settings import change_setting
from tests.e2e.faults.weather import FINE, Weather, cut_off, draw_retransmission
from tests.e2e.processes import Town

PIECE_BYTES = 16 * 1024
QUEUE_MAX = 64
"""Pieces that wait in one direction; then the sender's own buffers fill up."""
GIVEN_UP_S = 15.0
"""Nodes set the same as TCP_USER_TIMEOUT."""

Pieces = asyncio.Queue[tuple[float, bytes]]
"""Bytes with the moment from which they may go on; an empty piece is the end."""


@dataclass(frozen=True, slots=True)
class Route:
    """One relay: who calls, who is called, and where."""

    caller: str
    called: str
    listener: socket.socket
    target: tuple[str, int]

    @property
    def port(self) -> int:
        """Where the caller finds the relay."""
        return int(self.listener.getsockname()[1])


class Relays:
    """All relays of a town, in a thread of their own. Make it before the town's nodes start."""

    def __init__(self, town: Town, seed: int = 1) -> None:
        self._names = town.names
        self._routes = _plan_routes(town)
        _write_directories(town, self._routes)
        self._lot = random.Random(seed)
        self._weather = FINE
        self.held = 0
        """Pieces that the weather made wait."""
        self._changed: asyncio.Event
        self._stop: asyncio.Event
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="relays", daemon=True)
        self._thread.start()
        self._ready.wait()

    def set_weather(self, weather: Weather) -> None:
        """Change what the link does, at once and for what waits too."""

        def change() -> None:
            self._weather = weather
            self._changed.set()
            self._changed = asyncio.Event()

        self._loop.call_soon_threadsafe(change)

    def pull_cable(self, name: str) -> None:
        """Cut a node off."""
        self.set_weather(cut_off(name, self._names))

    def plug_cable(self, name: str) -> None:
        """Join it again."""
        assert name in self._names
        self.set_weather(FINE)

    def close(self) -> None:
        """End all connections and the thread."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        for route in self._routes:
            route.listener.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._changed, self._stop = asyncio.Event(), asyncio.Event()
        tasks = [asyncio.create_task(self._accept(route)) for route in self._routes]
        self._ready.set()
        await self._stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, route: Route) -> None:
        async with asyncio.TaskGroup() as carrying:
            while True:
                caller, _ = await self._loop.sock_accept(route.listener)
                caller.setblocking(False)
                carrying.create_task(self._carry(route, caller))

    async def _carry(self, route: Route, caller: socket.socket) -> None:
        called = socket.socket()
        called.setblocking(False)
        # Either end hangs up, or nobody listens: the other one is hung up on.
        with caller, called, suppress(OSError):
            for end in (caller, called):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.sock_connect(called, route.target)
            tasks = [
                asyncio.create_task(self._pump(route.caller, route.called, caller, called)),
                asyncio.create_task(self._pump(route.called, route.caller, called, caller)),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(
        self, source: str, target: str, incoming: socket.socket, outgoing: socket.socket
    ) -> None:
        """Carry one direction until either side ends."""
        queue: Pieces = asyncio.Queue(QUEUE_MAX)
        reading = asyncio.create_task(self._read(incoming, queue))
        try:
            while True:
                due, piece = await queue.get()
                await self._wait_open((source, target))
                repeat = draw_retransmission(self._weather.loss, self._lot)
                wait = max(0.0, due - self._loop.time()) + repeat
                self.held += wait > 0
                if not piece or repeat > GIVEN_UP_S:
                    return
                await asyncio.sleep(wait)
                await self._loop.sock_sendall(outgoing, piece)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(
        self, incoming: socket.socket, queue: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        piece = b"first"
        while piece:
            try:
                piece = await self._loop.sock_recv(incoming, PIECE_BYTES)
            except OSError:
                piece = b""
            await queue.put((self._loop.time() + self._weather.delay_s, piece))

    async def _wait_open(self, direction: tuple[str, str]) -> None:
        while direction in self._weather.cut:
            self.held += 1
            await self._changed.wait()


def _plan_routes(town: Town) -> tuple[Route, ...]:
    """Return a relay for each pair; of each the lower validator key calls."""
    peers = load_peers(town.folder / "peers.toml")
    return tuple(
        Route(caller.name, called.name, _listen(), (called.host, called.port))
        for caller in peers
        for called in peers
        if caller.key < called.key
    )


def _listen() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    return listener


def _write_directories(town: Town, routes: tuple[Route, ...]) -> None:
    """Give every node a peers file in which the others are behind its relays."""
    peers = load_peers(town.folder / "peers.toml")
    for name in town.names:
        ports: Mapping[str, int] = {r.called: r.port for r in routes if r.caller == name}
        own = [msgspec.structs.replace(p, port=ports.get(p.name, p.port)) for p in peers]
        write_peers(town.folder / name / "peers.toml", own)
        change_setting(town.folder / name / "node.toml", "directory", "../peers.toml", "peers.toml")
