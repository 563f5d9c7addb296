"""Validator sets as answers: the one in force, the one that waits, and those before.

Their shapes stand here too, like those of `dure.api.answers.shapes`.
"""

from typing import Final

from dure.api.answers.blocks import describe
from dure.api.answers.shapes import Answer, MemberAnswer
from dure.chain import state
from dure.chain.genesis.document import get_first_height
from dure.core.validators import ValidatorSet, compute_faults_tolerated, compute_quorum
from dure.node.gateway import Gateway
from dure.proof.json_form import Json

HISTORY_MAX: Final = 100
"""Sets in one answer; the state proves the older ones."""


class ValidatorsAnswer(Answer, frozen=True):
    """A validator set."""

    from_height: int
    """The first height that it decides."""
    members: list[MemberAnswer]
    quorum: int
    """How many of them decide."""
    faults_tolerated: int
    """How many of them may fail or lie while the chain goes on."""


class PendingValidatorsAnswer(Answer, frozen=True):
    """A set that was decided on and waits for its first height."""

    decided: int
    """Height of the block that holds the decision."""
    validators: ValidatorsAnswer


class ValidatorHistoryAnswer(Answer, frozen=True):
    """Who decides the next block, who will, and who did."""

    height: int
    """The newest block."""
    validators: ValidatorsAnswer
    pending: PendingValidatorsAnswer | None
    changes: int
    """How often the set has changed since the genesis."""
    history: list[ValidatorsAnswer]
    """The newest sets, in rising order; the last one is in force."""


class AttestationAnswer(Answer, frozen=True):
    """That this node runs, signed by its consensus key; goes into a change of the validators."""

    attestation: dict[str, Json]


def describe_history(gateway: Gateway) -> ValidatorHistoryAnswer:
    """Return who decides the next block, who will, and who did."""
    executor = gateway.executor
    first = get_first_height(executor.genesis) + 1
    sets = [(first, executor.genesis.validators)]
    sets += [(height + 1, validators) for height, validators in state.list_changes(executor.view())]
    history = [describe_set(*each) for each in sets[-HISTORY_MAX:]]
    return ValidatorHistoryAnswer(
        height=executor.head.header.height,
        validators=history[-1],
        pending=_describe_pending(gateway),
        changes=len(sets) - 1,
        history=history,
    )


def describe_set(from_height: int, validators: ValidatorSet) -> ValidatorsAnswer:
    """Return a set with what it can bear."""
    count = len(validators)
    return ValidatorsAnswer(
        from_height=from_height,
        members=[describe(MemberAnswer, member) for member in validators.members],
        quorum=compute_quorum(count),
        faults_tolerated=compute_faults_tolerated(count),
    )


def _describe_pending(gateway: Gateway) -> PendingValidatorsAnswer | None:
    pending = gateway.executor.view().load(state.PendingValidators, state.VALIDATORS_NEXT)
    if pending is None:
        return None
    return PendingValidatorsAnswer(
        decided=pending.decided,
        validators=describe_set(pending.from_height, pending.validators),
    )
