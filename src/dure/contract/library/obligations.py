"""Obligations: who owes whom something, until when, and what became of it.

What is owed stands with debtor and creditor; here stands a commitment to it. An obligation falls
due and is breached by its dates alone, whatever the debtor says meanwhile. It is used up once:
performed, or replaced by others.
"""

from dure.contract.language import (
    Address,
    Choice,
    Contract,
    Duration,
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
    scheduled,
    sha256,
    view,
)

DUE_MAX = days(11_000)
GRACE_MAX = days(366)
CONFIRM_WITHIN = days(5)
DUE_GAS = 60_000


class ObligationState(Choice):
    """What became of an obligation."""

    OPEN = "is not due yet"
    DUE = "is due, and the days of grace run"
    DECLARED = "is performed, says the debtor"
    DISPUTED = "is not performed, says the creditor"
    BREACHED = "was not performed in time"
    PERFORMED = "is performed"
    REPLACED = "was replaced or released"
    NOVATED = "went over to another debtor or creditor"


class ObligationTerms(Record):
    """Who owes whom, and when.

    `sealed` is a commitment to what is owed.
    """

    debtor: Address
    creditor: Address
    due: Time
    grace: Duration
    sealed: Hash


class Obligation(Record):
    """One obligation, and what became of it.

    `group` is what it belongs to, 0 where it stands alone. `evidence` is the digest of what was
    last said about it. `answer_call` numbers the scheduled end of the creditor's silence.
    `breached` says that the days of grace are over; what was declared `in_time` and then holds good
    was no breach.
    """

    group: int
    terms: ObligationTerms
    state: ObligationState
    breached: bool
    in_time: bool
    evidence: Hash
    answer_call: int


class ObligationBegun(Event):
    """Somebody owes something."""

    obligation: Hash
    group: int
    debtor: Address
    creditor: Address
    due: Time
    sealed: Hash


class ObligationChanged(Event):
    """Something became of an obligation."""

    obligation: Hash
    state: ObligationState
    evidence: Hash


class Obligations(Contract):
    """What was promised, and a notary that lets nothing be used up twice.

    A contract that inherits this and decides disputes of a group says so in `audited`.
    """

    obligations_begun: Var[int]
    obligations: Map[Hash, Obligation]
    open_in_group: Map[int, int]
    audited: Map[int, bool]

    # The debtor

    @call
    def promise(self, creditor: Address, due: Time, grace: Duration, sealed: Hash) -> Hash:
        """Owe somebody something from now on; return the obligation's number."""
        terms = ObligationTerms(self.sender, creditor, due, grace, sealed)
        self.require_sound(terms)
        return self.begin_obligation(0, terms)

    @call
    def declare(self, obligation: Hash, evidence: Hash) -> None:
        """Say that an obligation of one's own is performed; the creditor answers in five days."""
        known = self.live_obligation(obligation)
        require(self.sender == known.terms.debtor, "only the debtor may do this")
        is_said = known.state in [ObligationState.DECLARED, ObligationState.DISPUTED]
        require(not is_said, "that was declared already")
        silence = self.schedule(
            self.now + CONFIRM_WITHIN, self.take_silence, obligation, gas=DUE_GAS
        )
        in_time = not known.breached
        self.obligations[obligation] = known.replace(answer_call=silence, in_time=in_time)
        self.change_state(obligation, ObligationState.DECLARED, evidence)

    # The creditor

    @call
    def confirm(self, obligation: Hash, evidence: Hash) -> None:
        """Say that an obligation towards oneself is performed."""
        known = self.live_obligation(obligation)
        require(self.sender == known.terms.creditor, "only the creditor may do this")
        self.use_up(obligation, ObligationState.PERFORMED, evidence)

    @call
    def dispute(self, obligation: Hash, evidence: Hash) -> None:
        """Say that what the debtor declared is not so; where nobody decides, the dates do."""
        known = self.live_obligation(obligation)
        require(self.sender == known.terms.creditor, "only the creditor may do this")
        require(known.state == ObligationState.DECLARED, "nothing was declared")
        self.change_state(obligation, ObligationState.DISPUTED, evidence)
        if not self.audited.get(known.group, False):
            self.run_on(obligation, evidence)

    # What the contract does by itself

    @scheduled
    def fall_due(self, obligation: Hash) -> None:
        """Say that an obligation is due, or that its days of grace are over."""
        self.pass_date(obligation)

    @scheduled
    def take_silence(self, obligation: Hash) -> None:
        """Take the creditor's silence for a confirmation."""
        known = self.obligations[obligation]
        if known.state == ObligationState.DECLARED:
            self.use_up(obligation, ObligationState.PERFORMED, known.evidence)

    # What everybody may read

    @view
    def obligation(self, number: Hash) -> Obligation:
        """Return an obligation."""
        return self.obligations[number]

    @view
    def count_open(self, group: int) -> int:
        """Return how many obligations of a group are not used up."""
        return self.open_in_group.get(group, 0)

    # Shared parts

    def is_over(self, known: Obligation) -> bool:
        over = [ObligationState.PERFORMED, ObligationState.REPLACED, ObligationState.NOVATED]
        return known.state in over

    def require_sound(self, terms: ObligationTerms) -> None:
        require(terms.debtor != terms.creditor, "debtor and creditor are two")
        require(self.now < terms.due <= self.now + DUE_MAX, "an obligation is due later")
        is_short = Duration(0) <= terms.grace <= GRACE_MAX
        require(is_short, "days of grace last a year at most")

    def begin_obligation(self, group: int, terms: ObligationTerms) -> Hash:
        count = self.obligations_begun + 1
        self.obligations_begun = count
        number = sha256(encode("obligation", count, terms))
        state = ObligationState.OPEN
        self.obligations[number] = Obligation(group, terms, state, False, False, terms.sealed, 0)
        self.open_in_group[group] = self.count_open(group) + 1
        # What takes long to be agreed on may be due at once.
        self.schedule(max(self.now, terms.due), self.fall_due, number, gas=DUE_GAS)
        self.emit(
            ObligationBegun(number, group, terms.debtor, terms.creditor, terms.due, terms.sealed)
        )
        return number

    def live_obligation(self, number: Hash) -> Obligation:
        require(number in self.obligations, "there is no such obligation")
        known = self.obligations[number]
        require(not self.is_over(known), "the obligation is used up")
        return known

    def use_up(self, number: Hash, state: ObligationState, evidence: Hash) -> None:
        # Whatever uses an obligation up comes through here, so that it happens once.
        group = self.live_obligation(number).group
        self.open_in_group[group] = self.count_open(group) - 1
        self.change_state(number, state, evidence)

    def change_state(self, number: Hash, state: ObligationState, evidence: Hash) -> None:
        known = self.obligations[number]
        if state != ObligationState.DECLARED:
            self.cancel(known.answer_call)
        breached = known.breached or state == ObligationState.BREACHED
        if state == ObligationState.PERFORMED and known.in_time:
            breached = False
        is_said = state in [ObligationState.DECLARED, ObligationState.DISPUTED]
        self.obligations[number] = known.replace(
            state=state, breached=breached, in_time=known.in_time and is_said, evidence=evidence
        )
        self.emit(ObligationChanged(number, state, evidence))

    def run_on(self, number: Hash, evidence: Hash) -> None:
        # Where an obligation stands when nobody says anything: by its dates alone.
        known = self.obligations[number]
        grace_ends = known.terms.due + known.terms.grace
        state = ObligationState.BREACHED
        if self.now < known.terms.due:
            state = ObligationState.OPEN
        elif self.now < grace_ends:
            state = ObligationState.DUE
        if state != known.state:
            self.change_state(number, state, evidence)

    def pass_date(self, number: Hash) -> None:
        known = self.obligations[number]
        if self.is_over(known):
            return
        grace_ends = known.terms.due + known.terms.grace
        if self.now < grace_ends:
            self.schedule(grace_ends, self.fall_due, number, gas=DUE_GAS)
        is_said = known.state in [ObligationState.DECLARED, ObligationState.DISPUTED]
        if not is_said:
            self.run_on(number, known.evidence)
        elif self.now >= grace_ends:
            # A declaration that nobody has confirmed stops no date.
            self.obligations[number] = known.replace(breached=True)

    def settle_dispute(self, number: Hash, is_performed: bool, evidence: Hash) -> None:
        known = self.live_obligation(number)
        require(known.state == ObligationState.DISPUTED, "there is no dispute")
        if is_performed:
            self.use_up(number, ObligationState.PERFORMED, evidence)
        else:
            self.run_on(number, evidence)

    def bring_forward(self, number: Hash, breached: Obligation) -> None:
        # After a breach, what else the same debtor owes the same creditor falls due as well. What
        # is declared does, too: a false word keeps nobody out of it.
        known = self.live_obligation(number)
        require(known.group == breached.group, "that is another agreement's")
        is_same_creditor = known.terms.creditor == breached.terms.creditor
        is_same = is_same_creditor and known.terms.debtor == breached.terms.debtor
        require(is_same, "the breach is between others")
        if self.now < known.terms.due:
            self.obligations[number] = known.replace(terms=known.terms.replace(due=self.now))
            self.pass_date(number)


"""en:
due = day on which it is due
grace = days of grace
sealed = commitment to what is owed
number = number of the obligation
group = what it belongs to
in_time = declared before the days of grace were over
answer_call = scheduled end of the creditor's silence
grace_ends = end of the days of grace
DUE_MAX = latest day on which something may be due, from today
GRACE_MAX = most days of grace
CONFIRM_WITHIN = time in which the creditor answers
DUE_GAS = computing work set aside for a date, in gas
"""

"""ko:
Obligations = 채무 장부: 누가 누구에게 언제까지 무엇을 하기로 하였는지를 적고, 같은 것이 두 번
    쓰이지 않게 한다.
Obligation = 채무
obligation = 채무: 채무 하나의 내용.
obligations = 채무 목록
obligations_begun = 생긴 채무 수
open_in_group = 남은 채무 수
audited = 판정인 지정 여부
ObligationTerms = 채무 조건
terms = 조건
debtor = 채무자
creditor = 채권자
due = 기한
grace = 유예 기간
sealed = 내용의 봉인값
group = 소속 약정
state = 상태
breached = 위반 여부
in_time = 유예 기간 내 통지 여부
is_over = 종료 여부
is_said = 이행 통지 여부
grace_ends = 유예 기간의 끝
is_short = 유예 기간의 적정 여부
evidence = 증빙의 다이제스트
answer_call = 예약된 답변 기한
number = 채무 번호
promise = 채무 부담: 이때부터 어떤 사람에게 채무를 지고 채무 번호를 받는다.
declare = 이행 통지: 자기 채무를 이행하였음을 알린다. 채권자는 닷새 안에 답한다.
confirm = 이행 확인: 자기에 대한 채무가 이행되었음을 밝힌다.
dispute = 이행 부인: 채무자가 알린 것이 사실이 아님을 밝힌다. 판정할 사람이 없으면 기한에 따른다.
fall_due = 기한 도래: 기한이 되었거나 유예 기간이 끝났음을 밝힌다.
take_silence = 묵시의 확인: 채권자가 답하지 않으면 이행된 것으로 본다.
count_open = 남은 채무 수: 약정 하나에 남은 채무의 수.
ObligationBegun = 채무 발생: 누군가 무엇을 하여야 한다.
ObligationChanged = 채무 변동: 채무가 다른 상태가 되었다.
ObligationState = 채무의 상태: 채무가 어떻게 되었는지를 뜻한다.
is not due yet = 기한 전
is due, and the days of grace run = 기한이 되어 유예 중
is performed, says the debtor = 채무자가 이행을 알림
is not performed, says the creditor = 채권자가 이행을 부인함
was not performed in time = 제때 이행되지 않음
is performed = 이행됨
was replaced or released = 바뀌거나 면제됨
went over to another debtor or creditor = 다른 채무자나 채권자에게 넘어감
only the debtor may do this = 채무자만 할 수 있다
only the creditor may do this = 채권자만 할 수 있다
that was declared already = 이미 이행을 알렸다
nothing was declared = 이행을 알린 적이 없다
debtor and creditor are two = 채무자와 채권자는 서로 달라야 한다
an obligation is due later = 기한은 앞으로의 날이어야 한다
days of grace last a year at most = 유예 기간은 한 해까지이다
there is no such obligation = 그런 채무가 없다
the obligation is used up = 이미 끝난 채무이다
there is no dispute = 다툼이 있는 채무가 아니다
is_performed = 이행 여부
settle_dispute = 판정에 따른 처리
that is another agreement's = 다른 약정의 채무이다
the breach is between others = 위반된 채무의 채무자와 채권자 사이의 것이 아니다
is_same = 채무자와 채권자의 일치 여부
is_same_creditor = 채권자의 일치 여부
DUE_MAX = 가장 늦은 기한
GRACE_MAX = 최대 유예 기간
CONFIRM_WITHIN = 답변 기한
DUE_GAS = 기한 확인에 배정된 연산량(가스)
"""
