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


"""ko:
Pausable = 일시 정지: 구성원들이 정한 감시인이 이 계약을 잠시 멈추거나 다시 움직이게 할 수 있다.
guardian = 감시인
paused = 정지 중
reason = 사유
pause = 일시 정지: 계약을 멈추고 사유를 밝힌다.
resume = 재개: 계약을 다시 움직이게 한다.
is_paused = 정지 여부: 계약이 멈추어 있는지.
Paused = 일시 정지: 이때부터 계약이 멈춘다.
Resumed = 재개: 계약이 다시 움직인다.
the reason has 1 to 500 characters = 사유는 1자에서 500자까지이다
the contract is not paused = 멈추어 있지 않다
the contract is paused = 계약이 멈추어 있다
"""
