"""Letters of credit from application to expiry, the banks' money reserved in full (UCP 600).

Who issues or confirms a credit puts in the most that can be drawn under it; what a credit needs no
longer goes back by itself. How documents are presented and paid is said by who inherits this.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Event,
    Map,
    Time,
    Var,
    call,
    invariant,
    require,
    scheduled,
    view,
)
from dure.contract.library.banking_days import BankingCalendar, BankingDays
from dure.contract.library.credit_terms import (
    CREDIT_GAS,
    NO_MONEY,
    Credit,
    CreditParties,
    CreditRules,
    CreditState,
    CreditTerms,
)

REFERENCE_MAX = 16


class CreditApplied(Event):
    """A buyer asked a bank for a credit in favour of the seller."""

    credit: int
    reference: str
    applicant: Address
    beneficiary: Address
    issuing_bank: Address
    amount: Amount


class CreditIssued(Event):
    """The issuing bank is irrevocably bound, and its money reserved (article 7)."""

    credit: int
    maximum: Amount
    closes: Time


class CreditAdvised(Event):
    """The advising bank is satisfied that the credit is authentic (article 9)."""

    credit: int
    advising_bank: Address


class CreditConfirmed(Event):
    """The confirming bank is bound beside the issuing bank (article 8)."""

    credit: int
    confirming_bank: Address
    maximum: Amount


class CreditClosed(Event):
    """Nothing more can be presented under a credit."""

    credit: int
    state: CreditState


class ReserveReleased(Event):
    """A bank has money back that the credit no longer needs."""

    credit: int
    bank: Address
    amount: Amount


class CreditUndertakings(BankingDays, CreditRules):
    """Credits of banks that the members appoint, from application to expiry."""

    money: Var[Asset]
    held: Var[Amount]
    credits_applied: Var[int]
    credits: Map[int, Credit]
    calendars: Map[int, BankingCalendar]

    # The applicant

    @call
    def apply(self, reference: str, parties: CreditParties, terms: CreditTerms) -> int:
        """Ask a bank to issue a credit; return its number."""
        require(0 < len(reference) <= REFERENCE_MAX, "a reference has 1 to 16 characters")
        require(parties.beneficiary != self.sender, "applicant and beneficiary are two")
        self.require_bank(parties.issuing_bank)
        self.require_bank(parties.advising_bank)
        self.require_bank(parties.confirming_bank)
        self.require_sound(terms)
        number = self.credits_applied + 1
        self.credits_applied = number
        self.credits[number] = Credit(
            reference=reference,
            applicant=self.sender,
            parties=parties,
            terms=terms,
            state=CreditState.APPLIED,
            advised=False,
            confirmed=False,
            closes=terms.expiry,
            maximum=terms.amount + terms.amount * terms.tolerance // 100,
            used=NO_MONEY,
            reserved=NO_MONEY,
            tied=NO_MONEY,
            confirmed_reserved=NO_MONEY,
            confirmed_tied=NO_MONEY,
            pending=NO_MONEY,
            confirmed_pending=NO_MONEY,
            amendment=0,
        )
        self.emit(
            CreditApplied(
                number,
                reference,
                self.sender,
                parties.beneficiary,
                parties.issuing_bank,
                terms.amount,
            )
        )
        return number

    # The issuing bank

    @call(pays="money")
    def issue(self, number: int, calendar: BankingCalendar) -> None:
        """Issue a credit, and reserve the most that can be drawn under it."""
        credit = self.credits[number]
        require(self.sender == credit.parties.issuing_bank, "only the issuing bank may do this")
        require(credit.state == CreditState.APPLIED, "the credit does not wait to be issued")
        require(self.paid == credit.maximum, "the payment is not the most that can be drawn")
        self.require_calendar(calendar)
        closes = self.last_moment(calendar, credit.terms.expiry)
        require(self.now < closes, "the credit would have expired")
        self.held += self.paid
        self.calendars[number] = calendar
        self.credits[number] = credit.replace(
            state=CreditState.ISSUED, closes=closes, reserved=self.paid
        )
        self.schedule(closes, self.expire, number, gas=CREDIT_GAS)
        self.emit(CreditIssued(number, credit.maximum, closes))

    @call
    def decline(self, number: int) -> None:
        """Decline an application, or withdraw one's own."""
        credit = self.credits[number]
        may = self.sender in [credit.parties.issuing_bank, credit.applicant]
        require(may, "only issuing bank or applicant may do this")
        require(credit.state == CreditState.APPLIED, "the credit does not wait to be issued")
        self.end_credit(number, CreditState.NOT_ISSUED)

    # The advising bank, the confirming bank

    @call
    def advise(self, number: int) -> None:
        """Advise a credit to its beneficiary, being satisfied that it is authentic."""
        credit = self.issued_credit(number)
        require(self.sender == credit.parties.advising_bank, "only the advising bank may do this")
        require(not credit.advised, "the credit is advised")
        self.credits[number] = credit.replace(advised=True)
        self.emit(CreditAdvised(number, self.sender))

    @call(pays="money")
    def confirm(self, number: int) -> None:
        """Add a confirmation, and reserve the most that can be drawn: the bank is bound."""
        credit = self.issued_credit(number)
        parties = credit.parties
        is_asked = self.sender == parties.confirming_bank
        is_other = parties.confirming_bank != parties.issuing_bank
        require(is_asked and is_other, "only the bank that was asked to confirm may do this")
        require(not credit.confirmed, "the credit is confirmed")
        require(credit.used == NO_MONEY, "documents were presented already")
        require(credit.amendment == 0, "another amendment waits for consent")
        require(self.paid == credit.maximum, "the payment is not the most that can be drawn")
        self.held += self.paid
        self.credits[number] = credit.replace(confirmed=True, confirmed_reserved=self.paid)
        self.emit(CreditConfirmed(number, self.sender, self.paid))

    # By hand, should the contract's own call have failed

    @call
    def settle_credit(self, number: int) -> None:
        """End an expired credit, and give banks back what it no longer needs."""
        self.end_expired(number)
        self.give_surplus_back(number)

    # What the contract does by itself

    @scheduled
    def expire(self, number: int) -> None:
        """End a credit at the close of its last day."""
        self.end_expired(number)

    @scheduled
    def release(self, number: int) -> None:
        """Give banks back what the credit no longer needs."""
        self.give_surplus_back(number)

    # What everybody may read

    @view
    def credit(self, number: int) -> Credit:
        """Return a credit; they are numbered from 1."""
        return self.credits[number]

    @invariant
    def reserves_are_there(self) -> bool:
        """The contract holds at least the money that banks have reserved and nobody has yet."""
        return self.balance_of(self.money) >= self.held

    # Shared parts

    def require_bank(self, bank: Address) -> None:
        require(self.has_role("bank", bank), "the members have not named it a bank")

    def issued_credit(self, number: int) -> Credit:
        require(number in self.credits, "there is no such credit")
        credit = self.credits[number]
        require(credit.state == CreditState.ISSUED, "the credit is not in force")
        return credit

    def end_expired(self, number: int) -> None:
        credit = self.credits[number]
        if credit.state == CreditState.ISSUED and self.now >= credit.closes:
            self.end_credit(number, CreditState.EXPIRED)

    def end_credit(self, number: int, state: CreditState) -> None:
        self.credits[number] = self.credits[number].replace(
            state=state, amendment=0, pending=NO_MONEY, confirmed_pending=NO_MONEY
        )
        self.schedule(self.now, self.release, number, gas=CREDIT_GAS)
        self.emit(CreditClosed(number, state))

    def give_surplus_back(self, number: int) -> None:
        credit = self.credits[number]
        needed = NO_MONEY
        if credit.state == CreditState.ISSUED:
            needed = credit.maximum - credit.used
        surplus = credit.reserved - needed - credit.tied - credit.pending
        confirmed_needed = needed if credit.confirmed else NO_MONEY
        other = credit.confirmed_reserved - confirmed_needed - credit.confirmed_tied
        other = other - credit.confirmed_pending
        self.credits[number] = credit.replace(
            reserved=credit.reserved - surplus,
            confirmed_reserved=credit.confirmed_reserved - other,
        )
        self.give(number, credit.parties.issuing_bank, surplus)
        self.give(number, credit.parties.confirming_bank, other)

    def give(self, number: int, bank: Address, amount: Amount) -> None:
        if amount > NO_MONEY:
            self.pay_out(bank, amount)
            self.emit(ReserveReleased(number, bank, amount))

    def pay_out(self, to: Address, amount: Amount) -> None:
        self.held -= amount
        self.pay(self.money, to, amount)


"""en:
number = number of the credit
money = agreed money
held = money reserved here
credits_applied = number of credits applied for
credits = credits
calendars = calendars
surplus = money that the issuing bank has back
other = money that the confirming bank has back
REFERENCE_MAX = longest credit number
end_expired = end
end_credit = end
give_surplus_back = return of what is not needed
pay_out = payment
"""

"""ko:
CreditUndertakings = 신용장 지급 확약: 구성원이 정한 은행들의 신용장을 신청에서 유효 기일까지
    다룬다.
bank = 은행
money = 약정 통화
held = 여기에 맡긴 돈
credits_applied = 지금까지 신청된 신용장 수
credits = 신용장 목록
calendars = 영업일 달력 목록
number = 신용장 번호
needed = 앞으로 쓰일 수 있는 금액
surplus = 개설 은행이 돌려받을 돈
confirmed_needed = 확인 은행에 쓰일 수 있는 금액
other = 확인 은행이 돌려받을 돈
apply = 개설 신청: 은행에 신용장을 개설하여 달라고 신청하고 그 번호를 받는다.
issue = 개설: 신용장을 개설하고 쓸 수 있는 최대 금액을 맡긴다.
decline = 거절: 신청을 거절하거나 자기 신청을 철회한다.
advise = 통지: 진정한 신용장임을 확인하고 수익자에게 통지한다.
confirm = 확인: 확인을 더하고 쓸 수 있는 최대 금액을 맡긴다. 이때부터 책임을 진다.
settle_credit = 직접 종료: 기일이 지난 신용장을 끝내고 더는 필요하지 않은 돈을 은행에 돌려준다.
expire = 기일 경과: 마지막 날이 끝나면 신용장을 끝낸다.
release = 준비금 반환: 신용장에 더는 필요하지 않은 돈을 은행에 돌려준다.
credit = 신용장: 신용장 하나의 내용. 번호는 1부터이다.
reserves_are_there = 준비금이 있음: 은행이 맡기고 아직 아무도 받지 않은 돈이 모두 계약에 있다.
require_bank = 은행 확인
issued_credit = 개설된 신용장
end_expired = 기일이 지난 신용장 끝내기
end_credit = 신용장 끝내기
give_surplus_back = 남는 돈 돌려주기
give = 돌려주기
pay_out = 내주기
to = 받는 사람
CreditApplied = 개설 신청: 사는 사람이 파는 사람 앞으로 신용장을 신청하였다.
CreditIssued = 신용장 개설: 개설 은행이 취소할 수 없는 책임을 지고 돈을 맡겼다.
CreditAdvised = 신용장 통지: 통지 은행이 진정한 신용장임을 확인하였다.
CreditConfirmed = 신용장 확인: 확인 은행이 개설 은행과 나란히 책임을 진다.
CreditClosed = 신용장 종료: 이 신용장으로는 더 제시할 수 없다.
ReserveReleased = 준비금 반환: 신용장에 더는 필요하지 않은 돈이 은행에 돌아갔다.
a reference has 1 to 16 characters = 신용장 번호는 1자에서 16자까지이다
applicant and beneficiary are two = 개설 의뢰인과 수익자는 서로 달라야 한다
only the issuing bank may do this = 개설 은행만 할 수 있다
the credit does not wait to be issued = 개설을 기다리는 신용장이 아니다
the payment is not the most that can be drawn = 낸 돈이 쓸 수 있는 최대 금액과 다르다
the credit would have expired = 유효 기일이 이미 지난 신용장이다
only issuing bank or applicant may do this = 개설 은행이나 개설 의뢰인만 할 수 있다
only the advising bank may do this = 통지 은행만 할 수 있다
the credit is advised = 이미 통지된 신용장이다
only the bank that was asked to confirm may do this = 확인을 요청받은 은행만 할 수 있다
the credit is confirmed = 이미 확인된 신용장이다
documents were presented already = 이미 서류가 제시되었다
another amendment waits for consent = 다른 조건 변경이 동의를 기다리고 있다
the members have not named it a bank = 구성원이 은행으로 정하지 않았다
there is no such credit = 없는 신용장이다
the credit is not in force = 효력이 있는 신용장이 아니다
REFERENCE_MAX = 신용장 번호의 최대 길이
"""
