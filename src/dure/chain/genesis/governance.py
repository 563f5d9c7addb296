"""Who makes the ledger's privileged calls from the first block on.

Rules
-----
1. It is one address, `gauthority` of the state: that of an account which several keys share, or
   that of the governance contract, which always stands at `GOVERNANCE`.
2. The genesis names the contract by its code hash and the document carries the source, so that
   proofs, in which the genesis travels, stay small.
3. What the contract's `@init` would store is written with the state: nothing runs before the first
   block.
4. Approvers are all member organisations, or those that the plan names.
"""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from dure.chain import state
from dure.chain.genesis.predecessor import require
from dure.chain.money import LEDGER
from dure.chain.transaction import Policy, compute_address, validate_policy
from dure.contract.bundle import Source
from dure.contract.machine import compute_code_hash
from dure.contract.ports import Refusal
from dure.core.codec import Wire, encode
from dure.core.types import Address, Hash, Height, Milliseconds
from dure.core.validators import Name

GOVERNANCE: Final = Address(bytes(31) + b"\2")
"""Where the governance contract stands."""
VOTING_PERIOD_BOUNDS: Final = (1_000, 366 * 86_400_000)
NAMED_MAX: Final = 128


class VotingRule(StrEnum):
    """How many of the approvers have to be for a proposal."""

    MAJORITY = "majority"
    """More than half."""
    TWO_THIRDS = "two-thirds"
    """More than two thirds: as many as outvote every coalition that consensus withstands."""
    ALL = "all"
    NAMED = "named"
    """All of the organisations that the genesis names, and nobody else."""


class GovernancePlan(Wire, frozen=True, tag="governance-1"):
    """A contract decides, by votes of the organisations."""

    rule: VotingRule
    named: Annotated[tuple[Name, ...], Meta(max_length=NAMED_MAX)]
    """The approvers of the rule `named`, sorted; empty by every other rule."""
    voting_period: Milliseconds
    """How long a proposal is open, in ledger time."""
    code_hash: Hash
    """Of the contract."""


Authority = Policy | GovernancePlan


def compute_authority(authority: Authority) -> Address:
    """Return the address that makes privileged calls."""
    return GOVERNANCE if isinstance(authority, GovernancePlan) else compute_address(authority)


def validate_authority(
    authority: Authority, names: frozenset[Name], source: Source | None, *, is_first: bool
) -> None:
    """Raise `InvalidGenesis`, or `InvalidTransaction` for an unsound policy.

    `names` are those of the organisations, whoever is missing included; a chain that has a
    predecessor, and so is not the first, inherits the contract with the state.
    """
    if not isinstance(authority, GovernancePlan):
        validate_policy(authority)
        require(source is None, "a chain without governance contract brings no source of one")
        return
    least, most = VOTING_PERIOD_BOUNDS
    require(
        least <= authority.voting_period <= most,
        f"the voting period lies between {least} and {most} milliseconds",
    )
    named = authority.named
    require(list(named) == sorted(set(named)), "the named approvers are sorted and distinct")
    require(
        bool(named) == (authority.rule is VotingRule.NAMED),
        "approvers are named by the rule `named`, and by no other",
    )
    require(set(named) <= names, "a named approver is no member organisation")
    require((source is not None) == is_first, "the first genesis brings the governance contract")
    if source is not None:
        require(_is_source_of(source, authority.code_hash), "another governance contract is named")


def build_governance(plan: GovernancePlan, source: Source, height: Height) -> dict[bytes, object]:
    """Return what the state says of the contract and in its name, as if it had been begun."""
    record = state.ContractRecord(
        owner=GOVERNANCE,
        code_hash=plan.code_hash,
        version=1,
        deployed=height,
        changed=height,
        stopped=None,
    )
    stored = {(): None} | {
        (name,): value
        for name, value in (
            ("ledger", LEDGER),
            ("rule", plan.rule.name),
            ("voting_period", plan.voting_period),
        )
    }
    return {
        state.key_contract(GOVERNANCE): record,
        state.key_version(GOVERNANCE, 1): state.VersionRecord(plan.code_hash, height),
        state.key_source(plan.code_hash): source,
        **{state.key_storage(GOVERNANCE, encode(key)): value for key, value in stored.items()},
    }


def _is_source_of(source: Source, code_hash: Hash) -> bool:
    try:
        return compute_code_hash(source) == code_hash
    except Refusal:
        return False
