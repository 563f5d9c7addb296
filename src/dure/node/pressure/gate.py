"""How many of a client's transactions a node takes in while others wait already.

Rules
-----
1. No more wait than the node works off in `WAIT_S`, so that what it takes waits about as long at
   most, however fast the machine is and however much a transaction takes; but at least
   `WAITING_MIN`.
2. How fast a node is shows only while enough waits: times with less say how much came. Until it has
   shown, `WAITING_FIRST` may wait: a burst on a quiet chain is taken.
3. No more wait than fill `BLOCKS_MAX` blocks by the gas that they state.
4. Who has waited for a turn longer than `TURN_WAIT_S` is refused: the node's time is used up.
5. What is refused was not looked at: saying no costs next to nothing, so that what clients send
   beyond all measure takes no time from what was taken in before.

What peers pass on goes past the gate: a peer has taken it, by the same rules.
"""

import math
from collections.abc import Callable
from typing import Final

from dure.core.errors import NodeBusy
from dure.core.types import Gas

WAIT_S: Final = 1.5
WAITING_MIN: Final = 500
WAITING_FIRST: Final = 4_000
BLOCKS_MAX: Final = 4
TURN_WAIT_S: Final = 0.5
BUSY_MIN: Final = 250
"""Where so many wait after a block, the time until the next one shows how fast the node is."""
AVERAGED_S: Final = 3.0
"""The speed is that of about so many seconds of work."""
SHOWN_S: Final = 0.5
"""After so many it counts."""
RETRY_MS_MIN: Final = 100
RETRY_MS_MAX: Final = 5_000


class Gate:
    """Knows how fast the node is, and says no where more would only wait."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` tells seconds that only ever grow."""
        self._clock = clock
        self._transactions = 0.0
        """Worked off in busy times, each counting less the longer ago it was."""
        self._seconds = 0.0
        """Of busy times, in the same way."""
        self._is_busy = False
        self._then = clock()
        """When the newest block came."""

    @property
    def speed(self) -> float | None:
        """Transactions that the node works off a second; None while that has not shown."""
        return self._transactions / self._seconds if self._seconds >= SHOWN_S else None

    def on_block(self, transactions: int, waiting: int) -> None:
        """Note a block of so many transactions, after which so many wait."""
        now = self._clock()
        if self._is_busy:
            seconds = now - self._then
            kept = math.exp(-seconds / AVERAGED_S)
            self._transactions = self._transactions * kept + transactions
            self._seconds = self._seconds * kept + seconds
        self._is_busy, self._then = waiting >= BUSY_MIN, now

    def count_room(self, waiting: int, waiting_gas: Gas, block_gas: Gas) -> int:
        """Return how many transactions more may wait."""
        if waiting_gas >= BLOCKS_MAX * block_gas:
            return 0
        speed = self.speed
        most = WAITING_FIRST if speed is None else max(WAITING_MIN, int(speed * WAIT_S))
        return max(0, most - waiting)

    def refuse(self, waiting: int) -> NodeBusy:
        """Return the refusal of what was not looked at."""
        wanted = 1000 * waiting / self.speed if self.speed else RETRY_MS_MAX
        retry_ms = int(min(max(wanted, RETRY_MS_MIN), RETRY_MS_MAX))
        message = f"{waiting} transactions wait already; try again in {retry_ms / 1000:.1f} seconds"
        return NodeBusy(message, waiting=waiting, retry_after_ms=retry_ms)
