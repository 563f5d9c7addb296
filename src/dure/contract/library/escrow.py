"""Escrow: money waits with the contract until the seller has delivered.

The price is split into milestones. The buyer releases them one after the other; an arbiter decides
only where the two do not agree; and a deadline sees to it that no money waits for ever.
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

MILESTONES_MAX = 20
DEADLINE_WITHIN = days(1_825)
ARBITRATION_LASTS = days(30)
DEADLINE_GAS = 50_000


class Beneficiary(Choice):
    """To whom the rest goes when a deadline passes."""

    BUYER = "the buyer, because nothing was delivered"
    SELLER = "the seller, because nobody objected"


class DealState(Choice):
    """How far a deal has got."""

    OPEN = "waits for the seller to deliver"
    DISPUTED = "waits for the arbiter to decide"
    CLOSED = "all of the money is paid out"


class Deal(Record):
    """One sale, as both sides agreed to it.

    `terms` is the hash of the document that says what is to be delivered. `deadline_call` numbers
    the scheduled end.
    """

    buyer: Address
    seller: Address
    arbiter: Address
    terms: Hash
    milestones: list[Amount]
    milestones_released: int
    balance: Amount
    deadline: Time
    at_deadline: Beneficiary
    state: DealState
    deadline_call: int


class DealOpened(Event):
    """A buyer put the whole price into escrow."""

    deal: int
    buyer: Address
    seller: Address
    arbiter: Address
    terms: Hash
    price: Amount
    deadline: Time
    at_deadline: Beneficiary


class PaidFromEscrow(Event):
    """Money of a deal went to its seller, or back to its buyer."""

    deal: int
    to: Address
    amount: Amount


class DisputeRaised(Event):
    """The arbiter is asked to decide, and has until the new deadline."""

    deal: int
    by: Address
    deadline: Time


class Escrow(Contract):
    """Buyers pay into this contract; sellers are paid out of it once they have delivered."""

    money: Var[Asset]
    held_in_all: Var[Amount]
    deals_opened: Var[int]
    deals: Map[int, Deal]

    @init
    def begin(self, money: Asset) -> None:
        """Name the money in which every price is paid."""
        self.money = money

    # The buyer

    @call(pays="money")
    def open_deal(
        self,
        seller: Address,
        arbiter: Address,
        terms: Hash,
        milestones: list[Amount],
        deadline: Time,
        at_deadline: Beneficiary,
    ) -> int:
        """Put the price into escrow for a seller; return the number of the deal.

        The milestones add up to the price. What is still held at the deadline goes by itself to the
        side named here.
        """
        require(seller != self.sender, "buyer and seller are two")
        require(arbiter not in [self.sender, seller], "the arbiter is neither of the two")
        require(self.now < deadline, "the deadline has passed")
        require(deadline <= self.now + DEADLINE_WITHIN, "a deadline lies within five years")
        require(self.paid == self.add_up(milestones), "the payment is not the sum of milestones")
        number = self.deals_opened + 1
        self.deals_opened = number
        self.held_in_all += self.paid
        self.deals[number] = Deal(
            buyer=self.sender,
            seller=seller,
            arbiter=arbiter,
            terms=terms,
            milestones=milestones,
            milestones_released=0,
            balance=self.paid,
            deadline=deadline,
            at_deadline=at_deadline,
            state=DealState.OPEN,
            deadline_call=self.schedule(deadline, self.end_deal, number, gas=DEADLINE_GAS),
        )
        self.emit(
            DealOpened(
                number, self.sender, seller, arbiter, terms, self.paid, deadline, at_deadline
            )
        )
        return number

    @call
    def release(self, number: int) -> None:
        """Pay the seller the next milestone, because it is delivered."""
        deal = self.deals[number]
        require(self.sender == deal.buyer, "only the buyer may release a milestone")
        require(deal.state != DealState.CLOSED, "the deal is closed")
        milestone = deal.milestones[deal.milestones_released]
        self.deals[number] = deal.replace(milestones_released=deal.milestones_released + 1)
        self.pay_from(number, deal.seller, milestone)

    # The seller

    @call
    def refund(self, number: int) -> None:
        """Give the buyer back all that is still held."""
        deal = self.deals[number]
        require(self.sender == deal.seller, "only the seller may give a refund")
        require(deal.state != DealState.CLOSED, "the deal is closed")
        self.pay_from(number, deal.buyer, deal.balance)

    # Buyer or seller

    @call
    def dispute(self, number: int) -> None:
        """Ask the arbiter to decide; the deadline is put off to give time for it."""
        deal = self.deals[number]
        is_side = self.sender in [deal.buyer, deal.seller]
        require(is_side, "only buyer or seller may raise a dispute")
        require(deal.state == DealState.OPEN, "the deal is not open")
        deadline = max(deal.deadline, self.now + ARBITRATION_LASTS)
        self.cancel(deal.deadline_call)
        self.deals[number] = deal.replace(
            state=DealState.DISPUTED,
            deadline=deadline,
            deadline_call=self.schedule(deadline, self.end_deal, number, gas=DEADLINE_GAS),
        )
        self.emit(DisputeRaised(number, self.sender, deadline))

    # The arbiter

    @call
    def decide(self, number: int, to_seller: Amount) -> None:
        """End a dispute: the seller gets so much of what is held, the buyer gets the rest."""
        deal = self.deals[number]
        require(self.sender == deal.arbiter, "only the arbiter may decide")
        require(deal.state == DealState.DISPUTED, "the deal is not in dispute")
        require(to_seller <= deal.balance, "the deal holds less than that")
        self.pay_from(number, deal.seller, to_seller)
        self.pay_from(number, deal.buyer, deal.balance - to_seller)

    # Anybody

    @call
    def settle(self, number: int) -> None:
        """End a deal by hand after its deadline, should the contract's own call have failed.

        Whoever asks, the side named for the deadline is paid.
        """
        deal = self.deals[number]
        require(deal.state != DealState.CLOSED, "the deal is closed")
        require(self.now >= deal.deadline, "the deadline has not passed")
        self.pay_rest(number)

    # What the contract does by itself

    @scheduled
    def end_deal(self, number: int) -> None:
        """Pay out what is still held at the deadline."""
        self.pay_rest(number)

    # What everybody may read

    @view
    def deal(self, number: int) -> Deal:
        """Return a deal; they are numbered from 1."""
        return self.deals[number]

    @invariant
    def every_deal_is_covered(self) -> bool:
        """The contract holds at least the money of all deals that are not closed."""
        return self.balance_of(self.money) >= self.held_in_all

    # Shared parts

    def add_up(self, milestones: list[Amount]) -> Amount:
        require(0 < len(milestones) <= MILESTONES_MAX, "a price has 1 to 20 milestones")
        price = Amount(0)
        for milestone in milestones:
            require(milestone > Amount(0), "a milestone is above zero")
            price += milestone
        return price

    def pay_rest(self, number: int) -> None:
        deal = self.deals[number]
        to = deal.seller if deal.at_deadline == Beneficiary.SELLER else deal.buyer
        self.pay_from(number, to, deal.balance)

    def pay_from(self, number: int, to: Address, amount: Amount) -> None:
        if amount == Amount(0):
            return
        deal = self.deals[number]
        left = deal.balance - amount
        if left == Amount(0):
            self.cancel(deal.deadline_call)
            deal = deal.replace(state=DealState.CLOSED)
        self.deals[number] = deal.replace(balance=left)
        self.held_in_all -= amount
        self.pay(self.money, to, amount)
        self.emit(PaidFromEscrow(number, to, amount))


"""en:
number = number of the deal
money = agreed money
milestones = milestone amounts
milestones_released = number of milestones released
balance = money still held
held_in_all = money held for all deals
deadline = deadline
deadline_call = scheduled end
at_deadline = side named for the deadline
to_seller = seller's share
terms = hash of the terms
add_up = sum
MILESTONES_MAX = most milestones of a deal
DEADLINE_WITHIN = farthest deadline
ARBITRATION_LASTS = time for the arbiter to decide
DEADLINE_GAS = computing work set aside for the end of a deal, in gas
"""

"""ko:
Escrow = 에스크로: 구매자는 이 계약에 돈을 맡기고, 판매자는 물품을 넘긴 다음 그 돈을 받는다.
Deal = 거래
buyer = 구매자
seller = 판매자
arbiter = 중재인
money = 약정 통화
terms = 거래 조건 문서의 해시
milestones = 단계별 대금
milestone = 단계 대금
milestones_released = 지급한 단계 수
balance = 맡아 둔 잔액
held_in_all = 모든 거래에 맡아 둔 돈
deadline = 기한
deadline_call = 예약된 종료
at_deadline = 기한이 지나면 돈을 받을 쪽
to_seller = 판매자의 몫
number = 거래 번호
state = 상태
deal = 거래: 거래 하나의 내용. 번호는 1부터이다.
price = 대금
to = 받는 사람
by = 신청한 사람
amount = 금액
add_up = 합계
begin = 시작: 대금을 치를 돈을 정한다.
open_deal = 거래 개시: 판매자에게 줄 대금을 에스크로에 맡기고 거래 번호를 받는다. 단계별 대금을
    모두 더하면 대금이 된다. 기한까지 남은 돈은 여기서 정한 쪽에 저절로 지급된다.
release = 단계 대금 지급: 약속한 단계가 이행되었으므로 판매자에게 다음 단계의 대금을 지급한다.
refund = 환불: 남은 돈을 모두 구매자에게 돌려준다.
dispute = 분쟁 제기: 중재인에게 결정을 맡긴다. 결정할 시간이 있도록 기한이 미루어진다.
decide = 중재 결정: 분쟁을 끝낸다. 맡아 둔 돈에서 판매자가 정해진 몫을, 구매자가 나머지를 받는다.
settle = 직접 정산: 저절로 진행되어야 할 절차가 실패한 때에 기한이 지난 거래를 직접 끝낸다. 누가
    신청하든 정해 둔 쪽이 돈을 받는다.
end_deal = 거래 종료: 기한까지 남은 돈을 지급한다.
every_deal_is_covered = 모든 거래의 돈이 있음: 끝나지 않은 모든 거래의 돈이 계약에 있다.
DealOpened = 거래 개시: 구매자가 대금 전부를 에스크로에 맡겼다.
PaidFromEscrow = 에스크로 지급: 거래의 돈이 판매자에게 지급되거나 구매자에게 돌아갔다.
DisputeRaised = 분쟁 제기: 중재인이 새 기한까지 결정하여야 한다.
Beneficiary = 기한 뒤 받을 쪽: 기한이 지나면 나머지를 누가 받는지를 뜻한다.
the buyer, because nothing was delivered = 물품을 받지 못한 구매자
the seller, because nobody objected = 이의를 받지 않은 판매자
DealState = 거래의 상태: 거래가 어디까지 왔는지를 뜻한다.
waits for the seller to deliver = 이행 대기
waits for the arbiter to decide = 중재 중
all of the money is paid out = 지급 완료
buyer and seller are two = 구매자와 판매자는 서로 달라야 한다
the arbiter is neither of the two = 중재인은 구매자도 판매자도 아니어야 한다
the deadline has passed = 이미 지난 기한이다
a deadline lies within five years = 기한은 5년 안이어야 한다
the payment is not the sum of milestones = 낸 돈이 단계별 대금의 합과 다르다
only the buyer may release a milestone = 구매자만 단계 대금을 지급할 수 있다
the deal is closed = 끝난 거래이다
only the seller may give a refund = 판매자만 환불할 수 있다
only buyer or seller may raise a dispute = 구매자나 판매자만 분쟁을 제기할 수 있다
the deal is not open = 이행을 기다리는 거래가 아니다
only the arbiter may decide = 중재인만 결정할 수 있다
the deal is not in dispute = 분쟁 중인 거래가 아니다
the deal holds less than that = 거래에 그만한 돈이 없다
the deadline has not passed = 아직 기한이 지나지 않았다
a price has 1 to 20 milestones = 대금은 1단계에서 20단계까지 나눌 수 있다
a milestone is above zero = 단계 대금은 0보다 커야 한다
MILESTONES_MAX = 최대 단계 수
DEADLINE_WITHIN = 가장 먼 기한
ARBITRATION_LASTS = 중재 기간
DEADLINE_GAS = 거래 종료에 배정된 연산량(가스)
"""
