"""Health records, sealed at the hospital: the patient says who reads what, for what, until when.

The rules R1 to R9 are in README.md. No content is here, and no name: a record is a random name with
salted digests, a patient is an address.
"""

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
    hours,
    only,
    require,
    view,
)
from dure.contract.library.consents import CONSENT_WORD_MAX, Consents
from dure.contract.library.sealed_keeping import SealedKeeping, SealedState

EMERGENCY_LENGTH = hours(24)
CONTEST_WITHIN = days(90)
EMERGENCY_PURPOSE = "ETREAT"


class Basis(Choice):
    """Why somebody was handed the key to a record."""

    NONE = "may not read it"
    OWN = "is the patient"
    CUSTODIAN = "made the record and keeps it"
    CONSENT = "has the patient's consent"
    EMERGENCY = "opened it in an emergency"


class EmergencyState(Choice):
    """What became of an opening in an emergency."""

    OPENED = "the patient may contest it"
    CONTESTED = "waits for the ombudsman"
    JUSTIFIED = "was justified"
    UNJUSTIFIED = "was not justified"


class PatientRecord(Record):
    """Whose record it is, and of which FHIR resource type."""

    patient: Address
    kind: str


class Admission(Record):
    """By which consent or emergency somebody reads a record; 0 is none."""

    purpose: str
    consent: int
    emergency: int


class Emergency(Record):
    """A record was opened without consent; the reason is elsewhere, its salted digest here."""

    record: Hash
    patient: Address
    reader: Address
    reason: Hash
    begins: Time
    ends: Time
    state: EmergencyState


class Access(Record):
    """One reading, as the patient sees it."""

    record: Hash
    kind: str
    reader: Address
    keeper: Address
    basis: Basis
    purpose: str
    consent: int
    emergency: int
    at: Time


class CareBegun(Event):
    """A patient lets a hospital file records about them."""

    patient: Address
    hospital: Address


class RecordAssigned(Event):
    """A sealed record is a patient's."""

    record: Hash
    patient: Address
    hospital: Address
    kind: str


class ReadingOpened(Event):
    """Somebody may be handed the key, as long as the patient's consent is in force."""

    record: Hash
    patient: Address
    reader: Address
    purpose: str
    consent: int


class EmergencyOpened(Event):
    """Somebody opened a record without consent."""

    emergency: int
    record: Hash
    patient: Address
    reader: Address
    reason: Hash
    ends: Time


class EmergencyContested(Event):
    """The patient does not believe the emergency."""

    emergency: int
    patient: Address
    grounds: Hash


class EmergencyDecided(Event):
    """The ombudsman decided about an emergency."""

    emergency: int
    patient: Address
    reader: Address
    state: EmergencyState


class AccessLogged(Event):
    """A keeper handed a key out; the patient sees to whom and why."""

    record: Hash
    patient: Address
    kind: str
    reader: Address
    keeper: Address
    basis: Basis
    purpose: str
    consent: int
    emergency: int


class HealthRecords(SealedKeeping, Consents):
    """Hospitals seal what they know of patients; patients decide who else reads it."""

    in_care: Map[Address, Map[Address, bool]]
    patient_records: Map[Hash, PatientRecord]
    admissions: Map[Hash, Map[Address, Admission]]
    emergencies_opened: Var[int]
    emergencies: Map[int, Emergency]
    barred: Map[Address, bool]
    accesses_counted: Map[Address, int]
    accesses: Map[Address, Map[int, Access]]

    # The patient

    @call
    def begin_care(self, hospital: Address) -> None:
        """Let a hospital file records about oneself."""
        require(self.has_role("depositor", hospital), "that is no hospital")
        require(hospital not in self.in_care[self.sender], "the hospital does so already")
        self.in_care[self.sender][hospital] = True
        self.emit(CareBegun(self.sender, hospital))

    @call
    def contest(self, number: int, grounds: Hash) -> None:
        """Contest that there was an emergency; the grounds are elsewhere, their digest here."""
        known = self.emergency(number)
        require(self.sender == known.patient, "only the patient may do this")
        require(known.state == EmergencyState.OPENED, "the emergency was contested already")
        require(self.now <= known.begins + CONTEST_WITHIN, "it is too late to contest this")
        self.emergencies[number] = known.replace(state=EmergencyState.CONTESTED)
        self.emit(EmergencyContested(number, self.sender, grounds))

    @call
    @only(role="depositor")
    def deposit(
        self,
        name: Hash,
        salted: Hash,
        sealed: Hash,
        size: int,
        keepers: list[Address],
        readers: list[Address],
    ) -> None:
        """Have a record kept sealed; the name is 32 random bytes. It has no readers yet."""
        require(len(readers) == 0, "the patient names the readers, not the hospital")
        self.open_entry(name, salted, sealed, size, keepers)

    @call
    def assign(self, name: Hash, patient: Address, kind: str) -> None:
        """Say whose record it is and of which resource type; that never changes."""
        self.entry_of_depositor(name)
        require(name not in self.patient_records, "the record is a patient's already")
        require(self.sender in self.in_care[patient], "the patient did not come to this hospital")
        require(patient != self.sender, "a hospital is no patient of its own")
        require(0 < len(kind) <= CONSENT_WORD_MAX, "a kind has 1 to 64 characters")
        self.patient_records[name] = PatientRecord(patient, kind)
        self.add_reader(name, patient)
        self.emit(RecordAssigned(name, patient, self.sender, kind))

    # The reader

    @call
    def open_reading(self, name: Hash, purpose: str) -> None:
        """Ask to read a record for a purpose to which the patient consented."""
        record = self.record_of(name)
        consent = self.find_consent(record.patient, self.sender, record.kind, purpose)
        require(consent > 0, "the patient's consent does not cover this")
        self.admit(name, Admission(purpose, consent, 0))
        self.emit(ReadingOpened(name, record.patient, self.sender, purpose, consent))

    @call
    @only(role="emergency")
    def open_in_emergency(self, name: Hash, reason: Hash) -> int:
        """Open a record for a day without consent; the patient sees it and may contest it."""
        record = self.record_of(name)
        require(self.sender not in self.barred, "an emergency of theirs was not justified")
        require(self.sender != record.patient, "nobody overrides their own consent")
        number = self.emergencies_opened + 1
        ends = self.now + EMERGENCY_LENGTH
        self.emergencies_opened = number
        self.emergencies[number] = Emergency(
            record=name,
            patient=record.patient,
            reader=self.sender,
            reason=reason,
            begins=self.now,
            ends=ends,
            state=EmergencyState.OPENED,
        )
        self.admit(name, Admission(EMERGENCY_PURPOSE, 0, number))
        self.emit(EmergencyOpened(number, name, record.patient, self.sender, reason, ends))
        return number

    @call
    @only(role="ombudsman")
    def decide(self, number: int, is_justified: bool) -> None:
        """Decide about a contested emergency; who had none opens no record so again."""
        known = self.emergency(number)
        require(known.state == EmergencyState.CONTESTED, "nobody contests this emergency")
        require(self.sender != known.reader, "nobody decides about themselves")
        state = EmergencyState.JUSTIFIED
        if not is_justified:
            state = EmergencyState.UNJUSTIFIED
            self.barred[known.reader] = True
        self.emergencies[number] = known.replace(state=state)
        self.emit(EmergencyDecided(number, known.patient, known.reader, state))

    @call
    def note_reading(self, name: Hash, version: int, reader: Address) -> int:
        """Note for the patient that a reader is about to be handed the key; return its number."""
        record = self.record_or_none(name)
        basis = self.basis_of(name, reader)
        require(basis != Basis.NONE, "no consent in force covers this reading")
        number = self.add_reading(name, version, reader)
        admission = Admission("", 0, 0)
        if basis in [Basis.CONSENT, Basis.EMERGENCY]:
            admission = self.admissions[name][reader]
        if basis == Basis.CONSENT:
            self.use_consent(admission.consent)
        if record.kind != "":
            self.log(name, record, reader, basis, admission)
        return number

    # What everybody may read

    @view
    def may_read(self, name: Hash, reader: Address) -> bool:
        """Say whether somebody may be handed the key."""
        return self.basis_of(name, reader) != Basis.NONE

    @view
    def basis_of(self, name: Hash, reader: Address) -> Basis:
        """Say why somebody may be handed the key now, if at all."""
        if name not in self.sealed_entries:
            return Basis.NONE
        entry = self.sealed_entries[name]
        if entry.state != SealedState.KEPT:
            return Basis.NONE
        if reader == entry.depositor:
            return Basis.CUSTODIAN
        if reader == self.record_or_none(name).patient:
            return Basis.OWN
        if reader not in self.admissions[name]:
            return Basis.NONE
        admission = self.admissions[name][reader]
        if self.is_in_force(admission.consent):
            return Basis.CONSENT
        if self.is_open(admission.emergency):
            return Basis.EMERGENCY
        return Basis.NONE

    @view
    def record_of(self, name: Hash) -> PatientRecord:
        """Return whose record it is."""
        require(name in self.patient_records, "there is no such record of a patient")
        return self.patient_records[name]

    @view
    def emergency(self, number: int) -> Emergency:
        """Return an opening in an emergency; they are numbered from 1."""
        require(number in self.emergencies, "there is no such emergency")
        return self.emergencies[number]

    @view
    def is_open(self, number: int) -> bool:
        """Say whether an emergency still lasts."""
        if number not in self.emergencies:
            return False
        known = self.emergencies[number]
        return known.state != EmergencyState.UNJUSTIFIED and self.now < known.ends

    @view
    def is_barred(self, reader: Address) -> bool:
        """Say whether somebody once opened a record with no emergency."""
        return reader in self.barred

    @view
    def access_count(self, patient: Address) -> int:
        """Return how often a patient's records were read."""
        return self.accesses_counted.get(patient, 0)

    @view
    def access(self, patient: Address, number: int) -> Access:
        """Return one reading of a patient's records; they are numbered from 1."""
        require(number in self.accesses[patient], "there is no such reading")
        return self.accesses[patient][number]

    # Shared parts

    def record_or_none(self, name: Hash) -> PatientRecord:
        """Return whose record it is; the hospital's own until it is assigned."""
        entry = self.sealed_entries[name]
        return self.patient_records.get(name, PatientRecord(entry.depositor, ""))

    def admit(self, name: Hash, admission: Admission) -> None:
        """Name the sender among the readers, and forget those whose time is over."""
        self.require_readers([self.sender])
        entry = self.sealed_entries[name]
        require(entry.state == SealedState.KEPT, "the record is erased or being erased")
        readers: list[Address] = []
        for each in entry.readers:
            if each != self.sender and self.may_read(name, each):
                readers.append(each)
        self.sealed_entries[name] = entry.replace(readers=readers)
        self.admissions[name][self.sender] = admission
        self.add_reader(name, self.sender)

    def log(
        self, name: Hash, record: PatientRecord, reader: Address, basis: Basis, by: Admission
    ) -> None:
        number = self.accesses_counted.get(record.patient, 0) + 1
        self.accesses_counted[record.patient] = number
        self.accesses[record.patient][number] = Access(
            record=name,
            kind=record.kind,
            reader=reader,
            keeper=self.sender,
            basis=basis,
            purpose=by.purpose,
            consent=by.consent,
            emergency=by.emergency,
            at=self.now,
        )
        self.emit(
            AccessLogged(
                record=name,
                patient=record.patient,
                kind=record.kind,
                reader=reader,
                keeper=self.sender,
                basis=basis,
                purpose=by.purpose,
                consent=by.consent,
                emergency=by.emergency,
            )
        )


"""en:
reason = salted digest of the reason
grounds = salted digest of the grounds
in_care = hospitals that a patient came to
barred = barred from emergencies
accesses = readings by patient
accesses_counted = number of readings by patient
by = by what
admit = admission
log = entry in the log
EMERGENCY_LENGTH = time for which an emergency opens a record
CONTEST_WITHIN = time in which an emergency may be contested
EMERGENCY_PURPOSE = purpose of use in an emergency
"""

"""ko:
HealthRecords = 건강 기록: 병원은 환자에 대하여 아는 것을 봉인하고, 누가 더 읽을지는 환자가 정한다.
depositor = 병원
emergency = 응급 열람: 응급으로 기록을 연 내용. 번호는 1부터이다.
ombudsman = 심의관
patient = 환자
hospital = 병원
record = 기록
basis = 열람 근거
consent = 동의 번호
reason = 사유의 소금 친 해시
grounds = 이의 사유의 소금 친 해시
is_justified = 정당 여부
in_care = 환자가 찾은 병원
patient_records = 환자의 기록
admissions = 열람 허용
admission = 열람 허용
emergencies_opened = 응급 열람 수
emergencies = 응급 열람 목록
barred = 응급 열람 금지
accesses_counted = 환자별 열람 횟수
accesses = 환자별 열람
PatientRecord = 환자 기록: 누구의 어떤 종류의 기록인지.
Admission = 열람 허용: 어떤 동의나 응급으로 기록을 읽는지. 0은 없음이다.
Emergency = 응급 열람: 동의 없이 기록을 열었다. 사유는 다른 곳에 있고 소금 친 해시만 여기에 있다.
Access = 열람 내용: 환자가 보는 열람 한 건.
Basis = 열람 근거: 어떤 사람이 왜 열쇠를 받았는지를 뜻한다.
may not read it = 읽을 수 없음
is the patient = 환자 자신
made the record and keeps it = 기록을 만들고 보관함
has the patient's consent = 환자의 동의
opened it in an emergency = 응급 열람
EmergencyState = 응급 열람의 상태: 응급 열람이 어떻게 되었는지를 뜻한다.
the patient may contest it = 환자가 이의할 수 있음
waits for the ombudsman = 심의를 기다림
was justified = 정당하였음
was not justified = 정당하지 않았음
begin_care = 진료 시작: 병원이 자기의 기록을 올리게 한다.
contest = 이의 제기: 응급이었다는 것에 이의한다. 사유는 다른 곳에 두고 해시만 적는다.
deposit = 기록 맡기기: 기록을 봉인하여 보관하게 한다. 읽는 사람은 아직 없다.
assign = 환자 지정: 누구의 어떤 종류의 기록인지 정한다. 다시 바뀌지 않는다.
open_reading = 열람 신청: 환자가 동의한 목적으로 기록을 읽겠다고 청한다.
open_in_emergency = 응급 열람: 동의 없이 하루 동안 기록을 연다. 환자가 보고 이의할 수 있다.
decide = 심의: 이의가 제기된 응급 열람을 판단한다. 응급이 아니었으면 다시 그렇게 열지 못한다.
note_reading = 열람 기록: 읽는 사람에게 곧 열쇠를 건넴을 환자가 보도록 적고 번호를 받는다.
may_read = 열람 가능 여부: 어떤 사람이 열쇠를 받을 수 있는지.
basis_of = 열람 근거: 어떤 사람이 지금 왜 열쇠를 받을 수 있는지.
record_of = 환자 기록: 누구의 기록인지.
is_open = 응급 지속 여부: 응급 열람이 아직 이어지는지.
is_barred = 응급 열람 금지 여부: 응급이 아닌데 연 적이 있는지.
access_count = 열람 횟수: 환자의 기록이 읽힌 횟수.
access = 열람: 환자의 기록이 읽힌 한 건. 번호는 1부터이다.
record_or_none = 지정 전의 기록
admit = 열람 허용 적기
log = 열람 적기
by = 허용 내용
CareBegun = 진료 시작: 환자가 병원이 기록을 올리게 하였다.
RecordAssigned = 환자 지정: 봉인 기록이 환자의 것으로 정해졌다.
ReadingOpened = 열람 허용: 동의가 유효한 동안 열쇠를 받을 수 있다.
EmergencyOpened = 응급 열람: 동의 없이 기록을 열었다.
EmergencyContested = 이의 제기: 환자가 응급이었음을 믿지 않는다.
EmergencyDecided = 심의 결과: 심의관이 응급 열람을 판단하였다.
AccessLogged = 열람: 보관자가 열쇠를 건넸다. 누구에게 왜 건넸는지 환자가 본다.
that is no hospital = 병원이 아니다
the hospital does so already = 이미 그렇게 하는 병원이다
only the patient may do this = 환자만 할 수 있다
the emergency was contested already = 이미 이의한 응급 열람이다
it is too late to contest this = 이의할 기한이 지났다
the patient names the readers, not the hospital = 읽는 사람은 병원이 아니라 환자가 정한다
the record is a patient's already = 이미 환자가 정해진 기록이다
the patient did not come to this hospital = 이 병원에 온 환자가 아니다
a hospital is no patient of its own = 병원은 자기의 환자가 아니다
the patient's consent does not cover this = 환자의 동의가 이 열람에 미치지 않는다
an emergency of theirs was not justified = 정당하지 않은 응급 열람을 한 적이 있다
nobody overrides their own consent = 자기의 동의를 스스로 넘어설 수 없다
nobody contests this emergency = 이의가 제기되지 않은 응급 열람이다
nobody decides about themselves = 자기의 일을 스스로 판단할 수 없다
no consent in force covers this reading = 이 열람에 유효한 동의가 없다
there is no such record of a patient = 그런 환자 기록이 없다
there is no such emergency = 없는 응급 열람이다
there is no such reading = 없는 열람이다
EMERGENCY_LENGTH = 응급 열람 시간
CONTEST_WITHIN = 이의 기한
EMERGENCY_PURPOSE = 응급 목적
"""
