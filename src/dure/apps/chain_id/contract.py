"""Chain ID: verified at one institution, accepted at all. README.md has the rules R1 to R18."""

from dure.contract.language import (
    Address,
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
    require,
    verify_ed25519,
    view,
)
from dure.contract.library.association import Association

LIFE_MAX = days(1_096)
CLAIMS_MAX = 8
LISTED_MAX = 50


class Status(Choice):
    """What an identity, or one of its certificates, is worth."""

    UNKNOWN = "was never issued"
    VALID = "is valid"
    SUSPENDED = "is suspended for now"
    REVOKED = "was revoked for good"
    REPLACED = "was replaced by a newer certificate"
    EXPIRED = "has expired"
    UNTRUSTED = "was issued by an institution that is suspended or expelled"


class Purpose(Choice):
    """What an identity is used or looked at for."""

    SIGN_IN = "signing in"
    ACCOUNT_OPENING = "opening an account"
    PAYMENT = "paying a bill"
    CUSTOMER_CARE = "looked at with the person's consent"
    LEGAL_DUTY = "looked at because the law demands it"


class Claim(Choice):
    """What a person may show of a certificate; its value is never on the chain."""

    ADULT = "of age"
    RESIDENT = "resident"
    NAME = "name"
    BIRTHDATE = "date of birth"


class Application(Record):
    """An account asks one institution to be verified; `key`, if any, signs presentations."""

    institution: Address
    key: bytes


class Identity(Record):
    """One person's identity: the account and key that hold it, and the certificate in force."""

    holder: Address
    key: bytes
    issuer: Address
    issuer_key: bytes
    evidence: Hash
    certificate: Hash
    expires: Time
    status: Status
    suspended_by: Address


class Check(Record):
    """What an institution needs to know of a certificate that it is shown."""

    status: Status
    identity: int
    key: bytes
    issuer: Address
    issuer_key: bytes
    expires: Time


class Entry(Record):
    """Who used or looked at an identity, what for, and which claims the person showed."""

    identity: int
    institution: Address
    purpose: Purpose
    claims: list[Claim]
    reference: Hash
    at: Time


class Applied(Event):
    """Somebody asks an institution to be verified."""

    applicant: Address
    institution: Address


class Issued(Event):
    """An institution verified a person: first certificate, renewal, or one for a new key."""

    identity: int
    issuer: Address
    holder: Address
    expires: Time


class StatusChanged(Event):
    """An identity was suspended, resumed or revoked."""

    identity: int
    status: Status
    by: Address


class Used(Event):
    """A person used the identity, or an institution looked at it."""

    identity: int
    institution: Address
    purpose: Purpose
    reference: Hash


class ConsentChanged(Event):
    """Until then an institution may look at what was verified."""

    identity: int
    institution: Address
    until: Time


class ChainIdentity(Association):
    """One verification, accepted by every institution, under the eyes of the person."""

    applications: Map[Address, Application]
    issued: Var[int]
    identities: Map[int, Identity]
    holders: Map[Address, int]
    certificates: Map[Hash, int]
    consents: Map[int, Map[Address, Time]]
    made: Map[int, int]
    entries: Map[int, Map[int, Entry]]
    seen: Map[Address, Map[Hash, Entry]]

    @init
    def start(self) -> None:
        """Open the register: who deploys is the association."""
        self.found_association()

    # The person

    @call
    def apply(self, institution: Address, key: bytes, proof: bytes) -> None:
        """Ask to be verified; `proof` is the key's signature. Without a key the account answers."""
        message = encode(self.address, self.sender, institution)
        self.require_issuing(institution)
        if len(key) > 0:
            require(verify_ed25519(key, message, proof), "the key has not signed this application")
        self.applications[self.sender] = Application(institution, key)
        self.emit(Applied(self.sender, institution))

    @call
    def sign_in(
        self, institution: Address, purpose: Purpose, challenge: Hash, claims: list[Claim]
    ) -> None:
        """Answer the challenge of an institution, and say what is shown to it."""
        looks = [Purpose.CUSTOMER_CARE, Purpose.LEGAL_DUTY]
        require(purpose not in looks, "that is no purpose of signing in")
        number = self.number_of(self.sender)
        self.require_active(institution)
        require(self.status_of(number) == Status.VALID, "the identity is not valid")
        require(len(claims) <= CLAIMS_MAX, "at most 8 claims")
        require(challenge not in self.seen[institution], "the challenge was answered before")
        entry = Entry(number, institution, purpose, claims, challenge, self.now)
        self.seen[institution][challenge] = entry
        self.note(number, entry)

    @call
    def consent(self, institution: Address, until: Time) -> None:
        """Let an institution look at what was verified until then; a time that is past ends it."""
        self.require_active(institution)
        number = self.number_of(self.sender)
        self.consents[number][institution] = until
        self.emit(ConsentChanged(number, institution, until))

    # The institution that verifies

    @call
    def issue(self, applicant: Address, evidence: Hash, certificate: Hash, expires: Time) -> int:
        """Register the first certificate of a person who applied; return the identity's number."""
        require(applicant not in self.holders, "the account holds an identity already")
        number = self.issued + 1
        self.issued = number
        self.certify(number, applicant, evidence, certificate, expires)
        return number

    @call
    def renew(self, applicant: Address, evidence: Hash, certificate: Hash, expires: Time) -> None:
        """Register the next certificate of a person who applied again."""
        number = self.number_of(applicant)
        standing = self.identities[number].status
        require(standing == Status.VALID, "the identity is suspended")
        self.certify(number, applicant, evidence, certificate, expires)

    @call
    def replace_holder(
        self, number: int, applicant: Address, evidence: Hash, certificate: Hash, expires: Time
    ) -> None:
        """Bind an identity to the new account of its person, who lost the old one."""
        before = self.require_keeper(number)
        require(applicant not in self.holders, "the account holds an identity already")
        require(self.may_lift(before), "the association suspended this identity")
        self.holders.remove(before.holder)
        self.certify(number, applicant, evidence, certificate, expires)

    @call
    def suspend(self, number: int) -> None:
        """Suspend an identity, the sender's own too; institutions see it at the next block."""
        known = self.require_keeper_or_holder(number)
        takes_over = self.sender == self.association and known.suspended_by != self.sender
        require(known.status == Status.VALID or takes_over, "the identity is suspended already")
        self.identities[number] = known.replace(status=Status.SUSPENDED, suspended_by=self.sender)
        self.emit(StatusChanged(number, Status.SUSPENDED, self.sender))

    @call
    def resume(self, number: int) -> None:
        """Let a suspended identity go on."""
        identity = self.require_keeper(number)
        require(identity.status == Status.SUSPENDED, "the identity is not suspended")
        require(self.may_lift(identity), "the association suspended this identity")
        self.identities[number] = identity.replace(status=Status.VALID)
        self.emit(StatusChanged(number, Status.VALID, self.sender))

    @call
    def revoke(self, number: int) -> None:
        """End an identity for good, the sender's own too."""
        known = self.require_keeper_or_holder(number)
        self.identities[number] = known.replace(status=Status.REVOKED)
        self.holders.remove(known.holder)
        self.emit(StatusChanged(number, Status.REVOKED, self.sender))

    # Every institution

    @call
    def look(self, number: int, purpose: Purpose, reference: Hash) -> None:
        """Leave word that the sender looks at what was verified, before it is handed out."""
        self.require_active(self.sender)
        identity = self.find(number)
        is_duty = purpose == Purpose.LEGAL_DUTY
        require(is_duty or purpose == Purpose.CUSTOMER_CARE, "that is no purpose of looking")
        until = self.consents[number].get(self.sender, Time(0))
        require(is_duty or self.now < until, "the person has not consented")
        require(identity.status != Status.REVOKED, "the identity has ended")
        self.note(number, Entry(number, self.sender, purpose, [], reference, self.now))

    # What everybody may read

    @view
    def check(self, certificate: Hash) -> Check:
        """Say what a certificate is worth now, and which keys belong to it."""
        if certificate not in self.certificates:
            return Check(Status.UNKNOWN, 0, b"", self.association, b"", Time(0))
        number = self.certificates[certificate]
        known = self.identities[number]
        status = self.status_of(number)
        if known.certificate != certificate and status != Status.REVOKED:
            status = Status.REPLACED
        return Check(status, number, known.key, known.issuer, known.issuer_key, known.expires)

    @view
    def status_of(self, number: int) -> Status:
        """Say what an identity is worth now."""
        known = self.find(number)
        if known.status != Status.VALID:
            return known.status
        if not self.is_trusted(known.issuer):
            return Status.UNTRUSTED
        return Status.VALID if self.now < known.expires else Status.EXPIRED

    @view
    def identity(self, number: int) -> Identity:
        """Return an identity; they are numbered from 1."""
        return self.find(number)

    @view
    def number_of(self, holder: Address) -> int:
        """Return the number of the identity that an account holds."""
        require(holder in self.holders, "the account holds no identity")
        return self.holders[holder]

    @view
    def application(self, applicant: Address) -> Application:
        """Return which institution somebody asks, and with which key."""
        return self.applications[applicant]

    @view
    def answer(self, institution: Address, challenge: Hash) -> Entry:
        """Return the entry by which a person answered a challenge."""
        require(challenge in self.seen[institution], "nobody has answered this challenge")
        return self.seen[institution][challenge]

    @view
    def consented_until(self, number: int, institution: Address) -> Time:
        """Return until when an institution may look; 1970 where it never could."""
        return self.consents[number].get(institution, Time(0))

    @view
    def history(self, number: int, start: int) -> list[Entry]:
        """Return up to fifty entries of an identity in order, from place `start` of 0 on."""
        require(start >= 0, "places count from 0")
        found: list[Entry] = []
        for place in range(start, min(start + LISTED_MAX, self.made.get(number, 0))):
            found.append(self.entries[number][place])
        return found

    @view
    def history_length(self, number: int) -> int:
        """Return how many entries an identity has; the newest stands last."""
        return self.made.get(number, 0)

    # Shared parts

    def find(self, number: int) -> Identity:
        require(number in self.identities, "there is no such identity")
        return self.identities[number]

    def require_keeper_or_holder(self, number: int) -> Identity:
        known = self.find(number)
        require(known.status != Status.REVOKED, "the identity has ended")
        return known if self.sender == known.holder else self.require_keeper(number)

    def require_keeper(self, number: int) -> Identity:
        known = self.find(number)
        require(known.status != Status.REVOKED, "the identity has ended")
        if self.sender != self.association:
            is_keeper = self.sender == self.keeper_of(known.issuer)
            require(is_keeper, "only its issuer or the association may do this")
            self.require_issuing(self.sender)
        return known

    def may_lift(self, known: Identity) -> bool:
        """Only the association lets go on what the association has suspended."""
        is_held = known.status == Status.SUSPENDED and known.suspended_by == self.association
        return self.sender == self.association or not is_held

    def certify(
        self, number: int, applicant: Address, evidence: Hash, certificate: Hash, expires: Time
    ) -> None:
        self.require_issuing(self.sender)
        require(applicant in self.applications, "the person has not applied")
        asked = self.applications[applicant]
        require(asked.institution == self.sender, "the person has applied elsewhere")
        require(certificate not in self.certificates, "the certificate is registered already")
        require(self.now < expires, "the certificate has expired")
        require(expires <= self.now + LIFE_MAX, "a certificate lives three years at most")
        self.applications.remove(applicant)
        self.holders[applicant] = number
        self.certificates[certificate] = number
        self.identities[number] = Identity(
            holder=applicant,
            key=asked.key,
            issuer=self.sender,
            issuer_key=self.institutions[self.sender].key,
            evidence=evidence,
            certificate=certificate,
            expires=expires,
            status=Status.VALID,
            suspended_by=self.sender,
        )
        self.emit(Issued(number, self.sender, applicant, expires))

    def note(self, number: int, entry: Entry) -> None:
        place = self.made.get(number, 0)
        self.made[number] = place + 1
        self.entries[number][place] = entry
        self.emit(Used(number, entry.institution, entry.purpose, entry.reference))


"""ko:
ChainIdentity = 체인 아이디: 한 기관의 한 번 확인을 모든 기관이 받아들이며, 누가 썼는지 본인이 본다.
issued = 발급한 신원 수
number = 신원 번호
identity = 신원: 신원 하나의 내용. 번호는 1부터이다.
identities = 신원 목록
Identity = 신원
Application = 확인 신청
Entry = 기록
entry = 기록
Check = 확인 결과
holder = 본인 계정
holders = 계정별 신원
applicant = 신청인
applications = 신청 목록
application = 신청: 어떤 사람이 어느 기관에 어떤 공개키로 신청하였는지.
proof = 공개키의 서명
issuer_key = 발행 기관의 공개키
evidence = 확인 증빙의 해시
certificate = 인증서의 해시
certificates = 인증서 목록
expires = 만료 시각
status = 상태
suspended_by = 정지시킨 자
by = 처리한 자
purpose = 목적
claim = 항목
claims = 보여 준 항목
challenge = 질문의 해시
reference = 근거의 해시
at = 시각
until = 기한
start = 시작: 등록부를 연다. 이 계약을 체인에 올린 사람이 협회이다.
made = 기록 수
entries = 기록
seen = 받은 기록
place = 순서
consents = 동의 목록
apply = 확인 신청: 기관에 본인 확인을 신청한다. 공개키는 서명으로 보이며, 없으면 계정이 답한다.
sign_in = 로그인: 기관이 낸 질문에 답하고 무엇을 보여 주는지 밝힌다.
consent = 동의: 정한 때까지 확인된 내용을 보게 한다. 지난 때를 정하면 동의가 끝난다.
issue = 발급: 신청한 사람의 첫 인증서를 등록하고 신원 번호를 받는다.
renew = 갱신: 다시 신청한 사람의 다음 인증서를 등록한다.
replace_holder = 계정 교체: 계정을 잃은 사람의 신원을 새 계정에 묶는다.
suspend = 정지: 신원을 정지시킨다. 자기 신원도 된다. 모든 기관이 다음 블록에서 안다.
resume = 정지 해제: 정지된 신원을 다시 쓰게 한다.
revoke = 폐기: 신원을 아주 끝낸다. 자기 신원도 된다.
look = 열람: 확인된 내용을 내어 주기 전에, 신청한 기관이 열람한다는 기록을 남긴다.
check = 인증서 확인: 인증서가 지금 유효한지, 어떤 키가 속하는지.
status_of = 신원 상태: 신원이 지금 유효한지.
number_of = 신원 번호: 계정이 가진 신원의 번호.
answer = 답: 질문에 답한 기록.
consented_until = 동의 기한: 기관이 언제까지 볼 수 있는지. 없었으면 1970년이다.
history = 이력: 신원의 기록을 순서대로 오십 건까지. 순서는 0부터이다.
history_length = 이력의 길이: 신원의 기록 수. 가장 새로운 것이 마지막이다.
find = 찾은 신원
known = 신원
require_keeper = 담당 확인
require_keeper_or_holder = 담당 또는 본인 확인
may_lift = 해제 권한
certify = 인증서 등록
note = 기록 남기기
LIFE_MAX = 인증서의 최대 수명
CLAIMS_MAX = 보여 주는 항목의 최대 수
LISTED_MAX = 한 번에 보이는 기록 수
Applied = 확인 신청: 어떤 사람이 기관에 확인을 신청하였다.
Issued = 인증서 발급: 기관이 본인을 확인하였다. 첫 발급, 갱신, 계정 교체이다.
StatusChanged = 상태 변경: 신원이 정지되었거나 다시 쓰이거나 폐기되었다.
Used = 사용: 본인이 신원을 썼거나 기관이 보았다.
ConsentChanged = 동의 변경: 그때까지 기관이 확인된 내용을 볼 수 있다.
Status = 신원의 상태: 신원이나 인증서의 지금 상태를 뜻한다.
was never issued = 발급된 적 없음
is valid = 유효
was revoked for good = 폐기됨
was replaced by a newer certificate = 새 인증서로 바뀜
has expired = 만료됨
was issued by an institution that is suspended or expelled = 정지되거나 제명된 기관이 발급함
Purpose = 목적: 신원을 쓰거나 보는 목적을 뜻한다.
signing in = 로그인
opening an account = 계좌 개설
paying a bill = 결제
looked at with the person's consent = 본인 동의에 따른 열람
looked at because the law demands it = 법률에 따른 열람
Claim = 항목: 본인이 인증서에서 보여 줄 수 있는 것을 뜻한다. 값은 체인에 없다.
of age = 성인
resident = 거주자
name = 이름
date of birth = 생년월일
the key has not signed this application = 공개키가 이 신청에 서명하지 않았다
that is no purpose of signing in = 로그인의 목적이 아니다
that is no purpose of looking = 열람의 목적이 아니다
the account holds an identity already = 이미 신원이 있는 계정이다
the account holds no identity = 신원이 없는 계정이다
there is no such identity = 그런 신원은 없다
the identity is suspended = 정지된 신원이다
the identity is suspended already = 이미 정지된 신원이다
the identity is not suspended = 정지되지 않은 신원이다
the identity is not valid = 유효하지 않은 신원이다
the identity has ended = 끝난 신원이다
the association suspended this identity = 협회가 정지시킨 신원이다
only its issuer or the association may do this = 그 발행 기관이나 협회만 할 수 있다
the person has not consented = 본인이 동의하지 않았다
the person has not applied = 신청하지 않은 사람이다
the person has applied elsewhere = 다른 기관에 신청한 사람이다
the certificate is registered already = 이미 등록된 인증서이다
the certificate has expired = 이미 만료된 인증서이다
a certificate lives three years at most = 인증서의 수명은 길어야 삼 년이다
nobody has answered this challenge = 아무도 답하지 않은 질문이다
the challenge was answered before = 이미 답한 질문이다
at most 8 claims = 항목은 여덟 개까지이다
places count from 0 = 순서는 0부터이다
"""
