"""The ledger's own calls about the chain itself: its members, its numbers, a test chain's time."""

from typing import Final

from dure.chain import state
from dure.chain.money import LEDGER
from dure.chain.parameters import Parameters, validate_parameters
from dure.chain.system.caller import GAS_PER_CHANGE, NOTHING, Caller
from dure.contract.ports import Refusal
from dure.core.codec import Wire, encode
from dure.core.types import Address, Instant
from dure.core.validators import Name

LEDGER_TIME_MAX: Final = 2**50
"""No story goes beyond the year 37648, so that ledger time never passes the largest integer."""


class AdmitOrganisationArguments(Wire, frozen=True):
    name: Name
    account: Address
    """The organisation's own, which enrols others under its quota."""


class SetParametersArguments(Wire, frozen=True):
    parameters: Parameters


class AdvanceArguments(Wire, frozen=True):
    to: Instant


def admit_organisation(caller: Caller, given: AdmitOrganisationArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    caller.require_authority()
    view = caller.session.view
    if view.get(state.key_organisation(given.name)) is not None:
        raise Refusal("organisation_known", "a member organisation has that name already")
    known = view.load(state.Account, state.key_account(given.account))
    if known is not None and known.organisation is not None:
        raise Refusal("enrolled_elsewhere", "another organisation has enrolled that account")
    policy = known.policy if known else None
    view.save(state.key_account(given.account), state.Account(policy, given.name))
    view.put(state.key_organisation(given.name), given.account)
    caller.session.emit(LEDGER, "organisation_admitted", encode((given.name, given.account)))
    return NOTHING


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
