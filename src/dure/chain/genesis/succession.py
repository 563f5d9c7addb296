"""From the last final state of one chain to the first of the next, and the draft of its genesis.

A function of the old state and the new genesis alone: every member comes to the same bytes from
the data of its own node.

What becomes of each kind of key (`dure.chain.state` has the table; decision 0013 the reasons)
----------------------------------------------------------------------------------------------
| keys | what happens |
|---|---|
| `a` of the authority | where it is an account, its policy becomes the one that the genesis names |
| `l`, `w` of that account, `m`, `q` of its recovery | removed: nobody else acts for it |
| `o`, `i`, `k` of a missing organisation | removed: it has no say any more |
| `n` of a missing organisation | the account that it had, as where one is expelled |
| `gapprovers`, `gorganisations`, `gsupport` | without the missing organisations |
| `gvalidators` | becomes the set of the genesis |
| `gvalidators-next`, `gversion-next` | removed: what was decided for a later height is decided \
anew |
| `ghandovers`, `e` | removed: the new chain's history of validators begins here |
| every other | stays, byte for byte |

A key of a kind that is not listed here is refused: whoever adds a kind decides what becomes of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from dure.chain import membership, state
from dure.chain.execution.delegation import replace_policy
from dure.chain.genesis.document import (
    Genesis,
    GenesisDocument,
    Organisation,
    compute_allocations_hash,
    get_names,
    validate_draft,
)
from dure.chain.genesis.governance import GovernancePlan
from dure.chain.genesis.predecessor import Predecessor, require
from dure.chain.parameters import Parameters
from dure.chain.state_tree import tree
from dure.chain.system.delegates import dismiss_guardians
from dure.chain.transaction import (
    Policy,
    PolicyKey,
    ThresholdPolicy,
    compute_address,
    get_keys,
    sort_keys,
)
from dure.core.block import Header, compute_block_id
from dure.core.codec import encode
from dure.core.errors import InvalidGenesis
from dure.core.types import NO_HASH, Hash, Instant
from dure.core.validators import Name, ValidatorSet

CARRIED_KINDS: Final = frozenset(b"abcdfhiklmnopqrstuvwx")
CARRIED_VALUES: Final = frozenset({state.AUTHORITY, state.CLOCK, state.PARAMETERS, state.SEQUENCE})
REMOVED_KINDS: Final = frozenset(b"e")
REMOVED_VALUES: Final = frozenset({state.VALIDATORS_NEXT, state.VERSION_NEXT, state.HANDOVERS})
CHANGED_VALUES: Final = frozenset(
    {state.APPROVERS, state.ORGANISATIONS, state.SUPPORT, state.VALIDATORS}
)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the members that remain resolved about going on."""

    missing: frozenset[Name]
    """Organisations that do not take part."""
    validators: ValidatorSet
    authority: Policy | None
    """None where the governance contract decides."""
    by_minority: bool
    admitted: Mapping[Name, Policy]
    """First policies of organisations that the chain admitted after its genesis.

    The state knows their accounts alone, which are the hashes of these policies.
    """
    name: Name | None = None
    """What the new chain calls itself; None: as the old one does."""


def build_succession_state(genesis: Genesis, old: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Return the state that `genesis` begins with, from the last final state of the chain before.

    Raises `InvalidGenesis` where the genesis says of that state what is not so. That the result has
    the root that the genesis names is for the caller to compare.
    """
    _validate_old_state(genesis, old)
    new = dict(old)
    for key, value in compute_changes(genesis, old).items():
        if value is None:
            new.pop(key, None)
        else:
            new[key] = value
    return new


def compute_changes(genesis: Genesis, old: Mapping[bytes, bytes]) -> state.Writes:
    """Return all that is different in the new state; None removes a key."""
    before = genesis.predecessor
    assert before is not None, "only a genesis with a predecessor takes over a state"
    return {
        **_change_authority(genesis, before, old),
        state.ORGANISATIONS: encode(tuple(sorted(get_names(genesis)))),
        **{each: None for each in old if each in REMOVED_VALUES or each[0] in REMOVED_KINDS},
        state.VALIDATORS: encode(genesis.validators),
        **_forget_missing(before, old),
    }


def _forget_missing(before: Predecessor, old: Mapping[bytes, bytes]) -> state.Writes:
    view = state.View(old)
    for name in before.missing:
        membership.forget_organisation(view, name)
    return view.top


def _change_authority(
    genesis: Genesis, before: Predecessor, old: Mapping[bytes, bytes]
) -> state.Writes:
    """Return what makes the authority one that can act without the missing organisations."""
    if isinstance(genesis.authority, GovernancePlan):
        require(before.authority is None, "no account is the authority of this chain")
        return _change_approvers(before, old)
    if before.authority is None:
        raise InvalidGenesis("nobody would act for the authority's account")
    address = compute_address(genesis.authority)
    view, key = state.View(old), state.key_account(address)
    account = _load_account(old, key)
    if account.organisation in before.missing:
        view.save(key, state.Account(account.policy, genesis.organisations[0].name))
    replace_policy(view, address, before.authority)
    dismiss_guardians(view, address)
    return view.top


def _change_approvers(before: Predecessor, old: Mapping[bytes, bytes]) -> state.Writes:
    named = state.View(old).load(tuple[Name, ...], state.APPROVERS)
    if named is None:
        return {}
    left = tuple(name for name in named if name not in before.missing)
    require(bool(left), "none of the organisations that decide would be left")
    return {state.APPROVERS: encode(left)}


def draft_genesis(
    old: Genesis,
    header: Header,
    certificate_hash: Hash,
    items: Mapping[bytes, bytes],
    resolution: Resolution,
) -> GenesisDocument:
    """Return the genesis, not endorsed yet, that goes on from the block of `header`.

    `items` is the state after that block. Raises `InvalidGenesis`. The same arguments make the same
    bytes at every member.
    """
    remaining = list_remaining(old, items, missing=resolution.missing, admitted=resolution.admitted)
    before = Predecessor(
        chain_id=header.chain_id,
        height=header.height,
        block_id=compute_block_id(header),
        time=header.time,
        certificate_hash=certificate_hash,
        state_root=NO_HASH,
        signers=tuple(find_policy(items, each.policy) for each in remaining),
        authority=resolution.authority,
        missing=tuple(sorted(resolution.missing)),
        by_minority=resolution.by_minority,
    )
    genesis = msgspec.structs.replace(
        old,
        name=resolution.name or old.name,
        time=Instant(header.time + 1),
        offset=_load(items, state.CLOCK, state.Clock).offset,
        parameters=_load(items, state.PARAMETERS, Parameters),
        validators=resolution.validators,
        organisations=remaining,
        assets=(),
        allocations_hash=compute_allocations_hash(()),
        predecessor=before,
    )
    validate_draft(GenesisDocument(genesis, (), (), None))
    new = build_succession_state(genesis, items)
    root = tree.compute_root(tree.update(tree.EMPTY, new.items()))
    named = msgspec.structs.replace(before, state_root=root)
    return GenesisDocument(msgspec.structs.replace(genesis, predecessor=named), (), (), None)


def list_remaining(
    old: Genesis,
    items: Mapping[bytes, bytes],
    *,
    missing: frozenset[Name],
    admitted: Mapping[Name, Policy],
) -> tuple[Organisation, ...]:
    """Return the organisations that go on, those of the old genesis first; raise `InvalidGenesis`.

    Whether a policy that was given is that of the account is checked with the draft.
    """
    known = list_organisations(items)
    unknown = missing - known
    require(not unknown, f"the chain has no organisation {', '.join(sorted(unknown))}")
    policies = dict(admitted)
    policies |= {organisation.name: organisation.policy for organisation in old.organisations}
    first = [name for name in get_names(old) if name in known]
    names = [name for name in (*first, *sorted(known - {*first})) if name not in missing]
    require(bool(names), "no organisation is left that could go on")
    for name in names:
        message = f"{name} was admitted after the genesis: name the first policy of its account"
        require(name in policies, message)
    return tuple(Organisation(name, policies[name], find_authority(items, name)) for name in names)


def find_authority(items: Mapping[bytes, bytes], name: Name) -> bytes | None:
    """Return the certificate of the authority that an organisation names first."""
    found = membership.get_membership(state.View(items), name).authorities
    return found[0] if found else None


def list_organisations(items: Mapping[bytes, bytes]) -> set[Name]:
    """Return the names of the organisations that a state knows."""
    return {key[1:].decode() for key in items if key[:1] == b"o"}


def find_policy(items: Mapping[bytes, bytes], first: Policy) -> Policy:
    """Return the policy that acts for the account whose first policy is given."""
    return _load_account(items, state.key_account(compute_address(first))).policy or first


def draft_authority(items: Mapping[bytes, bytes], remaining: tuple[Policy, ...]) -> Policy:
    """Return the policy by which more than two thirds of the organisations act together.

    `remaining` are their first policies. Raises `InvalidGenesis` where one of them acts by several
    keys, which one policy cannot hold as a whole: the members then have to name an authority.
    """
    keys: list[PolicyKey] = []
    for first in remaining:
        acting = find_policy(items, first)
        if isinstance(acting, ThresholdPolicy):
            raise InvalidGenesis(
                "an organisation's account acts by several keys: name the keys of the authority"
            )
        keys.extend(get_keys(acting))
    return ThresholdPolicy(2 * len(keys) // 3 + 1, sort_keys(keys))


def _validate_old_state(genesis: Genesis, old: Mapping[bytes, bytes]) -> None:
    before = genesis.predecessor
    assert before is not None, "only a genesis with a predecessor takes over a state"
    _validate_kinds(old)
    require(
        list_organisations(old) == {*get_names(genesis), *before.missing},
        "the organisations that take part and those that are missing are not those of the chain "
        "before",
    )
    for organisation, signer in zip(genesis.organisations, before.signers, strict=True):
        address = compute_address(organisation.policy)
        name = organisation.name
        require(
            old[state.key_organisation(name)] == address,
            f"the chain before knows {name} by another account",
        )
        require(
            find_policy(old, organisation.policy) == signer,
            f"another policy than the one named acts for {name} in the chain before",
        )
        require(
            find_authority(old, name) == organisation.authority,
            f"another authority than the one named certifies for {name} in the chain before",
        )
    require(
        _load(old, state.PARAMETERS, Parameters) == genesis.parameters,
        "the chain before has other parameters",
    )
    require(
        _load(old, state.CLOCK, state.Clock).offset == genesis.offset,
        "ledger time would jump: the chain before has another offset",
    )


def _validate_kinds(old: Mapping[bytes, bytes]) -> None:
    values = CARRIED_VALUES | CHANGED_VALUES | REMOVED_VALUES
    kinds = CARRIED_KINDS | REMOVED_KINDS
    for key in old:
        known = key in values if key[:1] == b"g" else key != b"" and key[0] in kinds
        require(known, f"this program does not know what becomes of the state's key {key.hex()}")


def _load_account(items: Mapping[bytes, bytes], key: bytes) -> state.Account:
    return _load(items, key, state.Account)


def _load(items: Mapping[bytes, bytes], key: bytes, type_: type[state.T]) -> state.T:
    found = state.View(items).load(type_, key)
    if found is None:
        raise InvalidGenesis(f"the state of the chain before lacks the key {key.hex()}")
    return found
