"""A ballot box: listed voters, one vote each, secret until the count.

While a ballot is open, each voter casts a sealed vote: the hash of the vote and of a secret number.
When the box is closed, each voter reveals both. Then the box counts by itself and says what was
decided. A vote that its voter never reveals does not count.
"""

from dure.contract.language import (
    Address,
    Choice,
    Contract,
    Decimal,
    Event,
    Hash,
    Map,
    Record,
    Rounding,
    Time,
    Var,
    call,
    days,
    encode,
    minutes,
    only,
    require,
    scheduled,
    sha256,
    view,
)

VOTING_MIN = minutes(1)
VOTING_MAX = days(366)
SECRET_BYTES_MIN = 16
SECRET_BYTES_MAX = 64
COUNTING_GAS = 100_000


class Quorum(Decimal):
    """The share of the voters who have to take part; it is rounded up to whole voters."""

    places = 4
    rounding = Rounding.UP


class Majority(Decimal):
    """The share of yes and no votes that the yes votes have to exceed; 0.5 is more than half."""

    places = 4
    rounding = Rounding.DOWN


class Vote(Choice):
    """What a voter may say."""

    YES = "for the question"
    NO = "against the question"
    ABSTAIN = "takes part, for neither"


class BallotResult(Choice):
    """What a ballot decided."""

    PENDING = "not counted yet"
    ACCEPTED = "the yes votes exceed the majority that is asked for"
    REJECTED = "the yes votes do not exceed the majority that is asked for"
    NO_QUORUM = "too few voters took part"


class Tally(Record):
    """The votes that were revealed."""

    yes: int
    no: int
    abstained: int


class Ballot(Record):
    """One question that is put to the voters."""

    question: str
    opened: Time
    closes: Time
    counts: Time
    quorum: Quorum
    majority: Majority
    voters: int
    sealed: int
    tally: Tally
    result: BallotResult


class VoterListed(Event):
    """Somebody may vote in the ballots that are opened from now on."""

    voter: Address


class VoterStruck(Event):
    """Somebody may no longer cast votes."""

    voter: Address


class BallotOpened(Event):
    """A question was put to the voters."""

    ballot: int
    question: str
    closes: Time
    counts: Time
    voters: int


class VoteCast(Event):
    """A voter cast a sealed vote."""

    ballot: int
    voter: Address


class VoteRevealed(Event):
    """A voter revealed a vote."""

    ballot: int
    voter: Address
    vote: Vote


class BallotCounted(Event):
    """The box counted, and this is what was decided."""

    ballot: int
    result: BallotResult
    tally: Tally


class BallotBox(Contract):
    """A registrar lists the voters, a chair puts questions to them, and nobody sees votes early."""

    voters: Var[int]
    listed: Map[Address, Time]
    ballots_opened: Var[int]
    ballots: Map[int, Ballot]
    sealed_votes: Map[int, Map[Address, Hash]]
    revealed_votes: Map[int, Map[Address, Vote]]

    # The registrar

    @call
    @only(role="registrar")
    def list_voter(self, voter: Address) -> None:
        """Let somebody vote in the ballots that are opened from now on."""
        require(voter not in self.listed, "the voter is listed already")
        self.listed[voter] = self.now
        self.voters += 1
        self.emit(VoterListed(voter))

    @call
    @only(role="registrar")
    def strike_voter(self, voter: Address) -> None:
        """Take somebody off the list; votes already cast stay in the box."""
        require(voter in self.listed, "the voter is not listed")
        self.listed.remove(voter)
        self.voters -= 1
        self.emit(VoterStruck(voter))

    # The chair

    @call
    @only(role="chair")
    def open_ballot(
        self, question: str, closes: Time, counts: Time, quorum: Quorum, majority: Majority
    ) -> int:
        """Put a question to all who are listed now; return the number of the ballot.

        Votes are cast until it closes, and revealed from then until it counts.
        """
        require(0 < len(question) <= 1_000, "a question has 1 to 1,000 characters")
        require(self.voters > 0, "there are no voters")
        require(self.now + VOTING_MIN <= closes, "there is time to cast votes")
        require(closes + VOTING_MIN <= counts, "there is time to reveal the votes")
        require(counts <= self.now + VOTING_MAX, "a ballot is counted within a year")
        require(Quorum("0") <= quorum, "a quorum is not below zero")
        require(quorum <= Quorum("1"), "a quorum is at most all voters")
        require(Majority("0.5") <= majority, "a majority is at least half")
        require(majority < Majority("1"), "a majority is less than all votes")
        number = self.ballots_opened + 1
        self.ballots_opened = number
        self.ballots[number] = Ballot(
            question=question,
            opened=self.now,
            closes=closes,
            counts=counts,
            quorum=quorum,
            majority=majority,
            voters=self.voters,
            sealed=0,
            tally=Tally(0, 0, 0),
            result=BallotResult.PENDING,
        )
        self.schedule(counts, self.count, number, gas=COUNTING_GAS)
        self.emit(BallotOpened(number, question, closes, counts, self.voters))
        return number

    # The voter

    @call
    def cast(self, number: int, sealed: Hash) -> None:
        """Cast a sealed vote: what `seal` returns for the vote and a secret number."""
        ballot = self.ballots[number]
        require(self.sender in self.listed, "the caller is not a listed voter")
        require(self.listed[self.sender] <= ballot.opened, "the voter was listed too late")
        require(self.now < ballot.closes, "the box is closed")
        require(self.sender not in self.sealed_votes[number], "the voter has voted already")
        self.sealed_votes[number][self.sender] = sealed
        self.ballots[number] = ballot.replace(sealed=ballot.sealed + 1)
        self.emit(VoteCast(number, self.sender))

    @call
    def reveal(self, number: int, vote: Vote, secret: bytes) -> None:
        """Reveal the own vote, after the box is closed and before it counts."""
        ballot = self.ballots[number]
        require(self.now >= ballot.closes, "the box is not closed yet")
        require(self.now < ballot.counts, "the votes are counted")
        require(self.sender in self.sealed_votes[number], "the caller has not voted")
        require(self.sender not in self.revealed_votes[number], "the vote is revealed already")
        sealed = self.sealed_votes[number][self.sender]
        require(sealed == self.seal(number, self.sender, vote, secret), "that is another vote")
        self.revealed_votes[number][self.sender] = vote
        self.ballots[number] = ballot.replace(tally=self.add_to(ballot.tally, vote))
        self.emit(VoteRevealed(number, self.sender, vote))

    # What the contract does by itself

    @scheduled
    def count(self, number: int) -> None:
        """Count the revealed votes, and say what was decided."""
        ballot = self.ballots[number]
        tally = ballot.tally
        decided = tally.yes + tally.no
        if decided + tally.abstained < ballot.quorum.scale(ballot.voters):
            result = BallotResult.NO_QUORUM
        elif tally.yes > ballot.majority.scale(decided):
            result = BallotResult.ACCEPTED
        else:
            result = BallotResult.REJECTED
        self.ballots[number] = ballot.replace(result=result)
        self.emit(BallotCounted(number, result, tally))

    # What everybody may read

    @view
    def ballot(self, number: int) -> Ballot:
        """Return a ballot; they are numbered from 1."""
        return self.ballots[number]

    @view
    def is_voter(self, voter: Address) -> bool:
        """Say whether somebody may vote in the next ballot."""
        return voter in self.listed

    @view
    def seal(self, number: int, voter: Address, vote: Vote, secret: bytes) -> Hash:
        """Return the sealed vote: a hash that tells nothing while the secret number is kept.

        Work it out on a computer of your own: who asks somebody else's node tells it the vote.
        """
        is_long = SECRET_BYTES_MIN <= len(secret) <= SECRET_BYTES_MAX
        require(is_long, "a secret number has 16 to 64 bytes")
        return sha256(encode(self.address, number, voter, vote, secret))

    # Shared parts

    def add_to(self, tally: Tally, vote: Vote) -> Tally:
        if vote == Vote.YES:
            return tally.replace(yes=tally.yes + 1)
        if vote == Vote.NO:
            return tally.replace(no=tally.no + 1)
        return tally.replace(abstained=tally.abstained + 1)


"""en:
number = number of the ballot
voters = number of voters
listed = list of voters
opened = opening time
closes = closing time
counts = counting time
quorum = quorum (share of the voters)
majority = majority (share of yes and no)
sealed_votes = sealed votes
sealed = sealed vote
secret = secret number
VOTING_MIN = shortest time for casting, and for revealing
VOTING_MAX = latest count
SECRET_BYTES_MIN = fewest bytes of a secret number
SECRET_BYTES_MAX = most bytes of a secret number
COUNTING_GAS = computing work set aside for the count, in gas
"""

"""ko:
BallotBox = 투표함: 명부 관리자가 투표인 명부를 만들고 의장이 안건을 올리며, 개표 전에는 아무도
    표를 볼 수 없다.
registrar = 명부 관리자
chair = 의장
voter = 투표인
voters = 투표인 수
listed = 투표인 명부
Ballot = 투표
ballot = 투표: 투표 하나의 내용. 번호는 1부터이다.
question = 안건
opened = 개시 시각
closes = 마감 시각
counts = 개표 시각
quorum = 정족수(투표인 가운데 비율)
majority = 가결 비율(찬반 가운데 찬성)
vote = 표
Vote = 표: 투표인이 던질 수 있는 표를 뜻한다.
sealed = 봉인한 표
sealed_votes = 봉인한 표
revealed_votes = 공개한 표
secret = 비밀 번호
number = 투표 번호
result = 결과
tally = 집계
Tally = 집계
yes = 찬성
no = 반대
abstained = 기권
list_voter = 명부 등재: 앞으로 여는 투표에 참여할 사람을 명부에 올린다.
strike_voter = 명부 삭제: 명부에서 지운다. 이미 던진 표는 투표함에 남는다.
open_ballot = 투표 개시: 지금 명부에 있는 모든 사람에게 안건을 올리고 투표 번호를 받는다. 마감
    시각까지 표를 던지고, 그때부터 개표 시각까지 표를 공개한다.
cast = 투표하기: 봉인한 표를 던진다. 표와 비밀 번호로 만든 “표 봉인”의 값이다.
reveal = 표 공개: 마감한 뒤 개표하기 전에 자기 표를 공개한다.
count = 개표: 공개한 표를 세어 결과를 알린다.
is_voter = 투표인인지 보기: 다음 투표에 참여할 수 있는지.
seal = 표 봉인: 봉인한 표. 비밀 번호를 지키는 동안 아무것도 알려 주지 않는 해시이다. 남의 노드에
    물으면 표를 알려 주는 셈이므로 자기 컴퓨터에서 계산할 것.
VoterListed = 명부 등재: 앞으로 여는 투표에 참여할 수 있다.
VoterStruck = 명부 삭제: 더는 표를 던질 수 없다.
BallotOpened = 투표 개시: 투표인들에게 안건이 올라왔다.
VoteCast = 투표: 투표인이 봉인한 표를 던졌다.
VoteRevealed = 표 공개: 투표인이 표를 공개하였다.
BallotCounted = 개표: 투표함을 열어 결과가 정해졌다.
for the question = 찬성
against the question = 반대
takes part, for neither = 기권
BallotResult = 투표 결과: 투표로 무엇이 정해졌는지를 뜻한다.
not counted yet = 개표 전
the yes votes exceed the majority that is asked for = 가결
the yes votes do not exceed the majority that is asked for = 부결
too few voters took part = 정족수 미달
the voter is listed already = 이미 명부에 있는 투표인이다
the voter is not listed = 명부에 없는 투표인이다
a question has 1 to 1,000 characters = 안건은 1자에서 1,000자까지이다
there are no voters = 투표인이 없다
there is time to cast votes = 표를 던질 시간이 있어야 한다
there is time to reveal the votes = 표를 공개할 시간이 있어야 한다
a ballot is counted within a year = 개표는 1년 안이어야 한다
a quorum is not below zero = 정족수는 0 이상이어야 한다
a quorum is at most all voters = 정족수는 투표인 전부를 넘을 수 없다
a majority is at least half = 가결 비율은 절반 이상이어야 한다
a majority is less than all votes = 가결 비율은 1보다 작아야 한다
the caller is not a listed voter = 명부에 있는 투표인이 아니다
the voter was listed too late = 투표를 연 뒤에 명부에 오른 투표인이다
the box is closed = 투표가 마감되었다
the voter has voted already = 이미 투표하였다
the box is not closed yet = 아직 투표 중이다
the votes are counted = 이미 개표하였다
the caller has not voted = 투표하지 않은 사람이다
the vote is revealed already = 이미 공개한 표이다
that is another vote = 던진 표와 다르다
a secret number has 16 to 64 bytes = 비밀 번호는 16바이트에서 64바이트까지이다
VOTING_MIN = 투표와 공개의 가장 짧은 기간
VOTING_MAX = 개표까지 가장 긴 기간
SECRET_BYTES_MIN = 비밀 번호의 최소 바이트 수
SECRET_BYTES_MAX = 비밀 번호의 최대 바이트 수
COUNTING_GAS = 개표에 배정된 연산량(가스)
"""
