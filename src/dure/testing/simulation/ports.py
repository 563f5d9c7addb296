"""The driver's ports, simulated.

A clock in virtual time, lossy links, a disk and a signer that survive a crash.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from dure.core.types import (
    BlockId,
    Height,
    Instant,
    Milliseconds,
    PublicKey,
    Signature,
    TransactionId,
)
from dure.identity.keys import SigningKey
from dure.node.ports import StoredBlock
from dure.testing.simulation.faults import Faults
from dure.testing.simulation.scheduler import Scheduler


class SimulatedClock:
    """Virtual wall time with a skew; its timers die with the node's life that set them."""

    def __init__(self, scheduler: Scheduler, skew_ms: int) -> None:
        self._scheduler = scheduler
        self._skew_ms = skew_ms
        self._versions: dict[object, int] = {}
        self.on_timer: Callable[[object], None] | None = None

    def now(self) -> Instant:
        return Instant(self._scheduler.now_ms + self._skew_ms)

    def call_later(self, after: Milliseconds, name: object) -> None:
        version = self._versions.get(name, 0) + 1
        self._versions[name] = version

        def fire() -> None:
            if self.on_timer is not None and self._versions.get(name) == version:
                self.on_timer(name)

        self._scheduler.call_later(after, fire)


@dataclass(slots=True)
class SimulatedDisk:
    """A disk in memory. What it was given is durable at once; it outlives the node."""

    state: dict[bytes, bytes] = field(default_factory=dict)
    blocks: dict[Height, StoredBlock] = field(default_factory=dict)
    journal: list[tuple[Height, bytes]] = field(default_factory=list)
    index: dict[bytes, tuple[Height, int]] = field(default_factory=dict)
    head: Height | None = None

    def commit_block(
        self,
        block_id: BlockId,
        stored: StoredBlock,
        transaction_ids: Sequence[TransactionId],
        *,
        writes: Mapping[bytes, bytes | None],
        undo: Mapping[bytes, bytes | None],
    ) -> None:
        for key, value in writes.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        self.head = stored.block.header.height
        self.blocks[self.head] = stored
        for index, transaction_id in enumerate(transaction_ids):
            self.index[transaction_id] = (self.head, index)
        self.journal = [record for record in self.journal if record[0] > self.head]

    def load_head(self) -> StoredBlock | None:
        return None if self.head is None else self.blocks[self.head]

    def load_block(self, height: Height) -> StoredBlock | None:
        return self.blocks.get(height)

    def find_transaction(self, transaction_id: bytes) -> tuple[Height, int] | None:
        return self.index.get(transaction_id)

    def load_state(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self.state.items())

    def append_journal(self, height: Height, record: bytes) -> None:
        self.journal.append((height, record))

    def load_journal(self, height: Height) -> list[bytes]:
        return [record for at, record in self.journal if at == height]

    def close(self) -> None:
        """Keep everything: a disk has no end."""


@dataclass(slots=True)
class SimulatedSigner:
    """Signs with the rules of the real guard, kept in memory that outlives the node."""

    signing_key: SigningKey
    last: tuple[int, int, int] = (0, 0, -1)
    message: bytes = b""

    @property
    def key(self) -> PublicKey:
        return self.signing_key.public

    def sign(self, height: int, round_: int, step: int, message: bytes) -> Signature | None:
        place = (height, round_, step)
        if place < self.last or (place == self.last and message != self.message):
            return None
        self.last, self.message = place, message
        return self.signing_key.sign(message)


class Links:
    """All frames between all nodes: delayed, lost, doubled, cut, from one source of chance."""

    def __init__(self, scheduler: Scheduler, random: Random, faults: Faults) -> None:
        self.faults = faults
        self.cut: set[tuple[PublicKey, PublicKey]] = set()
        self.lost = 0
        self._scheduler = scheduler
        self._random = random
        self._receivers: dict[PublicKey, Callable[[PublicKey, bytes], None]] = {}

    def attach(self, key: PublicKey, receive: Callable[[PublicKey, bytes], None]) -> None:
        """Deliver what is sent to `key` to `receive` from now on."""
        self._receivers[key] = receive

    def detach(self, key: PublicKey) -> None:
        """Lose what is sent to `key` from now on."""
        self._receivers.pop(key, None)

    def list_others(self, key: PublicKey) -> list[PublicKey]:
        """Return everybody but `key`, in a fixed order."""
        return sorted(other for other in self._receivers if other != key)

    def carry(self, source: PublicKey, target: PublicKey, data: bytes) -> None:
        """Send one frame."""
        if (source, target) in self.cut or self._random.random() < self.faults.loss:
            self.lost += 1
            return
        copies = 2 if self._random.random() < self.faults.duplication else 1
        for _ in range(copies):
            delay = self._random.randint(self.faults.delay_ms_min, self.faults.delay_ms_max)
            self._scheduler.call_later(delay, lambda: self._arrive(source, target, data))

    def _arrive(self, source: PublicKey, target: PublicKey, data: bytes) -> None:
        receive = self._receivers.get(target)
        if receive is not None and (source, target) not in self.cut:
            receive(source, data)


class SimulatedNetwork:
    """One node's end of the links."""

    def __init__(self, key: PublicKey, links: Links) -> None:
        self._key = key
        self._links = links
        self.violations: list[tuple[PublicKey, str]] = []

    def send(self, peer: PublicKey, data: bytes) -> None:
        self._links.carry(self._key, peer, data)

    def broadcast(self, data: bytes) -> None:
        for peer in self._links.list_others(self._key):
            self._links.carry(self._key, peer, data)

    def disconnect(self, peer: PublicKey, reason: str) -> None:
        self.violations.append((peer, reason))
