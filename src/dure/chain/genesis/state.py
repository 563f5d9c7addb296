"""The state and the header that a genesis document stands for."""

from dure.chain import state
from dure.chain.genesis.document import Genesis, GenesisDocument, compute_chain_id
from dure.chain.parameters import compute_parameters_root
from dure.chain.receipt import compute_receipt_root
from dure.chain.transaction import compute_address, compute_asset_id
from dure.core.block import HEADER_VERSION, Header
from dure.core.codec import encode
from dure.core.merkle import compute_root
from dure.core.types import NO_HASH, Amount, BlockId, Hash, Height, PublicKey
from dure.core.validators import compute_validators_root


def build_genesis_state(document: GenesisDocument) -> dict[bytes, bytes]:
    """Return every key and value of the state at height 0."""
    genesis = document.genesis
    items: dict[bytes, object] = {
        state.PARAMETERS: genesis.parameters,
        state.VALIDATORS: genesis.validators,
        state.CLOCK: state.Clock(offset=genesis.offset, target=None),
    }
    for organisation in genesis.organisations:
        address = compute_address(organisation.policy)
        items[state.key_account(address)] = state.Account(None, organisation.name)
    authority = compute_address(genesis.authority)
    first = genesis.organisations[0].name
    items.setdefault(state.key_account(authority), state.Account(None, first))
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
    """Return the header of block 0, which nobody signs: its id follows from the chain id."""
    validators_root = compute_validators_root(genesis.validators)
    return Header(
        version=HEADER_VERSION,
        chain_id=compute_chain_id(genesis),
        height=Height(0),
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
