"""All frames between all nodes: delayed, lost, doubled, overtaken, cut, from one source of chance.

Hostile scheduling
------------------
For some rounds one member is chosen that alone receives the round's commits, and once it has
decided it is cut off. Everybody else must then come to the same block without having seen the
decision: an engine that forgets, or counts wrongly, forks here.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import Final

from dure.core.types import PublicKey
from dure.testing.simulation.faults import DELAYED_MS, Fault, Faults
from dure.testing.simulation.ports.frames import Frame, FrameReader
from dure.testing.simulation.ports.power import Pace
from dure.testing.simulation.scheduler import Scheduler

Receiver = Callable[[PublicKey, bytes], None]
PLACES_MAX: Final = 1_000
"""Rounds whose chosen member is remembered."""


class Links:
    """Carries frames; everything that it did wrong is counted."""

    def __init__(
        self, scheduler: Scheduler, random: Random, faults: Faults, reader: FrameReader
    ) -> None:
        self.faults = faults
        self.cut: set[tuple[PublicKey, PublicKey]] = set()
        self.counts: Counter[Fault] = Counter()
        self.taps: list[Callable[[PublicKey, PublicKey, bytes], None]] = []
        """Called with every frame that is sent: source, target, bytes."""
        self.paces: dict[PublicKey, Pace] = {}
        """How busy each sender is."""
        self.favourites: tuple[PublicKey, ...] = ()
        """Whom a hostile schedule may choose."""
        self._scheduler = scheduler
        self._random = random
        self._reader = reader
        self._receivers: dict[PublicKey, Receiver] = {}
        self._favoured: dict[tuple[int, int], PublicKey | None] = {}
        self._latest: dict[tuple[PublicKey, PublicKey], int] = {}

    def attach(self, key: PublicKey, receive: Receiver) -> None:
        """Deliver what is sent to `key` to `receive` from now on."""
        self._receivers[key] = receive

    def detach(self, key: PublicKey) -> None:
        """Lose what is sent to `key` from now on."""
        self._receivers.pop(key, None)

    def list_others(self, key: PublicKey) -> list[PublicKey]:
        """Return everybody but `key`, in a fixed order."""
        return sorted(other for other in self._receivers if other != key)

    def carry(self, source: PublicKey, target: PublicKey, data: bytes) -> None:
        """Send one frame; a busy sender gets it out only when it is free."""
        for tap in self.taps:
            tap(source, target, data)
        if self._is_lost(source, target, self._reader.read(data)):
            return
        copies = 1
        if self._happens(self.faults.duplication):
            self.counts[Fault.DUPLICATION] += 1
            copies = 2
        for _ in range(copies):
            delay = self._read_busy_ms(source) + self._draw_delay()
            self._note_delay(source, target, delay)
            self._scheduler.call_later(delay, lambda: self._arrive(source, target, data))

    def isolate(self, key: PublicKey, others: Iterable[PublicKey], milliseconds: int) -> None:
        """Cut a node off for a while."""
        links = {link for other in others for link in ((key, other), (other, key))}
        self.cut |= links
        self._scheduler.call_later(milliseconds, lambda: self.cut.difference_update(links))

    def is_favoured(self, key: PublicKey, height: int, round_: int) -> bool:
        """Say whether this node alone was to receive the commits of that round."""
        return self._favoured.get((height, round_)) == key

    def calm_down(self) -> None:
        """Let every frame through from now on, soon and once."""
        self.cut = set()
        self.faults = Faults()
        self._favoured.clear()

    def _is_lost(self, source: PublicKey, target: PublicKey, frame: Frame) -> bool:
        if (source, target) in self.cut:
            return True
        if self._happens(self.faults.loss):
            self.counts[Fault.LOSS] += 1
            return True
        if frame.is_gossip and self._happens(self.faults.gossip_loss):
            self.counts[Fault.GOSSIP_LOSS] += 1
            return True
        return self.faults.hostile > 0 and self._is_withheld(target, frame)

    def _is_withheld(self, target: PublicKey, frame: Frame) -> bool:
        place = frame.commit_place
        if place is None or not self.favourites:
            return False
        if place not in self._favoured:
            if len(self._favoured) > PLACES_MAX:
                self._favoured.clear()
            hostile = self._happens(self.faults.hostile)
            self._favoured[place] = self._random.choice(self.favourites) if hostile else None
            self.counts[Fault.HOSTILE_SCHEDULE] += hostile
        favoured = self._favoured[place]
        return favoured is not None and favoured != target

    def _read_busy_ms(self, source: PublicKey) -> int:
        pace = self.paces.get(source)
        return 0 if pace is None else pace.busy_ms

    def _draw_delay(self) -> int:
        faults = self.faults
        if self._happens(faults.slow):
            return self._random.randint(faults.delay_ms_max, faults.slow_ms_max)
        return self._random.randint(faults.delay_ms_min, faults.delay_ms_max)

    def _note_delay(self, source: PublicKey, target: PublicKey, delay: int) -> None:
        self.counts[Fault.DELAY] += delay > DELAYED_MS
        link, arrival = (source, target), self._scheduler.now_ms + delay
        if arrival < self._latest.get(link, 0):
            self.counts[Fault.REORDERING] += 1
        else:
            self._latest[link] = arrival

    def _happens(self, chance: float) -> bool:
        return chance > 0 and self._random.random() < chance

    def _arrive(self, source: PublicKey, target: PublicKey, data: bytes) -> None:
        receive = self._receivers.get(target)
        if receive is not None and (source, target) not in self.cut:
            receive(source, data)
