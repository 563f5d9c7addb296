"""The ledger's own calls, at the address `money.LEDGER`.

| method | who | what |
|---|---|---|
| `transfer` | anybody | moves money between accounts, by the rule of its asset |
| `deploy` | the authority; anybody where `open_deployment` | puts a contract on the chain |
| `upgrade`, `stop`, `start` | the same; in the open the owner alone | a contract's life |
| `grant`, `revoke` | the authority, or the contract's owner | accounts' roles at a contract |
| `enrol` | a member organisation's account | takes accounts under the member's quota |
| `set_policy` | the account itself | rotates its keys |
| `set_validators`, `set_parameters` | the authority | who decides, and the chain's numbers |
| `advance` | the story clock of a test chain | raises ledger time |

Arguments are the canonical tuple of the method's `…Arguments` fields. Each method refuses with a
code of its own.
"""

from dure.chain.system.accounts import EnrolArguments, SetPolicyArguments, TransferArguments
from dure.chain.system.caller import GAS_PER_CHANGE, GAS_PER_TRANSFER, Caller
from dure.chain.system.contracts import (
    GAS_PER_SOURCE_BYTE,
    VERSIONS_MAX,
    DeployArguments,
    RoleArguments,
    StartArguments,
    StopArguments,
    UpgradeArguments,
)
from dure.chain.system.governance import (
    LEDGER_TIME_MAX,
    AdvanceArguments,
    SetParametersArguments,
    SetValidatorsArguments,
)
from dure.chain.system.table import METHODS, call

__all__ = [
    "GAS_PER_CHANGE",
    "GAS_PER_SOURCE_BYTE",
    "GAS_PER_TRANSFER",
    "LEDGER_TIME_MAX",
    "METHODS",
    "VERSIONS_MAX",
    "AdvanceArguments",
    "Caller",
    "DeployArguments",
    "EnrolArguments",
    "RoleArguments",
    "SetParametersArguments",
    "SetPolicyArguments",
    "SetValidatorsArguments",
    "StartArguments",
    "StopArguments",
    "TransferArguments",
    "UpgradeArguments",
    "call",
]
