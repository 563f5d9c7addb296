"""Session keys: what an account lets another key do in its name, and what it may still spend.

Rules
-----
1. A session key acts as the sender of a transaction and never as its payer. It may make the calls
   that are named, contract by contract and method by method, until it expires by block time.
2. What leaves the account by `pays` and by the ledger's `transfer` is added up, asset by asset, for
   the whole transaction, and taken from what the account allowed for the whole session. Where the
   transaction is undone, nothing was spent.
3. Gas that the account pays for is taken from what it allowed for the whole session, be the
   transaction undone or not. A thief of the key uses up no more of the organisation's quota.
4. Of the ledger's own calls only `transfer` can be allowed: a session key changes no policy, makes
   no other session key and puts no contract on the chain.
5. New keys for the account, whichever way they come, end all its session keys.

They are judged before any call, so a transaction beyond them has no place in a block: at admission,
by the proposer and by every validator.

| prefix | key after it | value |
|---|---|---|
| `l` | account | `SessionKeys` |
"""

from collections import defaultdict
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from dure.chain import state
from dure.chain.money import LEDGER, TransferArguments
from dure.chain.transaction import Call, KeyPolicy, MethodName, PasskeyPolicy, Policy, Transaction
from dure.core.codec import Wire, build_reader
from dure.core.errors import InvalidEncoding, SessionLimitExceeded, WrongPolicy
from dure.core.types import Address, Amount, AssetId, Gas, Instant

SESSIONS_MAX: Final = 8
PERMISSIONS_MAX: Final = 16
BUDGETS_MAX: Final = 8
GAS_PER_SESSION: Final = 5_000
"""Reading, judging and writing an account's session keys, for each transaction of one."""
LEDGER_METHODS: Final = frozenset({"transfer"})
"""Those that can be allowed to a session key."""

SessionPolicy = KeyPolicy | PasskeyPolicy
"""One key alone."""


class Permission(Wire, frozen=True):
    """One method of one contract."""

    contract: Address
    method: MethodName


class Budget(Wire, frozen=True):
    """How much of an asset may still be spent."""

    asset: AssetId
    amount: Amount


class SessionKey(Wire, frozen=True):
    """What a key may do for an account."""

    key: SessionPolicy
    permissions: Annotated[tuple[Permission, ...], Meta(min_length=1, max_length=PERMISSIONS_MAX)]
    budgets: Annotated[tuple[Budget, ...], Meta(max_length=BUDGETS_MAX)]
    """Nothing is spent of an asset that has none."""
    gas: Gas
    """How much more gas the account pays for."""
    expires: Instant
    """Last block time at which it acts."""


class SessionKeys(Wire, frozen=True):
    """All session keys of one account."""

    sessions: Annotated[tuple[SessionKey, ...], Meta(min_length=1, max_length=SESSIONS_MAX)]


_read_transfer: Final = build_reader(TransferArguments)


def key_sessions(account: Address) -> bytes:
    """Return the state key of an account's session keys."""
    return b"l" + account


def list_sessions(view: state.View, account: Address) -> tuple[SessionKey, ...]:
    """Return an account's session keys, those included that have expired."""
    known = view.load(SessionKeys, key_sessions(account))
    return () if known is None else known.sessions


def save_sessions(view: state.View, account: Address, sessions: tuple[SessionKey, ...]) -> None:
    """Write an account's session keys."""
    if sessions:
        view.save(key_sessions(account), SessionKeys(sessions))
    else:
        view.put(key_sessions(account), None)


def replace_policy(view: state.View, address: Address, policy: Policy) -> None:
    """Have another policy act for an account from now on, and nothing else."""
    known = view.load(state.Account, state.key_account(address))
    organisation = None if known is None else known.organisation
    view.save(state.key_account(address), state.Account(policy, organisation))
    if view.get(key_sessions(address)) is not None:
        view.put(key_sessions(address), None)


def judge_session(
    view: state.View, transaction: Transaction, time: Instant, flaw: str
) -> tuple[SessionKey, ...]:
    """Return the sender's session keys as the transaction leaves them.

    Raise `WrongPolicy` with `flaw` where the sender's proof is no session key's, and
    `SessionLimitExceeded` where it asks for more than was allowed.
    """
    body = transaction.body
    policy = transaction.proofs[0].policy
    sessions = list_sessions(view, body.sender)
    session = next((each for each in sessions if each.key == policy), None)
    if session is None:
        raise WrongPolicy(flaw)
    if time > session.expires:
        raise SessionLimitExceeded("the session key has expired", expires=session.expires)
    permitted = {(each.contract, each.method) for each in session.permissions}
    for call in body.calls:
        if (call.contract, call.method) not in permitted:
            message = f"the session key may not call {call.method} there"
            raise SessionLimitExceeded(message, method=call.method)
    if body.payer is None and body.gas_limit > session.gas:
        message = f"the account pays for {session.gas} more of the session key's gas"
        raise SessionLimitExceeded(message, gas=session.gas)
    left = _spend(session, add_up(body.calls))
    return tuple(left if each is session else each for each in sessions)


def charge_session(view: state.View, transaction: Transaction, gas: Gas) -> None:
    """Take the gas that a session key's transaction has used from what is left for it.

    Whether its calls were undone or not; nothing where another payer stands in for the account, or
    where the transaction itself had the session end.
    """
    body, policy = transaction.body, transaction.proofs[0].policy
    sessions = list_sessions(view, body.sender)
    if body.payer is None and any(each.key == policy for each in sessions):
        left = tuple(
            msgspec.structs.replace(each, gas=Gas(each.gas - gas)) if each.key == policy else each
            for each in sessions
        )
        save_sessions(view, body.sender, left)


def add_up(calls: tuple[Call, ...]) -> dict[AssetId, int]:
    """Return what calls take out of their sender's account, asset by asset."""
    total: defaultdict[AssetId, int] = defaultdict(int)
    for call in calls:
        if call.pays is not None:
            total[call.pays.asset] += call.pays.amount
        if call.contract == LEDGER:
            try:
                moved: TransferArguments = _read_transfer(call.arguments)
            except InvalidEncoding:
                raise SessionLimitExceeded("what the session key moves cannot be read") from None
            total[moved.asset] += moved.amount
    return total


def _spend(session: SessionKey, total: dict[AssetId, int]) -> SessionKey:
    left = {budget.asset: budget.amount for budget in session.budgets}
    for asset, amount in total.items():
        if amount > left.get(asset, 0):
            message = f"the session key may spend {left.get(asset, 0)} more of that asset"
            raise SessionLimitExceeded(message, asset=asset, amount=amount)
    budgets = tuple(
        Budget(asset, Amount(amount - total.get(asset, 0))) for asset, amount in left.items()
    )
    return msgspec.structs.replace(session, budgets=budgets)
