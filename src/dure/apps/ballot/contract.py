"""Elections and polls whose ballots stay sealed, and whose count everybody can do again.

Ballots are encrypted to trustees, of whom a majority has to work together to open the sum of all
ballots. The chain keeps who may vote, when, each ballot, and what trustees and organiser gave; the
proofs are recomputed outside of the chain by whoever wants to. The rules R1 to R17 are in
README.md.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
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
    invariant,
    minutes,
    only,
    require,
    scheduled,
    sha256,
    view,
)
from dure.contract.library.joint_keys import JointKeys
from dure.contract.library.payouts import Money
from dure.contract.library.voter_lists import VoterLists

QUESTIONS_MAX = 8
OPTIONS_MAX = 16
RANKS_MAX = 4
CELLS_MAX = 64
BALLOT_BYTES_MAX = 24_576
STEP_MIN = minutes(1)
ELECTION_MAX = days(366)
STEP_GAS = 400_000


class Kind(Choice):
    """How a question is answered."""

    SINGLE = "one option"
    MULTIPLE = "several options"
    RANKED = "options in order of preference"


class Phase(Choice):
    """How far an election is."""

    KEYS = "the trustees make the key together"
    VOTING = "takes ballots"
    COUNTING = "waits for the parts of the trustees and for the result"
    DECLARED = "has a result, to which observers may object"
    STOPPED = "came to no result"
    REJECTED = "the observers rejected the result"
    FINAL = "has a final result"


class BallotStanding(Choice):
    """What became of a ballot."""

    UNKNOWN = "is not in the box"
    REPLACED = "a later ballot of the same voter stands in its place"
    STANDS = "is the last one of its voter"


class Question(Record):
    """A question; from `least` to `most` options are marked, or put in order."""

    kind: Kind
    text: str
    options: list[str]
    least: int
    most: int


class Plan(Record):
    """What is fixed before anybody votes.

    `lot_below` is empty where all who are listed may vote. In a poll it is four hexadecimal digits:
    whoever draws a lower number by lot is asked.
    """

    title: str
    questions: list[Question]
    voters_root: Hash
    voters: int
    lot_below: str
    threshold: int
    deposit: Amount[Money]
    keys_by: Time
    closes: Time
    results_by: Time
    ends: Time
    forfeits_to: Address


class Election(Record):
    """Where an election stands; the transcript is a digest of all that was cast, in order."""

    organiser: Address
    phase: Phase
    cells: int
    turnout: int
    ballots: int
    transcript: Hash
    key: bytes


class CastBallot(Record):
    """A voter's last ballot; `place` counts all ballots of the election from 1."""

    digest: Hash
    cast: Time
    place: int


class ElectionAnnounced(Event):
    """An election will take place."""

    number: int
    organiser: Address
    title: str
    closes: Time
    plan: Plan
    trustees: list[Address]
    observers: list[Address]


class VotingOpened(Event):
    """The box is open."""

    number: int
    key: bytes
    seed: Hash


class BallotCast(Event):
    """A ballot is in the box; the last one of each voter counts."""

    number: int
    voter: Address
    digest: Hash
    ballot: bytes
    turnout: int


class VotingClosed(Event):
    """The box is closed; the digest stands for all ballots in their order."""

    number: int
    turnout: int
    ballots: int
    transcript: Hash


class ResultDeclared(Event):
    """The organiser declares what came of the count, and whose parts opened it."""

    number: int
    counts: list[int]
    counted: int
    used: list[Address]


class ElectionEnded(Event):
    """An election is over; deposits are settled."""

    number: int
    phase: Phase


class Elections(JointKeys, VoterLists):
    """Keeps elections, their sealed ballots, and the deposits of those who run them."""

    elections_announced: Var[int]
    plans: Map[int, Plan]
    elections: Map[int, Election]
    last_ballots: Map[int, Map[Address, CastBallot]]
    box: Map[int, Map[Hash, Address]]
    results: Map[int, list[int]]

    @init
    def begin(self, money: Asset[Money]) -> None:
        """Begin with the money of the deposits."""
        self.money = money

    # The organiser

    @call(pays="money")
    @only(role="organiser")
    def announce(self, plan: Plan, trustees: list[Address], observers: list[Address]) -> int:
        """Announce an election, with the organiser's own deposit; return its number."""
        cells = self.check_plan(plan)
        require(self.paid == plan.deposit, "the payment is not the deposit")
        self.money_held += self.paid
        number = self.elections_announced + 1
        self.elections_announced = number
        self.fix_list(number, plan.voters_root, plan.voters, plan.lot_below)
        transcript = sha256(encode(self.address, number, plan, trustees, observers))
        heir = plan.forfeits_to
        joint = self.new_key(plan.threshold, plan.deposit, heir, cells, transcript)
        self.found_key(number, joint, trustees, observers)
        self.plans[number] = plan
        self.elections[number] = Election(self.sender, Phase.KEYS, cells, 0, 0, transcript, b"")
        self.schedule(plan.keys_by, self.check_keys, number, gas=STEP_GAS)
        self.schedule(plan.closes, self.close_voting, number, gas=STEP_GAS)
        self.schedule(plan.results_by, self.close_counting, number, gas=STEP_GAS)
        self.schedule(plan.ends, self.finish, number, gas=STEP_GAS)
        self.emit(
            ElectionAnnounced(
                number, self.sender, plan.title, plan.closes, plan, trustees, observers
            )
        )
        return number

    @call
    def open_voting(self, number: int, key: bytes) -> None:
        """Open the box with the key that the trustees made together."""
        election = self.find(number, Phase.KEYS)
        require(self.sender == election.organiser, "only the organiser may do that")
        seed = self.hold_key(number, key)
        self.draw_lots(number, seed)
        self.elections[number] = election.replace(phase=Phase.VOTING, key=key, transcript=seed)
        self.emit(VotingOpened(number, key, seed))

    @call
    def declare(self, number: int, counts: list[int], counted: int, used: list[Address]) -> None:
        """Declare the result, cell by cell, and whose parts opened it."""
        election = self.find(number, Phase.COUNTING)
        require(self.sender == election.organiser, "only the organiser may do that")
        require(len(counts) == election.cells, "a result has a number for each cell")
        require(0 <= counted <= election.turnout, "no more ballots count than voters took part")
        for count in counts:
            require(0 <= count <= counted, "a cell has no more marks than ballots count")
        self.check_used(number, used)
        self.results[number] = counts
        self.elections[number] = election.replace(phase=Phase.DECLARED)
        self.emit(ResultDeclared(number, counts, counted, used))

    # The voters

    @call
    def cast(self, number: int, ballot: bytes, place: int, siblings: list[Hash]) -> Hash:
        """Cast a sealed ballot, with the way to the own place on the list; return its digest.

        Whoever casts again replaces the earlier ballot.
        """
        election = self.find(number, Phase.VOTING)
        self.check_voter(number, place, siblings)
        require(0 < len(ballot) <= BALLOT_BYTES_MAX, "a ballot has 1 to 24,576 bytes")
        digest = sha256(encode(self.address, number, self.sender, ballot))
        require(digest not in self.box[number], "the same ballot is in the box")
        ballots = election.ballots + 1
        is_first = self.sender not in self.last_ballots[number]
        turnout = election.turnout + 1 if is_first else election.turnout
        self.box[number][digest] = self.sender
        self.last_ballots[number][self.sender] = CastBallot(digest, self.now, ballots)
        transcript = sha256(encode(election.transcript, self.sender, digest))
        self.elections[number] = election.replace(
            turnout=turnout, ballots=ballots, transcript=transcript
        )
        self.emit(BallotCast(number, self.sender, digest, ballot, turnout))
        return digest

    # What the contract does by itself

    @scheduled
    def check_keys(self, number: int) -> None:
        """Stop an election whose box is not open in time, and name who was missing."""
        election = self.elections[number]
        if election.phase == Phase.KEYS:
            self.close_key(number)
            self.elections[number] = election.replace(phase=Phase.STOPPED)

    @scheduled
    def close_voting(self, number: int) -> None:
        """Close the box, and let the trustees open the sum."""
        election = self.elections[number]
        if election.phase == Phase.VOTING:
            self.begin_opening(number)
            self.elections[number] = election.replace(phase=Phase.COUNTING)
            turnout = election.turnout
            self.emit(VotingClosed(number, turnout, election.ballots, election.transcript))

    @scheduled
    def close_counting(self, number: int) -> None:
        """Name the trustees who gave no part, and stop an election that has no result."""
        election = self.elections[number]
        if election.phase in [Phase.COUNTING, Phase.DECLARED]:
            self.close_key(number)
        if election.phase == Phase.COUNTING:
            self.elections[number] = election.replace(phase=Phase.STOPPED)

    @scheduled
    def finish(self, number: int) -> None:
        """End an election: deposits go back, those that are forfeit go where the plan says."""
        election = self.elections[number]
        phase = election.phase
        if phase == Phase.DECLARED:
            is_struck = self.has_forfeited(number, election.organiser)
            phase = Phase.REJECTED if is_struck else Phase.FINAL
        self.elections[number] = election.replace(phase=phase)
        self.settle_deposits(number)
        self.emit(ElectionEnded(number, phase))

    # What everybody may read

    @view
    def election(self, number: int) -> Election:
        """Return where an election stands; they are numbered from 1."""
        return self.elections[number]

    @view
    def plan(self, number: int) -> Plan:
        """Return what was fixed beforehand."""
        return self.plans[number]

    @view
    def last_ballot(self, number: int, voter: Address) -> CastBallot:
        """Return the ballot of a voter that stands."""
        return self.last_ballots[number][voter]

    @view
    def standing(self, number: int, digest: Hash) -> BallotStanding:
        """Say what became of a ballot, by the digest on its receipt."""
        if digest not in self.box[number]:
            return BallotStanding.UNKNOWN
        voter = self.box[number][digest]
        is_last = self.last_ballots[number][voter].digest == digest
        return BallotStanding.STANDS if is_last else BallotStanding.REPLACED

    @view
    def result(self, number: int) -> list[int]:
        """Return the declared result, cell by cell."""
        return self.results[number]

    @invariant
    def all_money_is_there(self) -> bool:
        """The contract holds all deposits and what it owes."""
        return self.balance_of(self.money) >= self.money_held

    # Shared parts

    def check_plan(self, plan: Plan) -> int:
        require(0 < len(plan.title) <= 200, "a title has 1 to 200 characters")
        require(0 < len(plan.questions) <= QUESTIONS_MAX, "an election has 1 to 8 questions")
        cells = 0
        for question in plan.questions:
            cells += self.check_question(question)
        require(cells <= CELLS_MAX, "an election has at most 64 cells")
        moments: list[Time] = [plan.keys_by, plan.closes, plan.results_by, plan.ends]
        earlier = self.now
        for moment in moments:
            require(earlier + STEP_MIN <= moment, "each step has a minute at least")
            earlier = moment
        require(plan.ends <= self.now + ELECTION_MAX, "an election ends within a year")
        return cells

    def check_question(self, question: Question) -> int:
        require(0 < len(question.text) <= 1_000, "a question has 1 to 1,000 characters")
        options = len(question.options)
        require(2 <= options <= OPTIONS_MAX, "a question has 2 to 16 options")
        for option in question.options:
            require(0 < len(option) <= 100, "an option has 1 to 100 characters")
        least = question.least
        most = question.most
        require(0 <= least <= most <= options, "the marks do not fit the question")
        if question.kind == Kind.SINGLE:
            require(least == 1 and most == 1, "the marks do not fit the question")
        if question.kind == Kind.RANKED:
            require(least >= 1 and most <= RANKS_MAX, "the marks do not fit the question")
            return options * most
        return options

    def find(self, number: int, phase: Phase) -> Election:
        require(number in self.elections, "there is no such election")
        election = self.elections[number]
        require(election.phase == phase, "the election is in another phase")
        return election


"""ko:
Elections = 선거: 선거와 봉인한 표, 그리고 선거를 치르는 이들의 보증금을 둔다.
organiser = 주관자
Kind = 문항 종류: 문항에 어떻게 답하는지를 뜻한다.
kind = 문항 종류
one option = 하나 고르기
several options = 여럿 고르기
options in order of preference = 좋아하는 차례로 적기
Phase = 단계: 선거가 어디까지 왔는지를 뜻한다.
phase = 단계
the trustees make the key together = 수탁자들이 열쇠를 만드는 중
takes ballots = 투표 중
waits for the parts of the trustees and for the result = 수탁자의 몫과 결과를 기다리는 중
has a result, to which observers may object = 결과 발표, 이의 기간
came to no result = 결과 없이 끝남
the observers rejected the result = 참관인이 결과를 물리침
has a final result = 결과 확정
BallotStanding = 표의 상태: 표가 어떻게 되었는지를 뜻한다.
is not in the box = 투표함에 없음
a later ballot of the same voter stands in its place = 같은 투표인의 나중 표로 바뀜
is the last one of its voter = 그 투표인의 마지막 표
Question = 문항: 최소에서 최대까지의 선택지를 고르거나 차례로 적는다.
question = 문항
questions = 문항 목록
text = 문항 내용
option = 선택지
options = 선택지
least = 최소 개수
most = 최대 개수
Plan = 선거 계획: 추첨 기준이 비어 있으면 명부의 모두가 투표하고, 아니면 뽑힌 사람이 투표한다.
plan = 선거 계획: 투표 전에 정한 것을 보인다.
heir = 몰수금을 받을 사람
plans = 선거 계획
title = 제목
voters_root = 명부의 머클 뿌리
voters = 명부의 인원
keys_by = 열쇠 기한
closes = 투표 마감
results_by = 결과 기한
ends = 이의 기한
Election = 선거: 선거가 어디까지 왔는지. 기록의 다이제스트는 던져진 모든 표를 차례로 담는다.
election = 선거: 선거 하나가 어디까지 왔는지. 번호는 1부터이다.
elections = 선거
elections_announced = 지금까지의 선거 수
cells = 칸 수
turnout = 투표한 사람 수
ballots = 던져진 표의 수
CastBallot = 던진 표: 투표인의 마지막 표. 차례는 선거의 모든 표를 1부터 센다.
last_ballots = 투표인의 마지막 표
box = 투표함
results = 결과
digest = 표의 다이제스트
cast = 투표하기: 봉인한 표를 던지고 그 다이제스트를 받는다. 다시 던지면 앞의 표가 바뀐다.
place = 차례
ballot = 봉인한 표
counts = 칸마다의 수
counted = 셈에 든 표의 수
begin = 시작: 보증금의 통화를 정한다.
announce = 선거 공고: 주관자가 보증금을 내고 선거를 공고하고 그 번호를 받는다.
open_voting = 투표 시작: 수탁자들이 함께 만든 열쇠로 투표함을 연다.
declare = 결과 발표: 칸마다의 결과와 누구의 몫으로 열었는지를 발표한다.
check_keys = 열쇠 확인: 제때 열리지 않은 선거를 멈추고 빠진 이를 알린다.
close_voting = 투표 마감: 투표함을 닫고 수탁자들이 합을 열게 한다.
close_counting = 개표 마감: 몫을 내지 않은 수탁자를 알리고, 결과가 없는 선거를 멈춘다.
finish = 끝: 선거를 끝낸다. 보증금을 돌려주고 몰수된 것은 계획에 적힌 곳으로 보낸다.
last_ballot = 마지막 표 보기: 투표인의 서 있는 표.
standing = 표의 상태 보기: 영수증의 다이제스트로 표가 어떻게 되었는지 보인다.
result = 결과: 발표된 결과를 칸마다 보인다.
all_money_is_there = 모든 돈이 있음: 모든 보증금과 내주어야 할 돈이 계약에 있다.
is_first = 첫 표인지
is_last = 마지막인지
is_struck = 제외되었는지
moments = 정한 때
moment = 정한 때
earlier = 앞의 때
check_plan = 계획의 칸 수
check_question = 문항의 칸 수
find = 그 단계의 선거
ElectionAnnounced = 선거 공고: 선거가 치러진다.
VotingOpened = 투표 시작: 투표함이 열렸다.
BallotCast = 투표: 표가 투표함에 들어왔다. 투표인의 마지막 표가 셈에 든다.
VotingClosed = 투표 마감: 투표함이 닫혔다. 다이제스트는 모든 표를 차례로 담는다.
ResultDeclared = 결과 발표: 주관자가 개표 결과와 누구의 몫으로 열었는지를 발표하였다.
ElectionEnded = 선거 끝: 선거가 끝나고 보증금이 정산되었다.
only the organiser may do that = 주관자만 할 수 있다
a result has a number for each cell = 결과에는 칸마다 수가 하나씩 있다
no more ballots count than voters took part = 셈에 든 표가 투표한 사람보다 많다
a cell has no more marks than ballots count = 칸의 수가 셈에 든 표보다 많다
a ballot has 1 to 24,576 bytes = 표는 1바이트에서 24,576바이트까지이다
the same ballot is in the box = 같은 표가 이미 투표함에 있다
a title has 1 to 200 characters = 제목은 1자에서 200자까지이다
an election has 1 to 8 questions = 문항은 1개에서 8개까지이다
an election has at most 64 cells = 칸은 64개까지이다
each step has a minute at least = 단계마다 1분 이상이어야 한다
an election ends within a year = 선거는 1년 안에 끝나야 한다
a question has 1 to 1,000 characters = 문항은 1자에서 1,000자까지이다
a question has 2 to 16 options = 선택지는 2개에서 16개까지이다
an option has 1 to 100 characters = 선택지는 1자에서 100자까지이다
the marks do not fit the question = 고를 개수가 문항과 맞지 않는다
there is no such election = 없는 선거이다
the election is in another phase = 선거가 다른 단계에 있다
QUESTIONS_MAX = 최대 문항 수
OPTIONS_MAX = 문항의 최대 선택지 수
RANKS_MAX = 최대 순위
CELLS_MAX = 선거의 최대 칸 수
BALLOT_BYTES_MAX = 표의 최대 바이트 수
STEP_MIN = 가장 짧은 단계
ELECTION_MAX = 가장 긴 선거
STEP_GAS = 단계마다 배정된 연산량(가스)
"""
