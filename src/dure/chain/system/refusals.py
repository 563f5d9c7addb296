"""Why the ledger refuses a call of its own; `dure.contract.refusals` has the codes of contracts."""

from typing import Final

SYSTEM_REFUSALS: Final[dict[str, str]] = {
    "not_authority": "Only the members together, through the authority account, may do that.",
    "not_member": "Only a member organisation's account enrols others.",
    "not_owner": "Only the contract's owner, or the members together, may do that.",
    "enrolled_elsewhere": "Another organisation has enrolled that account.",
    "bad_policy": "The account's new policy breaks a rule.",
    "too_many_versions": "The contract has as many versions as one may have.",
    "already_stopped": "The contract is stopped already.",
    "not_stopped": "The contract is not stopped.",
    "bad_validators": "Keys of validators are unsound or stand twice, or the engine has one only.",
    "bad_parameters": "The chain's parameters cannot be like this.",
    "not_story_clock": "This chain's time cannot be moved by that account.",
    "bad_time": "The story clock cannot be set to that moment.",
}
"""Code to meaning."""
