"""Delivering what a contract owes, each delivery by a scheduled call of its own.

So a receiver to whom the issuer of the money allows nothing holds nobody else up; what could not be
delivered waits to be collected. A contract that inherits it counts what comes in with
`self.money_held` and `self.goods_held`, and owes by `self.owe_money(to, amount)`.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Contract,
    Currency,
    Map,
    Var,
    call,
    init,
    invariant,
    scheduled,
    view,
)

DELIVERY_GAS = 20_000


class Goods(Currency):
    """What is sold."""


class Money(Currency):
    """What is bid."""


class Deliveries(Contract):
    """The contract takes goods and money, and delivers by itself what it owes."""

    goods: Var[Asset[Goods]]
    money: Var[Asset[Money]]
    goods_held: Var[Amount[Goods]]
    money_held: Var[Amount[Money]]
    goods_owed: Map[Address, Amount[Goods]]
    money_owed: Map[Address, Amount[Money]]

    @init
    def begin(self, goods: Asset[Goods], money: Asset[Money]) -> None:
        """Name what is sold here, and the money in which bids are made."""
        self.goods = goods
        self.money = money

    @call
    def collect(self) -> None:
        """Take what the contract owes the caller and could not deliver by itself."""
        self.hand_over_money(self.sender)
        self.hand_over_goods(self.sender)

    @scheduled
    def deliver_money(self, to: Address) -> None:
        """Pay what is owed."""
        self.hand_over_money(to)

    @scheduled
    def deliver_goods(self, to: Address) -> None:
        """Hand over the goods that are owed."""
        self.hand_over_goods(to)

    @view
    def owed(self, to: Address) -> Amount[Money]:
        """Return the money that waits for somebody."""
        return self.money_owed.get(to, Money.of(0))

    @invariant
    def goods_and_money_are_there(self) -> bool:
        """The contract holds all goods and all money that it took and has not delivered."""
        has_goods = self.balance_of(self.goods) >= self.goods_held
        return has_goods and self.balance_of(self.money) >= self.money_held

    # Shared parts

    def owe_money(self, to: Address, amount: Amount[Money]) -> None:
        if amount == Money.of(0):
            return
        self.money_owed[to] = self.money_owed.get(to, Money.of(0)) + amount
        self.schedule(self.now, self.deliver_money, to, gas=DELIVERY_GAS)

    def owe_goods(self, to: Address, amount: Amount[Goods]) -> None:
        self.goods_owed[to] = self.goods_owed.get(to, Goods.of(0)) + amount
        self.schedule(self.now, self.deliver_goods, to, gas=DELIVERY_GAS)

    def hand_over_money(self, to: Address) -> None:
        amount = self.money_owed.get(to, Money.of(0))
        if amount > Money.of(0):
            self.money_owed.remove(to)
            self.money_held -= amount
            self.pay(self.money, to, amount)

    def hand_over_goods(self, to: Address) -> None:
        amount = self.goods_owed.get(to, Goods.of(0))
        if amount > Goods.of(0):
            self.goods_owed.remove(to)
            self.goods_held -= amount
            self.pay(self.goods, to, amount)
