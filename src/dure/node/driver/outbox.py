"""Transactions that were admitted here, on their way to every peer.

Rules
-----
1. What comes after a rest of `GATHER_MS` leaves at once. What comes sooner waits until that time is
   over and leaves in one message, so that many small submissions cost their readers little.
2. As soon as `GATHER_MAX` wait they leave: more at once would spare nothing.
3. `flush` lets all leave: before a block that names them.
"""

from collections.abc import Iterable
from typing import Final

from dure.core.codec import encode
from dure.core.types import Instant, Milliseconds
from dure.node import messages
from dure.node.ports import Clock, Network

GATHER_MS: Final = Milliseconds(2)
GATHER_MAX: Final = 32
GATHERED: Final = "gathered"
"""Name of the timer that calls `flush`."""


class Outbox:
    """Envelopes that are passed on soon."""

    def __init__(self, network: Network, clock: Clock) -> None:
        self._network = network
        self._clock = clock
        self._envelopes: list[bytes] = []
        self._flushed = Instant(0)
        self._is_timed = False

    def put(self, envelopes: Iterable[bytes]) -> None:
        """Pass these on, now or in a moment."""
        self._envelopes += envelopes
        if len(self._envelopes) >= GATHER_MAX or self._clock.now() >= self._flushed + GATHER_MS:
            self.flush()
        elif not self._is_timed:
            self._is_timed = True
            self._clock.call_later(GATHER_MS, GATHERED)

    def on_timer(self) -> None:
        """The time for gathering is over."""
        self._is_timed = False
        self.flush()

    def flush(self) -> None:
        """Pass on what waits."""
        if self._envelopes:
            envelopes, self._envelopes = self._envelopes, []
            self._flushed = self._clock.now()
            for gossip in messages.split_gossip(envelopes):
                self._network.broadcast(encode(gossip))
