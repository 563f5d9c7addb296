"""Card payments: what a cardholder authorises is set aside, and the shop takes it when it delivers.

The issuing bank sets each card's limits, so a car may pay at a charger and no more. What is not
captured in time goes back by itself. The rules R15 and R16 are in README.md.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Event,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    hours,
    init,
    invariant,
    only,
    require,
    scheduled,
    view,
)

NIL = Amount(0)
AUTHORISATION_LASTS = days(7)
REFUND_WITHIN = days(180)
SEOUL_IS_AHEAD = hours(9)
EXPIRY_GAS = 40_000


class Authorised(Choice):
    """What became of an authorisation."""

    OPEN = "set aside, the shop may capture"
    CAPTURED = "the shop has the money"
    REVERSED = "nothing is set aside any longer"


class Card(Record):
    """What the issuing bank lets a cardholder spend, in one purchase and on one day."""

    purchase_most: Amount
    day_most: Amount
    day: int
    spent: Amount


class Authorisation(Record):
    """One purchase: how much is set aside, taken and given back."""

    holder: Address
    shop: Address
    amount: Amount
    captured: Amount
    refunded: Amount
    at: Time
    state: Authorised
    expiry: int


class CardIssued(Event):
    """A cardholder may spend so much."""

    holder: Address
    purchase_most: Amount
    day_most: Amount


class PurchaseAuthorised(Event):
    """A cardholder set money aside for a shop."""

    authorisation: int
    holder: Address
    shop: Address
    amount: Amount


class PurchaseCaptured(Event):
    """A shop took what it delivered for; the rest went back."""

    authorisation: int
    amount: Amount
    back: Amount


class PurchaseReversed(Event):
    """What was set aside went back."""

    authorisation: int
    amount: Amount


class PurchaseRefunded(Event):
    """A shop gave money back for goods that were returned."""

    authorisation: int
    amount: Amount


class CardPayments(Contract):
    """One bank's cards: authorise, capture, reverse, refund."""

    bank: Var[Address]
    money: Var[Asset]
    set_aside: Var[Amount]
    authorised: Var[int]
    cards: Map[Address, Card]
    authorisations: Map[int, Authorisation]

    @init
    def begin(self, money: Asset) -> None:
        """Begin as the issuing bank, with cards in this money."""
        self.bank = self.sender
        self.money = money

    # The bank

    @call
    @only(party="bank")
    def issue_card(self, holder: Address, purchase_most: Amount, day_most: Amount) -> None:
        """Give somebody, or somebody's car, a card, or other limits; nothing stops the card."""
        known = self.cards.get(holder, Card(NIL, NIL, 0, NIL))
        self.cards[holder] = known.replace(purchase_most=purchase_most, day_most=day_most)
        self.emit(CardIssued(holder, purchase_most, day_most))

    # The cardholder

    @call(pays="money")
    def authorise(self, shop: Address) -> int:
        """Set money aside for a shop; return the number of the authorisation."""
        require(self.paid > NIL, "an amount is above zero")
        require(shop != self.sender, "shop and cardholder are two")
        self.spend(self.sender, self.paid)
        number = self.authorised + 1
        self.authorised = number
        self.set_aside += self.paid
        expiry = self.schedule(self.now + AUTHORISATION_LASTS, self.expire, number, gas=EXPIRY_GAS)
        self.authorisations[number] = Authorisation(
            self.sender, shop, self.paid, NIL, NIL, self.now, Authorised.OPEN, expiry
        )
        self.emit(PurchaseAuthorised(number, self.sender, shop, self.paid))
        return number

    # The shop

    @call
    def capture(self, number: int, amount: Amount) -> None:
        """Take what was delivered, once; the rest goes back."""
        purchase = self.own(number)
        require(purchase.state == Authorised.OPEN, "nothing is set aside any longer")
        require(NIL < amount <= purchase.amount, "no more is captured than was authorised")
        back = purchase.amount - amount
        self.end(number, purchase.replace(captured=amount, state=Authorised.CAPTURED))
        self.pay(self.money, purchase.shop, amount)
        if back > NIL:
            self.pay(self.money, purchase.holder, back)
        self.emit(PurchaseCaptured(number, amount, back))

    @call
    def reverse(self, number: int) -> None:
        """Give up an authorisation; all of it goes back."""
        purchase = self.own(number)
        require(purchase.state == Authorised.OPEN, "nothing is set aside any longer")
        self.let_back(number)

    @call(pays="money")
    def refund(self, number: int) -> None:
        """Give money back for what was returned, never more than was captured."""
        purchase = self.own(number)
        require(self.paid > NIL, "an amount is above zero")
        refunded = purchase.refunded + self.paid
        require(refunded <= purchase.captured, "no more is refunded than was captured")
        require(self.now <= purchase.at + REFUND_WITHIN, "the time for refunds is over")
        self.authorisations[number] = purchase.replace(refunded=refunded)
        self.pay(self.money, purchase.holder, self.paid)
        self.emit(PurchaseRefunded(number, self.paid))

    # Anybody

    @call
    def release(self, number: int) -> None:
        """Reverse by hand what has expired, should the contract's own call have failed."""
        purchase = self.find(number)
        require(purchase.state == Authorised.OPEN, "nothing is set aside any longer")
        require(self.now >= purchase.at + AUTHORISATION_LASTS, "the shop may still capture")
        self.let_back(number)

    # What the contract does by itself

    @scheduled
    def expire(self, number: int) -> None:
        """Give back after a week what no shop captured."""
        if self.authorisations[number].state == Authorised.OPEN:
            self.let_back(number)

    # What everybody may read

    @view
    def find(self, number: int) -> Authorisation:
        """Return an authorisation; they are numbered from 1."""
        require(number in self.authorisations, "there is no such authorisation")
        return self.authorisations[number]

    @view
    def card(self, holder: Address) -> Card:
        """Return a card and what was spent with it on its last day."""
        require(holder in self.cards, "there is no such card")
        return self.cards[holder]

    @invariant
    def what_is_set_aside_is_there(self) -> bool:
        """The contract holds at least what is set aside."""
        return self.balance_of(self.money) >= self.set_aside

    # Shared parts

    def own(self, number: int) -> Authorisation:
        purchase = self.find(number)
        require(self.sender == purchase.shop, "only the shop may do this")
        return purchase

    def spend(self, holder: Address, amount: Amount) -> None:
        card = self.card(holder)
        require(amount <= card.purchase_most, "that is more than the card's limit of one purchase")
        today = (self.now - Time(0) + SEOUL_IS_AHEAD) // days(1)
        spent = amount + (card.spent if card.day == today else NIL)
        require(spent <= card.day_most, "that is more than the card's limit of one day")
        self.cards[holder] = card.replace(day=today, spent=spent)

    def end(self, number: int, purchase: Authorisation) -> None:
        self.cancel(purchase.expiry)
        self.set_aside -= purchase.amount
        self.authorisations[number] = purchase

    def let_back(self, number: int) -> None:
        purchase = self.authorisations[number]
        self.end(number, purchase.replace(state=Authorised.REVERSED))
        self.pay(self.money, purchase.holder, purchase.amount)
        self.emit(PurchaseReversed(number, purchase.amount))


"""en:
money = money of the cards
set_aside = money set aside in all
authorised = number of authorisations
authorisations = authorisations by number
cards = cards by holder
find = authorisation
purchase_most = limit of one purchase
day_most = limit of one day
day = day of the last purchase
spent = spent on that day
at = time
back = given back
expiry = scheduled end
AUTHORISATION_LASTS = time to capture
REFUND_WITHIN = time for refunds
SEOUL_IS_AHEAD = beginning of the day, before that of UTC
EXPIRY_GAS = computing work set aside for the end of an authorisation, in gas
"""

"""ko:
CardPayments = 카드 결제: 한 은행의 카드로 승인하고 매입하고 취소하고 환불한다.
bank = 카드 발급 은행
money = 카드의 돈
set_aside = 떼어 둔 돈
authorised = 승인 수
Card = 카드: 발급 은행이 한 번과 하루에 쓰게 한 금액.
card = 카드 조회: 카드와 마지막 날에 쓴 금액.
cards = 카드 목록
Authorisation = 승인: 구매 하나에 떼어 둔 돈, 받은 돈, 돌려준 돈.
authorisation = 승인 번호
authorisations = 승인 목록
holder = 카드 소지자
shop = 가맹점
amount = 금액
captured = 매입한 금액
refunded = 환불한 금액
at = 시각
state = 상태
expiry = 예약된 종료
purchase_most = 한 번의 한도
day_most = 하루 한도
day = 마지막으로 쓴 날
spent = 그날 쓴 금액
back = 돌려준 금액
number = 승인 번호
purchase = 구매
begin = 시작: 발급 은행이 이 돈의 카드를 시작한다.
issue_card = 카드 발급: 사람이나 자동차에 카드를 주거나 한도를 바꾼다. 한도가 0이면 쓸 수 없다.
authorise = 승인: 가맹점에 줄 돈을 떼어 두고 승인 번호를 받는다.
capture = 매입: 가맹점이 넘긴 만큼 한 번 받고 나머지는 돌아간다.
reverse = 승인 취소: 가맹점이 승인을 포기하여 모두 돌아간다.
refund = 환불: 가맹점이 받은 금액 안에서 돈을 돌려준다.
release = 직접 해제: 저절로 진행되어야 할 절차가 실패한 때에 기한이 지난 승인을 직접 푼다.
expire = 승인 만료: 일주일 동안 매입하지 않은 돈을 돌려준다.
find = 승인 조회: 승인 하나의 내용. 번호는 1부터이다.
what_is_set_aside_is_there = 떼어 둔 돈이 있음: 떼어 둔 돈이 모두 계약에 있다.
own = 자기 승인
spend = 한도에서 빼기
end = 끝내기
let_back = 돌려주기
CardIssued = 카드 발급: 이만큼 쓸 수 있다.
PurchaseAuthorised = 승인: 가맹점에 줄 돈을 떼어 두었다.
PurchaseCaptured = 매입: 가맹점이 넘긴 만큼 받고 나머지는 돌아갔다.
PurchaseReversed = 승인 취소: 떼어 둔 돈이 돌아갔다.
PurchaseRefunded = 환불: 가맹점이 돈을 돌려주었다.
Authorised = 승인의 상태: 승인이 어떻게 되었는지를 뜻한다.
set aside, the shop may capture = 매입 대기
the shop has the money = 매입됨
nothing is set aside any longer = 떼어 둔 돈이 없다
an amount is above zero = 금액은 0보다 커야 한다
shop and cardholder are two = 가맹점과 카드 소지자는 서로 달라야 한다
no more is captured than was authorised = 승인한 금액 안에서만 매입할 수 있다
no more is refunded than was captured = 매입한 금액 안에서만 환불할 수 있다
the time for refunds is over = 환불할 수 있는 기간이 지났다
the shop may still capture = 아직 매입할 수 있다
there is no such authorisation = 그런 승인이 없다
there is no such card = 그런 카드가 없다
only the shop may do this = 가맹점만 할 수 있다
that is more than the card's limit of one purchase = 카드의 한 번 한도를 넘는다
that is more than the card's limit of one day = 카드의 하루 한도를 넘는다
NIL = 없음
AUTHORISATION_LASTS = 매입 기한
REFUND_WITHIN = 환불 기한
SEOUL_IS_AHEAD = 하루의 시작(세계시보다 앞선 시간)
EXPIRY_GAS = 승인의 종료에 배정된 연산량(가스)
"""
