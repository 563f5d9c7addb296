"""One engine under test, and the means to play everybody else by hand.

The desk answers signing, building and judging at once, as a driver would, and keeps every effect.
Members are A, B, C, D … in the order of their keys; at height 1 round r belongs to member (1 + r)
mod n, so B proposes in round 0 of four.
"""

from dataclasses import dataclass, field
from typing import TypeVar

from dure.consensus.interface import (
    Broadcast,
    BuildCandidate,
    CandidateBuilt,
    CandidateJudged,
    DraftSigned,
    Effect,
    Event,
    Finalize,
    JudgeCandidate,
    Persist,
    Received,
    SignDraft,
    Started,
    StartTimer,
    TimerFired,
)
from dure.consensus.pbft import Message, PbftEngine
from dure.consensus.pbft.messages import (
    Ballot,
    Ballots,
    Proposal,
    RoundChange,
    Step,
    Vote,
    compute_ballot_message,
)
from dure.core.block import Block, compute_block_id
from dure.core.types import BlockId, Height, Instant, Round
from tests.conformance.fakes import (
    CHAIN,
    Executor,
    Signer,
    make_block,
    make_genesis,
    make_key,
    make_validators,
    sign,
    verify_many,
)

A, B, C, D = range(4)
NOW = Instant(1_000_000)
EffectT = TypeVar("EffectT")


def make_ballot(
    step: Step, round_: int, block_id: BlockId | None, claim: int | None = None, height: int = 1
) -> Ballot:
    return Ballot(
        step=step,
        height=Height(height),
        round=Round(round_),
        block_id=block_id,
        prepared_round=None if claim is None else Round(claim),
    )


def vote(member: int, ballot: Ballot) -> Vote:
    key = make_key(member)
    signature = sign(key, compute_ballot_message(CHAIN, ballot))
    return Vote(ballot=ballot, validator=key, signature=signature)


def prepare(member: int, block: Block, round_: int = 0) -> Ballots:
    ballot = make_ballot(Step.PREPARE, round_, compute_block_id(block.header))
    return Ballots(vote=vote(member, ballot))


def commit(member: int, block: Block, round_: int = 0) -> Ballots:
    ballot = make_ballot(Step.COMMIT, round_, compute_block_id(block.header))
    return Ballots(vote=vote(member, ballot))


def change_round(
    member: int, round_: int, claim: tuple[int, Block, tuple[Vote, ...]] | None = None
) -> RoundChange:
    if claim is None:
        ballot = make_ballot(Step.ROUND_CHANGE, round_, None)
        return RoundChange(vote=vote(member, ballot), prepares=(), block=None)
    prepared_round, block, prepares = claim
    block_id = compute_block_id(block.header)
    ballot = make_ballot(Step.ROUND_CHANGE, round_, block_id, prepared_round)
    return RoundChange(vote=vote(member, ballot), prepares=prepares, block=block)


def propose(
    member: int,
    block: Block,
    round_: int = 0,
    changes: tuple[RoundChange, ...] = (),
    prepares: tuple[Vote, ...] = (),
) -> Proposal:
    ballot = make_ballot(Step.PROPOSAL, round_, compute_block_id(block.header))
    return Proposal(
        vote=vote(member, ballot),
        block=block,
        round_changes=tuple(change.vote for change in changes),
        prepares=prepares,
    )


def prepares_of(block: Block, round_: int, *members: int) -> tuple[Vote, ...]:
    return tuple(prepare(member, block, round_).vote for member in members)


@dataclass
class Desk:
    """Member `own` of `size`, driven by hand."""

    own: int = A
    size: int = 4
    judges_valid: bool = True
    signs: bool = True
    answers: bool = True
    """Whether signer and executor answer at once; otherwise the test does, when it likes."""
    now: Instant = NOW
    effects: list[Effect[Message]] = field(default_factory=list)
    journal: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.genesis = make_genesis(make_validators(self.size))
        self.key = make_key(self.own)
        self.signer = Signer(self.key)
        self.executor = Executor(self.key, self.genesis)
        self.executor.submit(b"work")
        self.start()

    def start(self) -> None:
        self.engine = PbftEngine(
            self.key, CHAIN, self.genesis, list(self.journal), verify=verify_many
        )
        self.feed(Started())

    def restart(self) -> None:
        self.effects.clear()
        self.start()

    def make_block(self, proposer: int, time: int = NOW, transaction: bytes = b"work") -> Block:
        return make_block(self.genesis, time, make_key(proposer), (transaction,))

    def feed(self, event: Event[Message]) -> None:
        """Take one event in; answer what needs an answer."""
        answers: list[Event[Message]] = []
        for effect in self.engine.step(event, self.now):
            self.effects.append(effect)
            match effect:
                case Persist(_, record):
                    self.journal.append(record)
                case SignDraft(draft):
                    place = (draft.height, draft.round, draft.step)
                    signature = self.signer.sign(place, draft.message) if self.signs else None
                    answers.append(DraftSigned(draft, signature))
                case BuildCandidate(_, height, round_, time):
                    answers.append(CandidateBuilt(height, round_, self.executor.build(time)))
                case JudgeCandidate(block):
                    block_id = compute_block_id(block.header)
                    answers.append(
                        CandidateJudged(block.header.height, block_id, valid=self.judges_valid)
                    )
                case _:
                    pass
        for answer in answers if self.answers else ():
            self.feed(answer)

    def sign_late(self, step: Step, round_: int) -> None:
        """Have the signer answer now for the own ballot of that step and round."""
        (draft,) = {
            effect.draft
            for effect in self.get(SignDraft)
            if (effect.draft.step, effect.draft.round) == (step, round_)
        }
        self.feed(DraftSigned(draft, sign(self.key, draft.message)))

    def judge_late(self, block: Block, *, valid: bool = True) -> None:
        """Have the executor answer now what it makes of a block."""
        block_id = compute_block_id(block.header)
        self.feed(CandidateJudged(block.header.height, block_id, valid=valid))

    def hear(self, *messages: Message) -> None:
        for message in messages:
            self.feed(Received(message))

    def fire(self, kind: str) -> None:
        """Let the newest timer of that kind run out."""
        timers = [timer.timer for timer in self.get(StartTimer) if timer.timer.kind == kind]
        self.feed(TimerFired(timers[-1]))

    def get(self, kind: type[EffectT]) -> list[EffectT]:
        """Return the effects of one kind, in order."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def list_sent(self) -> list[Message]:
        return [effect.message for effect in self.effects if isinstance(effect, Broadcast)]

    def list_ballots(self, step: Step) -> list[Ballot]:
        """Return the own ballots of one step that were sent."""
        return [
            message.vote.ballot
            for message in self.list_sent()
            if isinstance(message, Ballots | Proposal | RoundChange)
            and message.vote.ballot.step is step
        ]


def accept(desk: Desk) -> None:
    """Have B's proposal of round 0 accepted and prepared."""
    desk.hear(propose(B, desk.make_block(B)))


def decide(desk: Desk) -> Finalize:
    block = desk.make_block(B)
    desk.hear(propose(B, block), prepare(B, block), prepare(C, block))
    desk.hear(commit(B, block), commit(C, block))
    return desk.get(Finalize)[-1]
