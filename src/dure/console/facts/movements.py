"""Which money moved in a transaction, and what that came to for each account.

Read from the ledger's own events, which stand under the receipt's root: nothing moves without one.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dure.chain import state
from dure.chain.money import LEDGER
from dure.chain.receipt import Event
from dure.core.codec import decode
from dure.core.types import Address, AssetId, Unsigned

_BETWEEN: Final = frozenset({"transferred", "moved"})
_MOVE: Final = tuple[AssetId, Address, Address, Unsigned]
_CHANGE: Final = tuple[AssetId, Address, Unsigned]


@dataclass(frozen=True, slots=True)
class Movement:
    """One amount that changed hands, came into being, or went."""

    code: str
    asset: AssetId
    decimals: int
    source: Address | None
    """None where it was minted."""
    target: Address | None
    """None where it was burned."""
    amount: int


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """What all movements came to for one holder of one asset."""

    holder: Address
    code: str
    decimals: int
    amount: int
    """Below zero where it gave more than it got."""


def list_movements(view: state.View, events: Iterable[Event]) -> list[Movement]:
    """Return the movements in the order in which they happened."""
    found: list[Movement] = []
    for event in events:
        if event.contract != LEDGER:
            continue
        place = _open(event)
        if place is None:
            continue
        asset, source, target, amount = place
        record = view.load(state.AssetRecord, state.key_asset(asset))
        code, decimals = (asset.hex()[:8], 0) if record is None else (record.code, record.decimals)
        found.append(Movement(code, asset, decimals, source, target, amount))
    return found


def add_up(movements: Iterable[Movement]) -> list[BalanceChange]:
    """Return what each holder has more or less of each asset, where that is not nothing."""
    sums: defaultdict[tuple[Address, AssetId], int] = defaultdict(int)
    shapes: dict[AssetId, tuple[str, int]] = {}
    for each in movements:
        shapes[each.asset] = (each.code, each.decimals)
        if each.source is not None:
            sums[each.source, each.asset] -= each.amount
        if each.target is not None:
            sums[each.target, each.asset] += each.amount
    return [
        BalanceChange(holder, *shapes[asset], amount)
        for (holder, asset), amount in sums.items()
        if amount
    ]


def _open(event: Event) -> tuple[AssetId, Address | None, Address | None, int] | None:
    if event.name in _BETWEEN:
        asset, source, target, amount = decode(_MOVE, event.data)
        return asset, source, target, amount
    if event.name in {"minted", "burned"}:
        asset, holder, amount = decode(_CHANGE, event.data)
        return (
            (asset, None, holder, amount)
            if event.name == "minted"
            else (asset, holder, None, amount)
        )
    return None
