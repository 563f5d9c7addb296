"""Amendments of letters of credit: none without the consent of all (UCP 600, article 10).

The issuing bank is bound by an amendment as soon as it issues it, and puts in the money by which it
raises the credit. The others consent by a call of their own: silence is no consent.
"""

from dure.contract.language import (
    Address,
    Amount,
    Event,
    Map,
    Time,
    Var,
    call,
    require,
    view,
)
from dure.contract.library.credit_terms import (
    CREDIT_GAS,
    NO_MONEY,
    Amendment,
    AmendmentState,
    Credit,
    CreditChange,
    CreditState,
)
from dure.contract.library.credit_undertakings import CreditUndertakings


class AmendmentIssued(Event):
    """The issuing bank is bound by an amendment; the others may consent (article 10)."""

    credit: int
    amendment: int
    amount: Amount
    expiry: Time
    cancels: bool


class AmendmentAnswered(Event):
    """Somebody whose consent is needed gave or refused it."""

    amendment: int
    by: Address
    consents: bool


class AmendmentClosed(Event):
    """An amendment is in force, or never will be."""

    credit: int
    amendment: int
    state: AmendmentState


class CreditAmendments(CreditUndertakings):
    """Credits that change with the consent of all."""

    amendments_issued: Var[int]
    amendments: Map[int, Amendment]
    answers: Map[int, Map[Address, bool]]

    # The issuing bank

    @call(pays="money")
    def amend(self, number: int, change: CreditChange) -> int:
        """Issue an amendment, with the money by which it raises the credit; return its number."""
        credit = self.issued_credit(number)
        require(self.sender == credit.parties.issuing_bank, "only the issuing bank may do this")
        require(credit.amendment == 0, "another amendment waits for consent")
        maximum = self.amended_maximum(credit, change)
        require(self.paid == self.increase(credit, maximum), "the payment is not the increase")
        self.held += self.paid
        amendment = self.amendments_issued + 1
        self.amendments_issued = amendment
        self.amendments[amendment] = Amendment(number, change, self.paid, 0, AmendmentState.OPEN)
        reserved = credit.reserved + self.paid
        self.credits[number] = credit.replace(
            amendment=amendment, reserved=reserved, pending=self.paid
        )
        self.emit(AmendmentIssued(number, amendment, change.amount, change.expiry, change.cancels))
        return amendment

    # All whose consent is needed

    @call(pays="money")
    def answer_amendment(self, amendment: int, consents: bool) -> None:
        """Consent to an amendment or reject it; a confirming bank pays the increase with it."""
        known = self.amendments[amendment]
        credit = self.issued_credit(known.credit)
        require(known.state == AmendmentState.OPEN, "the amendment is closed")
        needed = self.needed_consents(credit)
        require(self.sender in needed, "their consent is not needed")
        require(self.sender not in self.answers[amendment], "they have answered already")
        is_bank = credit.confirmed and self.sender == credit.parties.confirming_bank
        is_raising = consents and is_bank
        expected = known.extra if is_raising else NO_MONEY
        require(self.paid == expected, "the payment is not the increase")
        self.held += self.paid
        self.answers[amendment][self.sender] = consents
        self.emit(AmendmentAnswered(amendment, self.sender, consents))
        if not consents:
            self.close_amendment(amendment, AmendmentState.REJECTED)
            return
        reserved = credit.confirmed_reserved + self.paid
        pending = credit.confirmed_pending + self.paid
        self.credits[known.credit] = credit.replace(
            confirmed_reserved=reserved, confirmed_pending=pending
        )
        count = known.consents + 1
        self.amendments[amendment] = known.replace(consents=count)
        if count == len(needed):
            self.apply_amendment(amendment)

    # What everybody may read

    @view
    def amendment(self, number: int) -> Amendment:
        """Return an amendment; they are numbered from 1."""
        return self.amendments[number]

    # Shared parts

    def needed_consents(self, credit: Credit) -> list[Address]:
        needed = [credit.applicant, credit.parties.beneficiary]
        if credit.confirmed:
            needed.append(credit.parties.confirming_bank)
        return needed

    def amended_maximum(self, credit: Credit, change: CreditChange) -> Amount:
        if change.cancels:
            return credit.maximum
        terms = credit.terms.replace(
            amount=change.amount, expiry=change.expiry, latest_shipment=change.latest_shipment
        )
        self.require_sound(terms)
        maximum = terms.amount + terms.amount * terms.tolerance // 100
        require(maximum >= credit.used, "more than that was drawn already")
        return maximum

    def increase(self, credit: Credit, maximum: Amount) -> Amount:
        return maximum - credit.maximum if maximum > credit.maximum else NO_MONEY

    def apply_amendment(self, amendment: int) -> None:
        known = self.amendments[amendment]
        credit = self.credits[known.credit]
        change = known.change
        if change.cancels:
            require(credit.tied == NO_MONEY, "documents are being examined or wait to be paid")
            require(credit.confirmed_tied == NO_MONEY, "documents wait to be paid")
            self.close_amendment(amendment, AmendmentState.IN_FORCE)
            self.end_credit(known.credit, CreditState.CANCELLED)
            return
        maximum = self.amended_maximum(credit, change)
        calendar = self.calendars[known.credit]
        closes = self.last_moment(calendar, change.expiry)
        self.credits[known.credit] = credit.replace(
            terms=credit.terms.replace(
                amount=change.amount,
                expiry=change.expiry,
                latest_shipment=change.latest_shipment,
                text=change.text,
            ),
            maximum=maximum,
            closes=closes,
        )
        self.schedule(closes, self.expire, known.credit, gas=CREDIT_GAS)
        self.close_amendment(amendment, AmendmentState.IN_FORCE)

    def close_amendment(self, amendment: int, state: AmendmentState) -> None:
        known = self.amendments[amendment]
        self.amendments[amendment] = known.replace(state=state)
        self.credits[known.credit] = self.credits[known.credit].replace(
            amendment=0, pending=NO_MONEY, confirmed_pending=NO_MONEY
        )
        self.schedule(self.now, self.release, known.credit, gas=CREDIT_GAS)
        self.emit(AmendmentClosed(known.credit, amendment, state))


"""en:
amendments_issued = number of amendments
amendments = amendments
answers = answers
needed_consents = consents that are needed
amended_maximum = most that can be drawn afterwards
increase = increase
apply_amendment = amendment
close_amendment = end of the amendment
"""

"""ko:
CreditAmendments = 신용장 조건 변경: 모두가 동의하여야 조건이 바뀌는 신용장을 다룬다.
amendments_issued = 지금까지의 조건 변경 수
amendments = 조건 변경 목록
answers = 답변 목록
by = 답한 사람
count = 동의 수
expected = 함께 낼 돈
needed = 동의가 필요한 사람들
is_bank = 확인 은행인지
is_raising = 증액에 동의하는지
amend = 조건 변경: 조건 변경을 제시하고 증액할 돈을 맡기며, 그 번호를 받는다.
answer_amendment = 변경 답변: 조건 변경에 동의하거나 거절한다. 확인 은행은 증액할 돈을 함께 낸다.
amendment = 조건 변경: 조건 변경 하나의 내용. 번호는 1부터이다.
needed_consents = 동의가 필요한 사람
amended_maximum = 변경 뒤의 최대 금액
increase = 증액
apply_amendment = 조건 변경 적용
close_amendment = 조건 변경 끝내기
AmendmentIssued = 조건 변경 제시: 개설 은행은 이 변경에 매이고 다른 당사자는 동의할 수 있다.
AmendmentAnswered = 변경 답변: 동의가 필요한 사람이 동의하거나 거절하였다.
AmendmentClosed = 조건 변경 종결: 조건 변경이 효력을 얻었거나 얻지 못하게 되었다.
the payment is not the increase = 낸 돈이 증액할 금액과 다르다
the amendment is closed = 끝난 조건 변경이다
their consent is not needed = 동의가 필요한 사람이 아니다
they have answered already = 이미 답변하였다
more than that was drawn already = 이미 그보다 많이 쓰였다
documents are being examined or wait to be paid = 심사 중이거나 지급을 기다리는 서류가 있다
documents wait to be paid = 지급을 기다리는 서류가 있다
"""
