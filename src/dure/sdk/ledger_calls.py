"""The ledger's own calls, typed: what goes into a transaction beside calls of contracts."""

from collections.abc import Iterable, Mapping
from typing import Final

from dure.chain import system
from dure.chain.execution.delegation import Budget, Permission, SessionPolicy
from dure.chain.membership import Attribute
from dure.chain.money import LEDGER
from dure.chain.parameters import Parameters
from dure.chain.transaction import Call, Policy
from dure.contract.bundle import Source
from dure.core.attestation import Attestation
from dure.core.codec import Wire, encode
from dure.core.types import (
    Address,
    Amount,
    AssetId,
    Gas,
    Height,
    Instant,
    Milliseconds,
    PublicKey,
)
from dure.core.validators import Validator

SESSION_GAS: Final = 100_000_000
"""Of a session for which nobody says another: some two thousand payments, or a hundred calls."""


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


def grant_session(
    key: SessionPolicy,
    methods: Iterable[tuple[Address, str]],
    *,
    until: Instant,
    budget: Mapping[AssetId, int] | None = None,
    gas: int = SESSION_GAS,
) -> Call:
    """Let another key act for the sender until a block time, within limits.

    `methods` are (contract, method); of the ledger's own, `(LEDGER, "transfer")` alone can be
    named. `budget` says what may leave the account in all, and `gas` how much of it the account's
    organisation pays for in all. A key that has a session gets a new one.
    """
    permissions = tuple(Permission(contract, method) for contract, method in methods)
    budgets = tuple(Budget(asset, Amount(amount)) for asset, amount in (budget or {}).items())
    given = system.GrantSessionArguments(key, permissions, budgets, Gas(gas), until)
    return _call("grant_session", given)


def withdraw_session(key: SessionPolicy) -> Call:
    """Take back what a session key of the sender was allowed, at once."""
    return _call("withdraw_session", system.WithdrawSessionArguments(key))


def set_guardians(guardians: Address | None, *, delay: Milliseconds) -> Call:
    """Name who may recover the sender's account, and after how long; None for nobody."""
    return _call("set_guardians", system.SetGuardiansArguments(guardians, delay))


def begin_recovery(account: Address, policy: Policy) -> Call:
    """Have another policy act for an account once the delay has passed; its guardians alone may."""
    return _call("begin_recovery", system.BeginRecoveryArguments(account, policy))


def stop_recovery(account: Address) -> Call:
    """Stop a recovery that waits; the account itself and its guardians may."""
    return _call("stop_recovery", system.StopRecoveryArguments(account))


def admit_organisation(name: str, account: Address) -> Call:
    """Make an organisation a member, with its account; the authority alone may."""
    return _call("admit_organisation", system.AdmitOrganisationArguments(name, account))


def expel_organisation(name: str, attestations: Iterable[Attestation] = ()) -> Call:
    """End a membership; the authority alone may.

    `attestations` are those of a quorum of the validators that stay, where it has validators.
    """
    given = system.ExpelOrganisationArguments(name, tuple(attestations))
    return _call("expel_organisation", given)


def rotate_organisation(name: str, policy: Policy) -> Call:
    """Give a member's account new keys; the address stays. The authority alone may."""
    return _call("rotate_organisation", system.RotateOrganisationArguments(name, policy))


def announce_version(version: int) -> Call:
    """Say that the sender's nodes run a protocol version; a member organisation's account may."""
    return _call("announce_version", system.AnnounceVersionArguments(version))


def activate_version(version: int, *, from_height: Height) -> Call:
    """Let a protocol version hold from a height on; the authority alone may."""
    return _call("activate_version", system.ActivateVersionArguments(version, from_height))


def set_authorities(authorities: Iterable[bytes]) -> Call:
    """Name all certificates (DER) of those who certify for the organisation that sends this."""
    return _call("set_authorities", system.SetAuthoritiesArguments(tuple(authorities)))


def set_attributes(organisation: str, attributes: Mapping[str, str]) -> Call:
    """Say what an organisation is; the authority alone may."""
    given = tuple(Attribute(name, value) for name, value in sorted(attributes.items()))
    return _call("set_attributes", system.SetAttributesArguments(organisation, given))


def revoke_certificates(serials: Iterable[bytes], reason: str) -> Call:
    """Make certificates of the organisation that sends this worthless for ever."""
    given = system.RevokeCertificatesArguments(tuple(serials), reason)
    return _call("revoke_certificates", given)


def register_device(name: str, kind: str, key: PublicKey) -> Call:
    """Make a machine of the organisation that sends this an account of its own."""
    given = system.RegisterDevicesArguments((system.NewDevice(name, kind, key),))
    return _call("register_devices", given)


def remove_device(device: Address) -> Call:
    """Let a machine of the organisation that sends this go."""
    return _call("remove_device", system.RemoveDeviceArguments(device))


def give_role(role: str, holder: Address) -> Call:
    """Give a role of the chain: the authority to an organisation, this to its accounts."""
    return _call("give_role", system.ChainRoleArguments(role, holder))


def take_role(role: str, holder: Address) -> Call:
    """Take a role of the chain back."""
    return _call("take_role", system.ChainRoleArguments(role, holder))


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
