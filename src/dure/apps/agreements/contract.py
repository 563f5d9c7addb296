"""The record of agreements.

Terms and amounts stay with the parties; here stand digests, who accepted which version, and what is
due when. Nothing that was used up can be used again. The rules R1 to R13 are in README.md.
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
    encode,
    require,
    scheduled,
    sha256,
    view,
)
from dure.contract.library.obligations import Obligations, ObligationState, ObligationTerms
from dure.contract.library.pledges import Pledge, Pledges
from dure.contract.library.versions import Versions

PARTIES_MIN = 2
PARTIES_MAX = 8
AUDITORS_MAX = 4
ITEMS_MAX = 64
SIGNERS_MAX = 24
ANSWER_MAX = days(90)
LAPSE_GAS = 40_000


class AgreementState(Choice):
    """How far an agreement has got."""

    PROPOSED = "waits until all parties have accepted"
    IN_FORCE = "all parties have accepted it"
    FAILED = "was refused, withdrawn, or not accepted in time"
    BROKEN = "was broken off after a breach"
    ENDED = "was ended by all parties"


class ProposalKind(Choice):
    """What a proposal would do."""

    BEGIN = "begin an agreement"
    AMEND = "put another version in its place"
    END = "end it"
    NOVATE = "put another debtor or creditor in the place of one"


class ProposalState(Choice):
    """What became of a proposal."""

    OPEN = "may be accepted"
    ACCEPTED = "all signers have accepted, and it has happened"
    REFUSED = "a signer refused it"
    WITHDRAWN = "whoever proposed it withdrew it"
    LAPSED = "not all signers accepted in time"


class Change(Record):
    """What a version brings.

    `document` is the salted digest of the sealed terms. `replaces` are obligations that it uses up,
    `frees` assets that it frees; `obligations` and `pledges` are new.
    """

    document: Hash
    replaces: list[Hash]
    obligations: list[ObligationTerms]
    frees: list[Hash]
    pledges: list[Pledge]


class Agreement(Record):
    """One agreement; `head` is the digest of its newest version, chained to all before."""

    parties: list[Address]
    auditors: list[Address]
    state: AgreementState
    version: int
    head: Hash
    pledged_assets: int


class Proposal(Record):
    """Something that happens once all signers have accepted.

    `digest` says what, to the last digit; `base` is the version that it changes.
    """

    agreement: int
    kind: ProposalKind
    proposer: Address
    signers: list[Address]
    base: Hash
    change: Change
    digest: Hash
    answer_by: Time
    acceptances: int
    state: ProposalState


class ChangeProposed(Event):
    """Somebody proposed something to the signers."""

    proposal: int
    agreement: int
    kind: ProposalKind
    proposer: Address
    digest: Hash
    answer_by: Time


class ChangeAccepted(Event):
    """A signer accepted."""

    proposal: int
    signer: Address


class ProposalClosed(Event):
    """A proposal is no longer open."""

    proposal: int
    state: ProposalState


class AgreementClosed(Event):
    """An agreement is no longer in force."""

    agreement: int
    state: AgreementState


class Agreements(Obligations, Pledges, Versions):
    """Agreements kept in step between their parties, and a notary against double use."""

    agreements_begun: Var[int]
    agreements: Map[int, Agreement]
    proposals_made: Var[int]
    proposals: Map[int, Proposal]
    accepted: Map[int, Map[Address, bool]]

    # Whoever proposes

    @call
    def begin(
        self, parties: list[Address], auditors: list[Address], change: Change, answer_by: Time
    ) -> int:
        """Propose an agreement, and accept it oneself; return the number of the agreement."""
        require(PARTIES_MIN <= len(parties) <= PARTIES_MAX, "an agreement has 2 to 8 parties")
        require(len(auditors) <= AUDITORS_MAX, "an agreement has at most 4 auditors")
        require(self.sender in parties, "only a party proposes an agreement")
        for place, party in enumerate(parties):
            require(party not in parties[:place], "a party is named once")
            require(party not in auditors, "a party does not audit itself")
        require(len(change.replaces) + len(change.frees) == 0, "there is nothing to replace yet")
        for terms in change.obligations:
            is_between = terms.debtor in parties and terms.creditor in parties
            require(is_between, "obligations are between the parties")
        number = self.agreements_begun + 1
        self.agreements_begun = number
        base = sha256(encode("agreement", number, parties, auditors))
        state = AgreementState.PROPOSED
        self.agreements[number] = Agreement(parties, auditors, state, 0, base, 0)
        self.audited[number] = len(auditors) > 0
        self.propose(number, ProposalKind.BEGIN, base, change, answer_by)
        return number

    @call
    def amend(self, agreement: int, base: Hash, change: Change, answer_by: Time) -> int:
        """Propose another version in the place of version `base`; return the proposal's number."""
        self.require_party(agreement)
        self.require_base(agreement, base, change)
        return self.propose(agreement, ProposalKind.AMEND, base, change, answer_by)

    @call
    def end(self, agreement: int, base: Hash, change: Change, answer_by: Time) -> int:
        """Propose to end an agreement; whatever is open is released, whatever is pledged freed."""
        self.require_party(agreement)
        self.require_base(agreement, base, change)
        is_only_ending = len(change.obligations) + len(change.pledges) == 0
        require(is_only_ending, "an ending brings nothing new")
        return self.propose(agreement, ProposalKind.END, base, change, answer_by)

    @call
    def novate(self, obligation: Hash, terms: ObligationTerms, answer_by: Time) -> int:
        """Propose that somebody else takes over an obligation, as debtor or as creditor."""
        known = self.live_obligation(obligation)
        is_own = self.sender in [known.terms.debtor, known.terms.creditor]
        require(is_own, "only debtor or creditor proposes a novation")
        is_same = known.terms.debtor == terms.debtor and known.terms.creditor == terms.creditor
        require(not is_same, "a novation changes debtor or creditor")
        document = sha256(encode("novation", obligation, terms))
        change = Change(document, [obligation], [terms], [], [])
        base = self.agreements[known.group].head
        return self.propose(known.group, ProposalKind.NOVATE, base, change, answer_by)

    # Whoever signs

    @call
    def accept(self, proposal: int, digest: Hash) -> None:
        """Accept exactly what has this digest; the last acceptance makes it happen."""
        known = self.open_proposal(proposal)
        require(self.sender in known.signers, "only a signer of the proposal may do this")
        require(digest == known.digest, "something else was proposed")
        require(self.sender not in self.accepted[proposal], "the signer has accepted already")
        self.note_acceptance(proposal)

    @call
    def refuse(self, proposal: int) -> None:
        """Refuse a proposal; nobody can accept it any more."""
        known = self.open_proposal(proposal)
        require(self.sender in known.signers, "only a signer of the proposal may do this")
        is_own = self.sender == known.proposer
        self.close(proposal, ProposalState.WITHDRAWN if is_own else ProposalState.REFUSED)

    # The creditor after a breach, the auditor in a dispute

    @call
    def break_off(self, obligation: Hash, others: list[Hash]) -> None:
        """Break an agreement off after a breach; what else the debtor owes falls due now."""
        known = self.live_obligation(obligation)
        agreement = self.agreements[known.group]
        require(self.sender == known.terms.creditor, "only the creditor may do this")
        require(known.breached, "the obligation is not breached")
        require(agreement.state == AgreementState.IN_FORCE, "the agreement is not in force")
        require(len(others) <= ITEMS_MAX, "at most 64 obligations fall due at once")
        self.agreements[known.group] = agreement.replace(state=AgreementState.BROKEN)
        self.emit(AgreementClosed(known.group, AgreementState.BROKEN))
        for other in others:
            self.bring_forward(other, known)

    @call
    def decide(self, obligation: Hash, is_performed: bool, evidence: Hash) -> None:
        """Decide a dispute between debtor and creditor."""
        known = self.live_obligation(obligation)
        auditors = self.agreements[known.group].auditors
        require(self.sender in auditors, "only an auditor of the agreement may do this")
        self.settle_dispute(obligation, is_performed, evidence)

    # What the contract does by itself

    @scheduled
    def lapse(self, proposal: int) -> None:
        """Close a proposal that not all have accepted in time."""
        if self.proposals[proposal].state == ProposalState.OPEN:
            self.close(proposal, ProposalState.LAPSED)

    # What everybody may read

    @view
    def state_of(self, number: int) -> Agreement:
        """Return an agreement; they are numbered from 1."""
        return self.agreements[number]

    @view
    def proposal(self, number: int) -> Proposal:
        """Return a proposal; they are numbered from 1."""
        return self.proposals[number]

    # Shared parts

    def require_party(self, agreement: int) -> None:
        require(agreement in self.agreements, "there is no such agreement")
        parties = self.agreements[agreement].parties
        require(self.sender in parties, "only a party of the agreement may do this")

    def require_base(self, agreement: int, base: Hash, change: Change) -> None:
        known = self.agreements[agreement]
        # What was broken off is only settled, in as many changes as that takes.
        is_settling = len(change.obligations) + len(change.pledges) == 0
        is_settled = known.state == AgreementState.BROKEN and is_settling
        is_fit = known.state == AgreementState.IN_FORCE or is_settled
        require(is_fit, "the agreement is not in force")
        require(known.head == base, "the agreement has a newer version")

    def open_proposal(self, proposal: int) -> Proposal:
        require(proposal in self.proposals, "there is no such proposal")
        known = self.proposals[proposal]
        require(known.state == ProposalState.OPEN, "the proposal is closed")
        require(self.now < known.answer_by, "the time to answer is over")
        return known

    def propose(
        self, agreement: int, kind: ProposalKind, base: Hash, change: Change, answer_by: Time
    ) -> int:
        require(self.now < answer_by <= self.now + ANSWER_MAX, "answers are due within 90 days")
        count = len(change.replaces) + len(change.obligations)
        count += len(change.frees) + len(change.pledges)
        require(count <= ITEMS_MAX, "a change has at most 64 parts")
        for terms in change.obligations:
            self.require_sound(terms)
        number = self.proposals_made + 1
        self.proposals_made = number
        signers = self.list_signers(agreement, kind, change)
        digest = sha256(encode("proposal", number, agreement, base, change, answer_by))
        state = ProposalState.OPEN
        self.proposals[number] = Proposal(
            agreement, kind, self.sender, signers, base, change, digest, answer_by, 0, state
        )
        self.schedule(answer_by, self.lapse, number, gas=LAPSE_GAS)
        self.emit(ChangeProposed(number, agreement, kind, self.sender, digest, answer_by))
        self.note_acceptance(number)
        return number

    def list_signers(self, agreement: int, kind: ProposalKind, change: Change) -> list[Address]:
        signers: list[Address] = []
        bound: list[Address] = []
        if kind != ProposalKind.NOVATE:
            signers = signers + self.agreements[agreement].parties
        for pledge in change.pledges:
            bound.append(pledge.holder)
        for terms in change.obligations:
            bound.append(terms.debtor)
            bound.append(terms.creditor)
        for replaced in change.replaces:
            known = self.live_obligation(replaced)
            require(known.group == agreement, "that is another agreement's")
            bound.append(known.terms.debtor)
            bound.append(known.terms.creditor)
        for account in bound:
            if account not in signers:
                signers.append(account)
        require(len(signers) <= SIGNERS_MAX, "at most 24 accounts sign")
        return signers

    def note_acceptance(self, proposal: int) -> None:
        known = self.proposals[proposal]
        require(self.sender in known.signers, "only a signer of the proposal may do this")
        acceptances = known.acceptances + 1
        self.accepted[proposal][self.sender] = True
        self.proposals[proposal] = known.replace(acceptances=acceptances)
        self.emit(ChangeAccepted(proposal, self.sender))
        if acceptances == len(known.signers):
            self.close(proposal, ProposalState.ACCEPTED)
            self.apply(proposal)

    def close(self, proposal: int, state: ProposalState) -> None:
        known = self.proposals[proposal]
        self.proposals[proposal] = known.replace(state=state)
        self.emit(ProposalClosed(proposal, state))
        if state != ProposalState.ACCEPTED and known.kind == ProposalKind.BEGIN:
            agreement = self.agreements[known.agreement]
            self.agreements[known.agreement] = agreement.replace(state=AgreementState.FAILED)
            self.emit(AgreementClosed(known.agreement, AgreementState.FAILED))

    def apply(self, proposal: int) -> None:
        known = self.proposals[proposal]
        number = known.agreement
        if known.kind == ProposalKind.BEGIN:
            agreement = self.agreements[number]
            self.agreements[number] = agreement.replace(state=AgreementState.IN_FORCE)
        elif known.kind != ProposalKind.NOVATE:
            self.require_base(number, known.base, known.change)
        is_novation = known.kind == ProposalKind.NOVATE
        used = ObligationState.NOVATED if is_novation else ObligationState.REPLACED
        for replaced in known.change.replaces:
            self.use_up(replaced, used, known.change.document)
        for terms in known.change.obligations:
            self.begin_obligation(number, terms)
        self.change_pledges(number, known.change)
        if not is_novation:
            self.accept_version(number, known.change.document)
        if known.kind == ProposalKind.END:
            self.end_agreement(number)

    def change_pledges(self, agreement: int, change: Change) -> None:
        self.free_assets(agreement, change.frees)
        self.pledge_assets(agreement, change.pledges)
        known = self.agreements[agreement]
        count = known.pledged_assets + len(change.pledges) - len(change.frees)
        self.agreements[agreement] = known.replace(pledged_assets=count)

    def accept_version(self, agreement: int, document: Hash) -> None:
        known = self.agreements[agreement]
        number = known.version + 1
        head = self.add_version(agreement, number, known.head, document)
        self.agreements[agreement] = known.replace(version=number, head=head)

    def end_agreement(self, agreement: int) -> None:
        known = self.agreements[agreement]
        require(self.count_open(agreement) == 0, "something is still owed: release it as well")
        require(known.pledged_assets == 0, "an asset is still pledged: free it as well")
        self.agreements[agreement] = known.replace(state=AgreementState.ENDED)
        self.emit(AgreementClosed(agreement, AgreementState.ENDED))


"""ko:
Agreements = 약정 장부: 약정을 당사자 사이에서만 똑같이 지키고, 같은 것이 두 번 쓰이지 않게 한다.
Agreement = 약정
agreement = 약정
agreements = 약정 목록
agreements_begun = 지금까지의 약정 수
parties = 당사자
party = 그 당사자
auditors = 감사인
state = 상태
head = 최신 판
pledged_assets = 담보 자산의 수
Proposal = 제안
proposal = 제안: 제안 하나의 내용. 번호는 1부터이다.
proposals = 제안 목록
proposals_made = 지금까지의 제안 수
proposer = 제안자
signers = 서명인
signer = 서명인
acceptances = 승낙 수
accepted = 승낙 내역
kind = 종류
base = 기준 판
digest = 다이제스트
answer_by = 답변 기한
Change = 변경 내용
change = 변경 내용
replaces = 대체되는 채무
replaced = 그 채무 번호
frees = 해제하는 담보
pledges = 새 담보
account = 계정
others = 다른 채무
other = 그 채무 번호
number = 번호
count = 변경 항목의 수
is_performed = 이행 여부
is_between = 당사자 사이의 채무 여부
begin = 체결 제안: 약정을 제안하고 스스로 승낙하며, 약정 번호를 받는다.
amend = 변경 제안: 기준 판 대신 다른 판을 제안하고 제안 번호를 받는다.
end = 종료 제안: 남은 채무를 면제하고 담보를 풀어 약정을 끝내자고 제안한다.
novate = 인수·양도 제안: 채무자나 채권자를 다른 사람으로 바꾸자고 제안한다.
accept = 승낙: 이 다이제스트와 똑같은 것만 승낙한다. 마지막 사람이 승낙하면 이루어진다.
refuse = 거절: 제안을 거절하며, 그 뒤에는 아무도 승낙하지 못한다. 제안한 사람이면 철회이다.
break_off = 해지: 위반한 뒤에 약정을 해지한다. 같은 채무자의 남은 채무는 기한이 곧바로 온다.
decide = 판정: 이행을 두고 채무자와 채권자가 다투는 것을 판정한다.
lapse = 기간 경과: 제때 모두 승낙하지 않은 제안을 닫는다.
state_of = 약정의 상태: 약정 하나의 내용. 번호는 1부터이다.
ChangeProposed = 제안: 누군가 서명인들에게 제안하였다.
ChangeAccepted = 승낙: 서명인이 승낙하였다.
ProposalClosed = 제안 종결: 제안을 더는 승낙하거나 거절할 수 없다.
AgreementClosed = 약정 종결: 약정이 더는 효력이 없다.
AgreementState = 약정의 상태: 약정이 어디까지 왔는지를 뜻한다.
waits until all parties have accepted = 당사자 모두의 승낙을 기다림
all parties have accepted it = 당사자가 모두 승낙하여 효력이 있음
was refused, withdrawn, or not accepted in time = 거절·철회되거나 제때 승낙되지 않아 성립하지 않음
was broken off after a breach = 위반 뒤에 해지됨
was ended by all parties = 당사자 모두의 합의로 종료됨
ProposalKind = 제안의 종류: 제안이 이루어지면 무엇이 되는지를 뜻한다.
begin an agreement = 약정의 체결
put another version in its place = 다른 판으로 변경
end it = 약정의 종료
put another debtor or creditor in the place of one = 채무자나 채권자의 교체
ProposalState = 제안의 상태: 제안이 어떻게 되었는지를 뜻한다.
may be accepted = 승낙할 수 있음
all signers have accepted, and it has happened = 서명인이 모두 승낙하여 이루어짐
a signer refused it = 서명인이 거절함
whoever proposed it withdrew it = 제안한 사람이 철회함
not all signers accepted in time = 서명인이 제때 모두 승낙하지는 않음
an agreement has 2 to 8 parties = 약정의 당사자는 2명에서 8명까지이다
an agreement has at most 4 auditors = 약정의 감사인은 4명까지이다
only a party proposes an agreement = 당사자만 약정을 제안할 수 있다
a party is named once = 같은 당사자를 두 번 적을 수 없다
a party does not audit itself = 당사자는 자기 약정의 감사인이 될 수 없다
there is nothing to replace yet = 아직 대체하거나 해제할 것이 없다
obligations are between the parties = 채무는 당사자 사이의 것이어야 한다
an ending brings nothing new = 약정을 끝내면서 채무나 담보를 새로 둘 수 없다
only debtor or creditor proposes a novation = 채무자나 채권자만 인수·양도를 제안할 수 있다
a novation changes debtor or creditor = 인수·양도는 채무자나 채권자를 바꾸는 것이어야 한다
only a signer of the proposal may do this = 제안의 서명인만 할 수 있다
something else was proposed = 제안된 것과 다르다
the signer has accepted already = 이미 승낙한 서명인이다
the obligation is not breached = 위반된 채무가 아니다
the agreement is not in force = 효력이 있는 약정이 아니다
at most 64 obligations fall due at once = 한 번에 64건의 채무까지 기한이 오게 할 수 있다
only an auditor of the agreement may do this = 약정의 감사인만 할 수 있다
there is no such agreement = 그런 약정이 없다
only a party of the agreement may do this = 약정의 당사자만 할 수 있다
the agreement has a newer version = 더 새로운 판이 있다
there is no such proposal = 그런 제안이 없다
the proposal is closed = 끝난 제안이다
the time to answer is over = 답변 기한이 지났다
answers are due within 90 days = 답변 기한은 90일 안이어야 한다
a change has at most 64 parts = 변경 항목은 64개까지이다
that is another agreement's = 다른 약정의 채무이다
at most 24 accounts sign = 서명인은 24명까지이다
something is still owed: release it as well = 아직 남은 채무가 있으므로 함께 면제하여야 한다
an asset is still pledged: free it as well = 아직 잡힌 담보가 있으므로 함께 해제하여야 한다
PARTIES_MIN = 최소 당사자 수
PARTIES_MAX = 최대 당사자 수
AUDITORS_MAX = 최대 감사인 수
ITEMS_MAX = 한 번에 다룰 수 있는 최대 항목 수
SIGNERS_MAX = 최대 서명인 수
ANSWER_MAX = 가장 긴 답변 기간
LAPSE_GAS = 기간 경과의 확인에 배정된 연산량(가스)
"""
