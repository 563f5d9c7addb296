"""In whatever order people vote, the tally is that of a list of last marks, and nobody else's."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.apps.ballot.contract import BallotStanding, Phase
from dure.apps.ballot.tests.scene import open_scene
from dure.testing import Refused, World

VOTERS = st.sampled_from(["ann", "bob", "cho", "stranger"])
OPTION = st.integers(0, 1)


class Votes(RuleBasedStateMachine):
    """Ballots, spoiled ones and copies by anybody, then a count by two of three trustees."""

    @initialize()
    def begin(self) -> None:
        self.scene = open_scene(World())
        self.marks: dict[str, int | None] = {}
        self.receipts: dict[bytes, str] = {}
        self.last: dict[str, bytes] = {}
        self.sent = 0

    def put(self, who: str, ballot: bytes, mark: int | None) -> None:
        voter, hall = getattr(self.scene, who), self.scene.hall
        place = hall.voters.index(voter) if voter in hall.voters else 0
        try:
            digest = hall.put(voter, ballot, place)
        except Refused:
            assert who == "stranger" or ballot in self.ballots(voter.address)
            return
        assert who != "stranger"
        self.sent += 1
        self.marks[who] = mark
        self.receipts[digest] = who
        self.last[who] = digest

    def ballots(self, voter: bytes) -> list[bytes]:
        return [each.ballot for each in self.scene.hall.record().ballots if each.voter == voter]

    @rule(who=VOTERS, option=OPTION, word=st.sampled_from("ab"))
    def vote(self, who: str, option: int, word: str) -> None:
        voter = getattr(self.scene, who)
        seed = f"{who}{option}{word}".encode()
        ballot = self.scene.hall.booth.seal(voter.address, [[option]], seed)
        self.put(who, ballot, option)

    @rule(who=VOTERS, cells=st.sampled_from([(1, 1), (0, 0), (2, 0)]))
    def spoil(self, who: str, cells: tuple[int, int]) -> None:
        voter = getattr(self.scene, who)
        seed = f"{who}{cells}".encode()
        self.put(who, self.scene.hall.booth.seal_cells(voter.address, [cells], seed), None)

    @rule(who=VOTERS)
    def copy(self, who: str) -> None:
        voter = getattr(self.scene, who).address
        cast = self.scene.hall.record().ballots
        others = [each.ballot for each in cast if each.voter != voter]
        own = self.ballots(voter)
        fresh = [each for each in others if each not in own]
        if fresh:
            self.put(who, fresh[-1], None)

    @invariant()
    def turnout_and_receipts_are_those_of_the_model(self) -> None:
        scene = self.scene
        election = scene.box.election(scene.number)
        assert (election.turnout, election.ballots) == (len(self.marks), self.sent)
        for digest, who in self.receipts.items():
            stands = self.last[who] == digest
            expected = BallotStanding.STANDS if stands else BallotStanding.REPLACED
            assert scene.box.standing(scene.number, digest) is expected

    def teardown(self) -> None:
        """Count: each voter's last marks, once."""
        scene = self.scene
        counted = scene.open(1, 3)
        marks = [each for each in self.marks.values() if each is not None]
        assert counted.counts == (marks.count(0), marks.count(1))
        assert counted.counted == len(marks)
        assert len(counted.refused) == len(self.marks) - len(marks)
        scene.hall.declare(counted)
        assert scene.hall.end().phase is Phase.FINAL
        assert scene.hall.count().agrees
        assert scene.world.conserved()


Votes.TestCase.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
TestVotes = Votes.TestCase
