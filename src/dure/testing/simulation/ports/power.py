"""When a node dies, and how busy it is: what all its ports have in common.

A node may die before any single effect that its driver has on the outside. Between two such
effects nobody can tell when it died, so these are all the instants that there are.
"""

from random import Random

from dure.testing.simulation.scheduler import Scheduler


class PowerCut(Exception):
    """The node is dead: nothing that its driver would have done next happens."""


class Power:
    """One node's supply; every effect asks it first."""

    def __init__(self, random: Random) -> None:
        self.chance = 0.0
        """Chance of a cut before each effect."""
        self.fuse: int | None = None
        """Effects that are still performed before a certain cut; None for no certain cut."""
        self.effects = 0
        """Effects performed so far, to know where a fuse may be set."""
        self._random = random

    def fails(self) -> bool:
        """Say whether the node dies before this effect."""
        self.effects += 1
        if self.fuse is not None:
            self.fuse -= 1
            return self.fuse < 0
        return self.chance > 0 and self._random.random() < self.chance

    def check(self) -> None:
        """Raise `PowerCut` where the node dies before this effect."""
        if self.fails():
            raise PowerCut


class Pace:
    """How long a slow node is still busy; whatever reaches it meanwhile waits in order."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.worked = 0
        """How many times it was busy."""
        self._scheduler = scheduler
        self._free_at_ms = 0

    @property
    def busy_ms(self) -> int:
        """Time until the node is free."""
        return max(0, self._free_at_ms - self._scheduler.now_ms)

    def work(self, milliseconds: int) -> None:
        """Be busy for so long, after whatever it is busy with."""
        self.worked += 1
        self._free_at_ms = self._scheduler.now_ms + self.busy_ms + milliseconds
