"""How a node stays quick while more comes than it can work off.

What the engines say to each other goes first, then transactions that peers pass on, then those of
clients; and a client is told no before anything of its transaction was checked.
"""

from dure.node.pressure.gate import Gate
from dure.node.pressure.lanes import Lanes
from dure.node.pressure.turns import Turns, open_watched_loop

__all__ = ["Gate", "Lanes", "Turns", "open_watched_loop"]
