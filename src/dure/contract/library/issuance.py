"""Issuing money, whose balances the ledger keeps.

Whoever makes a token says who may issue, with `self.create(to, amount)`; destroying and freezing
are here.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Contract,
    Event,
    Var,
    call,
    init,
    only,
    require,
    view,
)


class Issued(Event):
    """Money came into being."""

    to: Address
    amount: Amount


class Destroyed(Event):
    """Money ceased to be."""

    holder: Address
    amount: Amount


class Stopped(Event):
    """A holder may no longer move the money."""

    holder: Address


class Released(Event):
    """A holder may move the money again."""

    holder: Address


class Issuance(Contract):
    """Money of one kind, which this contract alone creates and destroys."""

    money: Var[Asset]
    total: Var[Amount]

    @init
    def found(self, code: str, decimals: int) -> None:
        """Found the token: `code` is its short name, its last `decimals` digits are fractions."""
        require(len(code) > 0, "a token needs a code")
        self.money = self.create_asset(code, decimals)

    @call
    def destroy(self, amount: Amount) -> None:
        """Destroy money of one's own."""
        require(amount > Amount(0), "nothing to destroy")
        self.burn(self.money, self.sender, amount)
        self.total -= amount
        self.emit(Destroyed(self.sender, amount))

    @call
    @only(role="issuer")
    def stop(self, holder: Address) -> None:
        """Keep a holder from moving this money."""
        self.freeze(self.money, holder, frozen=True)
        self.emit(Stopped(holder))

    @call
    @only(role="issuer")
    def release(self, holder: Address) -> None:
        """Let a stopped holder move this money again."""
        self.freeze(self.money, holder, frozen=False)
        self.emit(Released(holder))

    @view
    def supply(self) -> Amount:
        """Return how much of the money there is."""
        return self.total

    @view
    def asset(self) -> Asset:
        """Return which asset of the ledger this token is."""
        return self.money

    # Shared parts

    def create(self, to: Address, amount: Amount) -> None:
        require(amount > Amount(0), "nothing to issue")
        self.total += amount
        self.mint(self.money, to, amount)
        self.emit(Issued(to, amount))
