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


"""ko:
Allowances = 이체 위임: 보유자는 다른 사람이 자기 대신 일정 금액까지 돈을 옮기도록 허락할 수 있다.
Allowed = 위임: 보유자가 다른 사람에게 정한 금액까지 옮기도록 허락하였다.
holder = 보유자
spender = 위임받은 사람
amount = 금액
allowances = 위임 한도
approve = 위임: 다른 사람이 정한 금액까지 옮기도록 허락한다. 0이면 위임을 끝낸다. 두 한도를 모두
    쓰는 일이 없도록, 앞의 위임을 끝낸 뒤에 새로 위임한다.
allowance = 남은 위임 한도: 보유자 대신 아직 옮길 수 있는 금액.
another allowance is in force = 아직 유효한 위임이 있다
nothing to move = 옮길 금액이 없다
the holder has not allowed so much = 보유자가 그만큼 위임하지 않았다
"""
