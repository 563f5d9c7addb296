"""The ledger's own calls about who is a member organisation: admitted, given new keys, expelled.

Rules
-----
1. The members together decide, through the authority.
2. From the block that expels an organisation on, its accounts send nothing and its validators
   decide nothing; a quorum of those that stay has shown that it runs. What the accounts own stays
   theirs, and another member may take them under its quota.
   Its name comes back with the same account only (`name_used`): the accounts that it enrolled say
   the name still.
3. Somebody must be left who can decide: about the chain (`no_approvers`), and about blocks
   (`no_quorum`, `validators_absent`).
4. Nobody has two votes: an account is one organisation's own. That a member has enrolled it hinders
   nobody's admission, for enrolling asks nobody; the account leaves that member.
5. An organisation whose keys are lost gets new ones. The address stays, and with it money, roles
   and everything that names it.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from dure.chain import membership, state
from dure.chain.execution.delegation import replace_policy
from dure.chain.money import LEDGER
from dure.chain.system.caller import GAS_PER_CHANGE, NOTHING, Caller
from dure.chain.system.delegates import dismiss_guardians
from dure.chain.system.validators import drop_validators
from dure.chain.transaction import Policy
from dure.contract.ports import Refusal
from dure.core.attestation import Attestation
from dure.core.codec import Wire, encode
from dure.core.types import Address
from dure.core.validators import VALIDATORS_MAX, Name


class AdmitOrganisationArguments(Wire, frozen=True):
    name: Name
    account: Address
    """The organisation's own, which enrols others under its quota."""


class ExpelOrganisationArguments(Wire, frozen=True):
    name: Name
    attestations: Annotated[tuple[Attestation, ...], Meta(max_length=VALIDATORS_MAX)]
    """Of a quorum of the validators that stay; none where the organisation has no validator."""


class RotateOrganisationArguments(Wire, frozen=True):
    name: Name
    policy: Policy
    """Acts for the organisation's account from now on."""


def admit_organisation(caller: Caller, given: AdmitOrganisationArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    caller.require_authority()
    view = caller.session.view
    if view.get(state.key_organisation(given.name)) is not None:
        raise Refusal("organisation_known", "a member organisation has that name already")
    if membership.is_own_account(view, given.account):
        raise Refusal("organisation_known", "a member organisation has that account already")
    if view.get(membership.key_former(given.name)) not in {None, given.account}:
        raise Refusal("name_used", "an organisation that left had that name and another account")
    known = view.load(state.Account, state.key_account(given.account))
    account = (
        state.Account(None, given.name)
        if known is None
        else msgspec.structs.replace(known, organisation=given.name)
    )
    view.save(state.key_account(given.account), account)
    view.put(state.key_organisation(given.name), given.account)
    view.put(membership.key_former(given.name), None)
    # Whoever has a device may remove it, and an organisation is nobody's.
    view.put(membership.key_device(given.account), None)
    names = {*state.list_organisations(view), given.name}
    view.save(state.ORGANISATIONS, tuple(sorted(names)))
    caller.session.emit(LEDGER, "organisation_admitted", encode((given.name, given.account)))
    return NOTHING


def expel_organisation(caller: Caller, given: ExpelOrganisationArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    caller.require_authority()
    view, name = caller.session.view, given.name
    account = _find_account(view, name)
    left = tuple(each for each in state.list_organisations(view) if each != name)
    approvers = view.load(tuple[Name, ...], state.APPROVERS)
    deciding = left if approvers is None else tuple(each for each in approvers if each != name)
    if not deciding:
        raise Refusal("no_approvers", "nobody would be left to decide for the members")
    drop_validators(caller, name, given.attestations)
    membership.forget_organisation(view, name)
    view.save(state.ORGANISATIONS, left)
    if approvers is not None:
        view.save(state.APPROVERS, deciding)
    _hand_over_offices(caller, name, left[0])
    caller.session.emit(LEDGER, "organisation_expelled", encode((name, account)))
    return NOTHING


def rotate_organisation(caller: Caller, given: RotateOrganisationArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    caller.require_authority()
    view = caller.session.view
    account = _find_account(view, given.name)
    caller.require_policy(given.policy)
    replace_policy(view, account, given.policy)
    dismiss_guardians(view, account)
    caller.session.emit(LEDGER, "organisation_rotated", encode((given.name, account)))
    return NOTHING


def _find_account(view: state.View, name: Name) -> Address:
    account = view.get(state.key_organisation(name))
    if account is None:
        raise Refusal("organisation_unknown", "no member organisation has that name")
    return Address(account)


def _hand_over_offices(caller: Caller, old: Name, new: Name) -> None:
    """Let the chain's own accounts use the quota of a member that stays."""
    view = caller.session.view
    for address in (state.get_authority(view), caller.rules.story_clock):
        key = None if address is None else state.key_account(address)
        known = None if key is None else view.load(state.Account, key)
        if key is not None and known is not None and known.organisation == old:
            view.save(key, msgspec.structs.replace(known, organisation=new))
