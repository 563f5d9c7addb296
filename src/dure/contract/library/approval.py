"""Some of several signatories have to approve before anything happens.

A proposal names what is to happen by its hash, so that everybody approves the same thing to the
last digit. A contract that inherits it lets a proposal happen, once, by
`self.use_proposal(number, sha256(encode("what", to, amount)))`.

Approvals are counted when the proposal is used, over those who are signatories then.
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
    encode,
    init,
    only,
    require,
    sha256,
    view,
)

SIGNATORIES_MAX = 32
PROPOSAL_LASTS = days(30)


class ProposalState(Choice):
    """What became of a proposal."""

    OPEN = "may be approved until it expires"
    USED = "was approved and has happened"
    WITHDRAWN = "was withdrawn by whoever proposed it"


class Proposal(Record):
    """Something that is to happen once enough signatories approve."""

    proposer: Address
    action: Hash
    expires: Time
    state: ProposalState


class SignatoriesNamed(Event):
    """These sign from now on, and so many of them are enough."""

    signatories: list[Address]
    enough: int


class Proposed(Event):
    """A signatory proposed something."""

    proposal: int
    proposer: Address
    action: Hash
    expires: Time


class Approved(Event):
    """A signatory approved a proposal."""

    proposal: int
    signatory: Address


class ApprovalRevoked(Event):
    """A signatory thought better of it."""

    proposal: int
    signatory: Address


class ProposalUsed(Event):
    """What was proposed has happened."""

    proposal: int
    action: Hash


class ProposalWithdrawn(Event):
    """Whoever made the proposal withdrew it."""

    proposal: int


class Approval(Contract):
    """What matters happens only when enough of the signatories have approved it beforehand."""

    signatories: List[Address] = List(limit=SIGNATORIES_MAX)
    enough: Var[int]
    proposals_made: Var[int]
    proposals: Map[int, Proposal]
    approvals: Map[int, Map[Address, bool]]

    @init
    def begin_approval(self, signatories: list[Address], enough: int) -> None:
        """Name the signatories, and how many of them are enough."""
        self.name_signatories(signatories, enough)

    # The signatories

    @call
    @only(party="signatories")
    def propose(self, action: Hash) -> int:
        """Propose what has this hash, and approve it; return the proposal's number."""
        return self.add_proposal(action)

    @call
    @only(party="signatories")
    def approve(self, number: int) -> None:
        """Approve an open proposal."""
        self.require_open(number)
        require(self.sender not in self.approvals[number], "the caller has approved already")
        self.note_approval(number)

    @call
    @only(party="signatories")
    def revoke_approval(self, number: int) -> None:
        """Take an approval of one's own back, before the proposal is used."""
        self.require_open(number)
        require(self.sender in self.approvals[number], "the caller has not approved")
        self.approvals[number].remove(self.sender)
        self.emit(ApprovalRevoked(number, self.sender))

    @call
    def withdraw_proposal(self, number: int) -> None:
        """Withdraw a proposal of one's own."""
        proposal = self.require_open(number)
        require(self.sender == proposal.proposer, "only the proposer may withdraw a proposal")
        self.proposals[number] = proposal.replace(state=ProposalState.WITHDRAWN)
        self.emit(ProposalWithdrawn(number))

    @call
    def change_signatories(self, number: int, signatories: list[Address], enough: int) -> None:
        """Have others sign from now on, as an approved proposal says."""
        self.use_proposal(number, sha256(encode("change_signatories", signatories, enough)))
        self.name_signatories(signatories, enough)

    # What everybody may read

    @view
    def proposal(self, number: int) -> Proposal:
        """Return a proposal; they are numbered from 1."""
        return self.proposals[number]

    @view
    def count_approvals(self, number: int) -> int:
        """Return how many of today's signatories have approved a proposal."""
        count = 0
        for signatory in self.signatories:
            if signatory in self.approvals[number]:
                count += 1
        return count

    @view
    def is_approved(self, number: int) -> bool:
        """Say whether enough signatories have approved a proposal."""
        return self.count_approvals(number) >= self.enough

    # Shared parts

    def add_proposal(self, action: Hash) -> int:
        number = self.proposals_made + 1
        expires = self.now + PROPOSAL_LASTS
        self.proposals_made = number
        self.proposals[number] = Proposal(self.sender, action, expires, ProposalState.OPEN)
        self.emit(Proposed(number, self.sender, action, expires))
        self.note_approval(number)
        return number

    def use_proposal(self, number: int, action: Hash) -> None:
        proposal = self.require_open(number)
        require(proposal.action == action, "something else was proposed")
        require(self.is_approved(number), "too few signatories have approved")
        self.proposals[number] = proposal.replace(state=ProposalState.USED)
        self.emit(ProposalUsed(number, action))

    def require_open(self, number: int) -> Proposal:
        require(number in self.proposals, "there is no such proposal")
        proposal = self.proposals[number]
        require(proposal.state == ProposalState.OPEN, "the proposal is closed")
        require(self.now < proposal.expires, "the proposal has expired")
        return proposal

    def note_approval(self, number: int) -> None:
        self.approvals[number][self.sender] = True
        self.emit(Approved(number, self.sender))

    def name_signatories(self, signatories: list[Address], enough: int) -> None:
        require(0 < enough <= len(signatories), "not so many signatories can approve")
        require(len(signatories) <= SIGNATORIES_MAX, "there are at most 32 signatories")
        for turn in range(len(self.signatories)):
            self.signatories.pop()
        for place, signatory in enumerate(signatories):
            require(signatory not in signatories[:place], "a signatory is named once")
            self.signatories.append(signatory)
        self.enough = enough
        self.emit(SignatoriesNamed(signatories, enough))


"""en:
number = number of the proposal
enough = number of approvals that is enough
action = hash of what is proposed
proposals_made = number of proposals made
approvals = approvals
SIGNATORIES_MAX = most signatories
PROPOSAL_LASTS = time in which a proposal may be approved and used
"""

"""ko:
Approval = 공동 승인: 중요한 일은 서명자 가운데 충분한 수가 미리 승인하여야 일어난다.
signatories = 서명자 명단
signatory = 서명자
enough = 필요한 승인 수
Proposal = 안건
proposal = 안건: 제안된 안건 하나의 내용.
proposals = 안건 목록
proposals_made = 제안된 안건 수
proposer = 제안자
action = 제안된 일의 해시
expires = 만료 시각
state = 상태
approvals = 승인 기록
number = 안건 번호
begin_approval = 시작: 서명자와 필요한 승인 수를 정한다.
propose = 제안: 이 해시가 가리키는 일을 제안하고 곧바로 승인하며, 안건 번호를 받는다.
approve = 승인: 열려 있는 안건을 승인한다.
revoke_approval = 승인 철회: 안건이 쓰이기 전에 자기 승인을 거두어들인다.
withdraw_proposal = 안건 철회: 자기가 제안한 안건을 거두어들인다.
change_signatories = 서명자 변경: 승인된 안건이 정한 대로 앞으로의 서명자를 바꾼다.
count_approvals = 승인 수: 지금의 서명자 가운데 몇이 안건을 승인하였는지.
is_approved = 승인 여부: 충분한 서명자가 안건을 승인하였는지.
SignatoriesNamed = 서명자 지정: 이때부터 이들이 서명하며, 이만큼이면 충분하다.
Proposed = 제안: 서명자가 안건을 제안하였다.
Approved = 승인: 서명자가 안건을 승인하였다.
ApprovalRevoked = 승인 철회: 서명자가 생각을 바꾸었다.
ProposalUsed = 안건 실행: 제안된 일이 일어났다.
ProposalWithdrawn = 안건 철회: 제안한 사람이 거두어들였다.
ProposalState = 안건의 상태: 안건이 어떻게 되었는지를 뜻한다.
may be approved until it expires = 승인 대기
was approved and has happened = 승인되어 실행됨
was withdrawn by whoever proposed it = 제안자가 철회함
the caller has approved already = 이미 승인하였다
the caller has not approved = 승인하지 않은 사람이다
only the proposer may withdraw a proposal = 제안자만 안건을 철회할 수 있다
something else was proposed = 제안된 것과 다른 일이다
too few signatories have approved = 승인이 모자란다
there is no such proposal = 그런 안건이 없다
the proposal is closed = 끝난 안건이다
the proposal has expired = 만료된 안건이다
not so many signatories can approve = 서명자가 그만큼 되지 않는다
there are at most 32 signatories = 서명자는 32명까지이다
a signatory is named once = 서명자는 한 번씩만 정한다
SIGNATORIES_MAX = 최대 서명자 수
PROPOSAL_LASTS = 안건을 승인하고 실행할 수 있는 기간
"""
