"""The door by which the governance contract has the ledger make its own privileged calls.

A contract sees the ledger as another contract, at `money.LEDGER`: an `Interface` with these
methods. What is asked by reading methods anybody may ask; only the authority has things decided.

| method | arguments | result |
|---|---|---|
| `approvers` | none | each organisation that decides, with its account |
| `examine` | method, arguments | refuses `bad_arguments` where nobody could ever decide that |
| `decide` | method, arguments, attestations | the result of the ledger's call |

Rules
-----
1. `DECISIONS` lists what can be decided, and the form of its arguments: that of the ledger's own
   call, but for what a decision cannot know beforehand. Who is present is shown by `attestations`
   when it is carried out; the height from which validators decide is counted from then.
2. The calling contract is the sender, and so has to be the authority.
3. What a decision has a contract do (`init` of a new one, `migrate`) happens when the calling one
   is done, in the same transaction: all or nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from msgspec import Meta

from dure.chain import state
from dure.chain.system import contracts, governance, membership, organisations, protocol, validators
from dure.chain.system.caller import Caller
from dure.chain.transaction import METHOD_NAME_MAX, TRANSACTION_BYTES_MAX
from dure.contract.ports import Refusal
from dure.core.attestation import Attestation
from dure.core.codec import Wire, build_reader, encode
from dure.core.errors import InvalidEncoding
from dure.core.types import Address, Height
from dure.core.validators import VALIDATORS_MAX, Name, Validator

_Method = Annotated[str, Meta(min_length=1, max_length=METHOD_NAME_MAX)]
_Bytes = Annotated[bytes, Meta(max_length=TRANSACTION_BYTES_MAX)]
_Attestations = Annotated[tuple[Attestation, ...], Meta(max_length=VALIDATORS_MAX)]


class Approver(Wire, frozen=True):
    """An organisation that votes."""

    organisation: Name
    account: Address


class ExamineArguments(Wire, frozen=True):
    method: _Method
    arguments: _Bytes


class DecideArguments(Wire, frozen=True):
    method: _Method
    arguments: _Bytes
    attestations: _Bytes
    """Canonical bytes of a tuple of `Attestation`; empty for none."""


class DecideValidatorsArguments(Wire, frozen=True):
    """What is decided of `SetValidatorsArguments`."""

    members: Annotated[tuple[Validator, ...], Meta(min_length=1, max_length=VALIDATORS_MAX)]
    heights: Annotated[int, Meta(ge=1, le=validators.HEIGHTS_AHEAD_MAX)]
    """How many heights after the decision they decide for the first time."""


class DecideExpulsionArguments(Wire, frozen=True):
    """What is decided of `ExpelOrganisationArguments`."""

    name: Name


Run = Callable[[Caller, Any, tuple[Attestation, ...]], bytes]


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that can be decided."""

    arguments: type[Wire]
    read: Callable[[bytes], Any]
    run: Run


def _build(arguments: type[Wire], run: Callable[[Caller, Any], bytes]) -> Decision:
    return Decision(
        arguments, build_reader(arguments), lambda caller, given, _attestations: run(caller, given)
    )


def _set_validators(
    caller: Caller, given: DecideValidatorsArguments, attestations: tuple[Attestation, ...]
) -> bytes:
    first = Height(caller.session.height + given.heights)
    change = validators.SetValidatorsArguments(given.members, first, attestations)
    return validators.set_validators(caller, change)


def _expel_organisation(
    caller: Caller, given: DecideExpulsionArguments, attestations: tuple[Attestation, ...]
) -> bytes:
    expulsion = organisations.ExpelOrganisationArguments(given.name, attestations)
    return organisations.expel_organisation(caller, expulsion)


DECISIONS: Final[dict[str, Decision]] = {
    "admit_organisation": _build(
        organisations.AdmitOrganisationArguments, organisations.admit_organisation
    ),
    "expel_organisation": Decision(
        DecideExpulsionArguments, build_reader(DecideExpulsionArguments), _expel_organisation
    ),
    "rotate_organisation": _build(
        organisations.RotateOrganisationArguments, organisations.rotate_organisation
    ),
    "set_attributes": _build(membership.SetAttributesArguments, membership.set_attributes),
    "give_role": _build(membership.ChainRoleArguments, membership.give_role),
    "take_role": _build(membership.ChainRoleArguments, membership.take_role),
    "set_validators": Decision(
        DecideValidatorsArguments, build_reader(DecideValidatorsArguments), _set_validators
    ),
    "withdraw_validators": _build(
        validators.WithdrawValidatorsArguments, validators.withdraw_validators
    ),
    "deploy": _build(contracts.DeployArguments, contracts.deploy),
    "upgrade": _build(contracts.UpgradeArguments, contracts.upgrade),
    "stop": _build(contracts.StopArguments, contracts.stop),
    "start": _build(contracts.StartArguments, contracts.start),
    "grant": _build(contracts.RoleArguments, contracts.grant),
    "revoke": _build(contracts.RoleArguments, contracts.revoke),
    "set_parameters": _build(governance.SetParametersArguments, governance.set_parameters),
    "activate_version": _build(protocol.ActivateVersionArguments, protocol.activate_version),
}

_read_examine: Final = build_reader(ExamineArguments)
_read_decide: Final = build_reader(DecideArguments)
_read_attestations: Final = build_reader(_Attestations)
_NO_ARGUMENTS: Final = encode(())


def consult(view: state.View, method: str, arguments: bytes) -> bytes:
    """Answer a reading method of the door with canonical bytes; raise `Refusal`."""
    match method:
        case "approvers":
            if arguments != _NO_ARGUMENTS:
                raise _refuse_arguments()
            return encode(list_approvers(view))
        case "examine":
            given = _read(_read_examine, arguments)
            _open(given.method, given.arguments)
            return encode(None)
        case _:
            raise Refusal("unknown_method", "the ledger answers nothing of that name")


def decide(caller: Caller, method: str, arguments: bytes) -> bytes:
    """Make the call that a contract decided; return the canonical result of the door's method."""
    if method != "decide":
        raise Refusal("unknown_method", "the ledger does nothing of that name for a contract")
    caller.require_authority()
    given = _read(_read_decide, arguments)
    decision, opened = _open(given.method, given.arguments)
    attestations = _read(_read_attestations, given.attestations) if given.attestations else ()
    return encode(decision.run(caller, opened, attestations))


def list_approvers(view: state.View) -> tuple[Approver, ...]:
    """Return the organisations whose votes count, sorted by name."""
    named = view.load(tuple[Name, ...], state.APPROVERS)
    names = state.list_organisations(view) if named is None else named
    accounts = ((name, view.get(state.key_organisation(name))) for name in names)
    return tuple(Approver(name, Address(found)) for name, found in accounts if found is not None)


def _open(method: str, arguments: bytes) -> tuple[Decision, Any]:
    decision = DECISIONS.get(method)
    if decision is None:
        raise Refusal("unknown_method", "that is nothing the members could decide")
    return decision, _read(decision.read, arguments)


def _read(read: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        return read(data)
    except InvalidEncoding:
        raise _refuse_arguments() from None


def _refuse_arguments() -> Refusal:
    return Refusal("bad_arguments", "the arguments do not fit the method")
