"""How the garbage collector of a node's process is set.

Nearly all that a node keeps (state, tree, caches, waiting transactions) is built of frozen values,
which can form no circle and are freed by counting alone. Looking through them again and again costs
a quarter of a busy node's time and stops the event loop for longer than any other work (measured:
80 ms with 10,000 accounts). So what stands when the node has started is left out for good, and what
comes later is looked through less often. The circles that there are, of tasks and errors, are small
and are found all the same.
"""

import gc
from typing import Final

YOUNG_MAX: Final = 10_000
"""New containers after which the youngest are looked through: about 2 ms of work."""
YOUNG_ROUNDS: Final = 10
MIDDLE_ROUNDS: Final = 100


def settle_collector() -> None:
    """Leave out what stands now, and set how often the rest is looked through. Call once."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, YOUNG_ROUNDS, MIDDLE_ROUNDS)
