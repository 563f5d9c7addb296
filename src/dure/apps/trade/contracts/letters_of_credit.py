# mypy: disable-error-code="empty-body"
"""Letters of credit under UCP 600 (ICC publication 600), paid out of money that banks reserved.

What the rules say a bank must do happens by itself: a bank that does not refuse in five banking
days can refuse no more (article 16, f), and what falls due is paid. Banks deal with documents, here
with their salted digests, and not with goods (article 5). Rules R9 to R24 of README.md.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Event,
    Interface,
    Map,
    Time,
    Var,
    call,
    init,
    require,
    scheduled,
    view,
)
from dure.contract.library.credit_amendments import CreditAmendments
from dure.contract.library.credit_terms import (
    CREDIT_GAS,
    NO_MONEY,
    CreditTerms,
    Formality,
    Presentation,
    PresentationState,
    PresentedDocument,
    Tenor,
)

DOCUMENTS_MAX = 20
DISCREPANCIES_MAX = 20
TEXT_MAX = 500


class DocumentsPresented(Event):
    """Documents came in; the bank has until the close of the fifth banking day."""

    presentation: int
    credit: int
    amount: Amount
    bill: int
    examiner: Address
    examine_by: Time


class PresentationRefused(Event):
    """The one notice of refusal, with every discrepancy (article 16, c)."""

    presentation: int
    examiner: Address
    discrepancies: list[str]


class DiscrepanciesWaived(Event):
    """The applicant would take the documents as they are (article 16, b)."""

    presentation: int


class DocumentsReturned(Event):
    """The documents, and the bill of lading with them, went back."""

    presentation: int
    to: Address


class PresentationAccepted(Event):
    """A bank is bound to pay; precluded, where it was silent for five banking days."""

    presentation: int
    bank: Address
    due: Time
    precluded: bool


class PresentationPaid(Event):
    """A bank honoured: the money moved."""

    presentation: int
    bank: Address
    payee: Address
    amount: Amount


class BillRegister(Interface):
    """The register of bills of lading, as this contract sees it."""

    def endorse(self, number: int, to: Address) -> None: ...


class LettersOfCredit(CreditAmendments):
    """Letters of credit of the banks that the members appoint, with presentations of documents."""

    register: Var[Address]
    presentations_made: Var[int]
    presentations: Map[int, Presentation]

    @init
    def begin(self, money: Asset, register: Address) -> None:
        """Name the money, and the register whose bills of lading come with documents."""
        self.money = money
        self.register = register

    # The beneficiary

    @call
    def present(
        self,
        number: int,
        amount: Amount,
        shipped: Time,
        documents: list[PresentedDocument],
        bill: int,
    ) -> int:
        """Present documents for payment; return the number of the presentation.

        The bill of lading is entrusted to this contract before.
        """
        credit = self.issued_credit(number)
        require(self.sender == credit.parties.beneficiary, "only the beneficiary may do this")
        require(self.now < credit.closes, "the credit has expired")
        require(0 < len(documents) <= DOCUMENTS_MAX, "1 to 20 documents are presented")
        require(shipped <= self.now, "the goods are not shipped yet")
        require(amount > NO_MONEY, "an amount is above zero")
        require(amount <= credit.maximum - credit.used, "that is more than can still be drawn")
        is_first = credit.used == NO_MONEY
        require(credit.terms.partial or is_first, "partial drawings are not allowed")
        has_bill = bill > 0
        is_fitting = has_bill == credit.terms.electronic_bill
        require(is_fitting, "the electronic bill of lading comes as the credit says")
        presentation = self.presentations_made + 1
        self.presentations_made = presentation
        parties = credit.parties
        examiner = parties.confirming_bank if credit.confirmed else parties.issuing_bank
        self.presentations[presentation] = Presentation(
            credit=number,
            amount=amount,
            documents=documents,
            bill=bill,
            shipped=shipped,
            presented=self.now,
            payee=self.sender,
            examiner=examiner,
            examine_by=self.now,
            due=self.now,
            waived=False,
            confirmer_owes=False,
            state=PresentationState.EXAMINED,
        )
        confirmed = amount if credit.confirmed else NO_MONEY
        self.credits[number] = credit.replace(
            used=credit.used + amount,
            tied=credit.tied + amount,
            confirmed_tied=credit.confirmed_tied + confirmed,
        )
        if has_bill:
            BillRegister(self.register).endorse(bill, self.address)
        self.begin_examination(presentation)
        return presentation

    # Whoever examines, and the applicant

    @call
    def accept(self, number: int) -> None:
        """Find that documents comply, or take them after a waiver: the bank is bound to pay."""
        presentation = self.presentations[number]
        require(self.sender == presentation.examiner, "only the examining bank may do this")
        is_waived = presentation.state == PresentationState.REFUSED and presentation.waived
        is_open = presentation.state == PresentationState.EXAMINED
        require(is_open or is_waived, "the documents wait for no acceptance")
        self.honour(number, False)

    @call
    def refuse(self, number: int, discrepancies: list[str], returns: bool) -> None:
        """Give the one notice of refusal, with all discrepancies, in five banking days.

        The documents are returned at once, or held until the applicant has waived.
        """
        presentation = self.presentations[number]
        require(self.sender == presentation.examiner, "only the examining bank may do this")
        is_open = presentation.state == PresentationState.EXAMINED
        require(is_open, "there is one notice, while documents are examined")
        require(self.now < presentation.examine_by, "the five banking days are over")
        count = len(discrepancies)
        require(0 < count <= DISCREPANCIES_MAX, "a notice names 1 to 20 discrepancies")
        for text in discrepancies:
            require(0 < len(text) <= TEXT_MAX, "a discrepancy has 1 to 500 characters")
        self.presentations[number] = presentation.replace(state=PresentationState.REFUSED)
        self.emit(PresentationRefused(number, self.sender, discrepancies))
        if returns:
            self.give_back(number)

    @call
    def waive(self, number: int) -> None:
        """Tell the bank that refused documents would do; it need not follow."""
        presentation = self.presentations[number]
        applicant = self.credits[presentation.credit].applicant
        require(self.sender == applicant, "only the applicant may do this")
        require(presentation.state == PresentationState.REFUSED, "there is nothing to waive")
        self.presentations[number] = presentation.replace(waived=True)
        self.emit(DiscrepanciesWaived(number))

    @call
    def return_documents(self, number: int) -> None:
        """Return refused documents; the bank may at any time, and must when they are asked for."""
        presentation = self.presentations[number]
        may = self.sender in [presentation.examiner, presentation.payee]
        require(may, "only the bank or whoever presented may do this")
        require(presentation.state == PresentationState.REFUSED, "no refused documents are held")
        self.give_back(number)

    # By hand, should the contract's own call have failed

    @call
    def settle(self, number: int) -> None:
        """Do for a presentation what is due; whoever asks, the same are paid."""
        self.take_as_complying(number)
        self.pay_what_is_due(number)

    # What the contract does by itself

    @scheduled
    def preclude(self, number: int) -> None:
        """After five banking days of silence, hold documents to comply."""
        self.take_as_complying(number)

    @scheduled
    def pay_due(self, number: int) -> None:
        """Pay what has fallen due."""
        self.pay_what_is_due(number)

    # What everybody may read

    @view
    def presentation(self, number: int) -> Presentation:
        """Return a presentation; they are numbered from 1."""
        return self.presentations[number]

    @view
    def formalities(self, number: int) -> list[Formality]:
        """Return the discrepancies of a presentation that need no reading of documents."""
        presentation = self.presentations[number]
        terms = self.credits[presentation.credit].terms
        return self.find_formalities(terms, presentation)

    # Shared parts

    def begin_examination(self, number: int) -> None:
        presentation = self.presentations[number]
        examine_by = self.examination_ends(self.calendars[presentation.credit], self.now)
        self.presentations[number] = presentation.replace(examine_by=examine_by)
        self.schedule(examine_by, self.preclude, number, gas=CREDIT_GAS)
        self.emit(
            DocumentsPresented(
                number,
                presentation.credit,
                presentation.amount,
                presentation.bill,
                presentation.examiner,
                examine_by,
            )
        )

    def take_as_complying(self, number: int) -> None:
        presentation = self.presentations[number]
        is_open = presentation.state == PresentationState.EXAMINED
        # The confirming bank's five days are over when those of the issuing bank begin.
        if is_open and self.now >= presentation.examine_by:
            self.honour(number, True)

    def honour(self, number: int, precluded: bool) -> None:
        presentation = self.presentations[number]
        credit = self.credits[presentation.credit]
        bank = presentation.examiner
        is_first = presentation.payee == credit.parties.beneficiary
        due = self.due_date(credit.terms, presentation) if is_first else presentation.due
        self.emit(PresentationAccepted(number, bank, due, precluded))
        if bank != credit.parties.issuing_bank:
            self.presentations[number] = presentation.replace(
                due=due,
                payee=bank,
                examiner=credit.parties.issuing_bank,
                waived=False,
                confirmer_owes=True,
                state=PresentationState.EXAMINED,
            )
            self.begin_examination(number)
        else:
            self.presentations[number] = presentation.replace(
                due=due, state=PresentationState.ACCEPTED
            )
            # The title moves at the instant at which the bank is bound.
            self.move_bill(presentation.bill, bank)
        if due <= self.now:
            self.pay_what_is_due(number)
        else:
            self.schedule(due, self.pay_due, number, gas=CREDIT_GAS)

    def due_date(self, terms: CreditTerms, presentation: Presentation) -> Time:
        due = self.now
        if terms.tenor == Tenor.AFTER_SIGHT:
            due = presentation.presented + terms.usance
        elif terms.tenor == Tenor.AFTER_SHIPMENT:
            due = presentation.shipped + terms.usance
        return max(due, self.now)

    def pay_what_is_due(self, number: int) -> None:
        presentation = self.presentations[number]
        if self.now < presentation.due:
            return
        amount = presentation.amount
        credit = self.credits[presentation.credit]
        if presentation.confirmer_owes:
            self.presentations[number] = presentation.replace(confirmer_owes=False)
            credit = credit.replace(
                confirmed_reserved=credit.confirmed_reserved - amount,
                confirmed_tied=credit.confirmed_tied - amount,
            )
            self.credits[presentation.credit] = credit
            bank = credit.parties.confirming_bank
            self.pay_out(credit.parties.beneficiary, amount)
            self.emit(PresentationPaid(number, bank, credit.parties.beneficiary, amount))
        if presentation.state == PresentationState.ACCEPTED:
            paid = self.presentations[number].replace(state=PresentationState.PAID)
            self.presentations[number] = paid
            self.credits[presentation.credit] = credit.replace(
                reserved=credit.reserved - amount, tied=credit.tied - amount
            )
            self.pay_out(presentation.payee, amount)
            bank = credit.parties.issuing_bank
            self.emit(PresentationPaid(number, bank, presentation.payee, amount))

    def give_back(self, number: int) -> None:
        presentation = self.presentations[number]
        credit = self.credits[presentation.credit]
        self.presentations[number] = presentation.replace(state=PresentationState.RETURNED)
        amount = presentation.amount
        tied = credit.replace(tied=credit.tied - amount)
        if presentation.payee == credit.parties.beneficiary:
            confirmed = amount if credit.confirmed else NO_MONEY
            tied = tied.replace(
                used=credit.used - amount, confirmed_tied=credit.confirmed_tied - confirmed
            )
        self.credits[presentation.credit] = tied
        self.move_bill(presentation.bill, presentation.payee)
        self.schedule(self.now, self.release, presentation.credit, gas=CREDIT_GAS)
        self.emit(DocumentsReturned(number, presentation.payee))

    def move_bill(self, bill: int, to: Address) -> None:
        if bill > 0:
            BillRegister(self.register).endorse(bill, to)


"""en:
number = number
credit = credit
register = register of bills of lading
presentations_made = number of presentations
presentations = presentations
precluded = silence for five banking days
returns = return at once
discrepancies = discrepancies
to = receiver
DOCUMENTS_MAX = most documents of a presentation
DISCREPANCIES_MAX = most discrepancies of a notice
TEXT_MAX = longest discrepancy
begin_examination = examination
take_as_complying = compliance by silence
honour = acceptance
due_date = due date
pay_what_is_due = payment
give_back = return of documents
move_bill = bill of lading
"""

"""ko:
LettersOfCredit = 신용장: 구성원이 정한 은행들이 개설하는 신용장과 그 서류의 제시를 다룬다.
register = 선하증권 등록부
BillRegister = 선하증권 등록부
endorse = 배서
presentations_made = 지금까지의 제시 수
presentations = 제시 목록
presentation = 제시: 제시 하나의 내용. 번호는 1부터이다.
document = 서류
number = 번호
credit = 신용장
precluded = 다섯 영업일 동안의 침묵
returns = 즉시 반환 여부
discrepancies = 하자
text = 하자 내용
to = 돌려받는 사람
bank = 은행
confirmed = 확인 은행에 묶이는 금액
has_bill = 전자 선하증권이 있는지
is_first = 처음인지
is_fitting = 신용장에 맞는지
is_open = 심사 중인지
is_waived = 하자가 수용되었는지
count = 하자 수
paid = 지급한 제시
begin = 시작: 쓰는 돈과, 서류와 함께 오는 선하증권의 등록부를 정한다.
present = 서류 제시: 지급을 청하여 서류를 제시하고 그 번호를 받는다. 선하증권은 먼저 이 계약에
    맡긴다.
accept = 수리: 서류가 조건에 맞거나 하자가 수용되었음을 밝힌다. 은행은 지급할 책임을 진다.
refuse = 거절 통지: 모든 하자를 적은 통지를 다섯 영업일 안에 한 번 한다.
waive = 하자 수용: 거절된 서류라도 괜찮다고 은행에 알린다. 은행은 따르지 않아도 된다.
return_documents = 서류 반환: 거절한 서류를 돌려준다. 은행은 언제든지 할 수 있고, 청구받으면 하여야
    한다.
settle = 직접 처리: 제시에 대하여 때가 된 일을 한다. 누가 청하든 받는 사람은 같다.
preclude = 침묵의 효과: 은행이 다섯 영업일 동안 답하지 않으면 서류가 조건에 맞는 것으로 본다.
pay_due = 만기 지급: 지급일이 된 것을 지급한다.
formalities = 형식 하자: 서류를 읽지 않아도 알 수 있는 하자.
begin_examination = 심사 시작
take_as_complying = 조건에 맞는 것으로 보기
honour = 지급 책임지기
due_date = 지급일 정하기
pay_what_is_due = 때가 된 지급
give_back = 돌려주기
move_bill = 선하증권 넘기기
DocumentsPresented = 서류 제시: 서류가 들어왔다. 은행은 다섯째 영업일이 끝날 때까지 답하여야 한다.
PresentationRefused = 거절 통지: 모든 하자를 적은 한 번의 통지이다.
DiscrepanciesWaived = 하자 수용: 개설 의뢰인이 서류를 그대로 받겠다고 하였다.
DocumentsReturned = 서류 반환: 서류와 선하증권이 되돌아갔다.
PresentationAccepted = 서류 수리: 은행이 지급할 책임을 진다.
PresentationPaid = 신용장 지급: 은행이 책임을 다하여 돈이 움직였다.
only the beneficiary may do this = 수익자만 할 수 있다
the credit has expired = 유효 기일이 지난 신용장이다
1 to 20 documents are presented = 제시하는 서류는 1건에서 20건까지이다
the goods are not shipped yet = 아직 선적되지 않았다
that is more than can still be drawn = 더 쓸 수 있는 금액보다 많다
partial drawings are not allowed = 나누어 쓸 수 없는 신용장이다
the electronic bill of lading comes as the credit says = 전자 선하증권은 신용장이 정한 대로 제시한다
only the examining bank may do this = 심사하는 은행만 할 수 있다
the documents wait for no acceptance = 수리를 기다리는 서류가 아니다
there is one notice, while documents are examined = 통지는 심사하는 동안 한 번 한다
the five banking days are over = 다섯 영업일이 지났다
a notice names 1 to 20 discrepancies = 통지에는 하자를 1건에서 20건까지 적는다
a discrepancy has 1 to 500 characters = 하자는 1자에서 500자까지이다
only the applicant may do this = 개설 의뢰인만 할 수 있다
there is nothing to waive = 수용할 하자가 없다
only the bank or whoever presented may do this = 은행이나 제시한 사람만 할 수 있다
no refused documents are held = 거절하여 보관하는 서류가 없다
DOCUMENTS_MAX = 제시하는 서류의 최대 수
DISCREPANCIES_MAX = 통지에 적는 하자의 최대 수
TEXT_MAX = 하자의 최대 길이
an amount is above zero = 금액은 0보다 커야 한다
"""
