"""Which methods the ledger has, and the way from a call's bytes to the method."""

from collections.abc import Callable
from typing import Any, Final

from dure.chain.system import accounts, contracts, governance, validators
from dure.chain.system.caller import Caller
from dure.chain.transaction import Call
from dure.contract.ports import Refusal
from dure.core.codec import Wire, build_reader
from dure.core.errors import InvalidEncoding

Handler = Callable[[Caller, Any], bytes]

METHODS: Final[dict[str, tuple[type[Wire], Handler]]] = {
    "transfer": (accounts.TransferArguments, accounts.transfer),
    "enrol": (accounts.EnrolArguments, accounts.enrol),
    "set_policy": (accounts.SetPolicyArguments, accounts.set_policy),
    "deploy": (contracts.DeployArguments, contracts.deploy),
    "upgrade": (contracts.UpgradeArguments, contracts.upgrade),
    "stop": (contracts.StopArguments, contracts.stop),
    "start": (contracts.StartArguments, contracts.start),
    "grant": (contracts.RoleArguments, contracts.grant),
    "revoke": (contracts.RoleArguments, contracts.revoke),
    "admit_organisation": (governance.AdmitOrganisationArguments, governance.admit_organisation),
    "set_validators": (validators.SetValidatorsArguments, validators.set_validators),
    "withdraw_validators": (
        validators.WithdrawValidatorsArguments,
        validators.withdraw_validators,
    ),
    "set_parameters": (governance.SetParametersArguments, governance.set_parameters),
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
