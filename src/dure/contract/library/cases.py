"""Cases that members open about people whom only they know, tell those people of, and close.

A case has a number that says nothing to others: a salted digest that its member drew. Whose case it
is has to be told within a day, and somebody decides within ten; whoever keeps silent is named by
the contract itself. Whoever looks at a case, the supervisor too, leaves an entry first.
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
    call,
    days,
    hours,
    only,
    require,
    scheduled,
    view,
)

CASE_MEMBERS_MAX = 200
CASES_MAX = 100
LOOKS_SHOWN = 100
TELL_WITHIN = hours(24)
REVIEW_WITHIN = days(10)
CHECK_GAS = 20_000
CHECK_GAS_PER_CASE = 4_000


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


class CaseWork(Record):
    """What a member did with its cases so far."""

    opened: int
    told: int
    told_late: int
    closed: int
    undone: int
    reviewed_late: int
    looks: int


class MemberAdmitted(Event):
    """A member takes part from now on."""

    member: Address


class MemberDismissed(Event):
    """A member takes part no longer."""

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


class Cases(Contract):
    """What members do about people who are theirs, on a record that names nobody.

    A contract that inherits this says who takes part, by `add_member` and `remove_member`.
    """

    members: List[Address] = List(limit=CASE_MEMBERS_MAX)
    cases: Map[Hash, Case]
    looks_taken: Map[Hash, int]
    looks: Map[Hash, Map[int, Look]]
    work: Map[Address, CaseWork]

    # The members

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
    def work_of(self, member: Address) -> CaseWork:
        """Return what a member did so far."""
        return self.work.get(member, CaseWork(0, 0, 0, 0, 0, 0, 0))

    # Shared parts

    def add_member(self, member: Address) -> None:
        require(member not in self.members, "the member takes part already")
        self.members.append(member)
        self.emit(MemberAdmitted(member))

    def remove_member(self, member: Address) -> None:
        require(member in self.members, "there is no such member")
        last = self.members.pop()
        for place, other in enumerate(self.members):
            if other == member:
                self.members[place] = last
        self.emit(MemberDismissed(member))

    def own_case(self, number: Hash) -> Case:
        require(number in self.cases, "there is no such case")
        case = self.cases[number]
        require(self.sender == case.member, "the case is another member's")
        return case


"""ko:
Cases = 사건 장부: 회원사가 자기 고객에 대하여 한 일을, 누구인지 드러내지 않고 적는다.
supervisor = 감독기관
members = 참여 회원사
member = 회원사
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
CaseWork = 활동 내역
work = 회원사별 활동 내역
add_member = 회원사 가입
remove_member = 회원사 탈퇴
own_case = 자기 사건
open_cases = 계좌 정지: 이 고객들의 계좌를 정지하였음을 알린다. 누구인지는 드러나지 않는다.
record_told = 본인 통지: 계좌를 정지한 것과 그 까닭을 본인에게 알렸음을 적는다.
close_case = 사건 종결: 계좌의 정지를 풀고 그 까닭을 밝힌다.
look = 열람 기록: 사건을 보기 전에 누가 왜 보는지를 적는다.
check_told = 통지 확인: 하루가 지나도록 본인에게 알리지 않은 사건을 밝힌다.
check_reviewed = 심사 확인: 열흘이 지나도록 계좌가 정지되어 있는 사건을 밝힌다.
looks_at = 사건의 열람 기록: 사건 하나의 열람 기록을 `start`번째부터 백 건까지. 순번은 0부터이다.
work_of = 회원사의 활동 내역: 회원사 하나가 지금까지 한 일의 수.
MemberAdmitted = 회원사 가입: 회원사가 참여한다.
MemberDismissed = 회원사 탈퇴: 회원사가 더는 참여하지 않는다.
CasesOpened = 계좌 정지: 회원사가 이만큼의 고객의 계좌를 정지하였다.
PersonsTold = 본인 통지: 회원사가 이 사람들에게 알렸다.
CaseClosed = 사건 종결: 계좌의 정지가 풀렸다.
CaseLookedAt = 열람: 누군가 사건을 열람하였고, 본인이 이를 볼 수 있다.
NoticeOverdue = 통지 지연: 회원사가 하루 안에 본인에게 알리지 않았다.
ReviewOverdue = 심사 지연: 계좌를 정지한 지 열흘이 지나도록 아무도 결정하지 않았다.
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
CASE_MEMBERS_MAX = 최대 회원사 수
CASES_MAX = 한 번에 다룰 수 있는 최대 사건 수
LOOKS_SHOWN = 한 번에 보여 주는 열람 기록 수
TELL_WITHIN = 본인 통지 기한
REVIEW_WITHIN = 심사 기한
CHECK_GAS = 기한 확인에 배정된 연산량(가스)
CHECK_GAS_PER_CASE = 기한 확인에 사건마다 더 배정된 연산량(가스)
"""
