"""Counting money on a running chain: proved balances, all of them after one and the same block."""

from collections.abc import Collection, Sequence
from typing import Final

from dure.chain import state
from dure.core.address import decode_address
from dure.core.codec import decode
from dure.core.errors import TimedOut
from dure.core.types import Address, Amount, AssetId
from dure.proof.claims import StateClaim
from dure.proof.file import ProofFile
from dure.sdk import Client
from dure.testing.world.owed import wait_indexed

SNAPSHOTS_MAX: Final = 20
"""How often the chain may make a block while its money is being counted."""


def count_elsewhere(
    client: Client, assets: Sequence[AssetId], holders: Sequence[Address]
) -> dict[AssetId, int]:
    """Return, of each asset, the supply without what these holders have, in minor units.

    Raise `TimedOut` where the chain makes block after block meanwhile.
    """
    keys = [state.key_asset(asset) for asset in assets]
    keys += [state.key_balance(asset, holder) for asset in assets for holder in holders]
    values = iter(_read_together(client, keys))
    supplies = {asset: _read_supply(next(values)) for asset in assets}
    held = {asset: sum(_read_amount(next(values)) for _ in holders) for asset in assets}
    return {asset: supplies[asset] - held[asset] for asset in assets}


def list_issued(client: Client, contracts: Collection[Address]) -> list[AssetId]:
    """Return the assets that these contracts issued."""
    if not contracts:
        return []
    wait_indexed(client)
    return [
        AssetId(bytes.fromhex(each.asset))
        for each in client.list_assets()
        if decode_address(each.issuer) in contracts
    ]


def _read_together(client: Client, keys: Sequence[bytes]) -> list[bytes | None]:
    for _ in range(SNAPSHOTS_MAX):
        proofs = [client.prove_state(key) for key in keys]
        if len({proof.header.height for proof in proofs}) == 1:
            return [_get_value(proof) for proof in proofs]
    raise TimedOut("the chain does not hold still long enough to count its money")


def _get_value(proof: ProofFile) -> bytes | None:
    assert isinstance(proof.claim, StateClaim), "the client checks what kind of proof it is"
    return proof.claim.value


def _read_amount(value: bytes | None) -> int:
    return 0 if value is None else decode(Amount, value)


def _read_supply(value: bytes | None) -> int:
    return 0 if value is None else decode(state.AssetRecord, value).supply
