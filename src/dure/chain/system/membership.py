"""The ledger's own calls about the members' registry: `dure.chain.membership` has its rules.

An organisation speaks for itself by its account: its authorities, its revoked certificates, its
devices, and which of its accounts act in a role that it has. What it is to the others, its
attributes and its roles, the members say together.
"""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from dure.chain import membership, state
from dure.chain.membership import Attribute, AuthorityCertificate, Reason, Serial
from dure.chain.money import LEDGER
from dure.chain.system.accounts import EnrolArguments, enrol
from dure.chain.system.caller import (
    GAS_PER_CHANGE,
    GAS_PER_KEPT_BYTE,
    GAS_PER_KEY,
    GAS_PER_TRANSFER,
    NOTHING,
    Caller,
)
from dure.chain.system.contracts import RoleName
from dure.chain.transaction import KeyPolicy, compute_address
from dure.contract.ports import Refusal
from dure.core.codec import Wire, encode
from dure.core.errors import InvalidTransaction
from dure.core.signatures import validate_public_key
from dure.core.types import Address, PublicKey
from dure.core.validators import Name

_Word = Annotated[str, Meta(min_length=1, max_length=64)]


class SetAuthoritiesArguments(Wire, frozen=True):
    authorities: Annotated[
        tuple[AuthorityCertificate, ...], Meta(max_length=membership.AUTHORITIES_MAX)
    ]
    """All of them, also those that stay."""


class SetAttributesArguments(Wire, frozen=True):
    organisation: Name
    attributes: Annotated[tuple[Attribute, ...], Meta(max_length=32)]
    """All of them, sorted by name."""


class RevokeCertificatesArguments(Wire, frozen=True):
    serials: Annotated[tuple[Serial, ...], Meta(min_length=1, max_length=256)]
    reason: Reason


class NewDevice(Wire, frozen=True):
    name: _Word
    kind: _Word
    key: PublicKey


class RegisterDevicesArguments(Wire, frozen=True):
    devices: Annotated[tuple[NewDevice, ...], Meta(min_length=1, max_length=256)]


class RemoveDeviceArguments(Wire, frozen=True):
    device: Address


class ChainRoleArguments(Wire, frozen=True):
    role: RoleName
    holder: Address
    """An organisation's account, or one that the organisation has enrolled."""


def set_authorities(caller: Caller, given: SetAuthoritiesArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE + GAS_PER_KEPT_BYTE * sum(map(len, given.authorities)))
    organisation = _require_organisation(caller)
    view = caller.session.view
    known = membership.get_membership(view, organisation)
    changed = msgspec.structs.replace(known, authorities=given.authorities)
    view.save(membership.key_membership(organisation), changed)
    caller.session.emit(LEDGER, "authorities_set", encode((organisation, len(given.authorities))))
    return NOTHING


def set_attributes(caller: Caller, given: SetAttributesArguments) -> bytes:
    size = sum(len(each.name) + len(each.value) for each in given.attributes)
    caller.meter.charge(GAS_PER_CHANGE + GAS_PER_KEPT_BYTE * 4 * size)
    caller.require_authority()
    view = caller.session.view
    if view.get(state.key_organisation(given.organisation)) is None:
        raise Refusal("organisation_unknown", "no member organisation has that name")
    names = [each.name for each in given.attributes]
    if names != sorted(set(names)):
        raise Refusal("bad_attributes", "attributes are sorted by name and stand once each")
    known = membership.get_membership(view, given.organisation)
    changed = msgspec.structs.replace(known, attributes=given.attributes)
    view.save(membership.key_membership(given.organisation), changed)
    caller.session.emit(LEDGER, "attributes_set", encode((given.organisation,)))
    return NOTHING


def revoke_certificates(caller: Caller, given: RevokeCertificatesArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    organisation = _require_organisation(caller)
    session = caller.session
    revocation = membership.Revocation(session.height, given.reason)
    size = len(encode(revocation))
    for serial in given.serials:
        caller.meter.charge(GAS_PER_TRANSFER)
        key = membership.key_revocation(caller.sender, serial)
        if serial[0] == 0:
            raise Refusal("bad_serial", "a serial number is written without leading zeros")
        if session.view.get(key) is None:
            caller.meter.charge(GAS_PER_KEPT_BYTE * (len(key) + size))
            session.view.save(key, revocation)
            session.emit(LEDGER, "certificate_revoked", encode((organisation, serial)))
    return NOTHING


def register_devices(caller: Caller, given: RegisterDevicesArguments) -> bytes:
    caller.meter.charge((GAS_PER_CHANGE + GAS_PER_KEY) * len(given.devices))
    organisation = _require_organisation(caller)
    session = caller.session
    for each in given.devices:
        try:
            validate_public_key(each.key)
        except InvalidTransaction:
            raise Refusal("bad_device", "the device's key is not sound") from None
        address = compute_address(KeyPolicy(each.key))
        if _is_taken(caller, address):
            raise Refusal("device_known", "the key's account is a device or in an organisation")
        enrol(caller, EnrolArguments((address,)))
        device = membership.Device(organisation, each.name, each.kind, each.key, session.height)
        session.view.save(membership.key_device(address), device)
        session.emit(LEDGER, "device_registered", encode((organisation, address)))
    return NOTHING


def remove_device(caller: Caller, given: RemoveDeviceArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    organisation = _require_organisation(caller)
    view = caller.session.view
    key = membership.key_device(given.device)
    device = view.load(membership.Device, key)
    if device is None or device.organisation != organisation:
        raise Refusal("device_unknown", "the organisation has no such device")
    view.put(key, None)
    account = view.load(state.Account, state.key_account(given.device))
    if account is not None and account.organisation == organisation:
        # Out of the organisation, so that no role of the chain is its any more.
        left = msgspec.structs.replace(account, organisation=None)
        view.save(state.key_account(given.device), left)
    caller.session.emit(LEDGER, "device_removed", encode((organisation, given.device)))
    return NOTHING


def give_role(caller: Caller, given: ChainRoleArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    view = caller.session.view
    own = membership.find_own_account(view, given.holder)
    giver = _judge_giver(caller, own, given.holder)
    if giver is None:
        _change_roles(caller, given, lambda roles: roles | {given.role})
    elif view.get(membership.key_chain_role(giver, given.role)) is None:
        raise Refusal("role_not_held", "the members did not give the organisation that role")
    view.put(membership.key_chain_role(given.holder, given.role), giver or b"")
    caller.session.emit(LEDGER, "role_given", encode((given.role, given.holder)))
    return NOTHING


def take_role(caller: Caller, given: ChainRoleArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    view = caller.session.view
    own = membership.find_own_account(view, given.holder)
    giver = _judge_giver(caller, own, given.holder)
    key = membership.key_chain_role(given.holder, given.role)
    if view.get(key) is None:
        raise Refusal("role_not_held", "the account does not have that role")
    if giver is None:
        _change_roles(caller, given, lambda roles: roles - {given.role})
    view.put(key, None)
    caller.session.emit(LEDGER, "role_taken", encode((given.role, given.holder)))
    return NOTHING


def _judge_giver(caller: Caller, own: Address | None, holder: Address) -> Address | None:
    """Return the organisation's account that decides about `holder`; None where the members do."""
    if own == holder:
        caller.require_authority()
        return None
    _require_organisation(caller)
    if own != caller.sender:
        raise Refusal("not_enrolled", "the organisation has not enrolled that account")
    return caller.sender


def _change_roles(
    caller: Caller, given: ChainRoleArguments, change: Callable[[set[str]], set[str]]
) -> None:
    view = caller.session.view
    account = view.require(state.Account, state.key_account(given.holder))
    assert account.organisation is not None, "an organisation's account belongs to it"
    known = membership.get_membership(view, account.organisation)
    roles = change(set(known.roles))
    if len(roles) > membership.ROLES_MAX:
        message = f"an organisation has {membership.ROLES_MAX} roles of the chain at most"
        raise Refusal("too_many_roles", message)
    changed = msgspec.structs.replace(known, roles=tuple(sorted(roles)))
    view.save(membership.key_membership(account.organisation), changed)


def _is_taken(caller: Caller, address: Address) -> bool:
    """Say whether an account cannot become a device: it would leave with the device.

    Where another organisation has enrolled it, `enrol` says so.
    """
    view = caller.session.view
    return (
        view.get(membership.key_device(address)) is not None
        or membership.find_own_account(view, address) == caller.sender
        or membership.is_own_account(view, address)
    )


def _require_organisation(caller: Caller) -> Name:
    """Return the organisation whose account calls; refuse everybody else."""
    organisation = state.find_organisation(caller.session.view, caller.sender)
    if organisation is None:
        raise Refusal("not_member", "only a member organisation's account may do that")
    return organisation
