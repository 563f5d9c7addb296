"""What must hold before any call of a transaction runs: time, size, gas, policies, quota.

The same checks decide admission to a node, what a proposer puts into a block, and whether others
accept that block. A transaction that breaks one of them has no place in a block and costs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dure.chain import state
from dure.chain.execution.quota import Quota, get_quota_owner
from dure.chain.parameters import Parameters
from dure.chain.transaction import Transaction
from dure.contract.ports import Machine
from dure.core.errors import (
    FeeTooLow,
    GasLimitExceeded,
    QuotaExhausted,
    TransactionExpired,
    TransactionTooEarly,
    TransactionTooLarge,
    WrongChain,
    WrongPolicy,
)
from dure.core.types import Address, ChainId, Hash, Instant


@dataclass(frozen=True, slots=True)
class Rules:
    """What stays the same for a chain's whole life."""

    chain_id: ChainId
    authority: Address
    story_clock: Address | None
    has_one_validator: bool
    """Whether the engine is one that a single validator runs."""
    machine: Machine
    load_program: Callable[[state.View, Hash], None]


def validate_body(
    transaction: Transaction, chain_id: ChainId, parameters: Parameters, time: Instant
) -> None:
    """Check, at block time `time`, all that needs no state; raise the error that fits."""
    body = transaction.body
    if body.chain_id != chain_id:
        raise WrongChain("the transaction is meant for another chain", chain_id=body.chain_id)
    if body.valid_until < time:
        message = "the transaction expired before it could be executed"
        raise TransactionExpired(message, valid_until=body.valid_until, time=time)
    if body.valid_until > time + parameters.replay_window:
        message = f"valid_until may lie at most {parameters.replay_window} ms ahead"
        raise TransactionTooEarly(message, valid_until=body.valid_until, time=time)
    size = len(transaction.envelope)
    if size > parameters.transaction_bytes_max:
        message = f"{size} bytes are more than the {parameters.transaction_bytes_max} of this chain"
        raise TransactionTooLarge(message, size=size)
    if not transaction.proof_gas <= body.gas_limit <= parameters.block_gas_max:
        message = (
            f"the gas limit lies between {transaction.proof_gas} and {parameters.block_gas_max}"
        )
        raise GasLimitExceeded(message, gas_limit=body.gas_limit)
    if body.fee_limit:
        raise FeeTooLow("this chain has no fee asset, so the fee limit is 0")


def validate_accounts(
    transaction: Transaction, view: state.View, parameters: Parameters, quota: Quota
) -> bytes:
    """Check that the proofs may act now and that the gas can be paid; return the quota's owner."""
    body = transaction.body
    account = _validate_policy_of(view, body.sender, transaction, 0)
    payer = body.sender
    if body.payer is not None:
        payer = body.payer
        account = _validate_policy_of(view, payer, transaction, 1)
    owner = get_quota_owner(account, payer, parameters)
    left = quota.get_left(owner)
    if body.gas_limit > left:
        message = "the organisation's gas of this period is used up; try again in the next"
        raise QuotaExhausted(message, left=max(0, left))
    return owner


def _validate_policy_of(
    view: state.View, address: Address, transaction: Transaction, index: int
) -> state.Account | None:
    account = view.load(state.Account, state.key_account(address))
    if account is not None and account.policy is not None:
        if transaction.proofs[index].policy != account.policy:
            raise WrongPolicy("the account has another policy now")
    elif transaction.addresses[index] != address:
        raise WrongPolicy("the policy is not the one that the address stands for")
    return account
