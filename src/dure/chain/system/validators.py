"""The ledger's own calls about who decides: a new validator set from a stated height on.

Rules
-----
1. The members together decide, through the authority. A change names the whole new set and
   the first height that it decides: above that of the block that holds the call, and at most
   `HEIGHTS_AHEAD_MAX` above it.
2. Keys are sound and distinct, organisations are members, and the set is another one than the one
   in force. The solo engine has one validator.
3. The new set must be able to decide: a quorum of it, and every key that is new in it, shows by an
   attestation that its node runs and holds its key. An attestation counts where it was signed at
   most `PRESENCE_MS` from the block's header time, about a block at most `HEIGHTS_BEHIND_MAX`
   lower. So nobody votes in a mistyped key, or a set of which too many do not run.
4. One change waits at a time: a later one replaces it, and it can be withdrawn as long as it waits.
5. The change takes effect at the end of the block below its first height, whose header therefore
   names both sets. That block is still decided by the old one.
6. Whoever is expelled does not decide the next block: that change alone does not wait.
7. Each change stays in the state and in every later proof, so there are at most `CHANGES_MAX`.

`judge_change` is pure, so that an operator hears the same words before anything is sent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta

from dure.chain import state
from dure.chain.money import LEDGER
from dure.chain.system.caller import GAS_PER_CHANGE, GAS_PER_KEY, NOTHING, Caller
from dure.chain.transaction import GAS_PER_SIGNATURE
from dure.contract.ports import Refusal
from dure.core.attestation import Attestation, collect_signature
from dure.core.codec import Wire, encode
from dure.core.errors import InvalidTransaction
from dure.core.signatures import validate_public_key, verify_many
from dure.core.types import ChainId, Height, Instant, Milliseconds, PublicKey
from dure.core.validators import (
    VALIDATORS_MAX,
    Name,
    Validator,
    ValidatorSet,
    build_validator_set,
    compute_quorum,
)

PRESENCE_MS: Final = Milliseconds(600_000)
"""Ten minutes: long enough to send a file to a colleague, short enough to mean "now"."""
HEIGHTS_BEHIND_MAX: Final = 10_000
"""As many blocks as a fast chain makes in that time."""
HEIGHTS_AHEAD_MAX: Final = 10_000
CHANGES_MAX: Final = 4096
NAMED_MAX: Final = 4
"""Absent validators that a refusal names; a receipt has room for no more."""


class SetValidatorsArguments(Wire, frozen=True):
    members: Annotated[tuple[Validator, ...], Meta(min_length=1, max_length=VALIDATORS_MAX)]
    """The whole new set, in any order."""
    from_height: Height
    """The first height that it decides."""
    attestations: Annotated[tuple[Attestation, ...], Meta(max_length=VALIDATORS_MAX)]
    """Of members of the new set, in any order."""


class WithdrawValidatorsArguments(Wire, frozen=True):
    pass


@dataclass(frozen=True, slots=True)
class Standing:
    """What a change of the validators is judged by."""

    chain_id: ChainId
    height: Height
    """Of the block that holds the call."""
    time: Instant
    """Its header time."""
    validators: ValidatorSet
    """The set that decides it."""
    changes: int
    """How many blocks have changed the set so far."""
    has_one_validator: bool
    """Whether the engine is one that a single validator runs."""
    is_organisation: Callable[[str], bool]
    """Says whether a member organisation has that name."""


def set_validators(caller: Caller, given: SetValidatorsArguments) -> bytes:
    caller.meter.charge(
        GAS_PER_CHANGE
        + GAS_PER_KEY * len(given.members)
        + GAS_PER_SIGNATURE * len(given.attestations)
    )
    caller.require_authority()
    session = caller.session
    validators = judge_change(given, _build_standing(caller))
    pending = state.PendingValidators(validators, given.from_height, session.height)
    session.view.save(state.VALIDATORS_NEXT, pending)
    session.emit(LEDGER, "validators_chosen", encode((given.from_height, validators)))
    return NOTHING


def withdraw_validators(caller: Caller, _given: WithdrawValidatorsArguments) -> bytes:
    caller.meter.charge(GAS_PER_CHANGE)
    caller.require_authority()
    view = caller.session.view
    pending = view.load(state.PendingValidators, state.VALIDATORS_NEXT)
    if pending is None:
        raise Refusal("no_change_pending", "no change of the validators waits for its height")
    view.put(state.VALIDATORS_NEXT, None)
    caller.session.emit(LEDGER, "validators_withdrawn", encode((pending.from_height,)))
    return NOTHING


def drop_validators(caller: Caller, name: Name, attestations: Sequence[Attestation]) -> None:
    """Have the next block decided without an organisation's validators, by the rules above.

    The set changes now, so that nothing later in this block can put the change off. A change that
    waits and names the organisation is withdrawn.
    """
    session, standing = caller.session, _build_standing(caller)
    pending = session.view.load(state.PendingValidators, state.VALIDATORS_NEXT)
    if pending is not None and _has_validator(pending.validators, name):
        session.view.put(state.VALIDATORS_NEXT, None)
        session.emit(LEDGER, "validators_withdrawn", encode((pending.from_height,)))
    if not _has_validator(standing.validators, name):
        return
    left = tuple(each for each in standing.validators.members if each.organisation != name)
    if not left:
        raise Refusal("no_quorum", "nobody would be left to decide about blocks")
    caller.meter.charge(GAS_PER_KEY * len(left) + GAS_PER_SIGNATURE * len(attestations))
    first = Height(standing.height + 1)
    change = SetValidatorsArguments(left, first, tuple(attestations))
    validators = judge_change(change, standing)
    session.view.save(state.VALIDATORS, validators)
    session.emit(LEDGER, "validators_chosen", encode((first, validators)))


def _has_validator(validators: ValidatorSet, name: Name) -> bool:
    return any(member.organisation == name for member in validators.members)


def _build_standing(caller: Caller) -> Standing:
    session, view = caller.session, caller.session.view
    return Standing(
        chain_id=session.chain_id,
        height=session.height,
        time=caller.header_time,
        validators=view.require(ValidatorSet, state.VALIDATORS),
        changes=len(view.load(tuple[Height, ...], state.HANDOVERS) or ()),
        has_one_validator=caller.rules.has_one_validator,
        is_organisation=lambda name: view.get(state.key_organisation(name)) is not None,
    )


def apply_due_validators(view: state.View, height: Height) -> None:
    """Let the change that waits for the height after `height` take effect; call it last."""
    pending = view.load(state.PendingValidators, state.VALIDATORS_NEXT)
    if pending is not None and pending.from_height == height + 1:
        view.save(state.VALIDATORS, pending.validators)
        view.put(state.VALIDATORS_NEXT, None)


def judge_change(given: SetValidatorsArguments, standing: Standing) -> ValidatorSet:
    """Return the new set in its canonical order; raise `Refusal` with the rule that it breaks."""
    ahead = given.from_height - standing.height
    if not 1 <= ahead <= HEIGHTS_AHEAD_MAX:
        first, last = standing.height + 1, standing.height + HEIGHTS_AHEAD_MAX
        message = f"the first height of the new validators lies between {first} and {last} now"
        raise Refusal("bad_height", message)
    if standing.changes >= CHANGES_MAX:
        raise Refusal("too_many_changes", "every proof carries each change: no more fit into one")
    validators = _judge_members(given.members, standing)
    present = _judge_attestations(given.attestations, validators, standing)
    _require_presence(validators, present, standing)
    return validators


def _judge_members(members: Sequence[Validator], standing: Standing) -> ValidatorSet:
    try:
        for member in members:
            validate_public_key(member.key)
        validators = build_validator_set(list(members))
    except (InvalidTransaction, ValueError):
        raise Refusal("bad_validators", "the keys must be sound and distinct") from None
    for member in validators.members:
        if not standing.is_organisation(member.organisation):
            message = f"{member.organisation} is no member organisation of this chain"
            raise Refusal("bad_validators", message)
    if standing.has_one_validator and len(validators) != 1:
        raise Refusal("bad_validators", "the engine of this chain has one validator")
    if validators == standing.validators:
        raise Refusal("validators_unchanged", "these validators decide already")
    return validators


def _judge_attestations(
    attestations: Sequence[Attestation], validators: ValidatorSet, standing: Standing
) -> frozenset[PublicKey]:
    """Return who is present."""
    keys = [attestation.statement.validator for attestation in attestations]
    if len(set(keys)) != len(keys) or not set(keys) <= set(validators.keys):
        message = "one attestation a validator of the new set, and of nobody else"
        raise Refusal("bad_attestation", message)
    good = verify_many(map(collect_signature, attestations))
    for attestation, is_signed in zip(attestations, good, strict=True):
        statement = attestation.statement
        if statement.chain_id != standing.chain_id or statement.height >= standing.height:
            raise Refusal("bad_attestation", "an attestation is about no block of this chain")
        if not is_signed:
            raise Refusal("bad_attestation", "an attestation is not signed by its validator")
    return frozenset(
        attestation.statement.validator
        for attestation in attestations
        if is_fresh(attestation, standing.height, standing.time)
    )


def is_fresh(attestation: Attestation, height: Height, time: Instant) -> bool:
    """Say whether an attestation shows presence in a block of that height and header time."""
    statement = attestation.statement
    is_recent = abs(time - statement.time) <= PRESENCE_MS
    return is_recent and statement.height + HEIGHTS_BEHIND_MAX >= height


def _require_presence(
    validators: ValidatorSet, present: frozenset[PublicKey], standing: Standing
) -> None:
    absent = [member for member in validators.members if member.key not in present]
    new = [member for member in absent if member.key not in standing.validators]
    if new:
        message = f"each new validator must show that it runs; not seen: {_name(new)}"
        raise Refusal("validators_absent", message)
    quorum = compute_quorum(len(validators))
    if len(present) < quorum:
        seen = f"{len(present)} of {len(validators)} validators were seen lately"
        message = f"{seen}, {quorum} must be; not seen: {_name(absent)}"
        raise Refusal("validators_absent", message)


def _name(members: Sequence[Validator]) -> str:
    named = ", ".join(f"{m.organisation} ({m.key.hex()[:8]})" for m in members[:NAMED_MAX])
    more = len(members) - NAMED_MAX
    return f"{named} and {more} more" if more > 0 else named
