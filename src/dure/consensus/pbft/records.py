"""What a member writes down before it signs, and how it picks itself up again after a crash.

Rules
-----
1. One record before each own ballot, flushed before the signature is asked for. A vote that was
   not journalled does not exist.
2. A record holds all that a restarted member needs in order to say the same again: the proposal
   with its justification, the accepted proposal with its block, the prepared certificate.
3. Restoring replays the records of the head's next height, in order. It recovers the round, the
   own ballots of that round, the accepted block and the prepared certificate. Votes of others are
   not kept: they are repeated.
4. After a restart the member asks for the same signatures again. The signer gives them where they
   are the last ones, and refuses what lies behind; whatever it refuses was sent before, or is not
   needed.
"""

from collections.abc import Sequence
from typing import assert_never, cast

from dure.consensus.pbft.messages import (
    Ballot,
    Ballots,
    Proposal,
    Step,
    Votes,
)
from dure.consensus.pbft.state import Choice, HeightState, Prepared
from dure.core.block import Block
from dure.core.codec import Wire, decode
from dure.core.errors import InvalidEncoding, StorageError
from dure.core.types import BlockId


class RoundRecord(Wire, frozen=True, tag="pbft1.entered-round"):
    """This ROUND_CHANGE will be signed."""

    ballot: Ballot


class ProposalRecord(Wire, frozen=True, tag="pbft1.proposed"):
    """This PROPOSAL will be signed."""

    ballot: Ballot
    block: Block
    round_changes: Votes
    prepares: Votes


class PrepareRecord(Wire, frozen=True, tag="pbft1.accepted"):
    """A PREPARE for this proposal's block will be signed."""

    proposal: Proposal


class CommitRecord(Wire, frozen=True, tag="pbft1.prepared"):
    """A COMMIT for the block of the `PrepareRecord` before will be signed; these votes allow it."""

    ballot: Ballot
    prepares: Votes


Record = RoundRecord | ProposalRecord | PrepareRecord | CommitRecord


def restore(state: HeightState, journal: Sequence[bytes]) -> None:
    """Replay this height's records into a fresh `state`; raise `StorageError` for a damaged one."""
    for data in journal:
        record = _decode_record(data)
        ballot = get_ballot(record)
        if ballot.height == state.height:
            _restore_one(state, record, ballot)


def read_place(data: bytes) -> tuple[int, int, int]:
    """Return (height, round, step) of a record's ballot; raise `StorageError` for a damaged one."""
    ballot = get_ballot(_decode_record(data))
    return ballot.height, ballot.round, ballot.step


def get_ballot(record: Record) -> Ballot:
    """Return the ballot that a record announces."""
    if isinstance(record, PrepareRecord):
        return build_prepare(record.proposal)
    return record.ballot


def build_prepare(proposal: Proposal) -> Ballot:
    """Return the PREPARE that answers `proposal`."""
    place = proposal.vote.ballot
    return Ballot(
        step=Step.PREPARE,
        height=place.height,
        round=place.round,
        block_id=place.block_id,
        prepared_round=None,
    )


def _decode_record(data: bytes) -> Record:
    try:
        return cast("Record", decode(cast("type[Wire]", Record), data))
    except InvalidEncoding as problem:
        message = f"the consensus journal holds a record that is none: {problem.message}"
        raise StorageError(message) from problem


def _restore_one(state: HeightState, record: Record, ballot: Ballot) -> None:
    if ballot.round > state.round:
        state.enter(ballot.round)
    state.cast[ballot.step] = ballot
    match record:
        case RoundRecord():
            pass
        case ProposalRecord():
            state.choice = Choice(ballot.round, record.block, record.round_changes, record.prepares)
        case PrepareRecord():
            _restore_accepted(state, record.proposal)
        case CommitRecord():
            _restore_prepared(state, record)
        case _:
            assert_never(record)


def _restore_accepted(state: HeightState, proposal: Proposal) -> None:
    state.accepted = proposal
    block_id = cast("BlockId", proposal.vote.ballot.block_id)
    state.keep_block(block_id, proposal.block)
    state.keep_verdict(block_id, valid=True)
    if proposal.vote.validator == state.own_key:
        state.sent[Step.PROPOSAL] = proposal


def _restore_prepared(state: HeightState, record: CommitRecord) -> None:
    accepted = state.accepted
    if accepted is None:
        raise StorageError("the consensus journal has a prepared certificate without its block")
    own = next((vote for vote in record.prepares if vote.validator == state.own_key), None)
    if own is None:
        raise StorageError("the consensus journal has a prepared certificate of another member")
    block_id = cast("BlockId", record.ballot.block_id)
    state.prepared = Prepared(record.ballot.round, block_id, accepted.block, record.prepares)
    for vote in record.prepares:
        state.prepares.add(vote)
    state.sent[Step.PREPARE] = Ballots(vote=own)
