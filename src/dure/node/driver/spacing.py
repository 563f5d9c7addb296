"""When a proposer begins a block: at once, or a moment later, with more in it.

A block costs every validator a few milliseconds beside its transactions. Where few transactions
come, and blocks were made as fast as they can be, that would be all that the machines do.

Rules
-----
1. A block that comes `interval` after its parent, or later, is begun at once: after a rest nobody
   waits.
2. One that would come sooner waits until the interval is over, or until `BATCH` transactions wait:
   for so many another block costs less than they do themselves.
3. The block's time is that of its beginning. A parent from the future delays it by one interval
   at most.
4. What was ordered on another head is forgotten.

Waiting counts as the proposer's time, so the interval is far shorter than an engine's rounds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from dure.chain.executor import Executor
from dure.consensus.interface import BuildCandidate
from dure.core.types import Instant, Milliseconds
from dure.node.mempool import Mempool
from dure.node.ports import Clock

BATCH: Final = 128
SPACED: Final = "spaced"
"""Name of the timer that calls `on_timer`."""


@dataclass(slots=True)
class Spacing:
    """Holds an engine's order for a block back until it is time."""

    interval: Milliseconds
    clock: Clock
    mempool: Mempool
    executor: Executor
    build: Callable[[BuildCandidate], None]
    _held: BuildCandidate | None = None

    def on_order(self, order: BuildCandidate) -> None:
        """Have the block built, now or soon."""
        since_parent = max(0, self.clock.now() - self.executor.head.header.time)
        wait = self.interval - since_parent
        if wait <= 0 or len(self.mempool) >= BATCH:
            self._held = None
            self.build(order)
        else:
            self._held = order
            self.clock.call_later(Milliseconds(wait), SPACED)

    def on_work(self) -> None:
        """More waits."""
        if self._held is not None and len(self.mempool) >= BATCH:
            self.on_timer()

    def on_timer(self) -> None:
        """Waiting is over."""
        order, self._held = self._held, None
        if order is not None and order.parent == self.executor.head.block_id:
            time = Instant(max(order.time, self.clock.now()))
            self.build(replace(order, time=time))
