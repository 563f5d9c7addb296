"""Paying many what the contract owes them, each by a scheduled call of its own.

So a receiver to whom the issuer of the money allows nothing holds nobody else up; what could not be
paid waits until the receiver asks for it. A contract that inherits it counts what comes in with
`self.money_held`, owes by `self.owe_money(to, amount)`, and calls `self.hand_over_money(to)` where
a receiver asks.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Contract,
    Currency,
    Map,
    Var,
    scheduled,
    view,
)

DELIVERY_GAS = 20_000


class Money(Currency):
    """What is owed."""


class Payouts(Contract):
    """The contract takes money, and pays by itself what it owes."""

    money: Var[Asset[Money]]
    money_held: Var[Amount[Money]]
    money_owed: Map[Address, Amount[Money]]

    @scheduled
    def deliver_money(self, to: Address) -> None:
        """Pay what is owed."""
        self.hand_over_money(to)

    @view
    def owed(self, to: Address) -> Amount[Money]:
        """Return the money that waits for somebody."""
        return self.money_owed.get(to, Money.of(0))

    # Shared parts

    def owe_money(self, to: Address, amount: Amount[Money]) -> None:
        if amount == Money.of(0):
            return
        self.money_owed[to] = self.money_owed.get(to, Money.of(0)) + amount
        self.schedule(self.now, self.deliver_money, to, gas=DELIVERY_GAS)

    def hand_over_money(self, to: Address) -> None:
        amount = self.money_owed.get(to, Money.of(0))
        if amount > Money.of(0):
            self.money_owed.remove(to)
            self.money_held -= amount
            self.pay(self.money, to, amount)


"""en:
to = receiver
money = agreed money
money_held = money taken and not delivered
money_owed = money owed
DELIVERY_GAS = computing work set aside for a delivery, in gas
"""

"""ko:
Payouts = 자동 지급: 돈을 받고, 내주어야 할 것을 저절로 내준다.
Money = 단위 대금
money = 대금 통화
money_held = 받고 아직 내주지 않은 돈
money_owed = 내주어야 할 돈
to = 받을 사람
amount = 금액
deliver_money = 돈 내주기: 내주어야 할 돈을 지급한다.
owed = 찾아갈 돈: 어떤 사람을 기다리는 돈.
DELIVERY_GAS = 한 번 내주는 데 배정된 연산량(가스)
"""
