"""Balances of many assets, held by the ledger itself.

Every unit belongs to one asset; an asset belongs to its issuer, who alone mints, burns and freezes. Money only moves
through these functions, each leaves an event, and `validate_conservation` recounts every block: for each asset the
balances changed by exactly as much as the supply did.
"""

from dataclasses import dataclass, field
from typing import Final

from dure.chain import state
from dure.chain.receipt import Event
from dure.chain.transaction import compute_asset_id
from dure.contract.ports import Refusal
from dure.core.codec import decode, encode
from dure.core.types import INT_MAX, Address, Amount, AssetId

LEDGER: Final = Address(bytes(31) + b"\1")
"""The address of the ledger's own calls and events."""

_FROZEN: Final = b""


@dataclass(slots=True)
class Money:
    """Money operations on one view; the events that they leave are appended to `events`."""

    view: state.View
    events: list[Event] = field(default_factory=list)

    def get_balance(self, asset: AssetId, holder: Address) -> Amount:
        """Return what `holder` has of `asset`: 0 where nothing is known."""
        value = self.view.get(state.key_balance(asset, holder))
        return Amount(0) if value is None else decode(Amount, value)

    def transfer(self, asset: AssetId, source: Address, target: Address, amount: int) -> None:
        """Move `amount`; raise the refusal that fits."""
        self._take(asset, source, amount)
        self._give(asset, target, amount)
        self._tell("transferred", (asset, source, target, amount))

    def create_asset(self, issuer: Address, code: str, decimals: int) -> AssetId:
        """Register the asset `code` of `issuer`."""
        asset = compute_asset_id(issuer, code)
        if not 1 <= len(code) <= 16 or not 0 <= decimals <= 18:
            raise Refusal(
                "bad_asset", "an asset has a code of 1 to 16 characters and 0 to 18 decimals"
            )
        if self.view.get(state.key_asset(asset)) is not None:
            raise Refusal("bad_asset", "the issuer has an asset of that code already")
        record = state.AssetRecord(issuer=issuer, code=code, decimals=decimals, supply=Amount(0))
        self.view.save(state.key_asset(asset), record)
        self._tell("asset_created", (asset, issuer, code, decimals))
        return asset

    def mint(self, issuer: Address, asset: AssetId, target: Address, amount: int) -> None:
        """Make `amount` new units for `target`."""
        record = self._get_issued(issuer, asset)
        if not 0 <= amount <= INT_MAX - record.supply:
            raise Refusal("overflow", "the supply would pass the largest amount")
        self._set_supply(asset, record, record.supply + amount)
        self._give(asset, target, amount)
        self._tell("minted", (asset, target, amount))

    def burn(self, issuer: Address, asset: AssetId, source: Address, amount: int) -> None:
        """Destroy `amount` units of `source`."""
        record = self._get_issued(issuer, asset)
        self._take(asset, source, amount)
        self._set_supply(asset, record, record.supply - amount)
        self._tell("burned", (asset, source, amount))

    def freeze(self, issuer: Address, asset: AssetId, holder: Address, *, frozen: bool) -> None:
        """Stop or allow outgoing transfers of `holder`."""
        self._get_issued(issuer, asset)
        self.view.put(state.key_frozen(asset, holder), _FROZEN if frozen else None)
        self._tell("frozen" if frozen else "unfrozen", (asset, holder))

    def _take(self, asset: AssetId, source: Address, amount: int) -> None:
        if amount < 0:
            raise Refusal("bad_amount", "an amount of money cannot be negative")
        if self.view.get(state.key_frozen(asset, source)) is not None:
            raise Refusal("frozen", "the issuer has frozen this balance")
        balance = self.get_balance(asset, source)
        if balance < amount:
            raise Refusal("insufficient_balance", "the balance is too small")
        left = balance - amount
        self.view.put(state.key_balance(asset, source), encode(left) if left else None)

    def _give(self, asset: AssetId, target: Address, amount: int) -> None:
        if amount:
            balance = self.get_balance(asset, target)
            self.view.put(state.key_balance(asset, target), encode(balance + amount))

    def _get_issued(self, issuer: Address, asset: AssetId) -> state.AssetRecord:
        record = self.view.load(state.AssetRecord, state.key_asset(asset))
        if record is None:
            raise Refusal("unknown_asset", "there is no such asset")
        if record.issuer != issuer:
            raise Refusal("not_issuer", "only the asset's issuer may do that")
        return record

    def _set_supply(self, asset: AssetId, record: state.AssetRecord, supply: int) -> None:
        changed = state.AssetRecord(record.issuer, record.code, record.decimals, Amount(supply))
        self.view.save(state.key_asset(asset), changed)

    def _tell(self, name: str, data: tuple[object, ...]) -> None:
        self.events.append(Event(contract=LEDGER, name=name, data=encode(data)))


def validate_conservation(before: state.View, writes: state.Writes) -> None:
    """Assert that, asset by asset, balances and supply changed by the same amount."""
    changes: dict[bytes, int] = {}
    for key, value in writes.items():
        if key[0:1] == b"b":
            old = before.get(key)
            delta = _amount(value) - _amount(old)
            changes[key[1:33]] = changes.get(key[1:33], 0) + delta
        elif key[0:1] == b"t":
            delta = _supply(value) - _supply(before.get(key))
            changes[key[1:33]] = changes.get(key[1:33], 0) - delta
    broken = [asset.hex() for asset, change in changes.items() if change]
    assert not broken, f"money was made or lost: {broken}"


def _amount(value: bytes | None) -> int:
    return 0 if value is None else decode(Amount, value)


def _supply(value: bytes | None) -> int:
    return 0 if value is None else decode(state.AssetRecord, value).supply
