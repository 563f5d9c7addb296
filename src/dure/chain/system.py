"""The ledger's own calls, at the address `money.LEDGER`.

| method | who | what |
|---|---|---|
| `transfer` | anybody | moves money between accounts |
| `deploy`, `upgrade` | the authority; anybody where `open_deployment` | contracts and their code |
| `grant`, `revoke` | the authority, or the contract's owner | accounts' roles at a contract |
| `enrol` | a member organisation's account | takes accounts under the member's quota |
| `set_policy` | the account itself | rotates its keys |
| `set_validators`, `set_parameters` | the authority | who decides, and the chain's numbers |
| `advance` | the story clock of a test chain | raises ledger time |

Arguments are the canonical tuple of the method's `…Arguments` fields. Each method refuses with a
code of its own.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from dure.chain import state
from dure.chain.execution.rules import Rules
from dure.chain.execution.session import Session
from dure.chain.parameters import Parameters, validate_parameters
from dure.chain.transaction import Policy, compute_contract_address, validate_policy
from dure.contract.bundle import Source
from dure.contract.ports import Invocation, Meter, Refusal
from dure.core.codec import Wire, decode, encode
from dure.core.errors import InvalidEncoding, InvalidTransaction
from dure.core.signatures import validate_public_key
from dure.core.types import Address, Amount, AssetId, Hash, Instant, TransactionId
from dure.core.validators import Validator, ValidatorSet, build_validator_set

GAS_PER_TRANSFER: Final = 1_000
GAS_PER_CHANGE: Final = 5_000
GAS_PER_SOURCE_BYTE: Final = 50
LEDGER_TIME_MAX: Final = 2**50
"""No story goes beyond the year 37648, so that ledger time never passes the largest integer."""

T = TypeVar("T")
RoleName = Annotated[str, Meta(min_length=1, max_length=64)]
Holders = Annotated[tuple[Address, ...], Meta(max_length=1024)]


class TransferArguments(Wire, frozen=True):
    asset: AssetId
    target: Address
    amount: Amount


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


class RoleArguments(Wire, frozen=True):
    contract: Address
    role: RoleName
    holder: Address


class EnrolArguments(Wire, frozen=True):
    accounts: Holders


class SetPolicyArguments(Wire, frozen=True):
    policy: Policy


class SetValidatorsArguments(Wire, frozen=True):
    members: Annotated[tuple[Validator, ...], Meta(min_length=1, max_length=128)]


class SetParametersArguments(Wire, frozen=True):
    parameters: Parameters


class AdvanceArguments(Wire, frozen=True):
    to: Instant


class Caller(msgspec.Struct, frozen=True, gc=False):
    """What a ledger call may know and use."""

    session: Session
    meter: Meter
    sender: Address
    new_contract: tuple[TransactionId, int]
    """What the address of a contract deployed by this call follows from."""
    parameters: Parameters
    rules: Rules

    def require_authority(self) -> None:
        """Refuse everybody but the authority account."""
        if self.sender != self.rules.authority:
            raise Refusal(
                "not_authority",
                "only the members together, through the authority account, may do that",
            )


def transfer(caller: Caller, given: TransferArguments) -> bytes:
    caller.meter.charge(GAS_PER_TRANSFER)
    caller.session.money.transfer(given.asset, caller.sender, given.target, given.amount)
    return encode(None)


def deploy(caller: Caller, given: DeployArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE + GAS_PER_SOURCE_BYTE * _count_bytes(given.source))
    if not caller.parameters.open_deployment:
        caller.require_authority()
    elif given.owner != caller.sender:
        raise Refusal("not_owner", "who deploys in the open is the owner")
    address = compute_contract_address(*caller.new_contract)
    record = state.ContractRecord(
        owner=given.owner,
        code_hash=_store_source(caller, given.source),
        version=1,
        deployed=caller.session.height,
    )
    caller.session.view.save(state.key_contract(address), record)
    for role, holder in given.roles:
        caller.session.view.put(state.key_role(address, holder, role), b"")
    call = Invocation(address, "init", given.arguments, given.owner, None)
    caller.rules.machine.invoke(caller.session, call, caller.meter)
    return encode(address)


def upgrade(caller: Caller, given: UpgradeArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE + GAS_PER_SOURCE_BYTE * _count_bytes(given.source))
    record = _get_contract(caller, given.contract)
    if not (caller.parameters.open_deployment and caller.sender == record.owner):
        caller.require_authority()
    changed = state.ContractRecord(
        owner=record.owner,
        code_hash=_store_source(caller, given.source),
        version=record.version + 1,
        deployed=record.deployed,
    )
    caller.session.view.save(state.key_contract(given.contract), changed)
    return encode(changed.version)


def grant(caller: Caller, given: RoleArguments) -> bytes:
    _set_role(caller, given, b"")
    return encode(None)


def revoke(caller: Caller, given: RoleArguments) -> bytes:
    _set_role(caller, given, None)
    return encode(None)


def enrol(caller: Caller, given: EnrolArguments) -> bytes:
    view = caller.session.view
    account = view.load(state.Account, state.key_account(caller.sender))
    organisation = account.organisation if account else None
    if organisation is None or view.get(state.key_organisation(organisation)) != caller.sender:
        raise Refusal("not_member", "only a member organisation's account enrols others")
    for address in given.accounts:
        caller.meter.charge(GAS_PER_TRANSFER)
        known = view.load(state.Account, state.key_account(address))
        if known is not None and known.organisation not in {None, organisation}:
            raise Refusal("enrolled_elsewhere", "another organisation has enrolled that account")
        policy = known.policy if known else None
        view.save(state.key_account(address), state.Account(policy, organisation))
    return encode(None)


def set_policy(caller: Caller, given: SetPolicyArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    try:
        validate_policy(given.policy)
    except InvalidTransaction as problem:
        raise Refusal("bad_policy", problem.message) from None
    view = caller.session.view
    known = view.load(state.Account, state.key_account(caller.sender))
    organisation = known.organisation if known else None
    view.save(state.key_account(caller.sender), state.Account(given.policy, organisation))
    return encode(None)


def set_validators(caller: Caller, given: SetValidatorsArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE * len(given.members))
    caller.require_authority()
    try:
        for member in given.members:
            validate_public_key(member.key)
        validators: ValidatorSet = build_validator_set(list(given.members))
    except (InvalidTransaction, ValueError):
        raise Refusal("bad_validators", "the keys must be sound and distinct") from None
    if caller.rules.has_one_validator and len(validators) != 1:
        raise Refusal("bad_validators", "the engine of this chain has one validator")
    caller.session.view.save(state.VALIDATORS, validators)
    return encode(None)


def set_parameters(caller: Caller, given: SetParametersArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    caller.require_authority()
    if given.parameters.replay_window != caller.parameters.replay_window:
        raise Refusal("bad_parameters", "the replay window never changes")
    try:
        validate_parameters(given.parameters)
    except ValueError as problem:
        raise Refusal("bad_parameters", str(problem)) from None
    caller.session.view.save(state.PARAMETERS, given.parameters)
    return encode(None)


def advance(caller: Caller, given: AdvanceArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    story_clock = caller.rules.story_clock
    if story_clock is None or caller.sender != story_clock:
        raise Refusal("not_story_clock", "this chain's time cannot be moved by that account")
    if given.to > LEDGER_TIME_MAX:
        raise Refusal("bad_time", "no story goes that far")
    clock = caller.session.view.require(state.Clock, state.CLOCK)
    target = max(given.to, caller.session.time, clock.target or 0)
    caller.session.view.save(state.CLOCK, state.Clock(offset=clock.offset, target=Instant(target)))
    return encode(None)


Handler = Callable[[Caller, Any], bytes]

METHODS: Final[dict[str, tuple[type[Wire], Handler]]] = {
    "transfer": (TransferArguments, transfer),
    "deploy": (DeployArguments, deploy),
    "upgrade": (UpgradeArguments, upgrade),
    "grant": (RoleArguments, grant),
    "revoke": (RoleArguments, revoke),
    "enrol": (EnrolArguments, enrol),
    "set_policy": (SetPolicyArguments, set_policy),
    "set_validators": (SetValidatorsArguments, set_validators),
    "set_parameters": (SetParametersArguments, set_parameters),
    "advance": (AdvanceArguments, advance),
}


def call(caller: Caller, method: str, arguments: bytes) -> bytes:
    """Run one of the ledger's own methods; return the canonical result."""
    entry = METHODS.get(method)
    if entry is None:
        raise Refusal("unknown_method", "the ledger has no such method")
    try:
        given = decode(entry[0], arguments)
    except InvalidEncoding:
        raise Refusal("bad_arguments", "the arguments do not fit the method") from None
    return entry[1](caller, given)


def _store_source(caller: Caller, source: Source) -> Hash:
    code_hash = caller.rules.machine.load(source)
    caller.session.view.save(state.key_source(code_hash), source)
    return code_hash


def _count_bytes(source: Source) -> int:
    texts = (source.text, *(module.text for module in source.library))
    return sum(len(text.encode()) for text in texts)


def _get_contract(caller: Caller, address: Address) -> state.ContractRecord:
    record = caller.session.view.load(state.ContractRecord, state.key_contract(address))
    if record is None:
        raise Refusal("unknown_contract", "there is no contract at that address")
    return record


def _set_role(caller: Caller, given: RoleArguments, value: bytes | None) -> None:
    caller.meter.charge(GAS_PER_TRANSFER)
    record = _get_contract(caller, given.contract)
    if caller.sender not in {record.owner, caller.rules.authority}:
        raise Refusal("not_owner", "only the contract's owner or the members together may do that")
    key = state.key_role(given.contract, given.holder, given.role)
    caller.session.view.put(key, value)
