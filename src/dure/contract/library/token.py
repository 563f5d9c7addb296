"""A token: money that one contract issues, held in the ledger's own balances.

Holders move it by the ledger's transfers; this contract only creates it, destroys it and freezes
it.
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

NOTHING = Amount(0)


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


class Token(Contract):
    """Money of one kind.

    The issuer creates it and may freeze a holder; every holder may destroy what is their own.
    """

    money: Var[Asset]
    total: Var[Amount]

    @init
    def found(self, code: str, decimals: int) -> None:
        """Found the token: `code` is its short name, its last `decimals` digits are fractions."""
        require(len(code) > 0, "a token needs a code")
        self.money = self.create_asset(code, decimals)

    @call
    @only(role="issuer")
    def issue(self, to: Address, amount: Amount) -> None:
        """Create money for somebody."""
        require(amount > NOTHING, "nothing to issue")
        self.total += amount
        self.mint(self.money, to, amount)
        self.emit(Issued(to, amount))

    @call
    def destroy(self, amount: Amount) -> None:
        """Destroy money of one's own."""
        require(amount > NOTHING, "nothing to destroy")
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
        """How much of the money there is."""
        return self.total

    @view
    def asset(self) -> Asset:
        """Which asset of the ledger this token is."""
        return self.money
