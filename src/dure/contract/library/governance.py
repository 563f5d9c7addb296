# mypy: disable-error-code="empty-body"
"""The member organisations decide about their chain by votes.

An organisation proposes one of the ledger's own acts: to admit or expel a member, to change who
decides about blocks, to deploy, upgrade or stop a contract, and so on. The others vote, each with
its own account. As soon as enough are for it the contract has the ledger do it, in the same
transaction; where the ledger refuses, the vote that would have decided is refused with it, and the
proposal stays open as it was.
"""

from dure.contract.language import (
    Address,
    Choice,
    Contract,
    Duration,
    Event,
    Interface,
    Map,
    Record,
    Time,
    Var,
    call,
    init,
    require,
    scheduled,
    seconds,
    view,
)

SUMMARY_MAX = 500
VOTING_PERIOD_MIN = seconds(1)
EXPIRY_GAS = 50_000


class VotingRule(Choice):
    """How many of the organisations that decide have to be for a proposal."""

    MAJORITY = "more than half"
    TWO_THIRDS = "more than two thirds"
    ALL = "all of them"
    NAMED = "all of those that the founding document names"


class MotionState(Choice):
    """What became of a proposal."""

    OPEN = "may be voted on until its deadline"
    CARRIED_OUT = "enough organisations were for it, and it has happened"
    REJECTED = "so many organisations were against it that it cannot happen"
    WITHDRAWN = "was withdrawn by the organisation that made it"
    EXPIRED = "too few organisations were for it before its deadline"


class Approver(Record):
    """An organisation that decides, and the account by which it votes."""

    organisation: str
    account: Address


class Motion(Record):
    """An act of the ledger that an organisation proposes."""

    organisation: str
    account: Address
    action: str
    summary: str
    proposed: Time
    deadline: Time
    closed: Time
    state: MotionState
    expiry: int
    result: bytes


class MemberVote(Record):
    """What an organisation said to a proposal, and when."""

    organisation: str
    account: Address
    in_favour: bool
    cast: Time


class MemberTally(Record):
    """The votes of those that decide now."""

    approvers: int
    needed: int
    in_favour: int
    against: int


class ProposalMade(Event):
    """An organisation proposed something."""

    proposal: int
    organisation: str
    action: str
    arguments: bytes
    summary: str
    deadline: Time


class MemberVoted(Event):
    """An organisation voted."""

    proposal: int
    organisation: str
    in_favour: bool


class ProposalCarriedOut(Event):
    """Enough organisations were for a proposal, and it has happened."""

    proposal: int
    action: str
    result: bytes


class ProposalClosed(Event):
    """A proposal will not happen any more."""

    proposal: int
    state: MotionState


class Ledger(Interface):
    """The ledger itself, as this contract sees it."""

    @view
    def approvers(self) -> list[Approver]: ...

    @view
    def examine(self, action: str, arguments: bytes) -> None: ...

    @call
    def decide(self, action: str, arguments: bytes, attestations: bytes) -> bytes: ...


class Governance(Contract):
    """Organisations propose, the others vote, and what enough of them want happens by itself."""

    ledger: Var[Address]
    rule: Var[VotingRule]
    voting_period: Var[Duration]
    proposals_made: Var[int]
    proposals: Map[int, Motion]
    arguments: Map[int, bytes]
    votes_cast: Map[int, list[MemberVote]]

    @init
    def begin(self, ledger: Address, rule: VotingRule, voting_period: Duration) -> None:
        """Say by which rule the organisations decide, and how long a proposal is open."""
        require(voting_period >= VOTING_PERIOD_MIN, "there is time to vote")
        self.ledger = ledger
        self.rule = rule
        self.voting_period = voting_period

    # The organisations

    @call
    def propose(self, action: str, arguments: bytes, summary: str, attestations: bytes) -> int:
        """Propose an act of the ledger, and vote for it; return the proposal's number.

        Attestations show that validators run. They are needed by whoever decides, and only where
        the act changes who decides about blocks.
        """
        organisation = self.require_approver()
        require(len(summary) <= SUMMARY_MAX, "a summary has at most 500 characters")
        Ledger(self.ledger).examine(action, arguments)
        number = self.proposals_made + 1
        deadline = self.now + self.voting_period
        self.proposals_made = number
        self.arguments[number] = arguments
        self.votes_cast[number] = []
        self.proposals[number] = Motion(
            organisation=organisation,
            account=self.sender,
            action=action,
            summary=summary,
            proposed=self.now,
            deadline=deadline,
            closed=self.now,
            state=MotionState.OPEN,
            expiry=self.schedule(deadline, self.expire, number, gas=EXPIRY_GAS),
            result=b"",
        )
        self.emit(ProposalMade(number, organisation, action, arguments, summary, deadline))
        self.add_vote(number, organisation, True)
        self.settle(number, attestations)
        return number

    @call
    def vote(self, number: int, in_favour: bool, attestations: bytes) -> MotionState:
        """Vote for or against an open proposal, once; return what became of it."""
        organisation = self.require_approver()
        self.require_open(number)
        for each in self.votes_cast[number]:
            require(each.account != self.sender, "the organisation has voted already")
        self.add_vote(number, organisation, in_favour)
        return self.settle(number, attestations)

    @call
    def carry_out(self, number: int, attestations: bytes) -> None:
        """Have an open proposal happen that enough organisations are for.

        Votes do this by themselves; it is for when fewer have become enough since the last vote.
        """
        self.require_approver()
        self.require_open(number)
        state = self.settle(number, attestations)
        require(state == MotionState.CARRIED_OUT, "too few organisations are for it")

    @call
    def withdraw(self, number: int) -> None:
        """Withdraw an open proposal of one's own."""
        proposal = self.require_open(number)
        require(self.sender == proposal.account, "only who made a proposal may withdraw it")
        self.cancel(proposal.expiry)
        self.close(number, MotionState.WITHDRAWN)

    # What the contract does by itself

    @scheduled
    def expire(self, number: int) -> None:
        """Close a proposal at its deadline."""
        if self.proposals[number].state == MotionState.OPEN:
            self.close(number, MotionState.EXPIRED)

    # What everybody may read

    @view
    def approvers(self) -> list[Approver]:
        """Return the organisations that decide now."""
        return Ledger(self.ledger).approvers()

    @view
    def needed(self) -> int:
        """Return how many of them have to be for a proposal."""
        return self.count_needed(len(Ledger(self.ledger).approvers()))

    @view
    def proposal(self, number: int) -> Motion:
        """Return a proposal; they are numbered from 1."""
        require(number in self.proposals, "there is no such proposal")
        return self.proposals[number]

    @view
    def votes(self, number: int) -> list[MemberVote]:
        """Return the votes on a proposal, in order, also of those that decide no longer."""
        require(number in self.proposals, "there is no such proposal")
        return self.votes_cast[number]

    @view
    def tally(self, number: int) -> MemberTally:
        """Return how those that decide now have voted on a proposal."""
        require(number in self.proposals, "there is no such proposal")
        return self.count(number)

    # Shared parts

    def require_approver(self) -> str:
        organisation = ""
        for approver in Ledger(self.ledger).approvers():
            if approver.account == self.sender:
                organisation = approver.organisation
        require(organisation != "", "only an organisation that decides may do this")
        return organisation

    def require_open(self, number: int) -> Motion:
        require(number in self.proposals, "there is no such proposal")
        proposal = self.proposals[number]
        require(proposal.state == MotionState.OPEN, "the proposal is closed")
        require(self.now < proposal.deadline, "the deadline has passed")
        return proposal

    def add_vote(self, number: int, organisation: str, in_favour: bool) -> None:
        votes = self.votes_cast[number]
        votes.append(MemberVote(organisation, self.sender, in_favour, self.now))
        self.votes_cast[number] = votes
        self.emit(MemberVoted(number, organisation, in_favour))

    def count(self, number: int) -> MemberTally:
        votes = self.votes_cast[number]
        approvers = Ledger(self.ledger).approvers()
        in_favour = 0
        against = 0
        for approver in approvers:
            for each in votes:
                if each.account == approver.account:
                    if each.in_favour:
                        in_favour += 1
                    else:
                        against += 1
        return MemberTally(len(approvers), self.count_needed(len(approvers)), in_favour, against)

    def count_needed(self, approvers: int) -> int:
        if self.rule == VotingRule.MAJORITY:
            return approvers // 2 + 1
        if self.rule == VotingRule.TWO_THIRDS:
            return approvers * 2 // 3 + 1
        return approvers

    def settle(self, number: int, attestations: bytes) -> MotionState:
        tally = self.count(number)
        if tally.in_favour >= tally.needed:
            return self.decide(number, attestations)
        if tally.against > tally.approvers - tally.needed:
            self.cancel(self.proposals[number].expiry)
            return self.close(number, MotionState.REJECTED)
        return MotionState.OPEN

    def decide(self, number: int, attestations: bytes) -> MotionState:
        proposal = self.proposals[number]
        self.cancel(proposal.expiry)
        act = self.arguments[number]
        result = Ledger(self.ledger).decide(proposal.action, act, attestations)
        state = MotionState.CARRIED_OUT
        self.proposals[number] = proposal.replace(state=state, closed=self.now, result=result)
        self.emit(ProposalCarriedOut(number, proposal.action, result))
        return state

    def close(self, number: int, state: MotionState) -> MotionState:
        proposal = self.proposals[number]
        self.proposals[number] = proposal.replace(state=state, closed=self.now)
        self.emit(ProposalClosed(number, state))
        return state


"""en:
number = number of the proposal
ledger = address of the ledger's own calls
action = act of the ledger
arguments = particulars of the act
attestations = attestations that validators run
proposals_made = number of proposals made
votes_cast = votes cast
expiry = number of the call that closes the proposal
result = what the ledger answered
cast = when the vote was cast
closed = when the proposal was closed; until then, when it was made
approvers = organisations that decide
needed = votes needed
SUMMARY_MAX = most characters of a summary
VOTING_PERIOD_MIN = shortest time for voting
EXPIRY_GAS = computing work set aside for closing a proposal, in gas
"""

"""ko:
Governance = 거버넌스: 회원 기관이 안건을 올리고 다른 기관이 표결하며, 충분한 기관이 찬성한 일은
    저절로 일어난다.
Ledger = 원장
ledger = 원장
examine = 안건 검토
decide = 의결 사항 실행
settle = 표결 결과
each = 표
rule = 의결 규칙
VotingRule = 의결 규칙: 결정권이 있는 기관 가운데 얼마가 안건에 찬성하여야 하는지를 뜻한다.
voting_period = 표결 기간
Motion = 안건
proposal = 안건: 기관이 제안한, 원장이 할 일 하나.
proposals = 안건 목록
proposals_made = 올라온 안건 수
arguments = 할 일의 내용
votes_cast = 던진 표
number = 안건 번호
organisation = 기관
account = 계정
action = 원장이 할 일
summary = 요약
attestations = 검증인이 살아 있다는 확인서
proposed = 제안 시각
deadline = 마감 시각
closed = 종료 시각(그전까지는 제안 시각)
state = 상태
expiry = 안건을 닫는 예약 호출의 번호
result = 원장의 답
in_favour = 찬성
against = 반대
cast = 투표 시각
MemberVote = 표: 기관이 안건에 대하여 밝힌 뜻과 그 시각.
MemberTally = 집계
tally = 집계: 지금 결정권이 있는 기관들이 안건에 던진 표.
needed = 필요한 찬성 수: 안건이 가결되는 데 필요한 찬성 수.
Approver = 결정 기관: 결정권이 있는 기관과 그 기관이 투표하는 계정.
approvers = 결정 기관: 지금 결정권이 있는 기관들.
approver = 결정 기관
begin = 시작: 의결 규칙과 표결 기간을 정한다.
propose = 제안: 원장이 할 일을 제안하고 곧바로 찬성하며, 안건 번호를 받는다. 확인서는 블록을 정하는
    기관이 바뀌는 안건에서 마지막으로 찬성하는 기관에게만 필요하다.
vote = 투표: 열려 있는 안건에 한 번 찬성하거나 반대하고, 안건이 어떻게 되었는지를 받는다.
votes = 표: 안건에 던진 표를 순서대로. 이제 결정권이 없는 기관의 표도 있다.
carry_out = 실행: 충분한 기관이 찬성한 열린 안건을 실행한다. 보통은 투표만으로 실행되며, 마지막 투표
    뒤에 필요한 수가 줄었을 때 쓴다.
withdraw = 철회: 열려 있는 자기 안건을 거두어들인다.
expire = 만료: 마감 시각에 안건을 닫는다.
ProposalMade = 제안: 기관이 안건을 올렸다.
MemberVoted = 투표: 기관이 투표하였다.
ProposalCarriedOut = 안건 실행: 충분한 기관이 찬성하여 안건이 실행되었다.
ProposalClosed = 안건 종료: 안건은 더는 실행되지 않는다.
MotionState = 안건의 상태: 안건이 어떻게 되었는지를 뜻한다.
more than half = 과반수
more than two thirds = 3분의 2 초과
all of them = 전원
all of those that the founding document names = 설립 문서가 정한 기관 전원
may be voted on until its deadline = 마감 시각까지 표결 중
enough organisations were for it, and it has happened = 가결되어 실행됨
so many organisations were against it that it cannot happen = 부결
was withdrawn by the organisation that made it = 제안한 기관이 철회함
too few organisations were for it before its deadline = 마감 전에 찬성이 모자람
there is time to vote = 표결할 시간이 있어야 한다
a summary has at most 500 characters = 요약은 500자까지이다
the organisation has voted already = 이미 투표한 기관이다
too few organisations are for it = 찬성이 모자란다
only who made a proposal may withdraw it = 제안한 기관만 안건을 철회할 수 있다
there is no such proposal = 그런 안건이 없다
only an organisation that decides may do this = 결정권이 있는 기관만 할 수 있다
the proposal is closed = 끝난 안건이다
the deadline has passed = 마감 시각이 지났다
SUMMARY_MAX = 요약의 최대 글자 수
VOTING_PERIOD_MIN = 가장 짧은 표결 기간
EXPIRY_GAS = 안건을 닫는 데 배정된 연산량(가스)
"""
