"""Open-account receivables: an invoice is financed once, and paid by itself when it is due.

The seller enters an invoice, its debtor acknowledges it, a bank buys it. What tells two invoices
apart is a fingerprint keyed by the banks' own secret (`invoices.py`): the same invoice gives
the same fingerprint to every bank, and nobody without the key can guess it. Rules R25 to R32 of
README.md.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Event,
    Hash,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    init,
    invariant,
    require,
    scheduled,
    view,
)

NOTHING = Amount(0)
TERM_MAX = days(730)
COLLECTION_GAS = 100_000


class ReceivableState(Choice):
    """How far a receivable has got."""

    ENTERED = "waits for its debtor's acknowledgement"
    REJECTED = "was rejected by its debtor, or withdrawn"
    ACKNOWLEDGED = "is acknowledged by its debtor, and the seller's"
    SOLD = "was bought by a bank"
    OVERDUE = "fell due and is not paid in full"
    PAID = "is paid in full"


class Receivable(Record):
    """What a buyer of goods owes on open account.

    `owner` is whom the debtor pays: the seller, or the bank that bought it. `paid_in` waits with
    the contract for the due date.
    """

    seller: Address
    debtor: Address
    owner: Address
    fingerprint: Hash
    document: Hash
    amount: Amount
    due: Time
    paid_in: Amount
    bank: Address
    price: Amount
    state: ReceivableState


class ReceivableEntered(Event):
    """A seller entered an invoice."""

    receivable: int
    seller: Address
    debtor: Address
    amount: Amount
    due: Time


class ReceivableAcknowledged(Event):
    """The debtor owes it, without set-off, to whoever owns it."""

    receivable: int


class ReceivableRejected(Event):
    """The debtor does not owe it, or the seller withdrew it."""

    receivable: int
    by: Address


class ReceivableOffered(Event):
    """The seller offers it to a bank at a price."""

    receivable: int
    bank: Address
    price: Amount


class ReceivableSold(Event):
    """A bank paid the price and owns it, at the same instant."""

    receivable: int
    bank: Address
    price: Amount


class ReceivablePaid(Event):
    """Its owner has the whole amount."""

    receivable: int
    owner: Address
    amount: Amount


class ReceivableOverdue(Event):
    """It fell due, and so much of it was missing."""

    receivable: int
    missing: Amount


class Receivables(Contract):
    """A register in which no invoice stands twice, so that none is financed twice."""

    money: Var[Asset]
    held: Var[Amount]
    receivables_entered: Var[int]
    receivables: Map[int, Receivable]
    fingerprints: Map[Hash, int]

    @init
    def begin(self, money: Asset) -> None:
        """Name the money in which invoices are made out."""
        self.money = money

    # The seller

    @call
    def enter(
        self, debtor: Address, fingerprint: Hash, document: Hash, amount: Amount, due: Time
    ) -> int:
        """Enter an invoice; return the number of the receivable."""
        require(debtor != self.sender, "seller and debtor are two")
        require(amount > NOTHING, "an amount is above zero")
        require(self.now < due <= self.now + TERM_MAX, "an invoice falls due within two years")
        require(fingerprint not in self.fingerprints, "the invoice is entered already")
        number = self.receivables_entered + 1
        self.receivables_entered = number
        self.fingerprints[fingerprint] = number
        self.receivables[number] = Receivable(
            seller=self.sender,
            debtor=debtor,
            owner=self.sender,
            fingerprint=fingerprint,
            document=document,
            amount=amount,
            due=due,
            paid_in=NOTHING,
            bank=self.sender,
            price=NOTHING,
            state=ReceivableState.ENTERED,
        )
        self.emit(ReceivableEntered(number, self.sender, debtor, amount, due))
        return number

    @call
    def offer(self, number: int, bank: Address, price: Amount) -> None:
        """Offer a receivable to a bank at a price, in place of any offer before."""
        known = self.known(number)
        require(self.sender == known.seller, "only the seller may do this")
        self.require_for_sale(known)
        require(self.has_role("bank", bank), "the members have not named it a bank")
        require(NOTHING < price <= known.amount, "the price is at most the amount")
        self.receivables[number] = known.replace(bank=bank, price=price)
        self.emit(ReceivableOffered(number, bank, price))

    @call
    def withdraw(self, number: int) -> None:
        """Withdraw an invoice that its debtor has not acknowledged."""
        known = self.known(number)
        require(self.sender == known.seller, "only the seller may do this")
        require(known.state == ReceivableState.ENTERED, "the invoice waits for no acknowledgement")
        self.drop(number)

    # The debtor

    @call
    def acknowledge(self, number: int) -> None:
        """Acknowledge an invoice: the debtor pays its owner, whoever that will be."""
        known = self.known(number)
        require(self.sender == known.debtor, "only the debtor may do this")
        require(known.state == ReceivableState.ENTERED, "the invoice waits for no acknowledgement")
        require(self.now < known.due, "the invoice has fallen due")
        self.receivables[number] = known.replace(state=ReceivableState.ACKNOWLEDGED)
        self.schedule(known.due, self.collect, number, gas=COLLECTION_GAS)
        self.emit(ReceivableAcknowledged(number))

    @call
    def reject(self, number: int) -> None:
        """Reject an invoice that is not owed."""
        known = self.known(number)
        require(self.sender == known.debtor, "only the debtor may do this")
        require(known.state == ReceivableState.ENTERED, "the invoice waits for no acknowledgement")
        self.drop(number)

    @call(pays="money")
    def pay_in(self, number: int) -> None:
        """Put money in for the due date; what is overdue is paid as soon as all of it is there."""
        known = self.known(number)
        is_owed = known.state in [
            ReceivableState.ACKNOWLEDGED,
            ReceivableState.SOLD,
            ReceivableState.OVERDUE,
        ]
        require(is_owed, "nothing is owed")
        require(self.paid > NOTHING, "an amount is above zero")
        require(self.paid <= known.amount - known.paid_in, "that is more than is owed")
        self.held += self.paid
        self.receivables[number] = known.replace(paid_in=known.paid_in + self.paid)
        self.pay_owner(number)

    # The bank

    @call(pays="money")
    def buy(self, number: int) -> None:
        """Pay the price for a receivable and own it, at the same instant; no other bank can."""
        known = self.known(number)
        self.require_for_sale(known)
        is_offered = known.price > NOTHING
        is_theirs = self.sender == known.bank
        require(is_offered and is_theirs, "the receivable is not offered to them")
        require(self.paid == known.price, "the payment is not the price")
        self.receivables[number] = known.replace(owner=self.sender, state=ReceivableState.SOLD)
        self.pay(self.money, known.seller, known.price)
        self.emit(ReceivableSold(number, self.sender, known.price))

    # By hand, should the contract's own call have failed

    @call
    def settle(self, number: int) -> None:
        """Do what is due; whoever asks, the owner is paid."""
        self.collect_due(number)

    # What the contract does by itself

    @scheduled
    def collect(self, number: int) -> None:
        """Pay the owner on the due date out of what the debtor put in."""
        self.collect_due(number)

    # What everybody may read

    @view
    def receivable(self, number: int) -> Receivable:
        """Return a receivable; they are numbered from 1."""
        return self.receivables[number]

    @view
    def number_of(self, fingerprint: Hash) -> int:
        """Return under which number an invoice stands; 0 where it does not."""
        return self.fingerprints.get(fingerprint, 0)

    @invariant
    def what_debtors_put_in_is_there(self) -> bool:
        """The contract holds at least what debtors put in and no owner has yet."""
        return self.balance_of(self.money) >= self.held

    # Shared parts

    def known(self, number: int) -> Receivable:
        require(number in self.receivables, "there is no such receivable")
        return self.receivables[number]

    def require_for_sale(self, known: Receivable) -> None:
        require(known.state != ReceivableState.SOLD, "the receivable is sold already")
        is_sound = known.state == ReceivableState.ACKNOWLEDGED
        require(is_sound, "the debtor has not acknowledged the invoice")
        require(self.now < known.due, "the invoice has fallen due")

    def drop(self, number: int) -> None:
        known = self.receivables[number]
        self.fingerprints.remove(known.fingerprint)
        self.receivables[number] = known.replace(state=ReceivableState.REJECTED)
        self.emit(ReceivableRejected(number, self.sender))

    def collect_due(self, number: int) -> None:
        known = self.known(number)
        is_waiting = known.state in [ReceivableState.ACKNOWLEDGED, ReceivableState.SOLD]
        if is_waiting and self.now >= known.due:
            self.receivables[number] = known.replace(state=ReceivableState.OVERDUE)
            missing = known.amount - known.paid_in
            if missing > NOTHING:
                self.emit(ReceivableOverdue(number, missing))
        self.pay_owner(number)

    def pay_owner(self, number: int) -> None:
        known = self.receivables[number]
        is_due = known.state == ReceivableState.OVERDUE
        if is_due and known.paid_in == known.amount:
            self.receivables[number] = known.replace(state=ReceivableState.PAID, paid_in=NOTHING)
            self.held -= known.amount
            self.pay(self.money, known.owner, known.amount)
            self.emit(ReceivablePaid(number, known.owner, known.amount))


"""en:
number = number of the receivable
fingerprint = keyed fingerprint of the invoice
document = salted digest of the invoice
due = due date
paid_in = money put in for the due date
held = money put in and not paid out
receivables_entered = number of receivables
receivables = receivables
fingerprints = receivables by fingerprint
money = agreed money
TERM_MAX = longest term
COLLECTION_GAS = computing work set aside for the due date, in gas
NOTHING = nothing
"""

"""ko:
Receivables = 외상 채권 등록부: 같은 송장이 두 번 오르지 않으므로 두 번 매입되지 않는다.
Receivable = 외상 채권
receivable = 외상 채권: 외상 채권 하나의 내용. 번호는 1부터이다.
receivables = 외상 채권 목록
receivables_entered = 지금까지 오른 외상 채권 수
seller = 파는 사람
debtor = 채무자
owner = 채권자
bank = 은행
fingerprint = 송장의 열쇠 지문
fingerprints = 지문으로 찾는 외상 채권
document = 송장의 소금 친 해시
amount = 금액
due = 지급일
paid_in = 지급일을 위하여 넣은 돈
price = 매입 값
state = 상태
money = 약정 통화
held = 넣고 아직 내주지 않은 돈
number = 외상 채권 번호
by = 거절한 사람
missing = 모자란 금액
known = 외상 채권
is_owed = 갚을 것이 있는지
is_offered = 내놓았는지
is_theirs = 그 은행에 내놓았는지
is_sound = 승인된 것인지
is_waiting = 지급일을 기다리는지
is_due = 지급일이 되었는지
begin = 시작: 송장에 쓰는 돈을 정한다.
enter = 송장 등록: 송장을 올리고 외상 채권 번호를 받는다.
offer = 매입 신청: 외상 채권을 정한 값에 은행에 내놓는다. 앞선 신청은 없어진다.
withdraw = 송장 철회: 채무자가 승인하지 않은 송장을 거두어들인다.
acknowledge = 채무 승인: 누가 채권자가 되든 그 사람에게 지급하겠다고 승인한다.
reject = 송장 거절: 갚을 것이 아닌 송장을 거절한다.
pay_in = 입금: 지급일을 위하여 돈을 넣는다. 지급일이 지난 것은 모두 채워지는 대로 지급된다.
buy = 매입: 값을 치르는 바로 그때 외상 채권을 넘겨받는다. 다른 은행은 매입할 수 없다.
settle = 직접 처리: 때가 된 일을 한다. 누가 청하든 채권자가 받는다.
collect = 만기 지급: 채무자가 넣은 돈으로 지급일에 채권자에게 지급한다.
number_of = 송장의 번호: 송장이 어느 번호로 올라 있는지. 없으면 0이다.
what_debtors_put_in_is_there = 넣은 돈이 있음: 채무자가 넣고 채권자가 아직 받지 않은 돈이 모두
    계약에 있다.
require_for_sale = 매입 가능 확인
drop = 내리기
collect_due = 만기 처리
pay_owner = 채권자에게 지급
ReceivableEntered = 송장 등록: 파는 사람이 송장을 올렸다.
ReceivableAcknowledged = 채무 승인: 채무자가 채권자에게 상계 없이 갚기로 하였다.
ReceivableRejected = 송장 거절: 채무자가 거절하였거나 파는 사람이 철회하였다.
ReceivableOffered = 매입 신청: 파는 사람이 정한 값에 은행에 내놓았다.
ReceivableSold = 외상 채권 매입: 은행이 값을 치르고 같은 순간에 채권자가 되었다.
ReceivablePaid = 외상 채권 지급: 채권자가 전액을 받았다.
ReceivableOverdue = 연체: 지급일이 되었으나 돈이 모자랐다.
ReceivableState = 외상 채권의 상태: 외상 채권이 어디까지 왔는지를 뜻한다.
waits for its debtor's acknowledgement = 채무자의 승인을 기다림
was rejected by its debtor, or withdrawn = 채무자가 거절하였거나 철회됨
is acknowledged by its debtor, and the seller's = 채무자가 승인하여 파는 사람의 것임
was bought by a bank = 은행이 매입함
fell due and is not paid in full = 지급일이 지났으나 다 갚지 않음
is paid in full = 모두 갚음
seller and debtor are two = 파는 사람과 채무자는 서로 달라야 한다
an amount is above zero = 금액은 0보다 커야 한다
an invoice falls due within two years = 지급일은 2년 안이어야 한다
the invoice is entered already = 이미 오른 송장이다
only the seller may do this = 파는 사람만 할 수 있다
the members have not named it a bank = 구성원이 은행으로 정하지 않았다
the price is at most the amount = 값은 금액보다 클 수 없다
the invoice waits for no acknowledgement = 승인을 기다리는 송장이 아니다
only the debtor may do this = 채무자만 할 수 있다
the invoice has fallen due = 지급일이 지난 송장이다
nothing is owed = 갚을 것이 없다
that is more than is owed = 갚을 금액보다 많다
the receivable is not offered to them = 그 은행에 내놓은 외상 채권이 아니다
the payment is not the price = 낸 돈이 값과 다르다
there is no such receivable = 없는 외상 채권이다
the receivable is sold already = 이미 매입된 외상 채권이다
the debtor has not acknowledged the invoice = 채무자가 승인하지 않은 송장이다
NOTHING = 없음
TERM_MAX = 가장 긴 기간
COLLECTION_GAS = 만기 지급에 배정된 연산량(가스)
"""
