"""What a letter of credit says: parties, terms, amendments, in the words of UCP 600 and MT700."""

from dure.contract.language import (
    Address,
    Amount,
    Choice,
    Contract,
    Duration,
    Hash,
    Record,
    Time,
    days,
    require,
)

NO_MONEY = Amount(0)
CREDIT_LASTS = days(730)
REQUIRED_MAX = 20
TOLERANCE_MAX = 10
USANCE_MAX = days(365)
PRESENTATION_DAYS_MAX = 90
CREDIT_GAS = 300_000


class Tenor(Choice):
    """When a complying presentation is paid."""

    SIGHT = "at sight"
    AFTER_SIGHT = "some days after the documents were presented"
    AFTER_SHIPMENT = "some days after shipment"


class DocumentKind(Choice):
    """What a document is."""

    INVOICE = "commercial invoice"
    BILL_OF_LADING = "bill of lading"
    PACKING_LIST = "packing list"
    INSURANCE = "insurance document"
    ORIGIN = "certificate of origin"
    INSPECTION = "inspection certificate"
    OTHER = "another document"


class CreditState(Choice):
    """How far a credit has got."""

    APPLIED = "was applied for, the bank has not issued it"
    NOT_ISSUED = "was declined or withdrawn"
    ISSUED = "is issued: the issuing bank is irrevocably bound"
    EXPIRED = "has expired"
    CANCELLED = "was cancelled with the consent of all"


class AmendmentState(Choice):
    """What became of an amendment."""

    OPEN = "waits for the consent of all"
    IN_FORCE = "all have consented"
    REJECTED = "was rejected, or the credit ended before all had consented"


class CreditParties(Record):
    """Who takes part beside the applicant.

    Where no confirmation is asked for, the confirming bank is the issuing bank.
    """

    beneficiary: Address
    issuing_bank: Address
    advising_bank: Address
    confirming_bank: Address


class CreditTerms(Record):
    """What a presentation must comply with.

    `text` is the salted digest of everything that is said in words: goods, documents, conditions.
    `tolerance` is in per cent above the amount; `usance` counts for a tenor that is not at sight.
    """

    amount: Amount
    tolerance: int
    expiry: Time
    latest_shipment: Time
    presentation_days: int
    tenor: Tenor
    usance: Duration
    partial: bool
    documents: list[DocumentKind]
    electronic_bill: bool
    text: Hash


class Credit(Record):
    """One letter of credit.

    `used` is what was presented and not returned; `tied` is that part of it which the issuing bank
    may still have to pay, `confirmed_tied` that which the confirming bank may. `pending` came with
    the open amendment, whose number is `amendment`, 0 where there is none.
    """

    reference: str
    applicant: Address
    parties: CreditParties
    terms: CreditTerms
    state: CreditState
    advised: bool
    confirmed: bool
    closes: Time
    maximum: Amount
    used: Amount
    reserved: Amount
    tied: Amount
    confirmed_reserved: Amount
    confirmed_tied: Amount
    pending: Amount
    confirmed_pending: Amount
    amendment: int


class CreditChange(Record):
    """What an amendment changes; what stays is named again. One that cancels changes nothing."""

    amount: Amount
    expiry: Time
    latest_shipment: Time
    text: Hash
    cancels: bool


class Amendment(Record):
    """An amendment, and the money by which it raises the credit."""

    credit: int
    change: CreditChange
    extra: Amount
    consents: int
    state: AmendmentState


class PresentationState(Choice):
    """How far a presentation has got."""

    EXAMINED = "is being examined"
    REFUSED = "was refused, the documents are held until there is a waiver"
    RETURNED = "was refused, the documents were returned"
    ACCEPTED = "is accepted, and will be paid when it is due"
    PAID = "is paid"


class Formality(Choice):
    """A discrepancy that needs no reading of documents."""

    LATE_SHIPMENT = "shipped after the latest date of shipment"
    LATE_PRESENTATION = "presented too many days after shipment"
    DOCUMENT_MISSING = "a required document is missing"


class PresentedDocument(Record):
    """A document that stays sealed between those who may read it."""

    kind: DocumentKind
    digest: Hash


class Presentation(Record):
    """Documents presented for payment.

    `payee` is the beneficiary, and the confirming bank once that has honoured. `bill` is the number
    of the electronic bill of lading, 0 where there is none.
    """

    credit: int
    amount: Amount
    documents: list[PresentedDocument]
    bill: int
    shipped: Time
    presented: Time
    payee: Address
    examiner: Address
    examine_by: Time
    due: Time
    waived: bool
    confirmer_owes: bool
    state: PresentationState


class CreditRules(Contract):
    """What terms may say, and which discrepancies need no reading of documents."""

    # Shared parts

    def require_sound(self, terms: CreditTerms) -> None:
        require(terms.amount > NO_MONEY, "an amount is above zero")
        require(0 <= terms.tolerance <= TOLERANCE_MAX, "a tolerance is 0 to 10 per cent")
        require(self.now < terms.expiry <= self.now + CREDIT_LASTS, "a credit lasts two years")
        is_ordered = terms.latest_shipment <= terms.expiry
        require(is_ordered, "shipment is not later than expiry")
        require(
            0 < terms.presentation_days <= PRESENTATION_DAYS_MAX,
            "documents are presented in 1 to 90 days",
        )
        require(days(0) <= terms.usance <= USANCE_MAX, "payment falls due within a year")
        require(0 < len(terms.documents) <= REQUIRED_MAX, "1 to 20 documents are required")

    def find_formalities(self, terms: CreditTerms, presentation: Presentation) -> list[Formality]:
        found: list[Formality] = []
        if presentation.shipped > terms.latest_shipment:
            found.append(Formality.LATE_SHIPMENT)
        if presentation.presented > presentation.shipped + days(1) * terms.presentation_days:
            found.append(Formality.LATE_PRESENTATION)
        kinds: list[DocumentKind] = []
        for document in presentation.documents:
            kinds.append(document.kind)
        missing = False
        for kind in terms.documents:
            missing = missing or kind not in kinds
        if missing:
            found.append(Formality.DOCUMENT_MISSING)
        return found


"""en:
tolerance = tolerance above the amount, in per cent
expiry = date of expiry
latest_shipment = latest date of shipment
presentation_days = days after shipment in which documents are presented
tenor = when it is paid
usance = time until payment
partial = partial drawings
documents = documents
electronic_bill = electronic bill of lading
text = salted digest of the terms in words
reference = credit number
closes = end of the credit
maximum = most that can be drawn
used = amount presented and not returned
reserved = money reserved by the issuing bank
tied = amount that the issuing bank may still have to pay
confirmed_reserved = money reserved by the confirming bank
confirmed_tied = amount that the confirming bank may still have to pay
pending = money of the issuing bank for an open amendment
confirmed_pending = money of the confirming bank for an open amendment
extra = increase
consents = consents
cancels = cancellation
NO_MONEY = nothing
CREDIT_GAS = computing work set aside for a scheduled call, in gas
bill = number of the electronic bill of lading
shipped = time of shipment
presented = time of presentation
payee = payee
examiner = examining bank
examine_by = close of the fifth banking day
due = due date
waived = waived
confirmer_owes = the confirming bank has to pay
digest = salted digest
CREDIT_LASTS = longest time of a credit
REQUIRED_MAX = most documents that a credit requires
TOLERANCE_MAX = highest tolerance, in per cent
USANCE_MAX = longest time until payment
PRESENTATION_DAYS_MAX = most days between shipment and presentation
"""


"""ko:
CreditRules = 신용장 규칙: 신용장 조건에 쓸 수 있는 것과, 읽지 않아도 알 수 있는 하자를 정한다.
is_ordered = 선적이 유효 기일보다 늦지 않은지
document = 서류
find_formalities = 형식 하자 찾기
Tenor = 지급 시기: 조건에 맞는 서류를 언제 지급하는지를 뜻한다.
at sight = 일람 즉시 지급
some days after the documents were presented = 서류를 제시한 날부터 일정한 기간 뒤에 지급
some days after shipment = 선적한 날부터 일정한 기간 뒤에 지급
DocumentKind = 서류의 종류: 서류가 무엇인지를 뜻한다.
commercial invoice = 상업 송장
bill of lading = 선하증권
packing list = 포장 명세서
insurance document = 보험 서류
certificate of origin = 원산지 증명서
inspection certificate = 검사 증명서
another document = 그 밖의 서류
CreditState = 신용장의 상태: 신용장이 어디까지 왔는지를 뜻한다.
was applied for, the bank has not issued it = 신청됨, 아직 개설되지 않음
was declined or withdrawn = 거절되거나 철회됨
is issued: the issuing bank is irrevocably bound = 개설됨, 개설 은행은 취소할 수 없는 책임을 짐
has expired = 유효 기일이 지남
was cancelled with the consent of all = 모두의 동의로 취소됨
AmendmentState = 조건 변경의 상태: 조건 변경이 어떻게 되었는지를 뜻한다.
waits for the consent of all = 모두의 동의를 기다림
all have consented = 모두 동의함
was rejected, or the credit ended before all had consented = 거절되었거나, 모두 동의하기 전에
    신용장이
    끝남
CreditParties = 신용장 당사자
CreditTerms = 신용장 조건
Credit = 신용장
CreditChange = 변경할 조건
Amendment = 조건 변경
parties = 당사자
terms = 조건
change = 변경할 조건
applicant = 개설 의뢰인
beneficiary = 수익자
issuing_bank = 개설 은행
advising_bank = 통지 은행
confirming_bank = 확인 은행
reference = 신용장 번호
amount = 금액
tolerance = 금액의 상향 허용률(퍼센트)
expiry = 유효 기일
latest_shipment = 최종 선적일
presentation_days = 선적 후 제시 기간(일)
tenor = 지급 시기
usance = 지급 유예 기간
partial = 분할 사용 허용
documents = 서류
electronic_bill = 전자 선하증권 여부
text = 문구로 적은 조건의 소금 친 해시
state = 상태
advised = 통지됨
confirmed = 확인됨
closes = 신용장이 끝나는 시각
maximum = 쓸 수 있는 최대 금액
used = 제시되고 반환되지 않은 금액
reserved = 개설 은행이 맡긴 돈
tied = 개설 은행이 아직 낼 수 있는 금액
confirmed_reserved = 확인 은행이 맡긴 돈
confirmed_tied = 확인 은행이 아직 낼 수 있는 금액
pending = 변경을 기다리는 개설 은행의 돈
confirmed_pending = 변경을 기다리는 확인 은행의 돈
amendment = 진행 중인 조건 변경
credit = 신용장
extra = 증액
consents = 동의 수
cancels = 취소 여부
kind = 종류
NO_MONEY = 없음
CREDIT_GAS = 예약된 호출 하나에 배정된 연산량(가스)
Presentation = 서류 제시
PresentedDocument = 제시된 서류
digest = 소금 친 해시
bill = 전자 선하증권 번호
shipped = 선적 시각
presented = 제시 시각
payee = 받는 사람
examiner = 심사 은행
examine_by = 다섯째 영업일의 끝
due = 지급일
waived = 하자 수용 여부
confirmer_owes = 확인 은행의 지급 책임
PresentationState = 제시의 상태: 제시된 서류가 어디까지 왔는지를 뜻한다.
is being examined = 심사 중
was refused, the documents are held until there is a waiver = 거절됨, 하자 수용을 기다리며 서류를
    보관함
was refused, the documents were returned = 거절됨, 서류를 돌려줌
is accepted, and will be paid when it is due = 수리됨, 지급일에 지급함
is paid = 지급됨
Formality = 형식 하자: 서류를 읽지 않아도 알 수 있는 하자를 뜻한다.
shipped after the latest date of shipment = 최종 선적일을 넘겨 선적함
presented too many days after shipment = 선적하고 제시 기간이 지나 제시함
a required document is missing = 요구된 서류가 빠짐
CREDIT_LASTS = 신용장의 가장 긴 기간
REQUIRED_MAX = 요구하는 서류의 최대 수
TOLERANCE_MAX = 가장 큰 허용률
USANCE_MAX = 가장 긴 지급 유예 기간
PRESENTATION_DAYS_MAX = 선적과 제시 사이의 최대 날수
require_sound = 조건 확인
an amount is above zero = 금액은 0보다 커야 한다
a tolerance is 0 to 10 per cent = 허용률은 0에서 10퍼센트까지이다
a credit lasts two years = 신용장의 기간은 2년까지이다
shipment is not later than expiry = 선적은 유효 기일보다 늦을 수 없다
documents are presented in 1 to 90 days = 제시 기간은 1일에서 90일까지이다
payment falls due within a year = 지급은 1년 안에 이루어져야 한다
1 to 20 documents are required = 요구하는 서류는 1종에서 20종까지이다
found = 찾은 하자
kinds = 제시된 종류
missing = 빠진 서류의 유무
"""
