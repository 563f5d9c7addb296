"""Consents: who lets whom use what of theirs, for what, and until when; withdrawn at any moment.

Kinds and purposes are words that the parties agree on, for example a FHIR resource type and a code
of HL7's PurposeOfUse. The wording that was agreed to stays elsewhere; its digest stands here, as in
a consent record of ISO/IEC TS 27560. A contract that inherits it asks `has_consent` before it lets
anybody use anything, and calls `use_consent` when it did.
"""

from dure.contract.language import (
    Address,
    Contract,
    Event,
    Hash,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    encode,
    require,
    sha256,
    view,
)

CONSENT_WORD_MAX = 64
CONSENT_LENGTH_MAX = days(3653)


class Consent(Record):
    """One consent: of whom, to whom, to what, for what, from when until when."""

    subject: Address
    reader: Address
    kind: str
    purpose: str
    terms: Hash
    begins: Time
    ends: Time
    withdrawn: bool


class ConsentGiven(Event):
    """Somebody consented."""

    consent: int
    subject: Address
    reader: Address
    kind: str
    purpose: str
    terms: Hash
    begins: Time
    ends: Time


class ConsentWithdrawn(Event):
    """A consent ended at once."""

    consent: int
    subject: Address
    reader: Address


class ConsentUsed(Event):
    """Something was used because somebody had consented."""

    consent: int
    subject: Address
    reader: Address
    uses: int


class Consents(Contract):
    """Everybody consents for themselves, and withdraws for themselves."""

    consents_given: Var[int]
    consents: Map[int, Consent]
    consents_found: Map[Hash, int]
    consent_uses: Map[int, int]

    @call
    def give_consent(
        self, reader: Address, kind: str, purpose: str, terms: Hash, begins: Time, ends: Time
    ) -> int:
        """Consent that somebody uses one kind of thing for one purpose; return the number."""
        require(reader != self.sender, "nobody needs consent of themselves")
        require(0 < len(kind) <= CONSENT_WORD_MAX, "a kind has 1 to 64 characters")
        require(0 < len(purpose) <= CONSENT_WORD_MAX, "a purpose has 1 to 64 characters")
        require(begins < ends, "a consent ends after it begins")
        require(ends > self.now, "the consent would have ended already")
        require(ends - begins <= CONSENT_LENGTH_MAX, "a consent holds for at most ten years")
        place = self.consent_place(self.sender, reader, kind, purpose)
        before = self.consents_found.get(place, 0)
        if before > 0:
            known = self.consents[before]
            is_over = known.withdrawn or known.ends <= self.now
            require(is_over, "there is such a consent already; withdraw it first")
        number = self.consents_given + 1
        self.consents_given = number
        self.consents_found[place] = number
        self.consents[number] = Consent(
            subject=self.sender,
            reader=reader,
            kind=kind,
            purpose=purpose,
            terms=terms,
            begins=begins,
            ends=ends,
            withdrawn=False,
        )
        self.emit(
            ConsentGiven(number, self.sender, reader, kind, purpose, terms, begins, ends),
        )
        return number

    @call
    def withdraw_consent(self, number: int) -> None:
        """End a consent of one's own at once."""
        require(number in self.consents, "there is no such consent")
        known = self.consents[number]
        require(self.sender == known.subject, "only who consented may withdraw it")
        require(not known.withdrawn, "the consent is withdrawn already")
        self.consents[number] = known.replace(withdrawn=True)
        self.emit(ConsentWithdrawn(number, known.subject, known.reader))

    # What everybody may read

    @view
    def consent_of(self, number: int) -> Consent:
        """Return a consent; they are numbered from 1."""
        require(number in self.consents, "there is no such consent")
        return self.consents[number]

    @view
    def find_consent(self, subject: Address, reader: Address, kind: str, purpose: str) -> int:
        """Return the number of the consent that is in force for this; 0 where none is."""
        place = self.consent_place(subject, reader, kind, purpose)
        number = self.consents_found.get(place, 0)
        if not self.is_in_force(number):
            return 0
        return number

    @view
    def has_consent(self, subject: Address, reader: Address, kind: str, purpose: str) -> bool:
        """Say whether a consent is in force for this."""
        return self.find_consent(subject, reader, kind, purpose) > 0

    @view
    def is_in_force(self, number: int) -> bool:
        """Say whether a consent has begun, and has neither ended nor been withdrawn."""
        if number not in self.consents:
            return False
        known = self.consents[number]
        return not known.withdrawn and known.begins <= self.now and self.now < known.ends

    @view
    def uses_of(self, number: int) -> int:
        """Return how often a consent was used."""
        return self.consent_uses.get(number, 0)

    # Shared parts

    def consent_place(self, subject: Address, reader: Address, kind: str, purpose: str) -> Hash:
        return sha256(encode("consent", subject, reader, kind, purpose))

    def use_consent(self, number: int) -> None:
        """Count a use of a consent that is in force."""
        require(self.is_in_force(number), "no consent is in force")
        known = self.consents[number]
        uses = self.consent_uses.get(number, 0) + 1
        self.consent_uses[number] = uses
        self.emit(ConsentUsed(number, known.subject, known.reader, uses))


"""en:
subject = who consents
reader = who may use it
kind = kind of thing
terms = digest of what was agreed to
begins = beginning
ends = end
uses = number of uses
consents_found = consents by content
consent_uses = number of uses
consent_place = place of a consent
CONSENT_WORD_MAX = longest word of a consent
CONSENT_LENGTH_MAX = longest time of a consent
"""

"""ko:
Consents = 동의: 누구나 자기 것에 대하여 스스로 동의하고 스스로 철회한다.
Consent = 동의 내용: 누가 누구에게 무엇을 어떤 목적으로 언제부터 언제까지 허락하였는지.
subject = 동의한 사람
reader = 이용하는 사람
kind = 대상 종류
purpose = 목적
terms = 동의 내용의 해시
begins = 시작 시각
ends = 끝 시각
withdrawn = 철회 여부
consent = 동의 번호
number = 번호
uses = 이용 횟수
consents_given = 동의 수
consents = 동의 목록
consents_found = 내용별 동의
consent_uses = 동의별 이용 횟수
give_consent = 동의: 어떤 사람이 한 종류를 한 목적으로 이용하는 데 동의하고 번호를 받는다.
withdraw_consent = 동의 철회: 자기의 동의를 곧바로 끝낸다.
consent_of = 동의 보기: 동의 하나의 내용. 번호는 1부터이다.
find_consent = 동의 찾기: 이 이용에 지금 유효한 동의의 번호. 없으면 0이다.
has_consent = 동의 여부: 이 이용에 유효한 동의가 있는지.
is_in_force = 유효 여부: 동의가 시작되었고, 끝나거나 철회되지 않았는지.
uses_of = 이용 횟수: 동의가 이용된 횟수.
consent_place = 동의의 자리
use_consent = 이용 적기
ConsentGiven = 동의: 어떤 사람이 동의하였다.
ConsentWithdrawn = 동의 철회: 동의가 곧바로 끝났다.
ConsentUsed = 동의 이용: 동의에 따라 이용되었다.
nobody needs consent of themselves = 자기에게는 동의가 필요 없다
a kind has 1 to 64 characters = 대상 종류는 1자에서 64자까지이다
a purpose has 1 to 64 characters = 목적은 1자에서 64자까지이다
a consent ends after it begins = 동의는 시작한 뒤에 끝난다
the consent would have ended already = 이미 끝났을 동의이다
a consent holds for at most ten years = 동의는 십 년까지 유효하다
there is such a consent already; withdraw it first = 같은 동의가 이미 있으니 먼저 철회하여야 한다
there is no such consent = 없는 동의이다
only who consented may withdraw it = 동의한 사람만 철회할 수 있다
the consent is withdrawn already = 이미 철회한 동의이다
no consent is in force = 유효한 동의가 없다
CONSENT_WORD_MAX = 동의에 쓰는 말의 최대 길이
CONSENT_LENGTH_MAX = 동의의 최장 기간
"""
