"""What must hold before any call of a transaction runs: time, size, gas, policies, quota.

The same checks decide admission to a node, what a proposer puts into a block, and whether others
accept that block. A transaction that breaks one of them has no place in a block and costs nothing.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass

from dure.chain import state
from dure.chain.execution.delegation import SessionKey, judge_session
from dure.chain.execution.quota import Quota, get_quota_owner, require_admitted
from dure.chain.parameters import Parameters
from dure.chain.transaction import Transaction
from dure.contract.ports import Machine
from dure.core.errors import (
    FeeTooLow,
    GasLimitExceeded,
    QuotaExhausted,
    TransactionExpired,
    TransactionReplayed,
    TransactionTooEarly,
    TransactionTooLarge,
    WrongChain,
    WrongPolicy,
)
from dure.core.types import Address, ChainId, Hash, Instant, TransactionId


@dataclass(frozen=True, slots=True)
class Rules:
    """What stays the same for a chain's whole life."""

    chain_id: ChainId
    story_clock: Address | None
    has_one_validator: bool
    """Whether the engine is one that a single validator runs."""
    machine: Machine
    load_program: Callable[[state.View, Hash], None]


Admitted = tuple[bytes, tuple[SessionKey, ...]]
"""The state key of the quota that pays, and what the transaction leaves of the sender's session
keys where one of them signed it.
"""


class Checks:
    """The checks at one block time and on one view of the state.

    What view, `seen` and `quota` learn of one transaction counts for the next.
    """

    __slots__ = ("_chain_id", "_latest", "_parameters", "_quota", "_seen", "_time", "_view")

    def __init__(
        self,
        chain_id: ChainId,
        seen: tuple[Container[TransactionId], ...],
        *,
        view: state.View,
        parameters: Parameters,
        time: Instant,
        quota: Quota,
    ) -> None:
        """Check against `time`, the block's, and what was executed before it: `seen`."""
        self._chain_id = chain_id
        self._seen = seen
        self._view = view
        self._parameters = parameters
        self._time = time
        self._latest = time + parameters.replay_window
        self._quota = quota

    def validate(self, transaction: Transaction) -> Admitted:
        """Return who pays and by which right; raise the `InvalidTransaction` that fits."""
        self._validate_body(transaction)
        identity = transaction.transaction_id
        for known in self._seen:
            if identity in known:
                raise TransactionReplayed("this transaction was executed before")
        return self._validate_accounts(transaction)

    def _validate_body(self, transaction: Transaction) -> None:
        """Check all that needs no state."""
        body, parameters = transaction.body, self._parameters
        if body.chain_id != self._chain_id:
            raise WrongChain("the transaction is meant for another chain", chain_id=body.chain_id)
        valid_until = body.valid_until
        if valid_until < self._time:
            message = "the transaction expired before it could be executed"
            raise TransactionExpired(message, valid_until=valid_until, time=self._time)
        if valid_until > self._latest:
            message = f"valid_until may lie at most {parameters.replay_window} ms ahead"
            raise TransactionTooEarly(message, valid_until=valid_until, time=self._time)
        size, size_max = len(transaction.envelope), parameters.transaction_bytes_max
        if size > size_max:
            message = f"{size} bytes are more than the {size_max} of this chain"
            raise TransactionTooLarge(message, size=size)
        least, gas_max = transaction.proof_gas, parameters.block_gas_max
        if not least <= body.gas_limit <= gas_max:
            message = f"the gas limit lies between {least} and {gas_max}"
            raise GasLimitExceeded(message, gas_limit=body.gas_limit)
        if body.fee_limit:
            raise FeeTooLow("this chain has no fee asset, so the fee limit is 0")

    def _validate_accounts(self, transaction: Transaction) -> Admitted:
        """Check that the proofs may act now and that the gas can be paid."""
        body = transaction.body
        payer = body.sender
        account, flaw = self._find_flaw(payer, transaction, 0)
        sessions: tuple[SessionKey, ...] = ()
        if flaw:
            sessions = judge_session(self._view, transaction, self._time, flaw)
        if body.payer is not None:
            payer = body.payer
            account, flaw = self._find_flaw(payer, transaction, 1)
            if flaw:
                raise WrongPolicy(flaw)
        owner = get_quota_owner(account, payer, self._parameters)
        left = self._quota.get_left(owner)
        if body.gas_limit > left:
            message = "the organisation's gas of this period is used up; try again in the next"
            raise QuotaExhausted(message, left=max(0, left))
        return owner, sessions

    def _find_flaw(
        self, address: Address, transaction: Transaction, index: int
    ) -> tuple[state.Account | None, str]:
        """Return what is known of an account, and why that proof is not its own."""
        account = self._view.load(state.Account, state.key_account(address))
        flaw = ""
        if account is not None and account.policy is not None:
            if transaction.proofs[index].policy != account.policy:
                flaw = "the account has another policy now"
        elif transaction.addresses[index] != address:
            flaw = "the policy is not the one that the address stands for"
        require_admitted(self._view, account)
        return account, flaw
