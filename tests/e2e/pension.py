"""A contract with what has to outlive its chain: storage, a role, a height, a call that waits."""

from dure.contract.language import (
    Contract,
    Event,
    Var,
    call,
    days,
    init,
    only,
    require,
    scheduled,
    view,
)

MATURE_GAS = 20_000


class Matured(Event):
    """It pays out from now on."""

    payments: int


class Pension(Contract):
    """Payments are counted until it matures by itself, ten days after it began."""

    payments: Var[int]
    newest: Var[int]
    is_mature: Var[bool]

    @init
    def begin(self) -> None:
        """Begin."""
        self.schedule(self.now + days(10), self.mature, gas=MATURE_GAS)

    @call
    @only(role="trustee")
    def note(self) -> int:
        """Count a payment; two never stand in one block."""
        require(self.height > self.newest, "once a block")
        self.newest = self.height
        self.payments += 1
        return self.payments

    @scheduled
    def mature(self) -> None:
        """Mature."""
        self.is_mature = True
        self.emit(Matured(self.payments))

    @view
    def count(self) -> int:
        """Return how many payments there were."""
        return self.payments

    @view
    def has_matured(self) -> bool:
        """Say whether it has."""
        return self.is_mature
