"""Delivering what a contract owes, each delivery by a scheduled call of its own.

So a receiver to whom the issuer of the money allows nothing holds nobody else up; what could not be
delivered waits to be collected. A contract that inherits it counts what comes in with
`self.money_held` and `self.goods_held`, and owes by `self.owe_money(to, amount)`.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Currency,
    Map,
    Var,
    call,
    init,
    invariant,
    scheduled,
)
from dure.contract.library.payouts import DELIVERY_GAS, Money, Payouts


class Goods(Currency):
    """What is sold."""


class Deliveries(Payouts):
    """The contract takes goods and money, and delivers by itself what it owes."""

    goods: Var[Asset[Goods]]
    goods_held: Var[Amount[Goods]]
    goods_owed: Map[Address, Amount[Goods]]

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
    def deliver_goods(self, to: Address) -> None:
        """Hand over the goods that are owed."""
        self.hand_over_goods(to)

    @invariant
    def goods_and_money_are_there(self) -> bool:
        """The contract holds all goods and all money that it took and has not delivered."""
        has_goods = self.balance_of(self.goods) >= self.goods_held
        return has_goods and self.balance_of(self.money) >= self.money_held

    # Shared parts

    def owe_goods(self, to: Address, amount: Amount[Goods]) -> None:
        self.goods_owed[to] = self.goods_owed.get(to, Goods.of(0)) + amount
        self.schedule(self.now, self.deliver_goods, to, gas=DELIVERY_GAS)

    def hand_over_goods(self, to: Address) -> None:
        amount = self.goods_owed.get(to, Goods.of(0))
        if amount > Goods.of(0):
            self.goods_owed.remove(to)
            self.goods_held -= amount
            self.pay(self.goods, to, amount)


"""en:
goods = goods sold here
goods_held = goods taken and not delivered
goods_owed = goods owed
"""

"""ko:
Deliveries = 자동 인도: 물품과 돈을 받고, 내주어야 할 것을 저절로 내준다.
Goods = 단위 물품
goods = 거래 물품
goods_held = 받고 아직 내주지 않은 물품
goods_owed = 내주어야 할 물품
to = 받을 사람
amount = 금액
begin = 시작: 여기서 파는 물품과 값을 치를 돈을 정한다.
collect = 찾아가기: 저절로 받지 못한 물품과 돈을 찾아간다.
deliver_goods = 물품 내주기: 내주어야 할 물품을 넘긴다.
goods_and_money_are_there = 물품과 돈이 있음: 받고 아직 내주지 않은 물품과 돈이 모두 계약에 있다.
"""
