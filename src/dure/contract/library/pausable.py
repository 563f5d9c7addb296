"""A pause that a guardian orders and ends.

A contract that inherits it begins each method that a pause is to stop with
`self.require_running()`. What has to go on meanwhile, such as paying out what is owed, does not.
"""

from dure.contract.language import Contract, Event, Var, call, only, require, view


class Paused(Event):
    """The contract stands still from now on."""

    reason: str


class Resumed(Event):
    """The contract goes on."""


class Pausable(Contract):
    """A guardian, whom the members appoint, may pause this contract and let it go on."""

    paused: Var[bool]

    @call
    @only(role="guardian")
    def pause(self, reason: str) -> None:
        """Pause the contract, and say why."""
        self.require_running()
        require(0 < len(reason) <= 500, "the reason has 1 to 500 characters")
        self.paused = True
        self.emit(Paused(reason))

    @call
    @only(role="guardian")
    def resume(self) -> None:
        """Let the contract go on."""
        require(self.paused, "the contract is not paused")
        self.paused = False
        self.emit(Resumed())

    @view
    def is_paused(self) -> bool:
        """Say whether the contract stands still."""
        return self.paused

    # Shared parts

    def require_running(self) -> None:
        require(not self.paused, "the contract is paused")
