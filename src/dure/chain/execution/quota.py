"""Gas against a quota per organisation and period, where a chain charges no fee.

An organisation's accounts share one quota; on a chain with open enrolment an account that nobody
has enrolled has one of its own. Gas counts for the period in which the block's time lies. Rows are
read once a block and written once, at its end.

What a transaction schedules is paid from its own gas. What a scheduled call schedules is paid by
the organisation of the account that owns the contract whose turn it was, whichever contracts that
one calls in turn: nobody can make another contract's owner pay (decision 0009).
"""

from dure.chain import state
from dure.chain.parameters import Parameters
from dure.contract.ports import Refusal
from dure.core.errors import AccountNotEnrolled
from dure.core.types import Address, Gas, Instant


class Quota:
    """What the quotas' owners have used, as seen by one block or one admission."""

    __slots__ = ("_changed", "_limit", "_period", "_used", "_view")

    def __init__(self, view: state.View, parameters: Parameters, time: Instant) -> None:
        self._view = view
        self._limit = parameters.quota_gas
        self._period = time // parameters.quota_period
        self._used: dict[bytes, int] = {}
        self._changed: set[bytes] = set()

    def get_left(self, owner: bytes) -> int:
        """Return the gas that the owner may still use in this period.

        Below zero where the quota was lowered after more had been used.
        """
        known = self._used
        return self._limit - (known[owner] if owner in known else self._find_used(owner))

    def charge(self, owner: bytes, gas: Gas) -> None:
        """Count `gas` as used by the owner."""
        known = self._used
        known[owner] = (known[owner] if owner in known else self._find_used(owner)) + gas
        self._changed.add(owner)

    def save(self) -> None:
        """Write what changed."""
        for owner in self._changed:
            self._view.save(owner, state.Usage(period=self._period, gas=Gas(self._used[owner])))

    def _find_used(self, owner: bytes) -> int:
        usage = self._view.load(state.Usage, owner)
        used = usage.gas if usage is not None and usage.period == self._period else 0
        self._used[owner] = used
        return used


class OwnersShare:
    """What one scheduled call takes from the quota of its contract's owner.

    It counts from `settle` on, which the block calls when nothing was refused.
    """

    __slots__ = ("_contract", "_owner", "_parameters", "_quota", "_taken", "_view")

    def __init__(
        self, quota: Quota, view: state.View, parameters: Parameters, *, contract: Address
    ) -> None:
        self._quota = quota
        self._view = view
        self._parameters = parameters
        self._contract = contract
        self._owner: bytes | None = None
        self._taken = 0

    def take(self, gas: Gas) -> None:
        """Set `gas` aside; refuse `quota_exhausted` where the owner has not so much left."""
        if self._owner is None:
            self._owner = self._find_owner()
        self._taken += gas
        if self._taken > self._quota.get_left(self._owner):
            raise Refusal(
                "quota_exhausted", "the gas of the contract's owner is used up for this period"
            )

    def settle(self) -> None:
        """Count what was set aside as used."""
        if self._owner is not None:
            self._quota.charge(self._owner, Gas(self._taken))

    def _find_owner(self) -> bytes:
        record = self._view.require(state.ContractRecord, state.key_contract(self._contract))
        account = self._view.load(state.Account, state.key_account(record.owner))
        try:
            require_admitted(self._view, account)
            return get_quota_owner(account, record.owner, self._parameters)
        except AccountNotEnrolled:
            raise Refusal(
                "quota_exhausted", "no organisation has enrolled the owner of the contract"
            ) from None


def require_admitted(view: state.View, account: state.Account | None) -> None:
    """Raise `AccountNotEnrolled` for the account of an organisation that was expelled."""
    organisation = None if account is None else account.organisation
    if organisation is not None and view.get(state.key_organisation(organisation)) is None:
        message = f"{organisation}, which enrolled the account, is no member any more"
        raise AccountNotEnrolled(message)


def get_quota_owner(account: state.Account | None, payer: Address, parameters: Parameters) -> bytes:
    """Return the state key of the quota that pays; raise `AccountNotEnrolled` where none does."""
    if account is not None and account.organisation is not None:
        return state.key_usage_organisation(account.organisation)
    if parameters.open_enrolment:
        return state.key_usage_account(payer)
    raise AccountNotEnrolled(
        "no member organisation has enrolled the account that pays for the gas"
    )
