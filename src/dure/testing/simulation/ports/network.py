"""One node's end of the links."""

from typing import Protocol

from dure.core.types import PublicKey
from dure.testing.simulation.ports.frames import Frame, FrameReader
from dure.testing.simulation.ports.links import Links
from dure.testing.simulation.ports.power import Power


class Onlooker(Protocol):
    """Sees what one node says, before it is on its way."""

    def on_said(self, frame: Frame, target: PublicKey | None) -> None:
        """A frame goes out, to one peer or (None) to all."""
        ...

    def on_disconnected(self, peer: PublicKey, reason: str) -> None:
        """The node refuses to listen to a peer any longer."""
        ...


class SimulatedNetwork:
    """`dure.node.ports.Network` of an honest node."""

    def __init__(self, key: PublicKey, links: Links, reader: FrameReader, *, power: Power) -> None:
        self.violations: list[tuple[PublicKey, str]] = []
        """Peers that this node found at fault, and why."""
        self.onlooker: Onlooker | None = None
        self._key = key
        self._links = links
        self._reader = reader
        self._power = power

    def send(self, peer: PublicKey, data: bytes) -> None:
        self._power.check()
        self._tell(data, peer)
        self._links.carry(self._key, peer, data)

    def broadcast(self, data: bytes) -> None:
        self._power.check()
        self._tell(data, None)
        for peer in self._links.list_others(self._key):
            self._power.check()
            self._links.carry(self._key, peer, data)

    def disconnect(self, peer: PublicKey, reason: str) -> None:
        self.violations.append((peer, reason))
        if self.onlooker is not None:
            self.onlooker.on_disconnected(peer, reason)

    def _tell(self, data: bytes, target: PublicKey | None) -> None:
        if self.onlooker is not None:
            self.onlooker.on_said(self._reader.read(data), target)
