"""What a chain with a predecessor began with, which no block of its own tells of.

Lists of contracts and assets come from the index, which reads blocks; what the old chain made
stands in the first state alone. It is gathered at the first question, in one walk over the state.
"""

from functools import cached_property

from dure.chain import state
from dure.core.types import Address, AssetId, Height
from dure.node.gateway import Gateway

Place = tuple[int, int, int]


class Inherited:
    """The contracts and assets of the chain before; none where there was no chain before."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @cached_property
    def contracts(self) -> tuple[tuple[Place, Address], ...]:
        """Each contract with its place in lists: before all that this chain deployed, by height."""
        before = self._gateway.executor.genesis.predecessor
        if before is None:
            return ()
        view = self._gateway.executor.view()
        found: list[tuple[Height, Address]] = []
        for key in self._keys:
            if key[:1] == state.CONTRACT:
                record = view.require(state.ContractRecord, key)
                if record.deployed <= before.height:
                    found.append((record.deployed, Address(key[1:])))
        return tuple(
            ((height, number, 0), address) for number, (height, address) in enumerate(sorted(found))
        )

    @cached_property
    def assets(self) -> tuple[AssetId, ...]:
        """The assets in the state, sorted; there may be some of this chain's own among them."""
        return tuple(sorted(AssetId(key[1:]) for key in self._keys if key[:1] == state.ASSET))

    def list_contracts(self, after: Place | None, limit: int) -> list[tuple[Place, Address]]:
        """Return up to `limit` contracts that follow a place."""
        return [each for each in self.contracts if after is None or each[0] > after][:limit]

    @cached_property
    def _keys(self) -> tuple[bytes, ...]:
        if self._gateway.executor.genesis.predecessor is None:
            return ()
        kinds = (state.CONTRACT, state.ASSET)
        return tuple(key for key in self._gateway.executor.copy_state() if key[:1] in kinds)
