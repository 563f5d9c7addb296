"""The life of a contract, in the ledger's own calls: deployed, upgraded, stopped, started, roles.

Rules
-----
1. The members together decide, through the authority; where deployment is open, so does the
   contract's owner.
2. Each version's code hash and height stay in the state, and so do all sources, so that everybody
   can read what held when.
3. An upgrade names the new code first and then lets the machine compare what both versions store
   and run `@migrate`, also while the contract is stopped. A refusal undoes all of it.
4. A stopped contract answers views only; the machine refuses everything else, and what it has
   scheduled waits for its start. Its roles, its code and money sent to its address without a call
   are the ledger's affair and not held up.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from dure.chain import state
from dure.chain.execution import waiting
from dure.chain.money import LEDGER
from dure.chain.system.caller import GAS_PER_CHANGE, GAS_PER_TRANSFER, NOTHING, Caller
from dure.chain.transaction import compute_contract_address
from dure.contract.bundle import Source
from dure.contract.ports import Invocation, Refusal
from dure.core.codec import Wire, encode
from dure.core.types import Address, Hash

GAS_PER_SOURCE_BYTE: Final = 1_400
"""Checking and compiling the densest source takes 28 µs a byte: 20 ms for a million gas."""
VERSIONS_MAX: Final = 1_000
"""Of one contract, so that a list of them fits into one answer."""

RoleName = Annotated[str, Meta(min_length=1, max_length=64)]


class DeployArguments(Wire, frozen=True):
    source: Source
    owner: Address
    """Sender of `init`; answers for the contract and may grant its roles.

    Must be the caller where deployment is open.
    """
    arguments: bytes
    """Arguments of `init`."""
    roles: Annotated[tuple[tuple[RoleName, Address], ...], Meta(max_length=256)]


class UpgradeArguments(Wire, frozen=True):
    contract: Address
    source: Source
    arguments: bytes
    """Arguments of `@migrate`; the empty tuple where there is none."""


class StopArguments(Wire, frozen=True):
    contract: Address
    reason: state.StopReason


class StartArguments(Wire, frozen=True):
    contract: Address


class RoleArguments(Wire, frozen=True):
    contract: Address
    role: RoleName
    holder: Address


def deploy(caller: Caller, given: DeployArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE + GAS_PER_SOURCE_BYTE * _count_bytes(given.source))
    if not caller.parameters.open_deployment:
        caller.require_authority()
    elif given.owner != caller.sender:
        raise Refusal("not_owner", "who deploys in the open is the owner")
    address = compute_contract_address(caller.transaction_id, caller.call_index)
    record = state.ContractRecord(
        owner=given.owner,
        code_hash=_store_source(caller, given.source),
        version=1,
        deployed=caller.session.height,
        changed=caller.session.height,
        stopped=None,
    )
    _store_version(caller, address, record)
    for role, holder in given.roles:
        caller.meter.charge(GAS_PER_TRANSFER)
        caller.session.view.put(state.key_role(address, holder, role), b"")
    call = Invocation(address, "init", given.arguments, given.owner, None)
    caller.running.invoke(call)
    return encode(address)


def upgrade(caller: Caller, given: UpgradeArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE + GAS_PER_SOURCE_BYTE * _count_bytes(given.source))
    record = _get_governed(caller, given.contract)
    if record.version >= VERSIONS_MAX:
        raise Refusal("too_many_versions", f"a contract has {VERSIONS_MAX} versions at most")
    before = record.code_hash
    caller.rules.load_program(caller.session.view, before)
    changed = msgspec.structs.replace(
        record,
        code_hash=_store_source(caller, given.source),
        version=record.version + 1,
        changed=caller.session.height,
    )
    _store_version(caller, given.contract, changed)
    caller.session.emit(
        LEDGER, "contract_upgraded", encode((given.contract, changed.version, changed.code_hash))
    )
    call = Invocation(given.contract, "migrate", given.arguments, caller.sender, None)
    caller.running.upgrade(call, before=before)
    return encode(changed.version)


def stop(caller: Caller, given: StopArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    record = _get_governed(caller, given.contract)
    if given.contract == state.get_authority(caller.session.view):
        raise Refusal("no_approvers", "nobody would be left to decide for the members")
    if record.stopped is not None:
        raise Refusal("already_stopped", "the contract is stopped already")
    stopped = state.Stop(reason=given.reason, parked=0, newest=None)
    _set_stopped(caller, given.contract, record, stopped)
    caller.session.emit(LEDGER, "contract_stopped", encode((given.contract, given.reason)))
    return NOTHING


def start(caller: Caller, given: StartArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    record = _get_governed(caller, given.contract)
    if record.stopped is None:
        raise Refusal("not_stopped", "the contract is not stopped")
    caller.meter.charge(GAS_PER_TRANSFER * record.stopped.parked)
    waiting.resume(caller.session.view, record.stopped, caller.session.time)
    _set_stopped(caller, given.contract, record, None)
    caller.session.emit(LEDGER, "contract_started", encode((given.contract,)))
    return NOTHING


def grant(caller: Caller, given: RoleArguments) -> bytes:
    _set_role(caller, given, b"")
    return NOTHING


def revoke(caller: Caller, given: RoleArguments) -> bytes:
    _set_role(caller, given, None)
    return NOTHING


def _get_governed(caller: Caller, address: Address) -> state.ContractRecord:
    """Return the contract, where the caller may decide about its life."""
    record = caller.get_contract(address)
    if not (caller.parameters.open_deployment and caller.sender == record.owner):
        caller.require_authority()
    return record


def _store_source(caller: Caller, source: Source) -> Hash:
    code_hash = caller.rules.machine.load(source)
    caller.session.view.save(state.key_source(code_hash), source)
    return code_hash


def _store_version(caller: Caller, address: Address, record: state.ContractRecord) -> None:
    version = state.VersionRecord(code_hash=record.code_hash, height=record.changed)
    caller.session.save_contract(address, record)
    caller.session.view.save(state.key_version(address, record.version), version)


def _count_bytes(source: Source) -> int:
    texts = (source.text, *(module.text for module in source.library))
    return sum(len(text.encode()) for text in texts)


def _set_stopped(
    caller: Caller, address: Address, record: state.ContractRecord, stopped: state.Stop | None
) -> None:
    changed = msgspec.structs.replace(record, stopped=stopped)
    caller.session.save_contract(address, changed)


def _set_role(caller: Caller, given: RoleArguments, value: bytes | None) -> None:
    caller.meter.charge(GAS_PER_TRANSFER)
    record = caller.get_contract(given.contract)
    if caller.sender not in {record.owner, state.get_authority(caller.session.view)}:
        raise Refusal("not_owner", "only the contract's owner or the members together may do that")
    key = state.key_role(given.contract, given.holder, given.role)
    caller.session.view.put(key, value)
