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
