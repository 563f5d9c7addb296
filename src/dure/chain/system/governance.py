"""The ledger's own calls about the chain itself: who decides, its numbers, a test chain's time."""

from typing import Annotated, Final

from msgspec import Meta

from dure.chain import state
from dure.chain.parameters import Parameters, validate_parameters
from dure.chain.system.caller import GAS_PER_CHANGE, Caller
from dure.contract.ports import Refusal
from dure.core.codec import Wire, encode
from dure.core.errors import InvalidTransaction
from dure.core.signatures import validate_public_key
from dure.core.types import Instant
from dure.core.validators import Validator, ValidatorSet, build_validator_set

LEDGER_TIME_MAX: Final = 2**50
"""No story goes beyond the year 37648, so that ledger time never passes the largest integer."""


class SetValidatorsArguments(Wire, frozen=True):
    members: Annotated[tuple[Validator, ...], Meta(min_length=1, max_length=128)]


class SetParametersArguments(Wire, frozen=True):
    parameters: Parameters


class AdvanceArguments(Wire, frozen=True):
    to: Instant


def set_validators(caller: Caller, given: SetValidatorsArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE * len(given.members))
    caller.require_authority()
    try:
        for member in given.members:
            validate_public_key(member.key)
        validators: ValidatorSet = build_validator_set(list(given.members))
    except (InvalidTransaction, ValueError):
        raise Refusal("bad_validators", "the keys must be sound and distinct") from None
    if caller.rules.has_one_validator and len(validators) != 1:
        raise Refusal("bad_validators", "the engine of this chain has one validator")
    caller.session.view.save(state.VALIDATORS, validators)
    return encode(None)


def set_parameters(caller: Caller, given: SetParametersArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    caller.require_authority()
    if given.parameters.replay_window != caller.parameters.replay_window:
        raise Refusal("bad_parameters", "the replay window never changes")
    try:
        validate_parameters(given.parameters)
    except ValueError as problem:
        raise Refusal("bad_parameters", str(problem)) from None
    caller.session.view.save(state.PARAMETERS, given.parameters)
    return encode(None)


def advance(caller: Caller, given: AdvanceArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    story_clock = caller.rules.story_clock
    if story_clock is None or caller.sender != story_clock:
        raise Refusal("not_story_clock", "this chain's time cannot be moved by that account")
    if given.to > LEDGER_TIME_MAX:
        raise Refusal("bad_time", "no story goes that far")
    clock = caller.session.view.require(state.Clock, state.CLOCK)
    target = max(given.to, caller.session.time, clock.target or 0)
    caller.session.view.save(state.CLOCK, state.Clock(offset=clock.offset, target=Instant(target)))
    return encode(None)
