"""What a member does, as rules over its memory, tried after every event until none applies.

| rule | when | then |
|---|---|---|
| decide | a quorum of COMMITs of one round, any round, for one block | finalize or fetch it |
| jump | f+1 members are in later rounds | enter the highest round that f+1 of them have reached |
| time_round | there is reason to hurry, a quorum has reached the round | start its timer |
| repeat | own messages of this round exist | repeat them at intervals |
| propose | my turn, and there is work or a prepared block | build, or propose the prepared one |
| judge | a proposal is accepted, its block not judged | have the executor judge it |
| prepare | the accepted block is valid | cast PREPARE |
| commit | my PREPARE is signed, a quorum of them is here | keep the certificate, cast COMMIT |

`decide` stands first and nothing follows it: after the decision the member only waits for
`HeadChanged`.

`jump` takes the (f+1)-th highest round at once. Jumping to the lowest later round again and again,
as the specification does, ends at the same round; this way it costs one ballot.

The mistake that implementers make most is to look at one rule an event. A vote that comes before
its proposal, or a round change that completes two quorums, must not be lost: hence the fix-point.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from dure.consensus.interface import BuildCandidate, JudgeCandidate
from dure.consensus.pbft import justification
from dure.consensus.pbft.messages import Ballot, Proposal, RoundChange, Step, Vote
from dure.consensus.pbft.records import (
    CommitRecord,
    PrepareRecord,
    ProposalRecord,
    RoundRecord,
)
from dure.consensus.pbft.state import HeightState, Phase, Prepared
from dure.consensus.pbft.timing import compute_block_time
from dure.consensus.pbft.turn import Turn
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate, Seal
from dure.core.types import BlockId, Round


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that applied or an event that moved the member; where it stood before and after."""

    before: Phase
    cause: str
    after: Phase


def run_rules(turn: Turn, phase: Phase) -> tuple[Fired, ...]:
    """Apply the rules until none applies; return what was applied to a member in `phase`."""
    fired: list[Fired] = []
    while turn.state.decided is None and (rule := _apply_one(turn)) is not None:
        before, phase = phase, turn.state.compute_phase()
        fired.append(Fired(before, rule, phase))
    return tuple(fired)


def _apply_one(turn: Turn) -> str | None:
    """Apply the first rule that applies; return its name."""
    for rule in RULES:
        if rule(turn):
            return rule.__name__
    return None


def decide(turn: Turn) -> bool:
    """A quorum of COMMITs of one round decides."""
    state = turn.state
    commits = state.commits.find_decision(state.quorum)
    if not commits:
        return False
    block_id = cast("BlockId", commits[0].ballot.block_id)
    block = state.find_block(block_id)
    if block is not None:
        turn.finalize(block, _build_certificate(commits))
        return True
    if state.missing == block_id:
        return False
    state.missing = block_id
    turn.catch_up(state.height)
    return True


def _build_certificate(commits: tuple[Vote, ...]) -> Certificate:
    seals = tuple(Seal(validator=vote.validator, signature=vote.signature) for vote in commits)
    return Certificate(round=commits[0].ballot.round, seals=seals)


def jump(turn: Turn) -> bool:
    """Follow f+1 members into a later round."""
    ahead = turn.state.list_ahead()
    if len(ahead) < turn.state.weak_quorum:
        return False
    change_round(turn, ahead[turn.state.weak_quorum - 1])
    return True


def change_round(turn: Turn, round_: Round) -> None:
    """Enter a later round and tell the others, with what was prepared here."""
    state = turn.state
    state.enter(round_)
    prepared = state.prepared
    ballot = Ballot(
        step=Step.ROUND_CHANGE,
        height=state.height,
        round=round_,
        block_id=None if prepared is None else prepared.block_id,
        prepared_round=None if prepared is None else prepared.round,
    )
    if state.is_member:
        turn.cast(RoundRecord(ballot=ballot))


def time_round(turn: Turn) -> bool:
    """Start the timer of a round that a quorum has reached."""
    state = turn.state
    arrived = state.round == 0 or state.accepted is not None
    if state.timer_running or not state.is_member or not state.has_reason():
        return False
    if not arrived and state.count_arrived() < state.quorum:
        return False
    turn.start_round_timer()
    return True


def repeat(turn: Turn) -> bool:
    """See to it that messages that were lost arrive in the end."""
    state = turn.state
    if state.rebroadcasting or not state.sent:
        return False
    turn.start_rebroadcast()
    return True


def propose(turn: Turn) -> bool:
    """Build a block, or propose the prepared one again, when it is my turn."""
    state = turn.state
    busy = state.choice is not None or state.accepted is not None or state.is_behind
    if busy or Step.PROPOSAL in state.cast or state.proposer != state.own_key:
        return False
    choice = justification.choose(state)
    if choice is None or (choice.block is None and not state.has_work):
        return False
    state.choice = choice
    if choice.block is not None:
        cast_proposal(turn, choice.block)
        return True
    parent = state.parent
    time = compute_block_time(parent.header, turn.now)
    turn.order(BuildCandidate(parent.block_id, state.height, state.round, time))
    return True


def cast_proposal(turn: Turn, block: Block) -> None:
    """Journal and sign the proposal of the current choice."""
    state = turn.state
    assert state.choice is not None
    state.choice = replace(state.choice, block=block)
    block_id = compute_block_id(block.header)
    ballot = Ballot(
        step=Step.PROPOSAL,
        height=state.height,
        round=state.round,
        block_id=block_id,
        prepared_round=None,
    )
    turn.cast(
        ProposalRecord(
            ballot=ballot,
            block=block,
            round_changes=state.choice.round_changes,
            prepares=state.choice.prepares,
        )
    )


def judge(turn: Turn) -> bool:
    """Have an accepted block judged, once a round."""
    state = turn.state
    if state.accepted is None or state.judging or state.accepted_id in state.verdicts:
        return False
    state.judging = True
    turn.order(JudgeCandidate(state.accepted.block))
    return True


def prepare(turn: Turn) -> bool:
    """Vote for a valid proposal."""
    state = turn.state
    if state.accepted is None or Step.PREPARE in state.cast or not state.is_member:
        return False
    if not state.verdicts.get(cast("BlockId", state.accepted_id)):
        return False
    turn.cast(PrepareRecord(proposal=state.accepted))
    return True


def commit(turn: Turn) -> bool:
    """Seal a block that a quorum prepared in this round."""
    state = turn.state
    block_id = state.accepted_id
    if block_id is None or Step.PREPARE not in state.sent or Step.COMMIT in state.cast:
        return False
    prepares = state.prepares.get_votes(state.round, block_id)
    if len(prepares) < state.quorum:
        return False
    _keep_prepared(state, block_id, prepares)
    ballot = Ballot(
        step=Step.COMMIT,
        height=state.height,
        round=state.round,
        block_id=block_id,
        prepared_round=None,
    )
    turn.cast(CommitRecord(ballot=ballot, prepares=prepares))
    return True


def _keep_prepared(state: HeightState, block_id: BlockId, prepares: tuple[Vote, ...]) -> None:
    assert state.accepted is not None
    state.prepared = Prepared(state.round, block_id, state.accepted.block, prepares)


RULES: tuple[Callable[[Turn], bool], ...] = (
    decide,
    jump,
    time_round,
    repeat,
    propose,
    judge,
    prepare,
    commit,
)


def accept_proposal(turn: Turn, proposal: Proposal) -> bool:
    """Take in the first justified proposal of this round or a later one; say whether it was.

    A later round is entered without a round change of one's own: the proposal shows a quorum of
    them.
    """
    state, ballot = turn.state, proposal.vote.ballot
    late = ballot.round < state.round
    if late or (ballot.round == state.round and state.accepted is not None):
        return False
    if not justification.is_justified(
        proposal, state, turn.settings, chain_id=turn.chain_id, now=turn.now
    ):
        return False
    if ballot.round > state.round:
        state.enter(ballot.round)
    state.accepted = proposal
    state.keep_block(cast("BlockId", ballot.block_id), proposal.block)
    return True


def keep_round_change(turn: Turn, change: RoundChange) -> bool:
    """Keep a validator's round change if it is its highest and honest."""
    state, vote = turn.state, change.vote
    known = state.round_changes.get(vote.validator)
    if known is not None and known.vote.ballot.round >= vote.ballot.round:
        if known.vote.ballot.round == vote.ballot.round and known.vote.ballot != vote.ballot:
            turn.accuse(known.vote, vote)
        return False
    if not justification.is_honest_round_change(change, state):
        return False
    if change.block is not None and not justification.fits_head(change.block, state, turn.chain_id):
        return False
    state.round_changes[vote.validator] = change
    return True
