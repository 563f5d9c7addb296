"""The PBFT engine: takes events in, lets the rules run to their fix-point, gives orders out.

How events get in
-----------------
* A message of another height: lower ones are answered with the last decision if their sender is
  stuck in a round change; higher ones are kept for later and may show that this member is behind
  (`future`).
* A message of this height comes from a member, and is not the own one coming back. Votes are
  counted, round changes kept if their claim is proved, proposals accepted if they are justified.
* What changes nothing any more (`is_needed`) is dropped before its signatures cost anything: with
  four members every third vote that comes in, because a quorum does without it.
* A final block, learned from block sync or from a `Decided`, is checked against its certificate
  and takes the same path as the own decision: `Turn.finalize`.
* After the decision nothing of this height matters any more; `HeadChanged` alone opens the next
  one.

Sleeping and waking
-------------------
There are no empty blocks. A member without work, without anything accepted or prepared, and with
nobody ahead of it has no reason to hurry: its timer runs out and it does nothing. Work, a proposal
or somebody's later round wakes it. Where a round change was begun and its reason went away,
members repeat their round change but climb no further.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import assert_never

from dure.consensus.body import has_own_body
from dure.consensus.interface import (
    BlockLearned,
    Broadcast,
    CandidateBuilt,
    CandidateJudged,
    DraftSigned,
    Event,
    Head,
    HeadChanged,
    Received,
    Send,
    Started,
    TimerFired,
    WorkChanged,
    WorkFound,
)
from dure.consensus.pbft import rules
from dure.consensus.pbft.describe import describe
from dure.consensus.pbft.future import Future, MemberMessage
from dure.consensus.pbft.justification import fits_head
from dure.consensus.pbft.messages import (
    Ballots,
    Decided,
    Message,
    Proposal,
    RoundChange,
    Step,
    Vote,
    collect_signatures,
    decode_message,
    put_body,
    take_body,
)
from dure.consensus.pbft.records import restore
from dure.consensus.pbft.rules import Fired
from dure.consensus.pbft.state import HeightState, Phase
from dure.consensus.pbft.timing import REBROADCAST_TIMER, ROUND_TIMER, Pace, Settings
from dure.consensus.pbft.turn import PbftEffect, Turn
from dure.consensus.quorum import VerifyMany, validate_certificate, validate_sealers
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate
from dure.core.codec import encode
from dure.core.errors import InvalidCertificate
from dure.core.signatures import SignedItem, verify_many
from dure.core.types import ChainId, Height, Instant, PublicKey, Round

ROUNDS_AHEAD_MAX = 2**24
"""Votes further ahead are dropped. At the longest wait that is years; no memory depends on it."""

DEFAULT_SETTINGS = Settings()


@dataclass(slots=True)
class PbftEngine:
    """One member's engine, or a follower's where `own_key` is no validator.

    `journal` holds the records of the height after `head`; `decided` is the newest block with its
    certificate where the disk has one, so that a restarted member can help another that is one
    block behind.
    """

    own_key: PublicKey
    chain_id: ChainId
    head: Head
    journal: Sequence[bytes]
    settings: Settings = DEFAULT_SETTINGS
    decided: Decided | None = None
    verify: VerifyMany = verify_many
    fired: tuple[Fired, ...] = ()
    """What the last step did, as rows of the transition table; for tests and traces."""
    state: HeightState = field(init=False)
    _phase: Phase = field(init=False)
    _pace: Pace = field(default=Pace())
    _future: Future = field(default_factory=Future)
    _asked: Height = field(default=Height(0))
    _asked_at: Instant = field(default=Instant(0))
    _helped: dict[PublicKey, Instant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = HeightState(self.own_key, self.head, self.head.has_work)
        restore(self.state, self.journal)
        self._phase = self.state.compute_phase()

    def step(self, event: Event[Message], now: Instant) -> tuple[PbftEffect, ...]:
        """Take one event in and give orders out."""
        before, was_decided = self._phase, self.state.decided is not None
        turn = self._take_in(self._begin_turn(now), event)
        after = self.state.compute_phase()
        taken_in = (Fired(before, type(event).__name__, after),) if after is not before else ()
        self.fired = taken_in + rules.run_rules(turn, after)
        self._phase = self.fired[-1].after if self.fired else after
        if not was_decided and self.state.decided is not None:
            self._note_pace(self.state.decided, now)
        return tuple(turn.effects)

    def _begin_turn(self, now: Instant) -> Turn:
        return Turn(self.chain_id, self.settings, self.state, now, self._pace)

    def _note_pace(self, decided: Decided, now: Instant) -> None:
        """Learn from a height that was decided in this step, unless others decided it long ago."""
        state, settings = self.state, self.settings
        if state.is_behind or state.hurried_at is None:
            return
        elapsed = inf if decided.certificate.round > 0 else float(now - state.hurried_at)
        # A clock that was set meanwhile measures nothing.
        if elapsed == inf or 0 <= elapsed <= settings.timeout_max:
            self._pace = self._pace.note(elapsed, len(state.parent.validators))

    def _take_in(self, turn: Turn, event: Event[Message]) -> Turn:
        match event:
            case Received(message):
                self._on_message(turn, message)
            case HeadChanged(head):
                return self._on_head(turn, head)
            case WorkChanged(has_work):
                self.state.has_work = has_work
            case BlockLearned(block, certificate):
                self._on_final_block(turn, block, certificate)
            case Started():
                self._on_started(turn)
            case DraftSigned(draft, signature):
                # Also after the decision: another member may still lack this vote.
                turn.on_signed(draft, signature)
            case WorkFound():
                # Nobody works here.
                pass
            case _ if self.state.decided is None:
                self._on_answer(turn, event)
            case _:
                pass
        return turn

    def _on_answer(self, turn: Turn, event: TimerFired | CandidateBuilt | CandidateJudged) -> None:
        match event:
            case TimerFired(timer):
                if (timer.height, timer.round) == (self.state.height, self.state.round):
                    self._on_timer(turn, timer.kind)
            case CandidateBuilt():
                self._on_built(turn, event)
            case CandidateJudged(height, block_id, valid):
                if height == self.state.height:
                    self.state.keep_verdict(block_id, valid=valid)
            case _:
                assert_never(event)

    def _on_started(self, turn: Turn) -> None:
        state = self.state
        for step in sorted(state.cast):
            if step not in state.sent:
                turn.ask_signature(state.cast[step])
        for message in state.sent.values():
            turn.order(Broadcast(message))

    def _on_built(self, turn: Turn, built: CandidateBuilt) -> None:
        state = self.state
        wanted = (
            (built.height, built.round) == (state.height, state.round)
            and state.choice is not None
            and state.choice.block is None
            and state.accepted is None
        )
        if not wanted:
            return
        if built.block is None:
            state.choice = None
            state.has_work = False
            return
        state.keep_verdict(compute_block_id(built.block.header), valid=True)
        rules.cast_proposal(turn, built.block)

    def _on_timer(self, turn: Turn, kind: str) -> None:
        state = self.state
        if kind == REBROADCAST_TIMER:
            state.rebroadcasting = False
            self._repeat(turn)
        elif kind == ROUND_TIMER:
            state.timer_running = False
            if state.has_reason():
                rules.change_round(turn, Round(state.round + 1))

    def _repeat(self, turn: Turn) -> None:
        if self.state.missing is not None:
            turn.catch_up(self.state.height)
        for message in self.state.sent.values():
            turn.order(Broadcast(message))

    def is_needed(self, message: Message) -> bool:
        """Say whether the message can change anything here; what cannot is dropped.

        A round change of a height that is decided here is needed: it asks for help.
        """
        state = self.state
        if isinstance(message, Decided):
            return state.decided is None and message.block.header.height >= state.height
        ballot, validator = message.vote.ballot, message.vote.validator
        if validator not in state.members or validator == self.own_key:
            return False
        if isinstance(message, RoundChange) or ballot.height > state.height:
            return True
        if ballot.height < state.height or state.decided is not None:
            return False
        return not (isinstance(message, Ballots) and state.is_settled(message.vote))

    def _on_message(self, turn: Turn, message: Message) -> None:
        state = self.state
        if not self.is_needed(message):
            return
        if isinstance(message, Decided):
            self._on_decided(turn, message)
            return
        ballot = message.vote.ballot
        if ballot.height > state.height:
            self._keep_for_later(turn, message)
        elif ballot.height < state.height or state.decided is not None:
            self._help(turn, message.vote.validator)
        elif ballot.round <= state.round + ROUNDS_AHEAD_MAX:
            self._admit(turn, message)

    def _admit(self, turn: Turn, message: MemberMessage) -> None:
        match message:
            case Proposal(vote):
                self._note_proposal(turn, vote)
                rules.accept_proposal(turn, message)
            case RoundChange():
                rules.keep_round_change(turn, message)
            case Ballots(vote):
                state = self.state
                tally = state.commits if vote.ballot.step is Step.COMMIT else state.prepares
                first = tally.add(vote)
                if first is not None:
                    turn.accuse(first, vote)
            case _:
                assert_never(message)

    def _note_proposal(self, turn: Turn, vote: Vote) -> None:
        seen = self.state.proposals_seen.get(vote.validator)
        if seen is None or seen.ballot.round < vote.ballot.round:
            self.state.proposals_seen[vote.validator] = vote
        elif seen.ballot.round == vote.ballot.round and seen.ballot != vote.ballot:
            turn.accuse(seen, vote)

    def _keep_for_later(self, turn: Turn, message: MemberMessage) -> None:
        self._future.add(message, self.state.height)
        if self.state.decided is None:
            self._catch_up_once(turn, self._future.compute_proven(self.state.weak_quorum))

    def _catch_up_once(self, turn: Turn, height: Height) -> None:
        is_due = height > self._asked or not self._is_recent(self._asked_at, turn.now)
        if height >= self.state.height and is_due:
            self._asked, self._asked_at = height, turn.now
            self.state.is_behind = True
            turn.catch_up(height)

    def _help(self, turn: Turn, validator: PublicKey) -> None:
        decided = self.state.decided or self.decided
        last = self._helped.get(validator)
        if decided is None or (last is not None and self._is_recent(last, turn.now)):
            return
        self._helped[validator] = turn.now
        turn.order(Send(validator, decided))

    def _is_recent(self, then: Instant, now: Instant) -> bool:
        """Say whether `then` is no repetition ago, nor ahead: a clock may be set back for hours."""
        return 0 <= now - then < self.settings.rebroadcast

    def _on_decided(self, turn: Turn, message: Decided) -> None:
        header = message.block.header
        if header.chain_id != self.chain_id:
            return
        try:
            validate_sealers(message.certificate, self.head.validators)
        except InvalidCertificate:
            return
        if header.height > self.state.height:
            self._catch_up_once(turn, header.height)
        elif fits_head(message.block, self.state, self.chain_id):
            turn.finalize(message.block, message.certificate)

    def _on_final_block(self, turn: Turn, block: Block, certificate: Certificate) -> None:
        if not fits_head(block, self.state, self.chain_id) or not has_own_body(block):
            return
        try:
            validate_certificate(
                block.header, certificate, self.head.validators, verify=self.verify
            )
        except InvalidCertificate:
            return
        turn.finalize(block, certificate)

    def _on_head(self, turn: Turn, head: Head) -> Turn:
        if head.header.height <= self.head.header.height:
            return turn
        finished = self.state.decided
        if finished is not None and compute_block_id(finished.block.header) == head.block_id:
            self.decided = finished
        self.head = head
        self.state = HeightState(self.own_key, head, head.has_work)
        self.state.is_behind = self._asked >= self.state.height
        self._future.forget_strangers(head.validators.keys)
        self._helped.clear()
        turn = self._begin_turn(turn.now)
        for message in self._future.take(self.state.height):
            self._on_message(turn, message)
        self._catch_up_once(turn, self._future.compute_proven(self.state.weak_quorum))
        return turn

    def encode_message(self, message: Message) -> bytes:
        """Return the message's bytes for the wire."""
        return encode(message)

    def decode_message(self, data: bytes, *, is_bare: bool = False) -> Message:
        """Return the message that a peer sent; raise `InvalidEncoding`."""
        limit = self.settings.block_bytes_max
        return decode_message(data, block_bytes_max=limit, is_bare=is_bare)

    def take_body(self, message: Message) -> tuple[Message, Block | None]:
        """Return the message without its block's body, and that block if there is one."""
        return take_body(message)

    def put_body(self, message: Message, transactions: tuple[bytes, ...]) -> Message:
        """Return a bare message with its block's body; raise `InvalidEncoding`."""
        return put_body(message, transactions, block_bytes_max=self.settings.block_bytes_max)

    def collect_signatures(self, message: Message) -> list[SignedItem]:
        """Return every signature inside the message, embedded votes included."""
        return collect_signatures(self.chain_id, message)

    @property
    def phase(self) -> str:
        """Where this member stands: the words of `Phase`."""
        return self._phase

    def describe(self) -> str:
        """Say in one line what this member waits for, and from whom."""
        return describe(self.state)
