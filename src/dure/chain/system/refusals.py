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
    "organisation_known": "A member organisation has that name already.",
    "bad_validators": "Keys of validators are unsound or stand twice, an organisation is no "
    "member, or the engine has one validator only.",
    "validators_unchanged": "The new validators are those that decide already.",
    "bad_height": "The validators cannot change at that height: it is past, or too far ahead.",
    "bad_attestation": "An attestation is not signed by its validator, is about another chain, or "
    "is nobody's in the new set.",
    "validators_absent": "A new validator, or a quorum of the new set, has not shown that it runs.",
    "no_change_pending": "No change of the validators waits for its height.",
    "too_many_changes": "The chain has changed its validators as often as proofs can tell.",
    "bad_parameters": "The chain's parameters cannot be like this.",
    "not_story_clock": "This chain's time cannot be moved by that account.",
    "bad_time": "The story clock cannot be set to that moment.",
}
"""Code to meaning."""
