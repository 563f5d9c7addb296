"""The ledger's own calls, at the address `money.LEDGER`.

| method | who | what |
|---|---|---|
| `transfer` | anybody | moves money between accounts, by the rule of its asset |
| `deploy` | the authority; anybody where `open_deployment` | puts a contract on the chain |
| `upgrade`, `stop`, `start` | the same; in the open the owner alone | a contract's life |
| `grant`, `revoke` | the authority, or the contract's owner | accounts' roles at a contract |
| `enrol` | a member organisation's account | takes accounts under the member's quota |
| `set_policy` | the account itself | rotates its keys |
| `admit_organisation` | the authority | a new member with its account |
| `set_validators` | the authority | who decides from a stated height on |
| `withdraw_validators` | the authority | takes back a change that waits for its height |
| `set_parameters` | the authority | the chain's numbers |
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
    AdmitOrganisationArguments,
    AdvanceArguments,
    SetParametersArguments,
)
from dure.chain.system.table import METHODS, run_call
from dure.chain.system.validators import (
    CHANGES_MAX,
    PRESENCE_MS,
    SetValidatorsArguments,
    Standing,
    WithdrawValidatorsArguments,
    apply_due_validators,
    is_fresh,
    judge_change,
)

__all__ = [
    "CHANGES_MAX",
    "GAS_PER_CHANGE",
    "GAS_PER_SOURCE_BYTE",
    "GAS_PER_TRANSFER",
    "LEDGER_TIME_MAX",
    "METHODS",
    "PRESENCE_MS",
    "VERSIONS_MAX",
    "AdmitOrganisationArguments",
    "AdvanceArguments",
    "Caller",
    "DeployArguments",
    "EnrolArguments",
    "RoleArguments",
    "SetParametersArguments",
    "SetPolicyArguments",
    "SetValidatorsArguments",
    "Standing",
    "StartArguments",
    "StopArguments",
    "TransferArguments",
    "UpgradeArguments",
    "WithdrawValidatorsArguments",
    "apply_due_validators",
    "is_fresh",
    "judge_change",
    "run_call",
]
