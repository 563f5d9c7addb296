"""In which order a node takes up what its peers send.

Rules
-----
1. What the engine or the catching-up waits for is taken up at once: votes, answers, questions.
2. Transactions that a peer passes on are taken up in the order in which they came, for `TURN_S` of
   each turn of the event loop; the rest waits for the next turns, the peers in turn. So thousands
   of signatures to check never stand between a vote and the engine.
3. A block whose transactions are only named waits for what the same peer passed on before it: it
   names what that peer has just sent. Where that is more than `BLOCK_WAITS_BYTES_MAX` the block is
   taken up at once, and what it lacks is asked for: a round must not end for want of time.
4. Of one peer no more than `WAITING_BYTES_MAX` wait. Passed-on transactions beyond are dropped: who
   has them passes them on again while they wait.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from dure.core.types import PublicKey
from dure.node.messages import BareMessage, Gossip, find_kind

TURN_S: Final = 0.005
WAITING_BYTES_MAX: Final = 4 * 1024 * 1024
BLOCK_WAITS_BYTES_MAX: Final = 64 * 1024
"""Some 400 transfers: 20 to 30 ms."""

ORDERED: Final = frozenset({Gossip, BareMessage})
"""What keeps its order among what the same peer sends."""

Handle = Callable[[PublicKey, bytes], None]

log = structlog.get_logger("dure.node.pressure")


@dataclass(slots=True)
class _Lane:
    """What waits of one peer."""

    frames: deque[bytes] = field(default_factory=deque)
    size: int = 0


class Lanes:
    """Frames of all peers on their way to the driver. Lives in one event loop."""

    def __init__(self, handle: Handle, clock: Callable[[], float] = time.perf_counter) -> None:
        """`handle` takes up one frame; `clock` tells seconds that only ever grow."""
        self.dropped = 0
        """Messages of passed-on transactions that found no room."""
        self._handle = handle
        self._clock = clock
        self._lanes: OrderedDict[PublicKey, _Lane] = OrderedDict()
        """Of the peers of whom something waits; the next one's first."""
        self._spent_s = 0.0
        """Of this turn."""
        self._next_turn: asyncio.Handle | None = None

    def put(self, peer: PublicKey, frame: bytes) -> None:
        """Take a frame up now, or when its turn comes."""
        kind = find_kind(frame)
        if kind not in ORDERED:
            self._handle(peer, frame)
        elif not self._lanes and self._spent_s < TURN_S:
            self._take_up(peer, frame)
        elif kind is Gossip:
            if not self._queue(peer, frame, WAITING_BYTES_MAX):
                self._drop(peer)
        elif not self._queue(peer, frame, BLOCK_WAITS_BYTES_MAX):
            self._take_up(peer, frame)

    def forget(self, peer: PublicKey) -> None:
        """Drop what waits of a peer that is gone."""
        self._lanes.pop(peer, None)

    def close(self) -> None:
        """Drop everything."""
        self._lanes.clear()
        if self._next_turn is not None:
            self._next_turn.cancel()

    def _queue(self, peer: PublicKey, frame: bytes, bytes_max: int) -> bool:
        """Put a frame behind the others of its peer; say whether no more than that wait there."""
        lane = self._lanes.setdefault(peer, _Lane())
        if lane.size > bytes_max:
            return False
        lane.frames.append(frame)
        lane.size += len(frame)
        return True

    def _drop(self, peer: PublicKey) -> None:
        self.dropped += 1
        if self.dropped.bit_count() == 1:
            # The first, the second, the fourth …: a flood must not fill the log.
            log.warning("gossip_dropped", peer=peer.hex()[:8], dropped=self.dropped)

    def _take_up(self, peer: PublicKey, frame: bytes) -> None:
        began = self._clock()
        self._handle(peer, frame)
        self._spent_s += self._clock() - began
        if self._next_turn is None:
            # The loop looks at its sockets between this turn and that one.
            self._next_turn = asyncio.get_running_loop().call_soon(self._begin_turn)

    def _begin_turn(self) -> None:
        self._next_turn = None
        self._spent_s = 0.0
        while self._lanes and self._spent_s < TURN_S:
            peer, lane = next(iter(self._lanes.items()))
            frame = lane.frames.popleft()
            lane.size -= len(frame)
            if lane.frames:
                self._lanes.move_to_end(peer)
            else:
                del self._lanes[peer]
            self._take_up(peer, frame)
