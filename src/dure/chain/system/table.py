"""Which methods the ledger has, and the way from a call's bytes to the method."""

from collections.abc import Callable
from typing import Any, Final

from dure.chain.money import TransferArguments
from dure.chain.system import (
    accounts,
    contracts,
    delegates,
    governance,
    membership,
    organisations,
    protocol,
    validators,
)
from dure.chain.system.caller import Caller
from dure.chain.transaction import Call
from dure.contract.ports import Refusal
from dure.core.codec import Wire, build_reader
from dure.core.errors import InvalidEncoding

Handler = Callable[[Caller, Any], bytes]

METHODS: Final[dict[str, tuple[type[Wire], Handler]]] = {
    "transfer": (TransferArguments, accounts.transfer),
    "enrol": (accounts.EnrolArguments, accounts.enrol),
    "set_policy": (accounts.SetPolicyArguments, accounts.set_policy),
    "grant_session": (delegates.GrantSessionArguments, delegates.grant_session),
    "withdraw_session": (delegates.WithdrawSessionArguments, delegates.withdraw_session),
    "set_guardians": (delegates.SetGuardiansArguments, delegates.set_guardians),
    "begin_recovery": (delegates.BeginRecoveryArguments, delegates.begin_recovery),
    "stop_recovery": (delegates.StopRecoveryArguments, delegates.stop_recovery),
    "deploy": (contracts.DeployArguments, contracts.deploy),
    "upgrade": (contracts.UpgradeArguments, contracts.upgrade),
    "stop": (contracts.StopArguments, contracts.stop),
    "start": (contracts.StartArguments, contracts.start),
    "grant": (contracts.RoleArguments, contracts.grant),
    "revoke": (contracts.RoleArguments, contracts.revoke),
    "admit_organisation": (
        organisations.AdmitOrganisationArguments,
        organisations.admit_organisation,
    ),
    "expel_organisation": (
        organisations.ExpelOrganisationArguments,
        organisations.expel_organisation,
    ),
    "rotate_organisation": (
        organisations.RotateOrganisationArguments,
        organisations.rotate_organisation,
    ),
    "set_authorities": (membership.SetAuthoritiesArguments, membership.set_authorities),
    "set_attributes": (membership.SetAttributesArguments, membership.set_attributes),
    "revoke_certificates": (
        membership.RevokeCertificatesArguments,
        membership.revoke_certificates,
    ),
    "register_devices": (membership.RegisterDevicesArguments, membership.register_devices),
    "remove_device": (membership.RemoveDeviceArguments, membership.remove_device),
    "give_role": (membership.ChainRoleArguments, membership.give_role),
    "take_role": (membership.ChainRoleArguments, membership.take_role),
    "set_validators": (validators.SetValidatorsArguments, validators.set_validators),
    "withdraw_validators": (
        validators.WithdrawValidatorsArguments,
        validators.withdraw_validators,
    ),
    "set_parameters": (governance.SetParametersArguments, governance.set_parameters),
    "announce_version": (protocol.AnnounceVersionArguments, protocol.announce_version),
    "activate_version": (protocol.ActivateVersionArguments, protocol.activate_version),
    "advance": (governance.AdvanceArguments, governance.advance),
}


_entries: Final = {name: (build_reader(given), run) for name, (given, run) in METHODS.items()}


def run_call(caller: Caller, call: Call) -> bytes:
    """Run a call of one of the ledger's own methods; return the canonical result."""
    if call.pays is not None:
        raise Refusal("payment_not_accepted", "the ledger's own calls take no payment")
    entry = _entries.get(call.method)
    if entry is None:
        raise Refusal("unknown_method", "the ledger has no such method")
    read, run = entry
    try:
        given = read(call.arguments)
    except InvalidEncoding:
        raise Refusal("bad_arguments", "the arguments do not fit the method") from None
    return run(caller, given)
