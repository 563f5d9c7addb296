"""What a member waits for and from whom, in one line for an operator."""

from collections.abc import Iterable
from typing import assert_never, cast

from dure.consensus.pbft.messages import Step
from dure.consensus.pbft.state import HeightState, Phase
from dure.core.types import BlockId, PublicKey


def describe(state: HeightState) -> str:
    """Return e.g. `height 7, round 1: collecting prepares, 2 of 3; waiting for bank, insurer`."""
    text = f"height {state.height}, round {state.round}: {_describe_phase(state)}"
    if state.refused:
        steps = ", ".join(sorted(step.name.lower().replace("_", " ") for step in state.refused))
        text += f"; the signer refused: {steps}"
    return text if state.is_member else f"{text} (following, no validator)"


def _describe_phase(state: HeightState) -> str:
    phase = state.compute_phase()
    text = phase.value
    match phase:
        case Phase.IDLE | Phase.FINALIZING | Phase.FETCHING | Phase.BUILDING:
            pass
        case Phase.REFUSING:
            text += f" of {_name(state, state.proposer)}: its block is not valid"
        case Phase.AWAITING_PROPOSAL:
            text += f" from {_name(state, state.proposer)}"
        case Phase.JUDGING:
            text += f" of {_name(state, state.proposer)}"
        case Phase.PREPARING:
            text += _count(state, get_voters(state, Step.PREPARE))
        case Phase.COMMITTING:
            text += _count(state, get_voters(state, Step.COMMIT))
        case Phase.CHANGING_ROUND:
            text += _describe_round_change(state)
        case _:
            assert_never(phase)
    return text


def _describe_round_change(state: HeightState) -> str:
    arrived = {
        key
        for key, change in state.round_changes.items()
        if change.vote.ballot.round >= state.round
    }
    if len(arrived) < state.quorum:
        return _count(state, arrived)
    return f" is agreed; awaiting a proposal from {_name(state, state.proposer)}"


def get_voters(state: HeightState, step: Step) -> set[PublicKey]:
    """Return who cast `step` for the accepted block in this round."""
    tally = state.commits if step is Step.COMMIT else state.prepares
    votes = tally.get_votes(state.round, cast("BlockId", state.accepted_id))
    return {vote.validator for vote in votes}


def _count(state: HeightState, have: Iterable[PublicKey]) -> str:
    here = set(have)
    absent = [key for key in state.parent.validators.keys if key not in here]
    names = ", ".join(_name(state, key) for key in absent)
    return f", {len(here)} of {state.quorum}; waiting for {names}"


def _name(state: HeightState, key: PublicKey) -> str:
    members = state.parent.validators.members
    return next(member.organisation for member in members if member.key == key)
