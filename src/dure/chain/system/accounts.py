"""The ledger's own calls about accounts: their money, their organisation, their keys."""

from typing import Annotated

from msgspec import Meta

from dure.chain import state
from dure.chain.execution.delegation import replace_policy
from dure.chain.money import TransferArguments
from dure.chain.system.caller import GAS_PER_CHANGE, GAS_PER_TRANSFER, NOTHING, Caller
from dure.chain.transaction import Policy
from dure.contract.ports import Refusal, TransferOrder
from dure.core.codec import Wire
from dure.core.types import Address

Holders = Annotated[tuple[Address, ...], Meta(max_length=1024)]


class EnrolArguments(Wire, frozen=True):
    accounts: Holders


class SetPolicyArguments(Wire, frozen=True):
    policy: Policy


def transfer(caller: Caller, given: TransferArguments) -> bytes:
    caller.meter.charge(GAS_PER_TRANSFER)
    session, asset = caller.session, given.asset
    if session.get_transfer_rule(asset) is None:
        # Most money: there is nothing that the machine has to be asked.
        session.transfer(asset, caller.sender, given.target, given.amount)
    else:
        order = TransferOrder(asset, caller.sender, given.target, given.amount)
        caller.running.transfer(order)
    return NOTHING


def enrol(caller: Caller, given: EnrolArguments) -> bytes:
    view = caller.session.view
    account = view.load(state.Account, state.key_account(caller.sender))
    organisation = account.organisation if account else None
    if organisation is None or view.get(state.key_organisation(organisation)) != caller.sender:
        raise Refusal("not_member", "only a member organisation's account enrols others")
    for address in given.accounts:
        caller.meter.charge(GAS_PER_TRANSFER)
        known = view.load(state.Account, state.key_account(address))
        elsewhere = None if known is None else known.organisation
        if elsewhere not in {None, organisation} and _is_member(view, elsewhere):
            raise Refusal("enrolled_elsewhere", "another organisation has enrolled that account")
        policy = known.policy if known else None
        view.save(state.key_account(address), state.Account(policy, organisation))
    return NOTHING


def _is_member(view: state.View, name: str | None) -> bool:
    return name is not None and view.get(state.key_organisation(name)) is not None


def set_policy(caller: Caller, given: SetPolicyArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    caller.require_policy(given.policy)
    replace_policy(caller.session.view, caller.sender, given.policy)
    return NOTHING
