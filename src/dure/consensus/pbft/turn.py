"""One step of the engine while it is being taken: memory, clock, and the orders given so far.

Here is the one way in which a member speaks: `cast` journals a ballot and asks for its signature,
`on_signed` turns the signature into a counted vote and a message. Nothing else makes votes, so no
vote can exist that was not written first.
"""

from dataclasses import dataclass, field
from typing import assert_never

from dure.consensus.interface import (
    Accuse,
    Broadcast,
    CatchUp,
    Draft,
    Effect,
    Finalize,
    Persist,
    SignDraft,
    StartTimer,
    Timer,
)
from dure.consensus.pbft.messages import (
    Ballot,
    Ballots,
    Decided,
    Message,
    Proposal,
    RoundChange,
    Step,
    Vote,
    compute_ballot_message,
)
from dure.consensus.pbft.records import Record, get_ballot
from dure.consensus.pbft.state import HeightState
from dure.consensus.pbft.timing import (
    REBROADCAST_TIMER,
    ROUND_TIMER,
    Pace,
    Settings,
    compute_timeout,
)
from dure.consensus.pbft.votes import encode_evidence
from dure.core.block import Block
from dure.core.certificate import Certificate
from dure.core.codec import decode, encode
from dure.core.types import ChainId, Height, Instant, Signature

PbftEffect = Effect[Message]


@dataclass(slots=True)
class Turn:
    """What the rules of one step read and write."""

    chain_id: ChainId
    settings: Settings
    state: HeightState
    now: Instant
    pace: Pace
    effects: list[PbftEffect] = field(default_factory=list)

    def order(self, effect: PbftEffect) -> None:
        """Give one more order."""
        self.effects.append(effect)

    def cast(self, record: Record) -> None:
        """Journal the record's ballot, then ask for its signature; at most once a step."""
        ballot = get_ballot(record)
        assert ballot.step not in self.state.cast
        self.state.cast[ballot.step] = ballot
        self.order(Persist(self.state.height, encode(record)))
        self.ask_signature(ballot)

    def ask_signature(self, ballot: Ballot) -> None:
        """Ask the signer for a journalled ballot's signature."""
        message = compute_ballot_message(self.chain_id, ballot)
        draft = Draft(ballot.height, ballot.round, ballot.step, message, encode(ballot))
        self.order(SignDraft(draft))

    def on_signed(self, draft: Draft, signature: Signature | None) -> None:
        """Count the own vote and send it; a refused ballot is never sent."""
        state = self.state
        ballot = decode(Ballot, draft.payload)
        if ballot.height != state.height:
            return
        if signature is None:
            if state.cast.get(ballot.step) == ballot:
                state.refused.add(ballot.step)
            return
        vote = Vote(ballot=ballot, validator=state.own_key, signature=signature)
        message = self._take_in_own(vote)
        if message is None:
            return
        if ballot.round == state.round:
            state.sent[ballot.step] = message
        self.order(Broadcast(message))

    def _take_in_own(self, vote: Vote) -> Message | None:
        state = self.state
        match vote.ballot.step:
            case Step.ROUND_CHANGE:
                return self._take_in_round_change(vote)
            case Step.PROPOSAL:
                return self._take_in_proposal(vote)
            case Step.PREPARE:
                state.prepares.add(vote)
            case Step.COMMIT:
                state.commits.add(vote)
            case _:
                assert_never(vote.ballot.step)
        return Ballots(vote=vote)

    def _take_in_round_change(self, vote: Vote) -> RoundChange | None:
        prepared, claimed = self.state.prepared, vote.ballot.prepared_round
        if claimed is None:
            change = RoundChange(vote=vote, prepares=(), block=None)
        elif prepared is not None and prepared.round == claimed:
            change = RoundChange(vote=vote, prepares=prepared.prepares, block=prepared.block)
        else:
            return None
        self.state.round_changes[vote.validator] = change
        return change

    def _take_in_proposal(self, vote: Vote) -> Proposal | None:
        choice, block_id = self.state.choice, vote.ballot.block_id
        if choice is None or choice.block is None or block_id is None:
            return None
        if choice.round != vote.ballot.round:
            return None
        proposal = Proposal(
            vote=vote,
            block=choice.block,
            round_changes=choice.round_changes,
            prepares=choice.prepares,
        )
        self.state.accepted = proposal
        self.state.keep_block(block_id, proposal.block)
        return proposal

    def start_round_timer(self) -> None:
        """Give the current round its time, counted from now."""
        state = self.state
        state.timer_running = True
        if state.round == 0:
            state.hurried_at = self.now
        timer = Timer(ROUND_TIMER, state.height, state.round)
        members = len(state.parent.validators)
        after = compute_timeout(self.settings, self.pace, state.round, members=members)
        self.order(StartTimer(timer, after))

    def start_rebroadcast(self) -> None:
        """See to it that the own messages of this round are repeated."""
        state = self.state
        state.rebroadcasting = True
        timer = Timer(REBROADCAST_TIMER, state.height, state.round)
        self.order(StartTimer(timer, self.settings.rebroadcast))

    def finalize(self, block: Block, certificate: Certificate) -> None:
        """Decide the height, once. Every way to a decision ends here."""
        if self.state.decided is None:
            self.state.decided = Decided(block=block, certificate=certificate)
            self.order(Finalize(block, certificate))

    def accuse(self, first: Vote, second: Vote) -> None:
        """Report a validator that contradicted itself, once a height."""
        if first.validator not in self.state.accused:
            self.state.accused.add(first.validator)
            self.order(Accuse(first.validator, encode_evidence(first, second)))

    def catch_up(self, height: Height) -> None:
        """Ask for the blocks up to `height`."""
        self.order(CatchUp(height))
