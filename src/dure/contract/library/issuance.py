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


"""en:
to = receiver
total = money in circulation
"""

"""ko:
Issuance = 발행: 이 계약만이 발행하고 없애는 한 가지 돈이다.
issuer = 발행인
money = 발행한 돈
total = 발행 잔액
holder = 보유자
to = 받는 사람
amount = 금액
code = 짧은 이름
decimals = 소수 자릿수
found = 설립: 돈을 만든다. 짧은 이름과 소수 자릿수를 정한다.
destroy = 소각: 자기 돈을 없앤다.
stop = 이체 정지: 보유자가 이 돈을 옮기지 못하게 한다.
release = 정지 해제: 정지된 보유자가 다시 돈을 옮길 수 있게 한다.
supply = 발행 잔액: 이 돈이 얼마나 있는지.
asset = 자산: 이 돈이 원장의 어느 자산인지.
Issued = 발행: 돈이 발행되었다.
Destroyed = 소각: 돈이 없어졌다.
Stopped = 이체 정지: 보유자가 더는 돈을 옮길 수 없다.
Released = 정지 해제: 보유자가 다시 돈을 옮길 수 있다.
a token needs a code = 짧은 이름이 있어야 한다
nothing to destroy = 없앨 금액이 없다
nothing to issue = 발행할 금액이 없다
"""
