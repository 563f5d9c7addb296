"""Which assets there are: those of the genesis, of a chain before, and all that were made since."""

import asyncio
from typing import Final

from dure.api.answers.inherited import Inherited
from dure.chain.money import LEDGER
from dure.chain.transaction import compute_asset_id
from dure.core.codec import decode
from dure.core.types import Address, AssetId, Unsigned
from dure.index import EventFilter, Index
from dure.node.gateway import Gateway

ASSETS_MAX: Final = 1000
AssetCreated = tuple[AssetId, Address, str, Unsigned]
"""What the ledger's event says: asset, issuer, code, decimals."""


async def list_asset_ids(gateway: Gateway, index: Index, inherited: Inherited) -> list[AssetId]:
    """Return the assets of genesis and chain before, and those made since that the index read."""
    ids = [compute_asset_id(a.issuer, a.code) for a in gateway.executor.genesis.assets]
    wanted = EventFilter(contract=LEDGER, name="asset_created")
    rows = await asyncio.to_thread(index.list_events, wanted, ASSETS_MAX)
    made = [decode(AssetCreated, row.data)[0] for row in rows]
    return list(dict.fromkeys([*ids, *inherited.assets, *made]))
