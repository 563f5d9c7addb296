"""A token whose rule calls back into the contract that is just paying."""

from dure.contract.language import (
    Address,
    Amount,
    Interface,
    Var,
    call,
    init,
    transfer_rule,
    view,
)
from dure.contract.library.issuance import Issuance


class Payer(Interface):
    """Whatever holds the token."""

    @view
    def every_deal_is_covered(self) -> bool: ...  # type: ignore[empty-body]  # a stub, as the language's interfaces are


class PryingToken(Issuance):
    """Asks whoever pays whether the books are in order, in the middle of the payment."""

    prey: Var[Address]
    is_prying: Var[bool]

    @init
    def open(self, holder: Address) -> None:
        """Found the token, all of it in one hand."""
        self.found("PRY", 0)
        self.create(holder, Amount(1_000))
        self.set_transfer_rule(self.money, self.pry)

    @call
    def pry_into(self, prey: Address) -> None:
        """Begin to pry."""
        self.prey = prey
        self.is_prying = True

    @transfer_rule
    def pry(self, source: Address, target: Address, amount: Amount) -> Amount:
        """Allow every transfer, unless the books are not in order."""
        if self.is_prying and Payer(self.prey).every_deal_is_covered():
            return Amount(0)
        return Amount(0)
