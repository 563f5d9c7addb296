"""Balances of many assets, held by the ledger itself.

Every unit belongs to one asset; an asset belongs to its issuer, who alone mints, burns, freezes,
moves what others hold and names the rule of transfers. That rule is asked by the machine, before it
comes here: nothing here calls a contract.
Money only moves through these functions, each leaves an event, and `validate_conservation` recounts
every block: for each asset the balances changed by exactly as much as the supply did.
"""

import re
from collections import defaultdict
from typing import Final

import msgspec

from dure.chain import state
from dure.chain.execution.events import EventLog
from dure.chain.transaction import METHOD_NAME_MAX, compute_asset_id
from dure.contract.ports import LEDGER_ADDRESS, Refusal, TransferRule
from dure.core.codec import Wire, encode
from dure.core.types import INT_MAX, Address, Amount, AssetId

LEDGER: Final = LEDGER_ADDRESS
"""The address of the ledger's own calls and events."""

ASSET_CODE: Final = re.compile("[!-~]{1,16}")
"""Codes are visible ASCII, so that no two of them look alike."""
DECIMALS_MAX: Final = 18
RULE_NAME: Final = re.compile(f"[A-Za-z][A-Za-z0-9_]{{0,{METHOD_NAME_MAX - 1}}}")

_FROZEN: Final = b""
_BALANCES: Final = ord(state.BALANCE)
_ASSETS: Final = ord(state.ASSET)
_decode_balance: Final = msgspec.msgpack.Decoder(int).decode
_asset_decoder: Final = msgspec.msgpack.Decoder(state.AssetRecord)


class TransferArguments(Wire, frozen=True):
    """Of the ledger's own call `transfer`."""

    asset: AssetId
    target: Address
    amount: Amount


class _Findings(EventLog, gc=False, kw_only=True):
    """What money operations on one view have found out, until one of them changes it."""

    _asset: bytes = b""
    """The asset that was asked for last, and who is asked before it moves."""
    _rule: TransferRule | None = None
    _movable: bytes = b""
    """Key under which nothing stands, because the balance that money was taken from is not frozen.
    """


class Money(_Findings, gc=False):
    """Money operations on one view, into which nothing else writes money meanwhile."""

    view: state.View

    def get_balance(self, asset: AssetId, holder: Address) -> Amount:
        """Return what `holder` has of `asset`: 0 where nothing is known."""
        return Amount(_read_balance(self.view.get(state.key_balance(asset, holder))))

    def transfer(self, asset: AssetId, source: Address, target: Address, amount: int) -> None:
        """Move `amount`; raise the refusal that fits."""
        if not amount and self.view.get(state.key_asset(asset)) is None:
            raise Refusal("unknown_asset", "there is no such asset")
        self._take(asset, source, amount)
        self._give(asset, target, amount)
        self.emit(LEDGER, "transferred", encode((asset, source, target, amount)))

    def create_asset(self, issuer: Address, code: str, decimals: int) -> AssetId:
        """Register the asset `code` of `issuer`."""
        if not ASSET_CODE.fullmatch(code) or not 0 <= decimals <= DECIMALS_MAX:
            raise Refusal(
                "bad_asset", "an asset has a code of 1 to 16 ASCII characters and 0 to 18 decimals"
            )
        asset = compute_asset_id(issuer, code)
        if self.view.get(state.key_asset(asset)) is not None:
            raise Refusal("bad_asset", "the issuer has an asset of that code already")
        record = state.AssetRecord(
            issuer=issuer, code=code, decimals=decimals, supply=Amount(0), transfer_rule=""
        )
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

    def freeze(self, issuer: Address, asset: AssetId, holder: Address, frozen: bool) -> None:  # noqa: FBT001 - the port's shape
        """Stop or allow outgoing transfers of `holder`."""
        self._get_issued(issuer, asset)
        self._movable = b""
        self.view.put(state.key_frozen(asset, holder), _FROZEN if frozen else None)
        self._tell("frozen" if frozen else "unfrozen", (asset, holder))

    def move(
        self, issuer: Address, asset: AssetId, source: Address, target: Address, amount: int
    ) -> None:
        """Move units between two holders, as the asset's issuer and without asking its rule.

        What is frozen stays where it is for the issuer too, who has to unfreeze it first: so each
        of the two acts is told.
        """
        self._get_issued(issuer, asset)
        self._take(asset, source, amount)
        self._give(asset, target, amount)
        self._tell("moved", (asset, source, target, amount))

    def set_transfer_rule(self, issuer: Address, asset: AssetId, method: str) -> None:
        """Have `method` of the issuer asked before each transfer, in place of the one before."""
        record = self._get_issued(issuer, asset)
        if not RULE_NAME.fullmatch(method):
            raise Refusal("bad_rule", "the name of a rule's method cannot be that of any method")
        changed = msgspec.structs.replace(record, transfer_rule=method)
        self.view.save(state.key_asset(asset), changed)
        self._asset = b""
        self._tell("transfer_rule_set", (asset, method))

    def get_transfer_rule(self, asset: AssetId) -> TransferRule | None:
        """Return who is asked before the asset moves."""
        if asset != self._asset:
            record = self.view.load(state.AssetRecord, state.key_asset(asset))
            self._asset, self._rule = asset, None
            if record is not None and record.transfer_rule:
                self._rule = TransferRule(record.issuer, record.transfer_rule)
        return self._rule

    def _take(self, asset: AssetId, source: Address, amount: int) -> None:
        if amount < 0:
            raise Refusal("bad_amount", "an amount of money cannot be negative")
        view = self.view
        # The keys are put together here: two functions less for each payment.
        frozen = state.FROZEN + asset + source
        if frozen != self._movable:
            if view.get(frozen) is not None:
                raise Refusal("frozen", "the issuer has frozen this balance")
            self._movable = frozen
        key = state.BALANCE + asset + source
        held = view.get(key)
        left = -amount if held is None else _decode_balance(held) - amount
        if left < 0:
            raise Refusal("insufficient_balance", "the balance is too small")
        view.top[key] = encode(left) if left else None

    def _give(self, asset: AssetId, target: Address, amount: int) -> None:
        if amount:
            view = self.view
            key = state.BALANCE + asset + target
            held = view.get(key)
            view.top[key] = encode(amount if held is None else _decode_balance(held) + amount)

    def _get_issued(self, issuer: Address, asset: AssetId) -> state.AssetRecord:
        record = self.view.load(state.AssetRecord, state.key_asset(asset))
        if record is None:
            raise Refusal("unknown_asset", "there is no such asset")
        if record.issuer != issuer:
            raise Refusal("not_issuer", "only the asset's issuer may do that")
        return record

    def _set_supply(self, asset: AssetId, record: state.AssetRecord, supply: int) -> None:
        changed = msgspec.structs.replace(record, supply=Amount(supply))
        self.view.save(state.key_asset(asset), changed)

    def _tell(self, name: str, data: tuple[object, ...]) -> None:
        self.emit(LEDGER, name, encode(data))


def validate_conservation(before: state.Writes, writes: state.Writes) -> None:
    """Assert that, asset by asset, balances and supply changed by the same amount.

    `before` is what stood in the state under the keys that were written.
    """
    changes: defaultdict[bytes, int] = defaultdict(int)
    for key, value in writes.items():
        kind = key[0]
        if kind == _BALANCES:
            held = before.get(key)
            now = 0 if value is None else _decode_balance(value)
            changes[key[1:33]] += now if held is None else now - _decode_balance(held)
        elif kind == _ASSETS:
            changes[key[1:33]] += _read_supply(before.get(key)) - _read_supply(value)
    broken = [asset.hex() for asset, change in changes.items() if change]
    assert not broken, f"money was made or lost: {broken}"


def _read_balance(value: bytes | None) -> int:
    return 0 if value is None else _decode_balance(value)


def _read_supply(value: bytes | None) -> int:
    return 0 if value is None else _asset_decoder.decode(value).supply
