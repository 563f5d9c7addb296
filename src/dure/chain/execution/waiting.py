"""Calls that wait for their time, as rows of the state: planned, withdrawn, parked, taken up again.

Rules
-----
1. A waiting call has two rows: itself under (due time, number), and its due time under its number.
2. A call that falls due while its contract is stopped is parked: it waits outside of the queue, so
   that it holds up nobody. Parked calls of a contract form a chain, newest first, that begins in
   the contract's record.
3. When the contract starts again, they are due at that moment, in the order of their numbers.
4. A parked call that is withdrawn leaves its place in the chain empty.
"""

from typing import Final

import msgspec

from dure.chain import state
from dure.core.types import INT_MAX, Address, Instant

PARKED_MAX: Final = 5_000
"""Of one contract, so that its start fits into any chain's blocks; what is due beyond is refused.
"""


def plan(view: state.View, due: Instant, number: int, call: state.ScheduledCall) -> None:
    """Have a call wait until `due`."""
    view.save(state.key_scheduled(due, number), call)
    view.save(state.key_due(number), due)


def withdraw(view: state.View, contract: Address, number: int) -> bool:
    """Forget a call of the contract; say whether it was still waiting."""
    if not 0 <= number <= INT_MAX:
        return False
    due = view.load(Instant, state.key_due(number))
    if due is None:
        return _withdraw_parked(view, contract, number)
    call = view.require(state.ScheduledCall, state.key_scheduled(due, number))
    if call.contract != contract:
        return False
    view.put(state.key_scheduled(due, number), None)
    view.put(state.key_due(number), None)
    return True


def park(view: state.View, number: int, call: state.ScheduledCall) -> bool:
    """Put a due call of a stopped contract aside; say whether that was done."""
    key = state.key_contract(call.contract)
    record = view.require(state.ContractRecord, key)
    stop = record.stopped
    if stop is None or stop.parked >= PARKED_MAX:
        return False
    view.save(state.key_parked(number), state.ParkedCall(call=call, older=stop.newest))
    longer = msgspec.structs.replace(stop, parked=stop.parked + 1, newest=number)
    view.save(key, msgspec.structs.replace(record, stopped=longer))
    return True


def resume(view: state.View, stop: state.Stop, now: Instant) -> None:
    """Have all calls that were parked since this stop be due `now`."""
    number = stop.newest
    while number is not None:
        parked = view.require(state.ParkedCall, state.key_parked(number))
        view.put(state.key_parked(number), None)
        if parked.call is not None:
            plan(view, now, number, parked.call)
        number = parked.older


def _withdraw_parked(view: state.View, contract: Address, number: int) -> bool:
    key = state.key_parked(number)
    parked = view.load(state.ParkedCall, key)
    if parked is None or parked.call is None or parked.call.contract != contract:
        return False
    view.save(key, msgspec.structs.replace(parked, call=None))
    return True
