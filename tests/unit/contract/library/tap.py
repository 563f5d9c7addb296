"""A contract of which one method stands still in a pause."""

from dure.contract.language import Var, call
from dure.contract.library.pausable import Pausable


class Tap(Pausable):
    """Drips, unless it is paused."""

    drops: Var[int]

    @call
    def run(self) -> int:
        """Let a drop fall; return how many have."""
        self.require_running()
        self.drops += 1
        return self.drops

    @call
    def empty(self) -> None:
        """Pour everything away."""
        self.drops = 0
