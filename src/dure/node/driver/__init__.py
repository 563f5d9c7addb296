"""The node driver: where engine, ledger, disk, network and clock meet.

It is a state machine over ports, with no event loop of its own: the real node and the simulator
run the same driver.

Read in this order: `driver` (events, effects, peers), `intake` (clients' transactions on their way
into a block), `execution` (blocks on their way into the ledger), `halt` (what stops a node for
good), `phases` (where the engine spends its time), `restart` (what was stored comes back).
"""

from dure.node.driver.driver import Driver, DriverSettings, EngineFactory, Ports
from dure.node.driver.halt import Divergence, Halt
from dure.node.driver.intake import Observer

__all__ = ["Divergence", "Driver", "DriverSettings", "EngineFactory", "Halt", "Observer", "Ports"]
