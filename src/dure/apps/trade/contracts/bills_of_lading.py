"""Electronic bills of lading: transferable records that have exactly one holder at any moment.

States and words are those of DCSA's standards for the electronic bill of lading (issuance,
endorsement chain, surrender, all 3.0). A transfer of control is a transfer of the bill (UNCITRAL
Model Law on Electronic Transferable Records, articles 10, 11 and 15). Rules R1 to R8 of README.md.
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
    encode,
    init,
    only,
    require,
    sha256,
    view,
)
from dure.contract.library.unique_items import UniqueItems

NOTHING = Amount(0)
REFERENCE_MAX = 20
REASON_MAX = 500
OFFER_MAX = days(90)


class BillState(Choice):
    """How far a bill of lading has got."""

    ISSUED = "is with its holder"
    SURRENDERED_FOR_DELIVERY = "was handed in for delivery, the carrier has to answer"
    SURRENDERED_FOR_AMENDMENT = "was handed in for amendment, the carrier has to answer"
    SURRENDERED_FOR_PAPER = "was handed in for a switch to paper, the carrier has to answer"
    DELIVERED = "is accomplished: the goods were released"
    AMENDED = "was replaced by another bill"
    ON_PAPER = "was replaced by a bill on paper"


class Surrender(Choice):
    """For what a holder hands a bill in."""

    DELIVERY = "delivery of the goods (SREQ)"
    AMENDMENT = "amendment of the bill (AREQ)"
    PAPER = "a switch to paper (AREQ, reason SWTP)"


class Bill(Record):
    """A bill beside its holder.

    `to_order` is false of a straight bill: it goes to its consignee and nobody else. `consignee` is
    the first holder's own account where the bill is to order. `replaces` is the number of the bill
    before, 0 where there is none.
    """

    carrier: Address
    reference: str
    to_order: bool
    consignee: Address
    state: BillState
    replaces: int
    endorsements: int


class Offer(Record):
    """A holder offers a bill against payment."""

    seller: Address
    buyer: Address
    price: Amount
    until: Time


class BillIssued(Event):
    """ISSUE: a carrier issued a bill to its first holder."""

    bill: int
    carrier: Address
    holder: Address
    reference: str
    document: Hash
    to_order: bool
    replaces: int


class BillEndorsed(Event):
    """ENDORSE: a bill, and the title to the goods with it, has another holder."""

    bill: int
    source: Address
    holder: Address
    endorsement: int


class BillOffered(Event):
    """A holder offers a bill to somebody against payment."""

    bill: int
    seller: Address
    buyer: Address
    price: Amount
    until: Time


class OfferWithdrawn(Event):
    """A bill is no longer offered."""

    bill: int


class BillPaid(Event):
    """The title moved, and its price with it, at the same instant."""

    bill: int
    seller: Address
    buyer: Address
    price: Amount


class SurrenderAsked(Event):
    """SURRENDER_FOR_DELIVERY or SURRENDER_FOR_AMENDMENT: the holder hands a bill in."""

    bill: int
    holder: Address
    purpose: Surrender
    comments: str


class SurrenderRecalled(Event):
    """The holder asked for the bill back before the carrier had answered."""

    bill: int


class SurrenderRejected(Event):
    """SREJ: the carrier refused; the bill is with its holder as before."""

    bill: int
    reason: str


class BillClosed(Event):
    """SURRENDERED: the bill is void, and can never be used again."""

    bill: int
    holder: Address
    state: BillState


class BillsOfLading(UniqueItems):
    """A register of bills of lading, kept by carriers whom the members appoint."""

    money: Var[Asset]
    bills: Map[int, Bill]
    references: Map[Hash, int]
    offers: Map[int, Offer]

    @init
    def begin(self, money: Asset) -> None:
        """Name the money in which bills are sold."""
        self.money = money

    # The carrier

    @call
    @only(role="carrier")
    def issue(
        self, holder: Address, document: Hash, reference: str, to_order: bool, consignee: Address
    ) -> int:
        """Issue a bill for goods taken over; return its number."""
        return self.begin_bill(
            holder,
            document,
            Bill(
                carrier=self.sender,
                reference=reference,
                to_order=to_order,
                consignee=consignee,
                state=BillState.ISSUED,
                replaces=0,
                endorsements=0,
            ),
        )

    @call
    def accept_surrender(self, number: int) -> None:
        """Accept a bill that was handed in: the goods are released, or paper is issued instead."""
        bill = self.bill_of_carrier(number)
        require(bill.state != BillState.SURRENDERED_FOR_AMENDMENT, "an amended bill is issued anew")
        is_paper = bill.state == BillState.SURRENDERED_FOR_PAPER
        self.close(number, BillState.ON_PAPER if is_paper else BillState.DELIVERED)

    @call
    def reject_surrender(self, number: int, reason: str) -> None:
        """Refuse a bill that was handed in; it is with its holder as before."""
        bill = self.bill_of_carrier(number)
        require(0 < len(reason) <= REASON_MAX, "a reason has 1 to 500 characters")
        self.bills[number] = bill.replace(state=BillState.ISSUED)
        self.emit(SurrenderRejected(number, reason))

    @call
    def reissue(self, number: int, document: Hash, reference: str) -> int:
        """Issue another bill in the place of one handed in for amendment; return its number."""
        bill = self.bill_of_carrier(number)
        is_amendment = bill.state == BillState.SURRENDERED_FOR_AMENDMENT
        require(is_amendment, "the bill was not handed in for amendment")
        holder = self.items[number].owner
        self.close(number, BillState.AMENDED)
        changed = bill.replace(
            reference=reference, state=BillState.ISSUED, replaces=number, endorsements=0
        )
        return self.begin_bill(holder, document, changed)

    # The holder

    @call
    def endorse(self, number: int, to: Address) -> None:
        """Hand a bill on, and the title to the goods with it; an agent may, once."""
        item = self.items[number]
        may = self.sender in [item.owner, item.delegate]
        require(may, "only the holder or an agent may hand the bill on")
        self.pass_on(number, to)

    @call
    def entrust(self, number: int, agent: Address) -> None:
        """Let an agent, such as a letter of credit, hand the bill on once; oneself ends that."""
        require(self.bills[number].state == BillState.ISSUED, "the bill is handed in or void")
        self.name_delegate(number, agent)

    @call
    def offer(self, number: int, buyer: Address, price: Amount, until: Time) -> None:
        """Offer a bill to somebody against payment, in place of any offer before."""
        self.require_holder(number)
        require(price > NOTHING, "a price is above zero")
        require(self.now < until <= self.now + OFFER_MAX, "an offer stands for at most 90 days")
        self.require_transferable(number, buyer)
        self.offers[number] = Offer(self.sender, buyer, price, until)
        self.emit(BillOffered(number, self.sender, buyer, price, until))

    @call
    def withdraw_offer(self, number: int) -> None:
        """Offer a bill no longer."""
        self.require_holder(number)
        require(number in self.offers, "the bill is not offered")
        self.offers.remove(number)
        self.emit(OfferWithdrawn(number))

    @call
    def surrender(self, number: int, purpose: Surrender, comments: str) -> None:
        """Hand a bill in to the carrier; nobody can hand it on until the carrier has answered."""
        self.require_holder(number)
        bill = self.bills[number]
        require(bill.state == BillState.ISSUED, "the bill is handed in or void")
        require(len(comments) <= REASON_MAX, "comments have at most 500 characters")
        is_consignee = bill.to_order or self.sender == bill.consignee
        may = is_consignee or purpose != Surrender.DELIVERY
        require(may, "a straight bill is handed in for delivery by its consignee")
        state = BillState.SURRENDERED_FOR_DELIVERY
        if purpose == Surrender.AMENDMENT:
            state = BillState.SURRENDERED_FOR_AMENDMENT
        elif purpose == Surrender.PAPER:
            state = BillState.SURRENDERED_FOR_PAPER
        self.bills[number] = bill.replace(state=state)
        self.offers.remove(number)
        self.name_delegate(number, self.sender)
        self.emit(SurrenderAsked(number, self.sender, purpose, comments))

    @call
    def recall_surrender(self, number: int) -> None:
        """Ask for a bill back that the carrier has not answered about."""
        self.require_holder(number)
        bill = self.bills[number]
        require(bill.state != BillState.ISSUED, "the bill is not handed in")
        self.bills[number] = bill.replace(state=BillState.ISSUED)
        self.emit(SurrenderRecalled(number))

    # Whoever buys

    @call(pays="money")
    def take_up(self, number: int) -> None:
        """Pay for an offered bill and have it, at the same instant."""
        require(number in self.offers, "the bill is not offered")
        offer = self.offers[number]
        require(self.sender == offer.buyer, "the bill is offered to somebody else")
        require(self.now < offer.until, "the offer is over")
        require(self.paid == offer.price, "the payment is not the price")
        require(self.items[number].owner == offer.seller, "the seller has the bill no longer")
        self.pass_on(number, offer.buyer)
        self.pay(self.money, offer.seller, offer.price)
        self.emit(BillPaid(number, offer.seller, offer.buyer, offer.price))

    # What everybody may read

    @view
    def bill(self, number: int) -> Bill:
        """Return a bill; they are numbered from 1."""
        return self.bills[number]

    @view
    def holder_of(self, number: int) -> Address:
        """Return who has control of a bill; a void bill has no holder."""
        require(number in self.items, "the bill is void")
        return self.items[number].owner

    @view
    def offer_of(self, number: int) -> Offer:
        """Return the offer of a bill."""
        require(number in self.offers, "the bill is not offered")
        return self.offers[number]

    @view
    def bill_of(self, carrier: Address, reference: str) -> int:
        """Return the number of the bill that a carrier issued under a reference; 0 where none."""
        return self.references.get(sha256(encode(carrier, reference)), 0)

    # Shared parts

    def begin_bill(self, holder: Address, document: Hash, bill: Bill) -> int:
        require(0 < len(bill.reference) <= REFERENCE_MAX, "a reference has 1 to 20 characters")
        key = sha256(encode(bill.carrier, bill.reference))
        # One set of goods, one bill: the same reference never has two.
        require(key not in self.references, "there is a bill of that reference already")
        number = self.add_item(holder, document)
        self.references[key] = number
        self.bills[number] = bill
        self.emit(
            BillIssued(
                number,
                bill.carrier,
                holder,
                bill.reference,
                document,
                bill.to_order,
                bill.replaces,
            )
        )
        return number

    def pass_on(self, number: int, to: Address) -> None:
        self.require_transferable(number, to)
        bill = self.bills[number]
        source = self.items[number].owner
        self.hand_on(number, to)
        self.offers.remove(number)
        self.bills[number] = bill.replace(endorsements=bill.endorsements + 1)
        self.emit(BillEndorsed(number, source, to, bill.endorsements + 1))

    def close(self, number: int, state: BillState) -> None:
        holder = self.items[number].owner
        self.remove_item(number)
        self.bills[number] = self.bills[number].replace(state=state)
        self.emit(BillClosed(number, holder, state))

    def require_holder(self, number: int) -> None:
        require(number in self.items, "the bill is void")
        require(self.sender == self.items[number].owner, "only the holder may do this")

    def require_transferable(self, number: int, to: Address) -> None:
        bill = self.bills[number]
        require(bill.state == BillState.ISSUED, "the bill is handed in or void")
        is_named = bill.to_order or to == bill.consignee
        require(is_named, "a straight bill goes to its consignee only")

    def bill_of_carrier(self, number: int) -> Bill:
        require(number in self.items, "the bill is void")
        bill = self.bills[number]
        require(self.sender == bill.carrier, "only the carrier of the bill may do this")
        require(bill.state != BillState.ISSUED, "the bill is not handed in")
        return bill


"""en:
number = number of the bill
holder = holder
to = new holder
to_order = to order
document = salted digest of the transport document
reference = reference of the transport document
references = bills by reference
replaces = number of the bill before
until = end of the offer
purpose = purpose
money = agreed money
begin_bill = issue
REFERENCE_MAX = longest reference
REASON_MAX = longest reason
OFFER_MAX = longest offer
"""

"""ko:
BillsOfLading = 전자 선하증권 등록부: 구성원이 정한 운송인이 선하증권을 발행하며, 증권마다 소지인이
    언제나 한 사람뿐이다.
carrier = 운송인
holder = 소지인
Bill = 선하증권
bill = 선하증권: 선하증권 하나의 내용. 번호는 1부터이다.
bills = 선하증권 목록
reference = 운송 서류 번호
references = 번호로 찾는 선하증권
document = 운송 서류의 소금 친 해시
to_order = 지시식 여부
consignee = 수하인
state = 상태
replaces = 앞선 선하증권 번호
endorsements = 배서 횟수
endorsement = 배서 순번
Offer = 매도 제안
offers = 매도 제안 목록
seller = 파는 사람
buyer = 사는 사람
price = 값
until = 제안의 끝
source = 넘긴 사람
purpose = 제출 목적
comments = 덧붙이는 말
reason = 사유
money = 약정 통화
number = 선하증권 번호
to = 새 소지인
agent = 대리인
begin = 시작: 선하증권을 사고팔 때 쓰는 돈을 정한다.
issue = 발행: 물건을 넘겨받고 선하증권을 발행하여 그 번호를 받는다.
accept_surrender = 제출 수리: 제출된 증권을 받아들인다. 물건을 내주거나 종이 증권을 발행한다.
reject_surrender = 제출 거절: 제출된 증권을 거절한다. 증권은 전과 같이 소지인에게 있다.
reissue = 변경 발행: 변경하려고 제출된 증권 대신 다른 증권을 발행하고 그 번호를 받는다.
endorse = 배서: 증권과 함께 물건에 대한 권리를 넘긴다. 대리인은 한 번 할 수 있다.
entrust = 대리인 지정: 신용장과 같은 대리인이 증권을 한 번 넘기게 한다. 자기를 정하면 지정이 끝난다.
offer = 매도 제안: 값을 치르면 증권을 넘기겠다고 제안한다. 앞선 제안은 없어진다.
withdraw_offer = 매도 제안 철회: 증권을 더는 내놓지 않는다.
surrender = 제출: 증권을 운송인에게 제출한다. 운송인이 답할 때까지 아무도 넘길 수 없다.
recall_surrender = 제출 철회: 운송인이 아직 답하지 않은 증권을 되찾는다.
take_up = 값 치르고 인수: 값을 치르는 바로 그때 증권을 넘겨받는다.
holder_of = 소지인: 누가 증권을 지배하는지. 효력을 잃은 증권에는 소지인이 없다.
offer_of = 매도 제안: 증권의 매도 제안.
bill_of = 선하증권 번호: 운송인이 그 서류 번호로 발행한 증권의 번호. 없으면 0이다.
begin_bill = 발행하기
pass_on = 넘기기
close = 효력 끝내기
key = 운송인과 서류 번호의 해시
changed = 바뀐 선하증권
require_holder = 소지인 확인
require_transferable = 양도 가능 확인
bill_of_carrier = 운송인에게 제출된 증권
BillIssued = 선하증권 발행: 운송인이 첫 소지인에게 증권을 발행하였다.
BillEndorsed = 선하증권 배서: 증권과 물건에 대한 권리의 소지인이 바뀌었다.
BillOffered = 선하증권 매도 제안: 소지인이 값을 받고 증권을 넘기겠다고 하였다.
OfferWithdrawn = 매도 제안 철회: 증권을 더는 내놓지 않는다.
BillPaid = 대금 동시 이행: 권리와 값이 같은 순간에 움직였다.
SurrenderAsked = 선하증권 제출: 소지인이 증권을 운송인에게 제출하였다.
SurrenderRecalled = 제출 철회: 운송인이 답하기 전에 소지인이 증권을 되찾았다.
SurrenderRejected = 제출 거절: 운송인이 거절하였고 증권은 전과 같이 소지인에게 있다.
BillClosed = 선하증권 종결: 증권이 효력을 잃었고 다시 쓰일 수 없다.
BillState = 선하증권의 상태: 선하증권이 어디까지 왔는지를 뜻한다.
is with its holder = 소지인에게 있음
was handed in for delivery, the carrier has to answer = 물건을 받으려고 제출됨, 운송인의 답을 기다림
was handed in for amendment, the carrier has to answer = 변경하려고 제출됨, 운송인의 답을 기다림
was handed in for a switch to paper, the carrier has to answer = 종이로 바꾸려고
    제출됨, 운송인의 답을 기다림
is accomplished: the goods were released = 물건을 내주어 소임을 다함
was replaced by another bill = 다른 증권으로 바뀜
was replaced by a bill on paper = 종이 증권으로 바뀜
Surrender = 제출 목적: 소지인이 증권을 무엇 때문에 제출하는지를 뜻한다.
delivery of the goods (SREQ) = 물건 인도
amendment of the bill (AREQ) = 증권 변경
a switch to paper (AREQ, reason SWTP) = 종이 전환
an amended bill is issued anew = 변경한 증권은 새로 발행하여야 한다
a reason has 1 to 500 characters = 사유는 1자에서 500자까지이다
the bill was not handed in for amendment = 변경하려고 제출된 증권이 아니다
only the holder or an agent may hand the bill on = 소지인이나 대리인만 증권을 넘길 수 있다
the bill is handed in or void = 제출되었거나 효력을 잃은 증권이다
a price is above zero = 값은 0보다 커야 한다
an offer stands for at most 90 days = 제안은 90일 안에 끝나야 한다
the bill is not offered = 내놓은 증권이 아니다
comments have at most 500 characters = 덧붙이는 말은 500자까지이다
a straight bill is handed in for delivery by its consignee = 기명식 증권은 수하인이
    제출하여 물건을 받는다
the bill is not handed in = 제출된 증권이 아니다
the bill is offered to somebody else = 다른 사람에게 내놓은 증권이다
the offer is over = 끝난 제안이다
the payment is not the price = 낸 돈이 값과 다르다
the seller has the bill no longer = 파는 사람에게 더는 없는 증권이다
the bill is void = 효력을 잃은 증권이다
a reference has 1 to 20 characters = 서류 번호는 1자에서 20자까지이다
there is a bill of that reference already = 같은 번호의 증권이 이미 있다
only the holder may do this = 소지인만 할 수 있다
a straight bill goes to its consignee only = 기명식 증권은 수하인에게만 넘길 수 있다
only the carrier of the bill may do this = 그 증권의 운송인만 할 수 있다
NOTHING = 없음
REFERENCE_MAX = 서류 번호의 최대 길이
REASON_MAX = 사유의 최대 길이
OFFER_MAX = 가장 긴 제안 기간
"""
