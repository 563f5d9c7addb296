"""Why the ledger refuses a call of its own; `dure.contract.refusals` has the codes of contracts."""

from typing import Final

SYSTEM_REFUSALS: Final[dict[str, str]] = {
    "not_authority": "Only the members together may do that: by their common account, or "
    "by their votes.",
    "not_member": "Only a member organisation's account may do that.",
    "not_enrolled": "The organisation has not enrolled that account.",
    "not_owner": "Only the contract's owner, or the members together, may do that.",
    "enrolled_elsewhere": "Another organisation has enrolled that account.",
    "bad_policy": "The account's new policy breaks a rule.",
    "bad_session": "The session key is unsound, has no sound end, or may do what none may.",
    "too_many_sessions": "The account has as many session keys as one may have.",
    "session_unknown": "The account has no such session key.",
    "bad_guardians": "Guardians are another account, with a delay within bounds.",
    "not_guardian": "Only the account's guardians, or for stopping it the account, may do that.",
    "recovery_pending": "A recovery of the account waits.",
    "no_recovery": "No recovery of the account waits.",
    "too_many_versions": "The contract has as many versions as one may have.",
    "already_stopped": "The contract is stopped already.",
    "not_stopped": "The contract is not stopped.",
    "organisation_known": "A member organisation has that name, or that account, already.",
    "name_used": "An organisation that left had that name, and another account.",
    "organisation_unknown": "No member organisation has that name.",
    "bad_attributes": "Attributes of an organisation are sorted by name and stand once each.",
    "bad_serial": "A certificate's serial number is written without leading zeros.",
    "bad_device": "The device's key is unsound.",
    "device_known": "A device with that key is registered already, or the key's account is in an "
    "organisation.",
    "device_unknown": "The organisation has no such device.",
    "too_many_roles": "The organisation has as many roles of the chain as one may have.",
    "role_not_held": "The account, or the organisation that passes it on, does not have that role.",
    "bad_validators": "Keys of validators are unsound or stand twice, an organisation is no "
    "member, or the engine has one validator only.",
    "validators_unchanged": "The new validators are those that decide already.",
    "bad_height": "What was decided cannot begin at that height: it is past, or too far ahead.",
    "bad_attestation": "An attestation is not signed by its validator, is about another chain, or "
    "is nobody's in the new set.",
    "validators_absent": "A new validator, or a quorum of the new set, has not shown that it runs.",
    "no_approvers": "Nobody would be left to decide for the members.",
    "no_quorum": "Nobody would be left to decide about blocks.",
    "no_change_pending": "No change of the validators waits for its height.",
    "too_many_changes": "The chain has changed its validators as often as proofs can tell.",
    "bad_version": "That protocol version, or a newer one, holds already.",
    "version_not_supported": "An organisation that has a validator has not announced the version.",
    "bad_parameters": "The chain's parameters cannot be like this.",
    "not_story_clock": "This chain's time cannot be moved by that account.",
    "bad_time": "The story clock cannot be set to that moment.",
}
"""Code to meaning."""
