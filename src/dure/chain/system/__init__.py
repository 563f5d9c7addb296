"""The ledger's own calls, at the address `money.LEDGER`.

| method | who | what |
|---|---|---|
| `transfer` | anybody | moves money between accounts, by the rule of its asset |
| `deploy` | the authority; anybody where `open_deployment` | puts a contract on the chain |
| `upgrade`, `stop`, `start` | the same; in the open the owner alone | a contract's life |
| `grant`, `revoke` | the authority, or the contract's owner | accounts' roles at a contract |
| `enrol` | a member organisation's account | takes accounts under the member's quota |
| `set_policy` | the account itself | rotates its keys |
| `grant_session`, `withdraw_session` | the account itself | another key acts, within limits |
| `set_guardians` | the account itself | who may recover it, after which delay |
| `begin_recovery` | the guardians | another policy acts when the delay has passed |
| `stop_recovery` | the account, or the guardians | it does not |
| `set_authorities` | a member organisation's account | who certifies its nodes and people |
| `revoke_certificates` | the same | makes certificates worthless by their serial numbers |
| `register_devices`, `remove_device` | the same | its machines, with keys of their own |
| `give_role`, `take_role` | the authority; an organisation to its own | the chain's roles |
| `set_attributes` | the authority | what the members say of an organisation |
| `admit_organisation` | the authority | a new member with its account |
| `expel_organisation` | the authority | a member goes, and its validators with it |
| `rotate_organisation` | the authority | new keys for a member's account |
| `set_validators` | the authority | who decides from a stated height on |
| `withdraw_validators` | the authority | takes back a change that waits for its height |
| `set_parameters` | the authority | the chain's numbers |
| `announce_version` | a member organisation's account | says which protocol version it runs |
| `activate_version` | the authority | a protocol version holds from a height on |
| `advance` | the story clock of a test chain | raises ledger time |

The authority is the members' common account, or the governance contract, which comes in through the
door of `decisions`.

Arguments are the canonical tuple of the method's `…Arguments` fields. Each method refuses with a
code of its own.
"""

from dure.chain.money import TransferArguments
from dure.chain.system.accounts import EnrolArguments, SetPolicyArguments
from dure.chain.system.caller import (
    GAS_PER_CHANGE,
    GAS_PER_KEPT_BYTE,
    GAS_PER_TRANSFER,
    Caller,
)
from dure.chain.system.contracts import (
    GAS_PER_SOURCE_BYTE,
    VERSIONS_MAX,
    DeployArguments,
    RoleArguments,
    StartArguments,
    StopArguments,
    UpgradeArguments,
)
from dure.chain.system.decisions import (
    DECISIONS,
    DecideExpulsionArguments,
    DecideValidatorsArguments,
    consult,
    decide,
    list_approvers,
)
from dure.chain.system.delegates import (
    DELAY_BOUNDS,
    SESSION_MS_MAX,
    TAKE_OVER_GAS,
    BeginRecoveryArguments,
    GrantSessionArguments,
    Guarded,
    SetGuardiansArguments,
    StopRecoveryArguments,
    Takeover,
    WithdrawSessionArguments,
    key_guarded,
    run_due_call,
)
from dure.chain.system.governance import (
    LEDGER_TIME_MAX,
    AdvanceArguments,
    SetParametersArguments,
)
from dure.chain.system.membership import (
    ChainRoleArguments,
    NewDevice,
    RegisterDevicesArguments,
    RemoveDeviceArguments,
    RevokeCertificatesArguments,
    SetAttributesArguments,
    SetAuthoritiesArguments,
)
from dure.chain.system.organisations import (
    AdmitOrganisationArguments,
    ExpelOrganisationArguments,
    RotateOrganisationArguments,
)
from dure.chain.system.protocol import (
    ActivateVersionArguments,
    AnnounceVersionArguments,
    apply_due_version,
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
    "DECISIONS",
    "DELAY_BOUNDS",
    "GAS_PER_CHANGE",
    "GAS_PER_KEPT_BYTE",
    "GAS_PER_SOURCE_BYTE",
    "GAS_PER_TRANSFER",
    "LEDGER_TIME_MAX",
    "METHODS",
    "PRESENCE_MS",
    "SESSION_MS_MAX",
    "TAKE_OVER_GAS",
    "VERSIONS_MAX",
    "ActivateVersionArguments",
    "AdmitOrganisationArguments",
    "AdvanceArguments",
    "AnnounceVersionArguments",
    "BeginRecoveryArguments",
    "Caller",
    "ChainRoleArguments",
    "DecideExpulsionArguments",
    "DecideValidatorsArguments",
    "DeployArguments",
    "EnrolArguments",
    "ExpelOrganisationArguments",
    "GrantSessionArguments",
    "Guarded",
    "NewDevice",
    "RegisterDevicesArguments",
    "RemoveDeviceArguments",
    "RevokeCertificatesArguments",
    "RoleArguments",
    "RotateOrganisationArguments",
    "SetAttributesArguments",
    "SetAuthoritiesArguments",
    "SetGuardiansArguments",
    "SetParametersArguments",
    "SetPolicyArguments",
    "SetValidatorsArguments",
    "Standing",
    "StartArguments",
    "StopArguments",
    "StopRecoveryArguments",
    "Takeover",
    "TransferArguments",
    "UpgradeArguments",
    "WithdrawSessionArguments",
    "WithdrawValidatorsArguments",
    "apply_due_validators",
    "apply_due_version",
    "consult",
    "decide",
    "is_fresh",
    "judge_change",
    "key_guarded",
    "list_approvers",
    "run_call",
    "run_due_call",
]
