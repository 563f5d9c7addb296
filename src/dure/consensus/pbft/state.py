"""What one member remembers of the height that it is deciding. Forgotten at `HeadChanged`.

Everything is bounded: one round change a validator, a bounded number of votes a validator
(`votes`), and at most `BLOCKS_MAX` blocks beside the accepted and the prepared one.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from dure.consensus.interface import Head
from dure.consensus.pbft.messages import (
    Ballot,
    Decided,
    Message,
    Proposal,
    RoundChange,
    Step,
    Vote,
)
from dure.consensus.pbft.timing import compute_proposer
from dure.consensus.pbft.votes import Tally
from dure.core.block import Block
from dure.core.types import BlockId, Height, Instant, PublicKey, Round
from dure.core.validators import compute_quorum, compute_weak_quorum

BLOCKS_MAX = 8


class Phase(StrEnum):
    """Where a member stands, in an operator's words; the transition table speaks of these."""

    IDLE = "idle"
    AWAITING_PROPOSAL = "awaiting a proposal"
    CHANGING_ROUND = "changing the round"
    BUILDING = "building a block"
    JUDGING = "judging the proposal"
    REFUSING = "refusing the proposal"
    PREPARING = "collecting prepares"
    COMMITTING = "collecting commits"
    FETCHING = "fetching the decided block"
    FINALIZING = "writing the final block"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Certificate of the highest round in which this member committed, with its block."""

    round: Round
    block_id: BlockId
    block: Block
    prepares: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a proposer may propose; `block` is None where it is free to build a new one."""

    round: Round
    block: Block | None
    round_changes: tuple[Vote, ...]
    prepares: tuple[Vote, ...]


@dataclass(slots=True)
class HeightState:
    """One height, seen by one member."""

    own_key: PublicKey
    parent: Head
    has_work: bool
    # Of the height, and worked out once: every rule asks for them after every event.
    height: Height = field(init=False)
    """The height being decided."""
    members: frozenset[PublicKey] = field(init=False)
    """Who decides it."""
    is_member: bool = field(init=False)
    """Whether this node votes at this height."""
    quorum: int = field(init=False)
    """How many members decide."""
    weak_quorum: int = field(init=False)
    """How many members include a correct one."""
    proposer: PublicKey = field(init=False)
    """Whose turn it is in the current round."""
    round: Round = field(default=Round(0))
    prepares: Tally = field(default_factory=Tally)
    commits: Tally = field(default_factory=Tally)
    round_changes: dict[PublicKey, RoundChange] = field(default_factory=dict)
    """The round change of the highest round of each validator, own one included."""
    proposals_seen: dict[PublicKey, Vote] = field(default_factory=dict)
    """The newest proposal vote of each validator, to notice a second one."""
    blocks: dict[BlockId, Block] = field(default_factory=dict)
    verdicts: dict[BlockId, bool] = field(default_factory=dict)
    prepared: Prepared | None = None
    decided: Decided | None = None
    missing: BlockId | None = None
    """A block that a quorum committed and that is not here."""
    is_behind: bool = False
    """Others are known to hold a final block of this height: it is fetched, not proposed."""
    accused: set[PublicKey] = field(default_factory=set)
    hurried_at: Instant | None = None
    """When the timer of round 0 was last started, on this member's clock."""
    # Of the current round only:
    accepted: Proposal | None = None
    cast: dict[Step, Ballot] = field(default_factory=dict)
    """Own ballots that are in the journal."""
    sent: dict[Step, Message] = field(default_factory=dict)
    """Own messages of the round, repeated while undecided."""
    refused: set[Step] = field(default_factory=set)
    """Steps that the signer refused."""
    choice: Choice | None = None
    """What this member is building or proposing as the round's proposer."""
    judging: bool = False
    timer_running: bool = False
    rebroadcasting: bool = False

    def __post_init__(self) -> None:
        validators = self.parent.validators
        self.height = Height(self.parent.header.height + 1)
        self.members = frozenset(validators.keys)
        self.is_member = self.own_key in self.members
        self.quorum = compute_quorum(len(validators))
        self.weak_quorum = compute_weak_quorum(len(validators))
        self.proposer = compute_proposer(validators, self.height, self.round)

    @property
    def accepted_id(self) -> BlockId | None:
        """Id of the block accepted in this round."""
        return None if self.accepted is None else self.accepted.vote.ballot.block_id

    def enter(self, round_: Round) -> None:
        """Forget what belongs to the round that is left. Never goes back."""
        assert round_ > self.round
        self.round = round_
        self.proposer = compute_proposer(self.parent.validators, self.height, round_)
        self.accepted = None
        self.choice = None
        self.cast, self.sent, self.refused = {}, {}, set()
        self.judging = self.timer_running = self.rebroadcasting = False

    def keep_block(self, block_id: BlockId, block: Block) -> None:
        """Remember a block by its id; the oldest gives way."""
        self.blocks[block_id] = block
        while len(self.blocks) > BLOCKS_MAX:
            del self.blocks[next(iter(self.blocks))]

    def find_block(self, block_id: BlockId) -> Block | None:
        """Return a block of this height that is here."""
        if self.prepared is not None and self.prepared.block_id == block_id:
            return self.prepared.block
        if self.accepted is not None and self.accepted_id == block_id:
            return self.accepted.block
        return self.blocks.get(block_id)

    def is_settled(self, vote: Vote) -> bool:
        """Say whether a PREPARE or COMMIT of this height is here already, or comes too late.

        A PREPARE is late once a quorum of them let this member commit. One that contradicts what
        its validator said before is never settled: it is evidence.
        """
        ballot = vote.ballot
        tally = self.commits if ballot.step is Step.COMMIT else self.prepares
        known = tally.get_vote(ballot.round, vote.validator)
        if known is not None:
            return known.ballot == ballot
        is_late = ballot.step is Step.PREPARE and Step.COMMIT in self.cast
        return is_late and (ballot.round, ballot.block_id) == (self.round, self.accepted_id)

    def keep_verdict(self, block_id: BlockId, *, valid: bool) -> None:
        """Remember what the executor said; the oldest verdict gives way."""
        self.verdicts[block_id] = valid
        while len(self.verdicts) > BLOCKS_MAX:
            del self.verdicts[next(iter(self.verdicts))]

    def list_ahead(self) -> list[Round]:
        """Return the rounds above the current one that others have entered, highest first."""
        if not self.round_changes:
            return []
        rounds = [change.vote.ballot.round for change in self.round_changes.values()]
        return sorted((round_ for round_ in rounds if round_ > self.round), reverse=True)

    def count_arrived(self) -> int:
        """Return how many members are known to have reached the current round."""
        return sum(change.vote.ballot.round >= self.round for change in self.round_changes.values())

    def has_reason(self) -> bool:
        """Say whether this member wants a decision."""
        waiting = self.has_work or self.accepted is not None or self.prepared is not None
        # Asked for again, the others answer a round change with their last decision.
        lacking = self.missing is not None or self.is_behind
        return waiting or lacking or bool(self.list_ahead())

    def compute_phase(self) -> Phase:
        """Return where this member stands."""
        if self.decided is not None:
            return Phase.FINALIZING
        if self.missing is not None:
            return Phase.FETCHING
        if self.accepted is not None:
            return self._compute_voting_phase()
        if self.choice is not None:
            return Phase.BUILDING
        if self.round > 0:
            return Phase.CHANGING_ROUND
        return Phase.AWAITING_PROPOSAL if self.has_work else Phase.IDLE

    def _compute_voting_phase(self) -> Phase:
        if Step.COMMIT in self.cast:
            return Phase.COMMITTING
        if Step.PREPARE in self.cast:
            return Phase.PREPARING
        refused = self.verdicts.get(self.accepted_id or BlockId(b"")) is False
        return Phase.REFUSING if refused else Phase.JUDGING
