"""Payment orders between the banks' customers, in one currency or across two.

Created → Agreed → Approved → Sent → Settled. What was ordered is set aside at once and comes back
by itself where a bank refuses or keeps silent. The rules R1 to R14 are in README.md.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Event,
    Hash,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    init,
    require,
    scheduled,
    view,
)
from dure.contract.library.exchange_quotes import ExchangeQuotes

NOTHING = Amount(0)
ORDER_LASTS = days(1)
SEND_BACK_WITHIN = days(10)
END_GAS = 60_000


class Step(Choice):
    """How far an order is."""

    CREATED = "waits for the payer's bank"
    AGREED = "the payer's bank agreed, the payee's bank is asked"
    APPROVED = "the payee's bank approved, the payer's bank sends"
    SENT = "sent, the payee's bank settles"
    SETTLED = "the payee has the money"
    REJECTED = "refused before it was sent, the payer has the money back"
    RETURNED = "sent and returned, the payer has the money back"


class Screening(Choice):
    """What a bank found when it compared a party with the lists of sanctions."""

    CLEAR = "nobody on a list is meant"
    CLEARED = "a name was alike, and somebody found that another is meant"
    HIT = "somebody on a list is meant"


class Reason(Choice):
    """Why an order was refused or returned, by the external codes of ISO 20022."""

    AB03 = "not settled in time"
    AC01 = "the account number is wrong"
    AC04 = "the account is closed"
    AC06 = "the account is blocked"
    AG01 = "such payments are not allowed on this account"
    AM05 = "ordered twice"
    AM09 = "the amount is wrong"
    BE04 = "the payee's address is missing"
    CUST = "the customer asked for it"
    FOCR = "the payer asked for it back"
    MD07 = "the customer has died"
    MS03 = "the bank gives no reason"
    RR04 = "for reasons of supervision"


class Order(Record):
    """One payment.

    The payer pays `amount` of `money`, the payee gets `target_amount` of `target`: the same, the
    money of another bank, or under a quote another currency.
    """

    payer: Address
    payee: Address
    money: Asset
    amount: Amount
    target: Asset
    target_amount: Amount
    quote: int
    end_to_end: Hash
    ordered: Time
    step: Step
    lapse: int


class OrderCreated(Event):
    """A payer ordered a payment, and the money is set aside."""

    order: int
    payer: Address
    payee: Address
    money: Asset
    amount: Amount
    target: Asset
    target_amount: Amount
    quote: int
    end_to_end: Hash


class OrderAgreed(Event):
    """The payer's bank screened the payer and agreed."""

    order: int
    screening: Screening
    report: Hash


class OrderApproved(Event):
    """The payee's bank screened the payee and approved."""

    order: int
    screening: Screening
    report: Hash


class OrderSent(Event):
    """The payer's bank sent the payment."""

    order: int


class OrderSettled(Event):
    """The payee has the money."""

    order: int


class OrderRejected(Event):
    """The payment was not sent, and the payer has the money back."""

    order: int
    reason: Reason


class OrderReturned(Event):
    """The payment was sent and came back, and the payer has the money."""

    order: int
    reason: Reason


class Payments(ExchangeQuotes):
    """Orders of customers, which two banks agree to, approve, send and settle."""

    orders_made: Var[int]
    orders: Map[int, Order]
    ordered: Map[Address, Map[Hash, int]]

    @init
    def start(self) -> None:
        """Begin; who deploys admits the banks."""
        self.open_clearing()

    # The payer

    @call
    def order(
        self, money: Asset, amount: Amount, payee: Address, target: Asset, end_to_end: Hash
    ) -> int:
        """Order a payment in one currency; return its number.

        `end_to_end` is a digest of the payer's own reference, by which nothing is ordered twice.
        """
        require(self.is_same_currency(money, target), "another currency needs a quote")
        return self.add(self.build(money, amount, payee, end_to_end).replace(target=target))

    @call
    def order_abroad(self, quote: int, amount: Amount, payee: Address, end_to_end: Hash) -> int:
        """Order a payment that arrives in the money that a dealer's quote gives."""
        offer = self.open_quote(quote)
        bought = self.use_quote(quote, amount)
        order = self.build(offer.takes, amount, payee, end_to_end)
        return self.add(order.replace(target=offer.gives, target_amount=bought, quote=quote))

    @call
    def withdraw_order(self, number: int) -> None:
        """Take back what the bank has not sent yet."""
        order = self.find(number)
        require(self.sender == order.payer, "only the payer may take it back")
        self.reject_order(number, Reason.CUST)

    # The banks

    @call
    def agree(self, number: int, screening: Screening, report: Hash) -> None:
        """Say as the payer's bank what screening found; a hit refuses the payment."""
        order = self.expect(number, Step.CREATED)
        self.require_bank_of(order.money)
        if screening == Screening.HIT:
            self.reject_order(number, Reason.RR04)
            return
        self.orders[number] = order.replace(step=Step.AGREED)
        self.emit(OrderAgreed(number, screening, report))

    @call
    def approve(self, number: int, screening: Screening, report: Hash) -> None:
        """Say as the payee's bank what screening found; a hit refuses the payment."""
        order = self.expect(number, Step.AGREED)
        self.require_bank_of(order.target)
        if screening == Screening.HIT:
            self.reject_order(number, Reason.RR04)
            return
        self.require_open(order.target, order.payee)
        self.orders[number] = order.replace(step=Step.APPROVED)
        self.emit(OrderApproved(number, screening, report))

    @call
    def send(self, number: int) -> None:
        """Send as the payer's bank; the payer cannot take the payment back any longer."""
        order = self.expect(number, Step.APPROVED)
        self.require_bank_of(order.money)
        self.orders[number] = order.replace(step=Step.SENT)
        self.emit(OrderSent(number))

    @call
    def settle(self, number: int) -> None:
        """Settle as the payee's bank: whoever is to have money has it in this instant."""
        order = self.expect(number, Step.SENT)
        self.require_bank_of(order.target)
        self.require_open(order.target, order.payee)
        self.cancel(order.lapse)
        self.orders[number] = order.replace(step=Step.SETTLED)
        if order.quote > 0:
            self.let_go(order.money, self.quotes[order.quote].dealer, order.amount)
            self.let_go(order.target, order.payee, order.target_amount)
        elif order.money == order.target:
            self.let_go(order.money, order.payee, order.amount)
        else:
            # The payee's bank comes to hold a claim on the payer's, and owes its customer as much.
            self.let_go(order.money, self.sender, order.amount)
            self.mint(order.target, order.payee, order.amount)
        self.emit(OrderSettled(number))

    @call
    def reject(self, number: int, reason: Reason) -> None:
        """Refuse an order that has not been sent, as either bank."""
        order = self.find(number)
        self.require_bank_of_either(order)
        self.reject_order(number, reason)

    @call
    def return_order(self, number: int, reason: Reason) -> None:
        """Return as the payee's bank what was sent and cannot be settled."""
        order = self.expect(number, Step.SENT)
        self.require_bank_of(order.target)
        self.return_to_payer(number, reason)

    # The payee

    @call
    def send_back(self, number: int, reason: Reason) -> None:
        """Give a settled payment back whole, within ten days; the payer gets it at once."""
        order = self.expect(number, Step.SETTLED)
        require(self.sender == order.payee, "only the payee may send it back")
        require(order.quote == 0, "across currencies an order of its own sends money back")
        require(self.now <= order.ordered + SEND_BACK_WITHIN, "the time to send it back is over")
        self.require_open(order.target, order.payee)
        self.require_open(order.money, order.payer)
        require(
            order.amount <= self.holding_of(order.target, order.payee),
            "the account has not so much money",
        )
        self.orders[number] = order.replace(step=Step.RETURNED)
        if order.money == order.target:
            self.move(order.money, order.payee, order.payer, order.amount)
        else:
            bank = self.money_of(order.money).bank
            self.move(order.target, order.payee, bank, order.amount)
            self.mint(order.money, order.payer, order.amount)
        self.emit(OrderReturned(number, reason))

    # Anybody

    @call
    def end_order(self, number: int) -> None:
        """End by hand an order whose day is over, should the contract's own call have failed."""
        order = self.find(number)
        require(self.now >= order.ordered + ORDER_LASTS, "the order still has time")
        require(order.lapse > 0 and self.is_open(order), "the order is at an end")
        self.lapse_order(number)

    # What the contract does by itself

    @scheduled
    def lapse(self, number: int) -> None:
        """Give the payer back what nobody settled within a day."""
        if self.is_open(self.orders[number]):
            self.lapse_order(number)

    # What everybody may read

    @view
    def find(self, number: int) -> Order:
        """Return an order; they are numbered from 1."""
        require(number in self.orders, "there is no such order")
        return self.orders[number]

    # Shared parts

    def is_open(self, order: Order) -> bool:
        return order.step in [Step.CREATED, Step.AGREED, Step.APPROVED, Step.SENT]

    def expect(self, number: int, step: Step) -> Order:
        order = self.find(number)
        require(order.step == step, "the order is not at that step")
        return order

    def require_bank_of(self, money: Asset) -> None:
        require(self.money_of(money).bank == self.sender, "that is another bank's step")

    def require_bank_of_either(self, order: Order) -> None:
        banks = [self.money_of(order.money).bank, self.money_of(order.target).bank]
        require(self.sender in banks, "that is another bank's step")

    def build(self, money: Asset, amount: Amount, payee: Address, end_to_end: Hash) -> Order:
        require(amount > NOTHING, "an amount is above zero")
        self.take(money, self.sender, amount)
        return Order(
            payer=self.sender,
            payee=payee,
            money=money,
            amount=amount,
            target=money,
            target_amount=amount,
            quote=0,
            end_to_end=end_to_end,
            ordered=self.now,
            step=Step.CREATED,
            lapse=0,
        )

    def add(self, order: Order) -> int:
        is_known = order.end_to_end in self.ordered[order.payer]
        require(not is_known, "the payment is ordered already")
        require(order.payee != order.payer or order.money != order.target, "nothing would move")
        number = self.orders_made + 1
        self.orders_made = number
        self.ordered[order.payer][order.end_to_end] = number
        lapse = self.schedule(order.ordered + ORDER_LASTS, self.lapse, number, gas=END_GAS)
        self.orders[number] = order.replace(lapse=lapse)
        self.emit(
            OrderCreated(
                number,
                order.payer,
                order.payee,
                order.money,
                order.amount,
                order.target,
                order.target_amount,
                order.quote,
                order.end_to_end,
            )
        )
        return number

    def lapse_order(self, number: int) -> None:
        if self.orders[number].step == Step.SENT:
            self.return_to_payer(number, Reason.AB03)
        else:
            self.reject_order(number, Reason.AB03)

    def reject_order(self, number: int, reason: Reason) -> None:
        order = self.orders[number]
        is_before = order.step in [Step.CREATED, Step.AGREED, Step.APPROVED]
        require(is_before, "the order is sent or at an end")
        self.orders[number] = order.replace(step=Step.REJECTED)
        self.undo(order)
        self.emit(OrderRejected(number, reason))

    def return_to_payer(self, number: int, reason: Reason) -> None:
        order = self.orders[number]
        self.orders[number] = order.replace(step=Step.RETURNED)
        self.undo(order)
        self.emit(OrderReturned(number, reason))

    def undo(self, order: Order) -> None:
        self.cancel(order.lapse)
        self.give_back(order.money, order.payer, order.amount, order.ordered)
        if order.quote > 0:
            self.let_go(order.target, self.quotes[order.quote].dealer, order.target_amount)


"""en:
order = number of the order
orders = orders by number
orders_made = number of orders
ordered = references already ordered
money = money paid
amount = amount paid
target = money received
target_amount = amount received
quote = number of the quote, 0 for none
end_to_end = digest of one's own reference
report = digest of the screening report
step = step
lapse = scheduled end
find = order
ORDER_LASTS = time to settle an order
SEND_BACK_WITHIN = time to send a payment back
END_GAS = computing work set aside for the end of an order, in gas
"""

"""ko:
Payments = 지급: 고객의 지급 지시를 두 은행이 동의하고 승인하고 보내고 결제한다.
Order = 지급 지시: 지시 하나.
order = 지급 지시: 한 통화로 지급을 지시하고 번호를 받는다. 자기 참조 번호의 해시로 두 번 지시되지
    않는다.
orders = 지급 지시 목록
orders_made = 지급 지시 수
ordered = 지시 시각
number = 지시 번호
payer = 보내는 고객
payee = 받는 고객
money = 보내는 돈
amount = 보내는 금액
target = 받는 돈
target_amount = 받는 금액
quote = 호가 번호
end_to_end = 참조 번호의 해시
screening = 제재 명단 대조 결과
report = 대조 보고서의 해시
reason = 사유
step = 단계
lapse = 기한 종료: 하루 안에 결제되지 않은 돈을 보낸 고객에게 돌려준다.
start = 시작: 이 계약을 체인에 올린 사람이 은행을 받아들인다.
order_abroad = 해외 지급 지시: 딜러의 호가가 내주는 돈으로 도착하는 지급을 지시한다.
withdraw_order = 지시 철회: 은행이 아직 보내지 않은 지시를 거둔다.
agree = 동의: 보내는 은행이 명단 대조 결과를 밝힌다. 걸리면 지급이 거절된다.
approve = 승인: 받는 은행이 명단 대조 결과를 밝힌다. 걸리면 지급이 거절된다.
send = 송신: 보내는 은행이 보낸다. 이때부터 고객은 철회할 수 없다.
settle = 결제: 받는 은행이 결제하며, 돈을 받을 모두가 한순간에 받는다.
reject = 거절: 아직 보내지 않은 지시를 어느 한 은행이 거절한다.
return_order = 반환: 보냈지만 결제할 수 없는 돈을 받는 은행이 돌려준다.
send_back = 되돌려 보내기: 받은 고객이 열흘 안에 받은 돈을 모두 돌려준다.
end_order = 직접 종료: 저절로 진행되어야 할 절차가 실패한 때에 하루가 지난 지시를 직접 끝낸다.
find = 지시 조회: 지시 하나의 내용. 번호는 1부터이다.
build = 지시 작성
add = 지시 등록
OrderCreated = 지급 지시: 고객이 지급을 지시하여 그 돈을 떼어 두었다.
OrderAgreed = 동의: 보내는 은행이 명단을 대조하고 동의하였다.
OrderApproved = 승인: 받는 은행이 명단을 대조하고 승인하였다.
OrderSent = 송신: 보내는 은행이 보냈다.
OrderSettled = 결제: 받는 고객에게 돈이 있다.
OrderRejected = 거절: 보내지 않은 돈이 보내는 고객에게 돌아왔다.
OrderReturned = 반환: 보낸 돈이 보내는 고객에게 돌아왔다.
Step = 지시의 단계: 지시가 어디까지 왔는지를 뜻한다.
waits for the payer's bank = 보내는 은행의 동의 대기
the payer's bank agreed, the payee's bank is asked = 받는 은행의 승인 대기
the payee's bank approved, the payer's bank sends = 송신 대기
sent, the payee's bank settles = 결제 대기
the payee has the money = 결제됨
refused before it was sent, the payer has the money back = 거절됨
sent and returned, the payer has the money back = 반환됨
Screening = 명단 대조: 은행이 당사자를 제재 명단과 대조한 결과를 뜻한다.
nobody on a list is meant = 명단에 없음
a name was alike, and somebody found that another is meant = 이름이 비슷하나 다른 사람임을 확인함
somebody on a list is meant = 명단에 있음
Reason = 사유: ISO 20022의 외부 코드로 밝힌 거절과 반환의 까닭을 뜻한다.
not settled in time = 기한 안에 결제되지 않음
the account number is wrong = 계좌 번호가 틀림
the account is closed = 닫힌 계좌
the account is blocked = 막힌 계좌
such payments are not allowed on this account = 이 계좌에 허용되지 않는 지급
ordered twice = 두 번 지시됨
the amount is wrong = 금액이 틀림
the payee's address is missing = 받는 사람의 주소가 없음
the customer asked for it = 고객의 요청
the payer asked for it back = 보낸 사람의 반환 요청
the customer has died = 고객의 사망
the bank gives no reason = 은행이 사유를 밝히지 않음
for reasons of supervision = 감독상의 이유
another currency needs a quote = 다른 통화로 보내려면 호가가 있어야 한다
only the payer may take it back = 보낸 고객만 철회할 수 있다
an amount is above zero = 금액은 0보다 커야 한다
only the payee may send it back = 받은 고객만 되돌려 보낼 수 있다
across currencies an order of its own sends money back = 다른 통화는 새 지시로 되돌려 보낸다
the time to send it back is over = 되돌려 보낼 수 있는 기간이 지났다
the account has not so much money = 계좌의 잔액이 모자란다
the order still has time = 지시의 기한이 남아 있다
the order is at an end = 끝난 지시이다
there is no such order = 그런 지시가 없다
the order is not at that step = 지시가 그 단계에 있지 않다
that is another bank's step = 다른 은행이 할 일이다
nothing would move = 움직일 돈이 없다
the payment is ordered already = 이미 지시한 지급이다
the order is sent or at an end = 보냈거나 끝난 지시이다
NOTHING = 없음
ORDER_LASTS = 결제 기한
SEND_BACK_WITHIN = 되돌려 보낼 수 있는 기간
END_GAS = 지시의 종료에 배정된 연산량(가스)
"""
