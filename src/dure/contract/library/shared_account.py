"""Money of several people: it is paid out when enough of them approve the payment."""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Event,
    Hash,
    Map,
    Record,
    Var,
    call,
    encode,
    init,
    only,
    require,
    sha256,
    view,
)
from dure.contract.library.approval import Approval


class PaymentOrder(Record):
    """A payment that a signatory proposed, in words that everybody can read."""

    to: Address
    amount: Amount
    purpose: str


class PaidIn(Event):
    """Money came in."""

    payer: Address
    amount: Amount


class PaidOut(Event):
    """An approved payment was made."""

    proposal: int
    to: Address
    amount: Amount
    purpose: str


class SharedAccount(Approval):
    """An account of several signatories, from which nobody pays alone."""

    money: Var[Asset]
    orders: Map[int, PaymentOrder]

    @init
    def open_account(self, money: Asset, signatories: list[Address], enough: int) -> None:
        """Open the account for one kind of money."""
        self.begin_approval(signatories, enough)
        self.money = money

    @call(pays="money")
    def pay_in(self) -> None:
        """Put money in; anybody may."""
        require(self.paid > Amount(0), "nothing was paid in")
        self.emit(PaidIn(self.sender, self.paid))

    @call
    @only(party="signatories")
    def propose_payment(self, to: Address, amount: Amount, purpose: str) -> int:
        """Propose a payment, and approve it; return the proposal's number."""
        require(amount > Amount(0), "an amount is above zero")
        require(0 < len(purpose) <= 200, "the purpose has 1 to 200 characters")
        number = self.add_proposal(self.hash_payment(to, amount, purpose))
        self.orders[number] = PaymentOrder(to, amount, purpose)
        return number

    @call
    @only(party="signatories")
    def pay_out(self, number: int) -> None:
        """Make a payment that enough signatories have approved."""
        require(number in self.orders, "no payment was proposed under this number")
        order = self.orders[number]
        self.use_proposal(number, self.hash_payment(order.to, order.amount, order.purpose))
        self.pay(self.money, order.to, order.amount)
        self.emit(PaidOut(number, order.to, order.amount, order.purpose))

    @view
    def order(self, number: int) -> PaymentOrder:
        """Return the payment that was proposed under a number."""
        return self.orders[number]

    @view
    def balance(self) -> Amount:
        """Return the money in the account."""
        return self.balance_of(self.money)

    # Shared parts

    def hash_payment(self, to: Address, amount: Amount, purpose: str) -> Hash:
        return sha256(encode("pay_out", to, amount, purpose))


"""en:
to = receiver
money = agreed money
"""

"""ko:
SharedAccount = 공동 계좌: 서명자가 여럿인 계좌로, 누구도 혼자서 지급할 수 없다.
PaymentOrder = 지급 지시
orders = 지급 지시
order = 지급 지시: 그 번호로 제안된 지급.
to = 받는 사람
amount = 금액
purpose = 용도
payer = 입금한 사람
money = 약정 통화
open_account = 개설: 한 가지 돈으로 계좌를 연다.
pay_in = 입금: 돈을 넣는다. 누구나 할 수 있다.
propose_payment = 지급 제안: 지급을 제안하고 곧바로 승인하며, 안건 번호를 받는다.
pay_out = 지급: 충분한 서명자가 승인한 지급을 한다.
balance = 잔액: 계좌에 있는 돈.
hash_payment = 지급 해시
PaidIn = 입금: 돈이 들어왔다.
PaidOut = 지급: 승인된 지급이 이루어졌다.
nothing was paid in = 넣은 돈이 없다
an amount is above zero = 금액은 0보다 커야 한다
the purpose has 1 to 200 characters = 용도는 1자에서 200자까지이다
no payment was proposed under this number = 이 번호로 제안된 지급이 없다
"""
