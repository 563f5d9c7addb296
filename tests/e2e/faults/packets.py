"""A user-space link between hosts of the test's own: every IP packet passes through here.

This is what `netem` does in the kernel: packets are dropped with a given chance or by direction, or
arrive later. Everything above them is real: Linux's TCP with its retransmissions, timeouts and
broken connections. A pulled cable is the link taken down inside the host.
"""

import asyncio
import os
import random
import threading
from contextlib import suppress

import msgspec

from dure.node.peers.directory import load_peers, write_peers
from tests.e2e.faults.hosts import Door, Host
from tests.e2e.faults.settings import change_setting
from tests.e2e.faults.weather import FINE, Weather
from tests.e2e.processes import Town

PACKET_BYTES_MAX = 2_048
_SOURCE, _TARGET = slice(12, 16), slice(16, 20)
"""Where an IPv4 header has its addresses."""


class PacketLink:
    """A town's hosts and the link between them. Make it before the town's nodes start."""

    def __init__(self, town: Town, seed: int = 1) -> None:
        self._lot = random.Random(seed)
        self._weather = FINE
        self.held = 0
        """Packets that were dropped or made to wait."""
        self._hosts: dict[str, Host] = {}
        self._doors: list[Door] = []
        self._loop = asyncio.new_event_loop()
        try:
            for number, member in enumerate(town.network.members, start=1):
                host = self._hosts[member.name] = Host(number)
                self._doors.append(Door(host, member.api_port))
        except BaseException:
            self._remove()
            raise
        _move_nodes(town, self._hosts)
        town.prefixes = {name: host.prefix for name, host in self._hosts.items()}
        self._names = {_pack(host.address): name for name, host in self._hosts.items()}
        self._thread = threading.Thread(target=self._run, name="packets", daemon=True)
        self._thread.start()

    def set_weather(self, weather: Weather) -> None:
        """Change what the link does from the next packet on."""
        self._weather = weather

    def pull_cable(self, name: str) -> None:
        """Take a host's link down."""
        self._hosts[name].pull_cable()

    def plug_cable(self, name: str) -> None:
        """Take it up again."""
        self._hosts[name].plug_cable()

    def close(self) -> None:
        """Remove the hosts."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._remove()

    def _remove(self) -> None:
        for door in self._doors:
            door.close()
        for host in self._hosts.values():
            host.close()

    def _run(self) -> None:
        for host in self._hosts.values():
            self._loop.add_reader(host.cable, self._on_readable, host.cable)
        self._loop.run_forever()
        for host in self._hosts.values():
            self._loop.remove_reader(host.cable)

    def _on_readable(self, cable: int) -> None:
        # A cable that was pulled gives EIO, an empty one EAGAIN.
        with suppress(OSError):
            while True:
                self._carry(os.read(cable, PACKET_BYTES_MAX))

    def _carry(self, packet: bytes) -> None:
        source, target = self._names.get(packet[_SOURCE]), self._names.get(packet[_TARGET])
        if source is None or target is None:
            return
        weather = self._weather
        if (source, target) in weather.cut or self._lot.random() < weather.loss:
            self.held += 1
        elif weather.delay_s:
            self.held += 1
            self._loop.call_later(weather.delay_s, self._deliver, target, packet)
        else:
            self._deliver(target, packet)

    def _deliver(self, target: str, packet: bytes) -> None:
        # Into a cable that was pulled: the packet is lost, which is what is tested.
        with suppress(OSError):
            os.write(self._hosts[target].cable, packet)


def _move_nodes(town: Town, hosts: dict[str, Host]) -> None:
    """Let each node listen for peers at its host's address, and all know of it."""
    directory = town.folder / "peers.toml"
    peers = [
        msgspec.structs.replace(peer, host=hosts[peer.name].address)
        for peer in load_peers(directory)
    ]
    directory.unlink()
    write_peers(directory, peers)
    for name, host in hosts.items():
        node = town.folder / name / "node.toml"
        # The first host of the file is the one for peers, the second that of the API.
        change_setting(node, "host", "127.0.0.1", host.address)


def _pack(address: str) -> bytes:
    return bytes(map(int, address.split(".")))
