"""Allowances: a holder lets somebody else move a sum in the holder's place.

Whoever makes a token moves the money, after `self.use_allowance(holder, amount)`.
"""

from dure.contract.language import Address, Amount, Contract, Event, Map, call, require, view


class Allowed(Event):
    """A holder allows somebody else to move so much in all."""

    holder: Address
    spender: Address
    amount: Amount


class Allowances(Contract):
    """A holder may allow others to move money in the holder's place, up to a sum each."""

    allowances: Map[Address, Map[Address, Amount]]

    @call
    def approve(self, spender: Address, amount: Amount) -> None:
        """Allow somebody to move so much in all; zero ends an allowance.

        One allowance is ended before another is granted, so that nobody spends both.
        """
        is_change = amount > Amount(0) and self.allowance(self.sender, spender) > Amount(0)
        require(not is_change, "another allowance is in force")
        self.allowances[self.sender][spender] = amount
        self.emit(Allowed(self.sender, spender, amount))

    @view
    def allowance(self, holder: Address, spender: Address) -> Amount:
        """Return how much somebody may still move in a holder's place."""
        return self.allowances[holder].get(spender, Amount(0))

    # Shared parts

    def use_allowance(self, holder: Address, amount: Amount) -> None:
        require(amount > Amount(0), "nothing to move")
        allowed = self.allowance(holder, self.sender)
        require(amount <= allowed, "the holder has not allowed so much")
        self.allowances[holder][self.sender] = allowed - amount
