"""The alert.

A supervisor reports leaked identities as keyed digests; every member finds its own customers among
them, freezes what is theirs for review, and says so without saying who. The rules R1 to R14 are in
README.md.
"""

from dure.contract.language import (
    Address,
    Choice,
    Contract,
    Event,
    Hash,
    List,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    hours,
    invariant,
    only,
    require,
    scheduled,
    view,
)

MEMBERS_MAX = 200
DIGESTS_MAX = 1_000
CASES_MAX = 100
LOOKS_SHOWN = 100
TELL_WITHIN = hours(24)
REVIEW_WITHIN = days(10)
CHECK_GAS = 20_000
CHECK_GAS_PER_CASE = 4_000


class Standing(Choice):
    """What the list says of a digest."""

    UNKNOWN = "was never reported"
    REPORTED = "is reported as leaked"
    CLEARED = "was reported, and the alarm was called off"


class ClearReason(Choice):
    """Why an alarm is called off."""

    WRONG_IDENTITY = "another identity was meant"
    NOTHING_LEAKED = "nothing had leaked"
    NO_LONGER_USED = "what leaked is no longer in use"


class CaseState(Choice):
    """What became of a customer's accounts."""

    FROZEN = "the accounts are frozen for review"
    RENEWED = "the person has new credentials, the accounts are free"
    RELEASED = "the review found nothing, the accounts are free"
    UNDONE = "the alarm was false, the accounts are free"


class LookReason(Choice):
    """Why somebody looked at a case."""

    REVIEW = "to review the accounts"
    REQUEST = "because the person asked"
    SUPERVISION = "to check the member's work"


class Epoch(Record):
    """The time during which one key is used.

    `key_check` tells whoever holds a key whether it is this one.
    """

    key_check: Hash
    begun: Time


class Batch(Record):
    """What was reported at once.

    `incident` is the salted digest of the supervisor's own file on where the leak came from.
    """

    epoch: int
    incident: Hash
    reported: Time
    digests: int
    cleared: int


class Alarm(Record):
    """What is known of one digest, and in which batch it was reported last."""

    batch: int
    standing: Standing


class Case(Record):
    """One customer whose accounts a member froze; only that member knows who it is."""

    member: Address
    opened: Time
    told: bool
    state: CaseState


class Look(Record):
    """Somebody looked at a case."""

    by: Address
    at: Time
    reason: LookReason


class Totals(Record):
    """What the supervisor did so far."""

    batches: int
    reported: int
    cleared: int


class Work(Record):
    """What one member did so far."""

    acknowledged: int
    opened: int
    told: int
    told_late: int
    closed: int
    undone: int
    reviewed_late: int
    looks: int


class MemberAdmitted(Event):
    """A member takes part, and is given the key outside of the chain."""

    member: Address


class MemberDismissed(Event):
    """A member takes part no longer; the key that it knows is not used again."""

    member: Address


class EpochBegun(Event):
    """Another key is used from now on."""

    epoch: int
    key_check: Hash


class LeakReported(Event):
    """These identities have leaked."""

    batch: int
    epoch: int
    incident: Hash
    digests: list[Hash]


class AlarmsCleared(Event):
    """These alarms are called off."""

    digests: list[Hash]
    reason: ClearReason


class BatchAcknowledged(Event):
    """A member has compared a batch with its customers."""

    batch: int
    member: Address


class CasesOpened(Event):
    """A member froze the accounts of so many customers."""

    member: Address
    cases: list[Hash]


class PersonsTold(Event):
    """A member told these persons."""

    member: Address
    cases: list[Hash]


class CaseClosed(Event):
    """The accounts are free again."""

    case: Hash
    member: Address
    state: CaseState


class CaseLookedAt(Event):
    """Somebody looked at a case, and the person can see it."""

    case: Hash
    by: Address
    reason: LookReason


class NoticeOverdue(Event):
    """A member did not tell a person within a day."""

    case: Hash
    member: Address


class ReviewOverdue(Event):
    """Accounts were frozen for ten days, and nobody has decided."""

    case: Hash
    member: Address


class LeakAlert(Contract):
    """A list of leaked identities that only its members can read, and what they did about it."""

    members: List[Address] = List(limit=MEMBERS_MAX)
    key_is_old: Var[bool]
    epochs_begun: Var[int]
    epochs: Map[int, Epoch]
    keys_used: Map[Hash, int]
    batches_reported: Var[int]
    batches: Map[int, Batch]
    alarms: Map[Hash, Alarm]
    reported: Var[int]
    cleared: Var[int]
    acknowledgements: Map[int, Map[Address, Time]]
    cases: Map[Hash, Case]
    looks_taken: Map[Hash, int]
    looks: Map[Hash, Map[int, Look]]
    work: Map[Address, Work]

    # The supervisor

    @call
    @only(role="supervisor")
    def admit(self, member: Address) -> None:
        """Let an institution take part; the key is given to it outside of the chain."""
        require(member not in self.members, "the member takes part already")
        self.members.append(member)
        self.emit(MemberAdmitted(member))

    @call
    @only(role="supervisor")
    def dismiss(self, member: Address) -> None:
        """End a membership; nothing more is reported under the key that the member knows."""
        require(member in self.members, "there is no such member")
        last = self.members.pop()
        for place, other in enumerate(self.members):
            if other == member:
                self.members[place] = last
        self.key_is_old = True
        self.emit(MemberDismissed(member))

    @call
    @only(role="supervisor")
    def begin_epoch(self, key_check: Hash) -> int:
        """Use another key from now on; return the number of its epoch."""
        require(key_check not in self.keys_used, "that key was used before")
        number = self.epochs_begun + 1
        self.epochs_begun = number
        self.keys_used[key_check] = number
        self.epochs[number] = Epoch(key_check, self.now)
        self.key_is_old = False
        self.emit(EpochBegun(number, key_check))
        return number

    @call
    @only(role="supervisor")
    def report(self, epoch: int, incident: Hash, digests: list[Hash]) -> int:
        """Say that these identities have leaked; return the number of the batch."""
        require(epoch == self.epochs_begun, "digests are made with the key of this epoch")
        require(epoch > 0, "no epoch has begun")
        require(not self.key_is_old, "a member has left: begin an epoch with another key first")
        require(0 < len(digests) <= DIGESTS_MAX, "a batch has 1 to 1000 digests")
        number = self.batches_reported + 1
        for digest in digests:
            known = self.alarm(digest)
            require(known.standing != Standing.REPORTED, "a digest is reported already")
            self.alarms[digest] = Alarm(number, Standing.REPORTED)
        self.batches_reported = number
        self.reported += len(digests)
        self.batches[number] = Batch(epoch, incident, self.now, len(digests), 0)
        self.emit(LeakReported(number, epoch, incident, digests))
        return number

    @call
    @only(role="supervisor")
    def clear(self, digests: list[Hash], reason: ClearReason) -> None:
        """Call alarms off; that they were raised stays on the record."""
        require(0 < len(digests) <= DIGESTS_MAX, "1 to 1000 digests are cleared at once")
        for digest in digests:
            known = self.alarm(digest)
            require(known.standing == Standing.REPORTED, "there is no such alarm")
            self.alarms[digest] = known.replace(standing=Standing.CLEARED)
            batch = self.batches[known.batch]
            self.batches[known.batch] = batch.replace(cleared=batch.cleared + 1)
        self.cleared += len(digests)
        self.emit(AlarmsCleared(digests, reason))

    # The members

    @call
    @only(party="members")
    def acknowledge(self, batch: int) -> None:
        """Say that a batch was compared with all customers; once is enough."""
        require(0 < batch <= self.batches_reported, "there is no such batch")
        require(self.sender not in self.acknowledgements[batch], "that was acknowledged already")
        self.acknowledgements[batch][self.sender] = self.now
        work = self.work_of(self.sender)
        self.work[self.sender] = work.replace(acknowledged=work.acknowledged + 1)
        self.emit(BatchAcknowledged(batch, self.sender))

    @call
    @only(party="members")
    def open_cases(self, cases: list[Hash]) -> None:
        """Say that the accounts of these customers are frozen; nobody else learns who they are."""
        require(0 < len(cases) <= CASES_MAX, "1 to 100 cases are opened at once")
        for case in cases:
            require(case not in self.cases, "there is such a case already")
            self.cases[case] = Case(self.sender, self.now, False, CaseState.FROZEN)
        work = self.work_of(self.sender)
        self.work[self.sender] = work.replace(opened=work.opened + len(cases))
        self.emit(CasesOpened(self.sender, cases))
        gas = CHECK_GAS + CHECK_GAS_PER_CASE * len(cases)
        self.schedule(self.now + TELL_WITHIN, self.check_told, cases, gas=gas)
        self.schedule(self.now + REVIEW_WITHIN, self.check_reviewed, cases, gas=gas)

    @call
    def record_told(self, cases: list[Hash]) -> None:
        """Say that these persons know that their accounts are frozen, and why."""
        require(0 < len(cases) <= CASES_MAX, "1 to 100 cases are recorded at once")
        for number in cases:
            case = self.own_case(number)
            require(not case.told, "the person was told already")
            self.cases[number] = case.replace(told=True)
        work = self.work_of(self.sender)
        self.work[self.sender] = work.replace(told=work.told + len(cases))
        self.emit(PersonsTold(self.sender, cases))

    @call
    def close_case(self, case: Hash, state: CaseState) -> None:
        """Free the accounts, and say why they are free."""
        found = self.own_case(case)
        require(found.state == CaseState.FROZEN, "the case is closed")
        require(state != CaseState.FROZEN, "a case is closed by freeing the accounts")
        require(found.told, "the person was not told yet")
        self.cases[case] = found.replace(state=state)
        undone = 1 if state == CaseState.UNDONE else 0
        work = self.work_of(self.sender)
        self.work[self.sender] = work.replace(closed=work.closed + 1, undone=work.undone + undone)
        self.emit(CaseClosed(case, self.sender, state))

    # Whoever looks

    @call
    @only(party="members")
    @only(role="supervisor")
    def look(self, case: Hash, reason: LookReason) -> None:
        """Leave an entry that says who looks at a case, and why, before looking."""
        require(case in self.cases, "there is no such case")
        member = self.cases[case].member
        is_member = self.sender in self.members
        require(self.sender == member or not is_member, "the case is another member's")
        place = self.looks_taken.get(case, 0)
        self.looks_taken[case] = place + 1
        self.looks[case][place] = Look(self.sender, self.now, reason)
        work = self.work_of(member)
        self.work[member] = work.replace(looks=work.looks + 1)
        self.emit(CaseLookedAt(case, self.sender, reason))

    # What the contract does by itself

    @scheduled
    def check_told(self, cases: list[Hash]) -> None:
        """Name a day later whoever was not told."""
        for number in cases:
            case = self.cases[number]
            if not case.told:
                work = self.work_of(case.member)
                self.work[case.member] = work.replace(told_late=work.told_late + 1)
                self.emit(NoticeOverdue(number, case.member))

    @scheduled
    def check_reviewed(self, cases: list[Hash]) -> None:
        """Name ten days later whose accounts are still frozen."""
        for number in cases:
            case = self.cases[number]
            if case.state == CaseState.FROZEN:
                work = self.work_of(case.member)
                self.work[case.member] = work.replace(reviewed_late=work.reviewed_late + 1)
                self.emit(ReviewOverdue(number, case.member))

    # What everybody may read

    @view
    def standing(self, digest: Hash) -> Standing:
        """Say what the list holds of a digest."""
        return self.alarm(digest).standing

    @view
    def batch(self, number: int) -> Batch:
        """Return a batch; they are numbered from 1."""
        return self.batches[number]

    @view
    def epoch(self, number: int) -> Epoch:
        """Return an epoch; they are numbered from 1."""
        return self.epochs[number]

    @view
    def current_epoch(self) -> int:
        """Return the number of the epoch whose key is used now; 0 before the first."""
        return self.epochs_begun

    @view
    def missing(self, batch: int) -> list[Address]:
        """Return the members who have not compared a batch with their customers."""
        silent: list[Address] = []
        for member in self.members:
            if member not in self.acknowledgements[batch]:
                silent.append(member)
        return silent

    @view
    def case(self, number: Hash) -> Case:
        """Return a case."""
        return self.cases[number]

    @view
    def looks_at(self, case: Hash, start: int) -> list[Look]:
        """Return up to a hundred looks at a case, from place `start` of 0 on."""
        require(start >= 0, "places count from 0")
        found: list[Look] = []
        for place in range(start, min(start + LOOKS_SHOWN, self.looks_taken.get(case, 0))):
            found.append(self.looks[case][place])
        return found

    @view
    def totals(self) -> Totals:
        """Return what was reported and cleared so far."""
        return Totals(self.batches_reported, self.reported, self.cleared)

    @view
    def work_of(self, member: Address) -> Work:
        """Return what a member did so far."""
        return self.work.get(member, Work(0, 0, 0, 0, 0, 0, 0, 0))

    @invariant
    def no_more_is_cleared_than_reported(self) -> bool:
        """Every alarm that was called off had been raised."""
        return self.cleared <= self.reported

    # Shared parts

    def alarm(self, digest: Hash) -> Alarm:
        return self.alarms.get(digest, Alarm(0, Standing.UNKNOWN))

    def own_case(self, number: Hash) -> Case:
        require(number in self.cases, "there is no such case")
        case = self.cases[number]
        require(self.sender == case.member, "the case is another member's")
        return case


"""ko:
LeakAlert = 개인정보 노출 경보: 회원사만 읽을 수 있는 노출 목록과, 회원사가 그에 대하여 한 일이다.
supervisor = 감독기관
members = 참여 회원사
member = 회원사
key_is_old = 열쇠 교체 필요 여부
key_check = 열쇠 확인값
keys_used = 이미 쓴 열쇠
Epoch = 열쇠 기간
epoch = 열쇠 기간: 열쇠 기간 하나의 내용. 번호는 1부터이다.
epochs = 열쇠 기간 목록
epochs_begun = 시작된 열쇠 기간 수
begun = 시작 시각
Batch = 신고 묶음
batch = 신고 묶음: 신고 묶음 하나의 내용. 번호는 1부터이다.
batches = 신고 묶음
batches_reported = 신고된 묶음 수
incident = 사고 자료의 다이제스트
digests = 다이제스트
digest = 다이제스트
Alarm = 경보
alarm = 경보
alarms = 경보 목록
reported = 신고된 다이제스트 수
cleared = 취소된 다이제스트 수
acknowledgements = 대조 완료 기록
acknowledged = 대조를 마친 묶음 수
Case = 사건
case = 사건: 사건 하나의 내용.
cases = 사건 목록
opened = 계좌 정지
told = 본인 통지 여부
closed = 종결한 사건 수
undone = 잘못된 경보로 종결한 사건 수
told_late = 본인 통지가 늦은 사건 수
reviewed_late = 심사가 늦은 사건 수
state = 상태
reason = 사유
number = 번호
start = 첫 순번
Look = 열람
looks = 열람 기록
looks_taken = 열람 횟수
by = 열람한 사람
at = 열람 시각
Totals = 누계
Work = 활동 내역
work = 회원사별 활동 내역

admit = 회원사 가입: 금융회사를 받아들인다. 열쇠는 체인 밖에서 건네준다.
dismiss = 회원사 탈퇴: 참여를 끝낸다. 그 회원사가 아는 열쇠로는 더 신고하지 않는다.
begin_epoch = 열쇠 교체: 이때부터 다른 열쇠를 쓰며, 새 열쇠 기간의 번호를 받는다.
report = 노출 신고: 이 정보들이 노출되었음을 알리고 신고 묶음의 번호를 받는다.
clear = 경보 취소: 경보를 거두어들인다. 경보가 있었다는 기록은 남는다.
acknowledge = 대조 완료: 신고 묶음 하나를 모든 고객과 대조하였음을 한 번 알린다.
open_cases = 계좌 정지: 이 고객들의 계좌를 정지하였음을 알린다. 누구인지는 드러나지 않는다.
record_told = 본인 통지: 계좌를 정지한 것과 그 까닭을 본인에게 알렸음을 적는다.
close_case = 사건 종결: 계좌의 정지를 풀고 그 까닭을 밝힌다.
look = 열람 기록: 사건을 보기 전에 누가 왜 보는지를 적는다.
check_told = 통지 확인: 하루가 지나도록 본인에게 알리지 않은 사건을 밝힌다.
check_reviewed = 심사 확인: 열흘이 지나도록 계좌가 정지되어 있는 사건을 밝힌다.
standing = 등재 상태: 다이제스트 하나가 목록에 어떻게 올라 있는지.
current_epoch = 지금의 열쇠 기간: 지금 쓰는 열쇠가 속한 기간의 번호. 첫 기간이 시작되기 전에는
    0이다.
missing = 미대조 회원사: 신고 묶음을 아직 고객과 대조하지 않은 회원사.
looks_at = 사건의 열람 기록: 사건 하나의 열람 기록을 `start`번째부터 백 건까지. 순번은 0부터이다.
totals = 누계: 지금까지 신고된 것과 취소된 것의 수.
work_of = 회원사의 활동 내역: 회원사 하나가 지금까지 한 일의 수.
no_more_is_cleared_than_reported = 신고된 것만 취소됨: 취소된 경보는 모두 앞서 신고된 것이다.

MemberAdmitted = 회원사 가입: 회원사가 참여하며, 열쇠는 체인 밖에서 받는다.
MemberDismissed = 회원사 탈퇴: 회원사가 더는 참여하지 않으며, 그 회원사가 아는 열쇠는 다시 쓰지
    않는다.
EpochBegun = 열쇠 교체: 이때부터 다른 열쇠를 쓴다.
LeakReported = 노출 신고: 이 정보들이 노출되었다.
AlarmsCleared = 경보 취소: 이 경보들이 취소되었다.
BatchAcknowledged = 대조 완료: 회원사가 신고 묶음을 고객과 대조하였다.
CasesOpened = 계좌 정지: 회원사가 이만큼의 고객의 계좌를 정지하였다.
PersonsTold = 본인 통지: 회원사가 이 사람들에게 알렸다.
CaseClosed = 사건 종결: 계좌의 정지가 풀렸다.
CaseLookedAt = 열람: 누군가 사건을 열람하였고, 본인이 이를 볼 수 있다.
NoticeOverdue = 통지 지연: 회원사가 하루 안에 본인에게 알리지 않았다.
ReviewOverdue = 심사 지연: 계좌를 정지한 지 열흘이 지나도록 아무도 결정하지 않았다.

Standing = 등재 상태: 다이제스트 하나가 목록에 어떻게 올라 있는지를 뜻한다.
was never reported = 신고된 적 없음
is reported as leaked = 노출된 것으로 신고됨
was reported, and the alarm was called off = 신고되었다가 경보가 취소됨
ClearReason = 취소 사유: 경보를 취소하는 까닭을 뜻한다.
another identity was meant = 다른 사람의 정보를 잘못 신고함
nothing had leaked = 노출된 것이 없음
what leaked is no longer in use = 노출된 정보가 더는 쓰이지 않음
CaseState = 사건의 상태: 고객의 계좌가 어떻게 되었는지를 뜻한다.
the accounts are frozen for review = 심사를 위하여 계좌가 정지됨
the person has new credentials, the accounts are free = 본인의 인증 수단을 바꾸어 정지가 풀림
the review found nothing, the accounts are free = 심사 결과 이상이 없어 정지가 풀림
the alarm was false, the accounts are free = 잘못된 경보이어서 정지가 풀림
LookReason = 열람 사유: 사건을 열람한 까닭을 뜻한다.
to review the accounts = 계좌 심사
because the person asked = 본인의 요청
to check the member's work = 회원사의 업무에 대한 감독

the member takes part already = 이미 참여하고 있는 회원사이다
there is no such member = 그런 회원사가 없다
that key was used before = 이미 쓴 적이 있는 열쇠이다
digests are made with the key of this epoch = 다이제스트는 지금 기간의 열쇠로 만들어야 한다
no epoch has begun = 아직 시작된 열쇠 기간이 없다
a member has left: begin an epoch with another key first = 탈퇴한 회원사가 있으므로 먼저 열쇠를
    바꾸어야 한다
a batch has 1 to 1000 digests = 신고 묶음 하나에는 다이제스트가 1개에서 1,000개까지 들어간다
a digest is reported already = 이미 신고된 다이제스트가 있다
1 to 1000 digests are cleared at once = 한 번에 1개에서 1,000개까지 취소할 수 있다
there is no such alarm = 그런 경보가 없다
there is no such batch = 그런 신고 묶음이 없다
that was acknowledged already = 이미 대조를 마쳤다고 알린 신고 묶음이다
1 to 100 cases are opened at once = 한 번에 1건에서 100건까지 개시할 수 있다
there is such a case already = 이미 있는 사건이다
1 to 100 cases are recorded at once = 한 번에 1건에서 100건까지 적을 수 있다
there is no such case = 그런 사건이 없다
the case is another member's = 다른 회원사의 사건이다
the person was told already = 이미 본인에게 알렸다
the case is closed = 이미 종결된 사건이다
a case is closed by freeing the accounts = 사건을 종결하려면 계좌의 정지를 풀어야 한다
the person was not told yet = 아직 본인에게 알리지 않았다
places count from 0 = 순번은 0부터이다

MEMBERS_MAX = 최대 회원사 수
DIGESTS_MAX = 한 번에 다룰 수 있는 최대 다이제스트 수
CASES_MAX = 한 번에 다룰 수 있는 최대 사건 수
LOOKS_SHOWN = 한 번에 보여 주는 열람 기록 수
TELL_WITHIN = 본인 통지 기한
REVIEW_WITHIN = 심사 기한
CHECK_GAS = 기한 확인에 배정된 연산량(가스)
CHECK_GAS_PER_CASE = 기한 확인에 사건마다 더 배정된 연산량(가스)
"""
