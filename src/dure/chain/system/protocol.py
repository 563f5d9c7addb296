"""The ledger's own calls about the protocol version: who runs it, and from which height it holds.

Rules
-----
1. An organisation announces, by its own account, the newest version that all its nodes run.
2. The members together activate a version for a later height, once every organisation that has a
   validator announced it or a newer one.
3. At the end of the block below that height the parameters name the version; if by then an
   organisation decides that has not announced it, they stay as they are.
4. Whether this program knows the version is no rule of the ledger: programs that differ in that
   would split. A node that does not know it stops when it is in force.
"""

import msgspec

from dure.chain import state
from dure.chain.money import LEDGER
from dure.chain.parameters import Parameters
from dure.chain.system.caller import GAS_PER_CHANGE, NOTHING, Caller
from dure.chain.system.validators import HEIGHTS_AHEAD_MAX
from dure.contract.ports import Refusal
from dure.core.codec import Wire, encode
from dure.core.types import Height, Unsigned
from dure.core.validators import ValidatorSet


class AnnounceVersionArguments(Wire, frozen=True):
    version: Unsigned


class ActivateVersionArguments(Wire, frozen=True):
    version: Unsigned
    from_height: Height
    """The first height at which it holds."""


def announce_version(caller: Caller, given: AnnounceVersionArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    name = caller.require_organisation()
    view = caller.session.view
    known = {each.organisation: each for each in _list_support(view)}
    known[name] = state.Support(name, given.version)
    view.save(state.SUPPORT, tuple(known[each] for each in sorted(known)))
    caller.session.emit(LEDGER, "version_announced", encode((name, given.version)))
    return NOTHING


def activate_version(caller: Caller, given: ActivateVersionArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    caller.require_authority()
    session = caller.session
    if given.version <= session.view.require(Parameters, state.PARAMETERS).protocol_version:
        raise Refusal("bad_version", "that version, or a newer one, holds already")
    if not 1 <= given.from_height - session.height <= HEIGHTS_AHEAD_MAX:
        first, last = session.height + 1, session.height + HEIGHTS_AHEAD_MAX
        message = f"the first height of the version lies between {first} and {last} now"
        raise Refusal("bad_height", message)
    missing = _list_missing(session.view, given.version)
    if missing:
        message = f"not announced by {', '.join(missing)}"
        raise Refusal("version_not_supported", message)
    pending = state.PendingVersion(given.version, given.from_height)
    session.view.save(state.VERSION_NEXT, pending)
    session.emit(LEDGER, "version_chosen", encode((given.version, given.from_height)))
    return NOTHING


def apply_due_version(view: state.View, height: Height) -> None:
    """Let the version that waits for the height after `height` hold; call it last."""
    pending = view.load(state.PendingVersion, state.VERSION_NEXT)
    if pending is None or pending.from_height != height + 1:
        return
    view.put(state.VERSION_NEXT, None)
    if not _list_missing(view, pending.version):
        parameters = view.require(Parameters, state.PARAMETERS)
        changed = msgspec.structs.replace(parameters, protocol_version=pending.version)
        view.save(state.PARAMETERS, changed)


def _list_support(view: state.View) -> tuple[state.Support, ...]:
    return view.load(tuple[state.Support, ...], state.SUPPORT) or ()


def _list_missing(view: state.View, version: int) -> list[str]:
    """Return the organisations that have a validator and have not announced the version."""
    ready = {each.organisation for each in _list_support(view) if each.version >= version}
    validators = view.require(ValidatorSet, state.VALIDATORS)
    return sorted({member.organisation for member in validators.members} - ready)
