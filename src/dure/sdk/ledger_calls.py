"""The ledger's own calls, typed: what goes into a transaction beside calls of contracts."""

from collections.abc import Iterable, Mapping

from dure.chain import system
from dure.chain.money import LEDGER
from dure.chain.parameters import Parameters
from dure.chain.transaction import Call, Policy
from dure.contract.bundle import Source
from dure.core.attestation import Attestation
from dure.core.codec import Wire, encode
from dure.core.types import Address, Amount, AssetId, Height, Instant
from dure.core.validators import Validator


def transfer(asset: AssetId, target: Address, amount: int) -> Call:
    """Move money of the sender."""
    return _call("transfer", system.TransferArguments(asset, target, Amount(amount)))


def deploy(
    source: Source,
    *,
    owner: Address,
    arguments: bytes,
    roles: Mapping[str, Iterable[Address]] | None = None,
) -> Call:
    """Put a contract on the chain; `arguments` are those of `init`, which `owner` calls."""
    granted = tuple((role, holder) for role, holders in (roles or {}).items() for holder in holders)
    given = system.DeployArguments(source, owner, arguments, granted)
    return _call("deploy", given)


def upgrade(contract: Address, source: Source, *, arguments: bytes) -> Call:
    """Replace a contract's code; `arguments` are those of its `@migrate`."""
    return _call("upgrade", system.UpgradeArguments(contract, source, arguments))


def stop(contract: Address, reason: str) -> Call:
    """Have a contract answer views only, and tell everybody why."""
    return _call("stop", system.StopArguments(contract, reason))


def start(contract: Address) -> Call:
    """Let a stopped contract run again."""
    return _call("start", system.StartArguments(contract))


def grant(contract: Address, role: str, holder: Address) -> Call:
    """Give an account a role at a contract."""
    return _call("grant", system.RoleArguments(contract, role, holder))


def revoke(contract: Address, role: str, holder: Address) -> Call:
    """Take a role at a contract from an account."""
    return _call("revoke", system.RoleArguments(contract, role, holder))


def enrol(accounts: Iterable[Address]) -> Call:
    """Take accounts under the quota of the member organisation that sends this."""
    return _call("enrol", system.EnrolArguments(tuple(accounts)))


def set_policy(policy: Policy) -> Call:
    """Rotate the sender's keys; the address stays."""
    return _call("set_policy", system.SetPolicyArguments(policy))


def admit_organisation(name: str, account: Address) -> Call:
    """Make an organisation a member, with its account; the authority alone may."""
    return _call("admit_organisation", system.AdmitOrganisationArguments(name, account))


def set_validators(
    members: Iterable[Validator], *, from_height: Height, attestations: Iterable[Attestation]
) -> Call:
    """Let these validators decide from a height on; the authority alone may.

    `attestations` are those of a quorum of them, and of each that does not decide yet.
    """
    given = system.SetValidatorsArguments(tuple(members), from_height, tuple(attestations))
    return _call("set_validators", given)


def withdraw_validators() -> Call:
    """Take back a change of the validators that waits for its height; the authority alone may."""
    return _call("withdraw_validators", system.WithdrawValidatorsArguments())


def set_parameters(parameters: Parameters) -> Call:
    """Change the chain's numbers; the authority alone may."""
    return _call("set_parameters", system.SetParametersArguments(parameters))


def advance(to: Instant) -> Call:
    """Raise ledger time to `to`; the story clock of a test chain alone may."""
    return _call("advance", system.AdvanceArguments(to))


def _call(method: str, arguments: Wire) -> Call:
    return Call(contract=LEDGER, method=method, arguments=encode(arguments), pays=None)
