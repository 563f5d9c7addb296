"""Money in a map: the plainest contract that moves something."""

from dure.contract.language import Address, Contract, Event, Map, call, require, view


class Moved(Event):
    """Somebody paid somebody."""

    sender: Address
    to: Address
    amount: int


class Coin(Contract):
    """Everybody may create coins and give theirs to others."""

    balances: Map[Address, int]

    @call
    def create(self, amount: int) -> None:
        """Create coins of one's own."""
        require(amount > 0, "nothing to create")
        self.balances[self.sender] = self.balances.get(self.sender, 0) + amount

    @call
    def transfer(self, to: Address, amount: int) -> None:
        """Give coins to somebody: two reads, two writes and an event."""
        have = self.balances.get(self.sender, 0)
        require(0 < amount <= have, "not enough coins")
        self.balances[self.sender] = have - amount
        self.balances[to] = self.balances.get(to, 0) + amount
        self.emit(Moved(self.sender, to, amount))

    @view
    def balance(self, holder: Address) -> int:
        """How many coins somebody has."""
        return self.balances.get(holder, 0)
