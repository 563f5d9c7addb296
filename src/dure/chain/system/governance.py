"""The ledger's own calls about the chain itself: its numbers, a test chain's time."""

from typing import Final

from dure.chain import state
from dure.chain.parameters import Parameters, validate_parameters
from dure.chain.system.caller import GAS_PER_CHANGE, NOTHING, Caller
from dure.contract.ports import Refusal
from dure.core.codec import Wire
from dure.core.types import Instant

LEDGER_TIME_MAX: Final = 2**50
"""No story goes beyond the year 37648, so that ledger time never passes the largest integer."""


class SetParametersArguments(Wire, frozen=True):
    parameters: Parameters


class AdvanceArguments(Wire, frozen=True):
    to: Instant


def set_parameters(caller: Caller, given: SetParametersArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    caller.require_authority()
    if given.parameters.replay_window != caller.parameters.replay_window:
        raise Refusal("bad_parameters", "the replay window never changes")
    present = caller.session.view.require(Parameters, state.PARAMETERS)
    if given.parameters.protocol_version != present.protocol_version:
        raise Refusal("bad_parameters", "a protocol version is activated, for a height of its own")
    try:
        validate_parameters(given.parameters)
    except ValueError as problem:
        raise Refusal("bad_parameters", str(problem)) from None
    caller.session.view.save(state.PARAMETERS, given.parameters)
    return NOTHING


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
    return NOTHING
