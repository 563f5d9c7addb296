"""The state and the header that a genesis document stands for."""

from collections.abc import Mapping

from dure.chain import membership, state
from dure.chain.genesis.document import (
    Genesis,
    GenesisDocument,
    compute_chain_id,
    get_first_height,
    get_names,
)
from dure.chain.genesis.governance import (
    GovernancePlan,
    build_governance,
    compute_authority,
)
from dure.chain.genesis.succession import build_succession_state
from dure.chain.parameters import compute_parameters_root
from dure.chain.receipt import compute_receipt_root
from dure.chain.state_tree import tree
from dure.chain.transaction import compute_address, compute_asset_id
from dure.core.block import HEADER_VERSION, Header
from dure.core.codec import encode
from dure.core.errors import InvalidGenesis
from dure.core.merkle import compute_root
from dure.core.types import NO_HASH, Amount, BlockId, Hash, PublicKey
from dure.core.validators import compute_validators_root


def build_beginning(
    document: GenesisDocument, inherited: Mapping[bytes, bytes] | None
) -> tuple[dict[bytes, bytes], tree.Node, Header]:
    """Return state, tree and header of the chain's first block.

    A genesis with a predecessor needs `inherited`, the last final state of the chain before.
    Without it there is the header, and of the state only what the genesis itself says: enough to
    `restore` a stored head upon, which is how a node goes on that has begun before. Raises
    `InvalidGenesis` where the state is not the one that the genesis stands for.
    """
    genesis, before = document.genesis, document.genesis.predecessor
    if before is None:
        items = build_genesis_state(document)
    elif inherited is None:
        items = {key: encode(value) for key, value in _build_values(genesis).items()}
    else:
        items = build_succession_state(genesis, inherited)
    root = tree.update(tree.EMPTY, items.items())
    state_root = tree.compute_root(root)
    if before is not None:
        if inherited is not None and state_root != before.state_root:
            raise InvalidGenesis("the state comes to another root than the genesis names")
        state_root = before.state_root
    return items, root, build_genesis_header(genesis, state_root)


def build_genesis_state(document: GenesisDocument) -> dict[bytes, bytes]:
    """Return every key and value of the state that a chain without predecessor begins with."""
    genesis = document.genesis
    items = _build_values(genesis)
    for organisation in genesis.organisations:
        address = compute_address(organisation.policy)
        items[state.key_account(address)] = state.Account(None, organisation.name)
        if organisation.authority is not None:
            member = membership.Membership((organisation.authority,), (), ())
            items[membership.key_membership(organisation.name)] = member
    first = genesis.organisations[0].name
    if isinstance(genesis.authority, GovernancePlan):
        assert document.governance is not None, "a document that was validated"
        height = get_first_height(genesis)
        items |= build_governance(genesis.authority, document.governance, height)
    else:
        key = state.key_account(compute_address(genesis.authority))
        items.setdefault(key, state.Account(None, first))
    if genesis.story_clock is not None:
        items.setdefault(state.key_account(genesis.story_clock), state.Account(None, first))
    for allocation in document.allocations:
        account = state.Account(None, allocation.organisation)
        items[state.key_account(allocation.address)] = account
    _add_assets(document, items)
    encoded = {key: encode(value) for key, value in items.items()}
    for organisation in genesis.organisations:
        key = state.key_organisation(organisation.name)
        encoded[key] = compute_address(organisation.policy)
    return encoded


def _build_values(genesis: Genesis) -> dict[bytes, object]:
    authority = genesis.authority
    named = authority.named if isinstance(authority, GovernancePlan) else ()
    return {
        **({state.APPROVERS: named} if named else {}),
        state.AUTHORITY: compute_authority(authority),
        state.ORGANISATIONS: tuple(sorted(get_names(genesis))),
        state.PARAMETERS: genesis.parameters,
        state.VALIDATORS: genesis.validators,
        state.CLOCK: state.Clock(offset=genesis.offset, target=None),
    }


def _add_assets(document: GenesisDocument, items: dict[bytes, object]) -> None:
    supplies = [0] * len(document.genesis.assets)
    ids = [compute_asset_id(asset.issuer, asset.code) for asset in document.genesis.assets]
    for allocation in document.allocations:
        for index, balance in enumerate(allocation.balances):
            supplies[index] += balance
            if balance:
                items[state.key_balance(ids[index], allocation.address)] = balance
    for asset, asset_id, supply in zip(document.genesis.assets, ids, supplies, strict=True):
        record = state.AssetRecord(asset.issuer, asset.code, asset.decimals, Amount(supply), "")
        items[state.key_asset(asset_id)] = record


def build_genesis_header(genesis: Genesis, state_root: Hash) -> Header:
    """Return the header of the first block, which nobody signs: its id follows from the chain's."""
    validators_root = compute_validators_root(genesis.validators)
    return Header(
        version=HEADER_VERSION,
        chain_id=compute_chain_id(genesis),
        height=get_first_height(genesis),
        time=genesis.time,
        previous=BlockId(NO_HASH),
        transaction_root=compute_root([]),
        state_root=state_root,
        receipt_root=compute_receipt_root([]),
        validators_root=validators_root,
        next_validators_root=validators_root,
        parameters_root=compute_parameters_root(genesis.parameters),
        proposer=PublicKey(NO_HASH),
        engine=b"",
    )
