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
