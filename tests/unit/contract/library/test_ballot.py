"""Listed voters vote once and in secret, and the box counts by itself."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.contract.language import Duration, Time, days, hours
from dure.contract.library.ballot import (
    BallotBox,
    BallotCounted,
    BallotResult,
    Majority,
    Quorum,
    Tally,
    Vote,
    VoteRevealed,
    VoterStruck,
)
from dure.core.codec import encode
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

SECRET = b"a secret number!"
ONE_MS = Duration(1)


class Scene:
    """A registrar, a chair, and a box; voters are listed as a test needs them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.registrar, self.chair, self.stranger = world.people("registrar", "chair", "stranger")
        self.box: Deployed = world.deploy(
            BallotBox,
            by=self.chair,
            roles={"registrar": self.registrar, "chair": self.chair},
        )
        self.voters: list[Person] = []

    def list_voters(self, count: int) -> list[Person]:
        begin = len(self.voters)
        for number in range(begin, begin + count):
            voter = self.world.person(f"voter {number}")
            self.box.list_voter(by=self.registrar, voter=voter)
            self.voters.append(voter)
        return self.voters[begin:]

    def open(
        self,
        quorum: str = "0.5",
        majority: str = "0.5",
        question: str = "Shall the mill be rebuilt?",
    ) -> int:
        self.closes: Time = self.world.now + days(7)
        self.counts: Time = self.closes + days(1)
        number = self.box.open_ballot(
            by=self.chair,
            question=question,
            closes=self.closes,
            counts=self.counts,
            quorum=Quorum(quorum),
            majority=Majority(majority),
        )
        assert isinstance(number, int)
        return number

    def seal(self, voter: Person, vote: Vote, number: int = 1, secret: bytes = SECRET) -> Hash:
        """What a voter works out at home."""
        values = (self.box.address, number, voter.address, vote.name, secret)
        return Hash(hashlib.sha256(encode(values)).digest())

    def cast(self, voter: Person, vote: Vote, number: int = 1) -> None:
        self.box.cast(by=voter, number=number, sealed=self.seal(voter, vote, number))

    def reveal(self, voter: Person, vote: Vote, number: int = 1, secret: bytes = SECRET) -> None:
        self.box.reveal(by=voter, number=number, vote=vote, secret=secret)

    def hold(self, *votes: Vote) -> BallotResult:
        """Have the first voters vote so, and return what the box says."""
        for voter, vote in zip(self.voters, votes, strict=False):
            self.cast(voter, vote)
        self.world.wait_until(self.closes)
        for voter, vote in zip(self.voters, votes, strict=False):
            self.reveal(voter, vote)
        self.world.wait_until(self.counts)
        result = self.box.ballot(1).result
        assert isinstance(result, BallotResult)
        return result


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


# Listing voters


def test_only_the_registrar_lists_and_strikes(scene: Scene) -> None:
    (voter,) = scene.list_voters(1)
    with scene.world.refused("not_permitted"):
        scene.box.list_voter(by=scene.chair, voter=scene.stranger)
    with scene.world.refused("not_permitted"):
        scene.box.strike_voter(by=voter, voter=voter)
    scene.box.strike_voter(by=scene.registrar, voter=voter)
    assert not scene.box.is_voter(voter)
    assert scene.world.events(VoterStruck) == [VoterStruck(voter.address)]


def test_a_voter_is_listed_once(scene: Scene) -> None:
    (voter,) = scene.list_voters(1)
    with scene.world.refused("the voter is listed already"):
        scene.box.list_voter(by=scene.registrar, voter=voter)
    with scene.world.refused("the voter is not listed"):
        scene.box.strike_voter(by=scene.registrar, voter=scene.stranger)


# Opening a ballot


def test_only_the_chair_opens_a_ballot(scene: Scene) -> None:
    scene.list_voters(1)
    with scene.world.refused("not_permitted"):
        scene.box.open_ballot(
            by=scene.registrar,
            question="Who?",
            closes=scene.world.now + days(1),
            counts=scene.world.now + days(2),
            quorum=Quorum("0"),
            majority=Majority("0.5"),
        )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"question": ""}, "a question has 1 to 1,000 characters"),
        ({"question": "q" * 1_001}, "a question has 1 to 1,000 characters"),
        ({"closes": hours(0)}, "there is time to cast votes"),
        ({"counts": hours(1)}, "there is time to reveal the votes"),
        ({"counts": days(367)}, "a ballot is counted within a year"),
        ({"quorum": Quorum("-0.1")}, "a quorum is not below zero"),
        ({"quorum": Quorum("1.0001")}, "a quorum is at most all voters"),
        ({"majority": Majority("0.4999")}, "a majority is at least half"),
        ({"majority": Majority("1")}, "a majority is less than all votes"),
    ],
)
def test_a_ballot_makes_sense(scene: Scene, change: dict[str, object], reason: str) -> None:
    scene.list_voters(1)
    terms: dict[str, object] = {
        "question": "Shall it?",
        "closes": hours(1),
        "counts": hours(2),
        "quorum": Quorum("0.5"),
        "majority": Majority("0.5"),
        **change,
    }
    for name in ("closes", "counts"):
        wait = terms[name]
        assert isinstance(wait, Duration)
        terms[name] = scene.world.now + wait
    with scene.world.refused(reason):
        scene.box.open_ballot(by=scene.chair, **terms)


def test_there_is_no_ballot_without_voters(scene: Scene) -> None:
    with scene.world.refused("there are no voters"):
        scene.open()


# Casting


def test_only_who_was_listed_before_votes(scene: Scene) -> None:
    scene.list_voters(1)
    scene.open()
    (late,) = scene.list_voters(1)
    with scene.world.refused("the voter was listed too late"):
        scene.cast(late, Vote.YES)
    with scene.world.refused("the caller is not a listed voter"):
        scene.cast(scene.stranger, Vote.YES)


def test_nobody_votes_twice(scene: Scene) -> None:
    (voter,) = scene.list_voters(1)
    scene.open()
    scene.cast(voter, Vote.YES)
    with scene.world.refused("the voter has voted already"):
        scene.cast(voter, Vote.NO)
    scene.box.strike_voter(by=scene.registrar, voter=voter)
    scene.box.list_voter(by=scene.registrar, voter=voter)
    with scene.world.refused("the voter was listed too late"):
        scene.cast(voter, Vote.NO)


def test_nobody_votes_after_the_close(scene: Scene) -> None:
    (voter,) = scene.list_voters(1)
    scene.open()
    scene.world.wait_until(scene.closes - ONE_MS)
    with scene.world.refused("the box is closed"):
        scene.cast(voter, Vote.YES)


def test_who_was_struck_casts_nothing_but_reveals_what_is_in_the_box(scene: Scene) -> None:
    early, late = scene.list_voters(2)
    scene.open()
    scene.cast(early, Vote.YES)
    for voter in (early, late):
        scene.box.strike_voter(by=scene.registrar, voter=voter)
    with scene.world.refused("the caller is not a listed voter"):
        scene.cast(late, Vote.YES)
    scene.world.wait_until(scene.closes)
    scene.reveal(early, Vote.YES)
    assert scene.box.ballot(1).tally == Tally(1, 0, 0)


# Secrecy


def test_the_contract_seals_as_a_voter_does_at_home(scene: Scene) -> None:
    (voter,) = scene.list_voters(1)
    for vote in Vote:
        assert scene.box.seal(1, voter, vote, SECRET) == scene.seal(voter, vote)


def test_nothing_is_revealed_before_the_close(scene: Scene) -> None:
    (voter,) = scene.list_voters(1)
    scene.open()
    scene.cast(voter, Vote.YES)
    with scene.world.refused("the box is not closed yet"):
        scene.reveal(voter, Vote.YES)
    assert scene.box.ballot(1).tally == Tally(0, 0, 0)


def test_a_vote_cannot_be_changed_or_copied(scene: Scene) -> None:
    voter, copier, absent = scene.list_voters(3)
    scene.open()
    scene.cast(voter, Vote.YES)
    scene.box.cast(by=copier, number=1, sealed=scene.seal(voter, Vote.YES))
    scene.world.wait_until(scene.closes)
    with scene.world.refused("that is another vote"):
        scene.reveal(voter, Vote.NO)
    with scene.world.refused("that is another vote"):
        scene.reveal(voter, Vote.YES, secret=b"another secret number")
    with scene.world.refused("that is another vote"):
        scene.reveal(copier, Vote.YES)
    with scene.world.refused("the caller has not voted"):
        scene.reveal(absent, Vote.YES)
    scene.reveal(voter, Vote.YES)
    with scene.world.refused("the vote is revealed already"):
        scene.reveal(voter, Vote.YES)
    assert scene.world.events(VoteRevealed) == [VoteRevealed(1, voter.address, Vote.YES)]


def test_a_vote_of_another_ballot_does_not_count_here(scene: Scene) -> None:
    (voter,) = scene.list_voters(1)
    scene.open()
    scene.open()
    scene.box.cast(by=voter, number=2, sealed=scene.seal(voter, Vote.YES, number=1))
    scene.world.wait_until(scene.closes)
    with scene.world.refused("that is another vote"):
        scene.reveal(voter, Vote.YES, number=2)


@pytest.mark.parametrize("secret", [b"", b"s" * 15, b"s" * 65])
def test_a_secret_number_is_long_enough(scene: Scene, secret: bytes) -> None:
    (voter,) = scene.list_voters(1)
    scene.open()
    scene.box.cast(by=voter, number=1, sealed=scene.seal(voter, Vote.YES, secret=secret))
    scene.world.wait_until(scene.closes)
    with scene.world.refused("a secret number has 16 to 64 bytes"):
        scene.reveal(voter, Vote.YES, secret=secret)


# Counting


def test_the_longest_question_in_any_letters_is_counted(scene: Scene) -> None:
    scene.list_voters(1)
    scene.open(question="\N{OLD PERSIAN SIGN A}" * 1_000)
    assert scene.hold(Vote.YES) == BallotResult.ACCEPTED


def test_the_box_counts_by_itself(scene: Scene) -> None:
    scene.list_voters(3)
    scene.open()
    assert scene.hold(Vote.YES, Vote.NO, Vote.YES) == BallotResult.ACCEPTED
    told = BallotCounted(1, BallotResult.ACCEPTED, Tally(2, 1, 0))
    assert scene.world.events(BallotCounted) == [told]


def test_nothing_is_decided_before_the_count(scene: Scene) -> None:
    scene.list_voters(1)
    scene.open()
    scene.cast(scene.voters[0], Vote.YES)
    scene.world.wait_until(scene.closes)
    scene.reveal(scene.voters[0], Vote.YES)
    scene.world.wait_until(scene.counts - Duration(2))
    assert scene.box.ballot(1).result == BallotResult.PENDING
    with scene.world.refused("not_permitted"):
        scene.box.count(by=scene.chair, number=1)


def test_nothing_is_revealed_or_counted_after_the_count(scene: Scene) -> None:
    scene.list_voters(2)
    scene.open()
    for voter in scene.voters:
        scene.cast(voter, Vote.YES)
    scene.world.wait_until(scene.closes)
    scene.reveal(scene.voters[0], Vote.YES)
    scene.world.wait_until(scene.counts)
    with scene.world.refused("the votes are counted"):
        scene.reveal(scene.voters[1], Vote.YES)


def test_a_tie_is_no_majority(scene: Scene) -> None:
    scene.list_voters(4)
    scene.open()
    assert scene.hold(Vote.YES, Vote.NO, Vote.YES, Vote.NO) == BallotResult.REJECTED


def test_abstentions_count_for_the_quorum_only(scene: Scene) -> None:
    scene.list_voters(4)
    scene.open(quorum="1")
    result = scene.hold(Vote.YES, Vote.ABSTAIN, Vote.ABSTAIN, Vote.ABSTAIN)
    assert result == BallotResult.ACCEPTED
    assert scene.box.ballot(1).tally == Tally(1, 0, 3)


def test_votes_that_were_not_revealed_do_not_count(scene: Scene) -> None:
    scene.list_voters(2)
    scene.open(quorum="1")
    for voter in scene.voters:
        scene.cast(voter, Vote.YES)
    scene.world.wait_until(scene.closes)
    scene.reveal(scene.voters[0], Vote.YES)
    scene.world.wait_until(scene.counts)
    assert scene.box.ballot(1).sealed == 2
    assert scene.box.ballot(1).result == BallotResult.NO_QUORUM


def test_voters_of_later_days_do_not_raise_the_quorum(scene: Scene) -> None:
    scene.list_voters(2)
    scene.open(quorum="1")
    scene.list_voters(5)
    assert scene.hold(Vote.YES, Vote.YES) == BallotResult.ACCEPTED


@settings(max_examples=25, deadline=None)
@given(
    votes=st.lists(st.sampled_from(Vote), max_size=6),
    absent=st.integers(0, 3),
    quorum=st.integers(0, 10_000),
    majority=st.integers(5_000, 9_999),
)
def test_the_result_is_exact(votes: list[Vote], absent: int, quorum: int, majority: int) -> None:
    scene = Scene(World())
    scene.list_voters(len(votes) + absent + (not votes and not absent))
    scene.open(quorum=str(Quorum.from_units(quorum)), majority=str(Majority.from_units(majority)))
    result = scene.hold(*votes)
    yes, no = votes.count(Vote.YES), votes.count(Vote.NO)
    if len(votes) * 10_000 < quorum * len(scene.voters):
        assert result == BallotResult.NO_QUORUM
    elif yes * 10_000 > majority * (yes + no):
        assert result == BallotResult.ACCEPTED
    else:
        assert result == BallotResult.REJECTED
