"""The ledger's own calls about who else acts for an account: session keys, and guardians.

Rules of recovery
-----------------
1. An account names guardians, one other account (one person's, or several people's threshold), and
   a delay. It changes or dismisses them as it likes while no recovery waits.
2. The guardians begin a recovery with the policy that shall act. It waits for the delay, by ledger
   time; one waits at a time. Until then the account itself acts as before.
3. As long as it waits, the account or the guardians stop it.
4. When the delay has passed the chain takes over by itself, by a scheduled call: from then on the
   new policy acts and nothing else does, session keys included. The guardians' transaction has paid
   for that.

5. Where the members give an organisation new keys, its guardians are dismissed with the old ones.

So guardians help whoever **lost** a key, and cannot act against an account that watches. Against a
thief who has the key they do not help: the thief can stop them too.

| prefix | key after it | value |
|---|---|---|
| `w` | account | `Guarded` |
"""

from typing import Annotated, Final

from msgspec import Meta

from dure.chain import state
from dure.chain.execution import waiting
from dure.chain.execution.delegation import (
    BUDGETS_MAX,
    LEDGER_METHODS,
    PERMISSIONS_MAX,
    SESSIONS_MAX,
    Budget,
    Permission,
    SessionKey,
    SessionPolicy,
    list_sessions,
    replace_policy,
    save_sessions,
)
from dure.chain.execution.session import SCHEDULED_GAS_MIN, Session
from dure.chain.money import LEDGER
from dure.chain.system.caller import GAS_PER_CHANGE, GAS_PER_KEPT_BYTE, NOTHING, Caller
from dure.chain.transaction import Policy, compute_address
from dure.contract.ports import Meter, Refusal
from dure.core.codec import Wire, decode, encode
from dure.core.types import Address, Gas, Instant, Milliseconds, Unsigned

DELAY_BOUNDS: Final = (60_000, 366 * 86_400_000)
SESSION_MS_MAX: Final = 366 * 86_400_000
TAKE_OVER: Final = "take_over"
"""The scheduled call; nobody else can make it."""
ACCOUNT_RECOVERED: Final = "account_recovered"
"""The event that it leaves, and nothing else does."""
TAKE_OVER_GAS: Final = Gas(SCHEDULED_GAS_MIN)


class Takeover(Wire, frozen=True):
    """A recovery that waits."""

    policy: Policy
    at: Instant
    """Ledger time from which it acts."""
    number: Unsigned
    """Of the scheduled call."""


class Guarded(Wire, frozen=True):
    """Who may recover an account, and what they have begun."""

    guardians: Address
    delay: Milliseconds
    pending: Takeover | None


class SetGuardiansArguments(Wire, frozen=True):
    guardians: Address | None
    """None: nobody any more."""
    delay: Milliseconds


class BeginRecoveryArguments(Wire, frozen=True):
    account: Address
    policy: Policy


class StopRecoveryArguments(Wire, frozen=True):
    account: Address


class GrantSessionArguments(Wire, frozen=True):
    key: SessionPolicy
    permissions: Annotated[tuple[Permission, ...], Meta(min_length=1, max_length=PERMISSIONS_MAX)]
    budgets: Annotated[tuple[Budget, ...], Meta(max_length=BUDGETS_MAX)]
    gas: Gas
    expires: Instant


class WithdrawSessionArguments(Wire, frozen=True):
    key: SessionPolicy


def key_guarded(account: Address) -> bytes:
    """Return the state key of an account's guardians."""
    return b"w" + account


def set_guardians(caller: Caller, given: SetGuardiansArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    view, account = caller.session.view, caller.sender
    known = view.load(Guarded, key_guarded(account))
    if known is not None and known.pending is not None:
        raise Refusal("recovery_pending", "a recovery waits: stop it first")
    if given.guardians is None:
        view.put(key_guarded(account), None)
    else:
        least, most = DELAY_BOUNDS
        if given.guardians == account or not least <= given.delay <= most:
            message = f"guardians are another account, and the delay is {least} to {most} ms"
            raise Refusal("bad_guardians", message)
        view.save(key_guarded(account), Guarded(given.guardians, given.delay, None))
    _tell(caller, "guardians_set", (account, given.guardians, given.delay))
    return NOTHING


def begin_recovery(caller: Caller, given: BeginRecoveryArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE + TAKE_OVER_GAS)
    session, account = caller.session, given.account
    guarded = session.view.load(Guarded, key_guarded(account))
    if guarded is None or guarded.guardians != caller.sender:
        raise Refusal("not_guardian", "only the account's guardians recover it")
    if guarded.pending is not None:
        raise Refusal("recovery_pending", "a recovery waits: stop it first")
    caller.require_policy(given.policy)
    at = Instant(session.time + guarded.delay)
    number = session.schedule(LEDGER, at, TAKE_OVER, encode((account,)), TAKE_OVER_GAS)
    pending = Takeover(given.policy, at, number)
    session.view.save(key_guarded(account), Guarded(guarded.guardians, guarded.delay, pending))
    _tell(caller, "recovery_begun", (account, compute_address(given.policy), at))
    return NOTHING


def stop_recovery(caller: Caller, given: StopRecoveryArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    session, account = caller.session, given.account
    guarded = session.view.load(Guarded, key_guarded(account))
    if guarded is None or caller.sender not in {account, guarded.guardians}:
        raise Refusal("not_guardian", "only the account and its guardians stop a recovery")
    if guarded.pending is None:
        raise Refusal("no_recovery", "no recovery of the account waits")
    session.cancel(LEDGER, guarded.pending.number)
    session.view.save(key_guarded(account), Guarded(guarded.guardians, guarded.delay, None))
    _tell(caller, "recovery_stopped", (account, caller.sender))
    return NOTHING


def dismiss_guardians(view: state.View, account: Address) -> None:
    """Forget who may recover an account, and what they have begun."""
    guarded = view.load(Guarded, key_guarded(account))
    if guarded is None:
        return
    if guarded.pending is not None:
        waiting.withdraw(view, LEDGER, guarded.pending.number)
    view.put(key_guarded(account), None)


def run_due_call(session: Session, meter: Meter, arguments: bytes) -> bytes:
    """Let the policy of a recovery act, whose delay has passed: the ledger's one scheduled call."""
    meter.charge(GAS_PER_CHANGE)
    (account,) = decode(tuple[Address], arguments)
    guarded = session.view.require(Guarded, key_guarded(account))
    assert guarded.pending is not None, "a recovery that was stopped is not due"
    replace_policy(session.view, account, guarded.pending.policy)
    session.view.save(key_guarded(account), Guarded(guarded.guardians, guarded.delay, None))
    address = compute_address(guarded.pending.policy)
    session.emit(LEDGER, ACCOUNT_RECOVERED, encode((account, address)))
    return NOTHING


def grant_session(caller: Caller, given: GrantSessionArguments) -> bytes:
    limits = encode((given.permissions, given.budgets))
    caller.meter.charge(GAS_PER_CHANGE + GAS_PER_KEPT_BYTE * len(limits))
    flaw = caller.find_flaw(given.key)
    if flaw is not None:
        raise Refusal("bad_session", flaw)
    ahead = given.expires - caller.header_time
    permissions = {(each.contract, each.method) for each in given.permissions}
    is_sound = (
        0 < ahead <= SESSION_MS_MAX
        and len(permissions) == len(given.permissions)
        and len({each.asset for each in given.budgets}) == len(given.budgets)
        and all(method in LEDGER_METHODS for place, method in permissions if place == LEDGER)
    )
    if not is_sound:
        message = (
            "a session key ends within 366 days, names each method and asset once, and of the "
            "ledger's own calls transfer alone"
        )
        raise Refusal("bad_session", message)
    others = _list_others(caller, given.key)
    if len(others) >= SESSIONS_MAX:
        raise Refusal("too_many_sessions", f"an account has {SESSIONS_MAX} session keys at most")
    session = SessionKey(given.key, given.permissions, given.budgets, given.gas, given.expires)
    save_sessions(caller.session.view, caller.sender, (*others, session))
    _tell(caller, "session_granted", (caller.sender, compute_address(given.key), given.expires))
    return NOTHING


def withdraw_session(caller: Caller, given: WithdrawSessionArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    view = caller.session.view
    if all(each.key != given.key for each in list_sessions(view, caller.sender)):
        raise Refusal("session_unknown", "the account has no such session key")
    save_sessions(view, caller.sender, _list_others(caller, given.key))
    _tell(caller, "session_withdrawn", (caller.sender, compute_address(given.key)))
    return NOTHING


def _list_others(caller: Caller, key: SessionPolicy) -> tuple[SessionKey, ...]:
    """Return the caller's session keys that have not expired, but for `key`."""
    known = list_sessions(caller.session.view, caller.sender)
    return tuple(each for each in known if each.key != key and each.expires >= caller.header_time)


def _tell(caller: Caller, name: str, data: tuple[object, ...]) -> None:
    caller.session.emit(LEDGER, name, encode(data))
