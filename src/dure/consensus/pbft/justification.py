"""What makes a proposal of a later round safe: it cannot contradict a decision already made.

Rules
-----
1. In round 0 the round's proposer proposes a new block, with nothing beside it.
2. From round 1 on it shows a quorum of round changes **for exactly this round**.
3. If none of them claims a prepared block, the block is new: made by this proposer, with a timely
   time.
4. Otherwise the block is the one that a quorum of PREPARE names **in the highest claimed round**,
   and no other. It keeps its first proposer and its time. Votes of any other round prove nothing.
5. A round change that claims a prepared block brings that quorum and the block along, and is
   checked **on receipt**: a liar's claim never gets near a proposer's choice.

Why it is safe: whatever was decided in round d was prepared by a quorum; every later quorum of
round changes contains a correct member of that quorum, whose claim is at least d, and by induction
names the decided block. Source: the QBFT specification, `isProposalJustification`,
`isValidRoundChange`.
"""

from collections.abc import Iterable

from dure.consensus.pbft.messages import Ballot, Proposal, RoundChange, Step, Vote, sort_votes
from dure.consensus.pbft.state import Choice, HeightState
from dure.consensus.pbft.timing import Settings, compute_proposer, is_timely
from dure.core.block import Block
from dure.core.types import BlockId, ChainId, Instant, Round


def is_quorum_for(votes: Iterable[Vote], ballot: Ballot, state: HeightState) -> bool:
    """Say whether a quorum of distinct members signed exactly `ballot`."""
    members = {
        vote.validator
        for vote in votes
        if vote.ballot == ballot and vote.validator in state.members
    }
    return len(members) >= state.quorum


def is_prepared(
    votes: tuple[Vote, ...], round_: Round, block_id: BlockId, state: HeightState
) -> bool:
    """Say whether `votes` prove that `block_id` was prepared in `round_` of this height."""
    ballot = Ballot(
        step=Step.PREPARE,
        height=state.height,
        round=round_,
        block_id=block_id,
        prepared_round=None,
    )
    return is_quorum_for(votes, ballot, state)


def fits_head(block: Block, state: HeightState, chain_id: ChainId) -> bool:
    """Say whether the header continues this member's chain. The executor judges all the rest."""
    header = block.header
    return (
        header.chain_id == chain_id
        and header.height == state.height
        and header.previous == state.parent.block_id
        and header.time > state.parent.header.time
        and header.engine == b""
    )


def is_honest_round_change(message: RoundChange, state: HeightState) -> bool:
    """Say whether a round change's claim, if it has one, is proved."""
    ballot = message.vote.ballot
    if ballot.block_id is None or ballot.prepared_round is None:
        return True
    return is_prepared(message.prepares, ballot.prepared_round, ballot.block_id, state)


def find_highest_claim(votes: Iterable[Vote]) -> Round | None:
    """Return the highest prepared round that the round changes claim."""
    claims = [
        vote.ballot.prepared_round for vote in votes if vote.ballot.prepared_round is not None
    ]
    return max(claims, default=None)


def is_justified(
    proposal: Proposal, state: HeightState, settings: Settings, *, chain_id: ChainId, now: Instant
) -> bool:
    """Say whether a correct member may accept `proposal` in its round."""
    ballot = proposal.vote.ballot
    proposer = compute_proposer(state.parent.validators, state.height, ballot.round)
    if proposal.vote.validator != proposer or not fits_head(proposal.block, state, chain_id):
        return False
    if not _has_right_round_changes(proposal, state):
        return False
    claimed = find_highest_claim(proposal.round_changes)
    if claimed is not None:
        return _is_bound_choice(proposal, claimed, state)
    header = proposal.block.header
    return header.proposer == proposer and is_timely(header, state.parent.header, now, settings)


def _has_right_round_changes(proposal: Proposal, state: HeightState) -> bool:
    if proposal.vote.ballot.round == 0:
        return not proposal.round_changes
    place = (proposal.vote.ballot.height, proposal.vote.ballot.round)
    senders = {
        vote.validator
        for vote in proposal.round_changes
        if (vote.ballot.height, vote.ballot.round) == place and vote.validator in state.members
    }
    return len(senders) == len(proposal.round_changes) >= state.quorum


def _is_bound_choice(proposal: Proposal, claimed: Round, state: HeightState) -> bool:
    block_id = proposal.vote.ballot.block_id
    named = any(
        (vote.ballot.prepared_round, vote.ballot.block_id) == (claimed, block_id)
        for vote in proposal.round_changes
    )
    if block_id is None or not named:
        return False
    return is_prepared(proposal.prepares, claimed, block_id, state)


def choose(state: HeightState) -> Choice | None:
    """Return what this member may propose in the current round, or None."""
    if state.round == 0:
        return Choice(Round(0), None, (), ())
    changes = [
        change for change in state.round_changes.values() if change.vote.ballot.round == state.round
    ]
    if len(changes) < state.quorum:
        return None
    votes = sort_votes([change.vote for change in changes])
    claimed = find_highest_claim(votes)
    if claimed is None:
        return Choice(state.round, None, votes, ())
    bound = next(change for change in changes if change.vote.ballot.prepared_round == claimed)
    return Choice(state.round, bound.block, votes, bound.prepares)
