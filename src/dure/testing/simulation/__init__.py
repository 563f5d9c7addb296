"""Whole networks in one process from one seed.

Real drivers, engines, ledgers and journals on simulated ports.

```python
network = Simulation(seed=7, members=4)
network.crash(0)
network.submit(1, network.transfer(amount=5))
network.run_until(lambda: network.height(2) == 1)
```
The same seed gives the same run, event for event.
"""

from dure.testing.simulation.checks.violations import SafetyViolation, Stalled
from dure.testing.simulation.faults import Fault, Faults
from dure.testing.simulation.machines import FragileMachine
from dure.testing.simulation.narration import Narrator
from dure.testing.simulation.network import Simulation
from dure.testing.simulation.storms import Outcome, narrate_seed, run_seed

__all__ = [
    "Fault",
    "Faults",
    "FragileMachine",
    "Narrator",
    "Outcome",
    "SafetyViolation",
    "Simulation",
    "Stalled",
    "narrate_seed",
    "run_seed",
]
