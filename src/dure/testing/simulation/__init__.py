"""Whole networks in one process from one seed.

Real drivers, engines and ledgers on simulated ports.

```python
network = Simulation(seed=7, members=4)
network.crash(0)
network.submit(1, network.transfer(amount=5))
network.run_until(lambda: network.height(2) == 1)
```
The same seed gives the same run, event for event. Every final block of every node is compared as it
appears: two different ones at a height end the run with `SafetyViolation`.
"""

from dure.testing.simulation.faults import Faults
from dure.testing.simulation.machines import FragileMachine
from dure.testing.simulation.network import SafetyViolation, Simulation, Stalled

__all__ = ["Faults", "FragileMachine", "SafetyViolation", "Simulation", "Stalled"]
