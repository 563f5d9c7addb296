"""A ledger that notes what it is asked, and asks the real one."""

from dure.contract.ports import Installed, Ledger, TransferRule, split_place
from dure.contract.tracing.recorder import Recorder
from dure.contract.tracing.steps import (
    BalanceRead,
    Cancelled,
    Emitted,
    LedgerAsked,
    MoneyMoved,
    RoleAsked,
    Scheduled,
    StateRead,
    StateWrite,
)
from dure.core.types import Address, Amount, AssetId, ChainId, Gas, Height, Instant


class RecordingLedger:
    """A `Ledger` before another one; a step is noted when the ledger has agreed to it."""

    def __init__(self, ledger: Ledger, recorder: Recorder) -> None:
        self._ledger = ledger
        self._recorder = recorder

    @property
    def height(self) -> Height:
        return self._ledger.height

    @property
    def time(self) -> Instant:
        return self._ledger.time

    @property
    def chain_id(self) -> ChainId:
        return self._ledger.chain_id

    @property
    def pays_for_schedules(self) -> bool:
        return self._ledger.pays_for_schedules

    def get_program(self, contract: Address) -> Installed:
        return self._ledger.get_program(contract)

    def read(self, place: bytes) -> bytes | None:
        _, key = split_place(place)
        value = self._ledger.read(place)
        self._recorder.add(StateRead(self._recorder.place, key, value))
        return value

    def write(self, place: bytes, value: bytes | None) -> None:
        _, key = split_place(place)
        before = self._ledger.read(place)
        self._ledger.write(place, value)
        self._recorder.add(StateWrite(self._recorder.place, key, before, value))

    def has_role(self, contract: Address, role: str, holder: Address) -> bool:
        is_held = self._ledger.has_role(contract, role, holder)
        self._recorder.add(RoleAsked(self._recorder.place, role, holder, is_held))
        return is_held

    def consult(self, method: str, arguments: bytes) -> bytes:
        result = self._ledger.consult(method, arguments)
        self._recorder.add(LedgerAsked(self._recorder.place, method, arguments, result))
        return result

    def perform(self, contract: Address, method: str, arguments: bytes) -> bytes:
        result = self._ledger.perform(contract, method, arguments)
        self._recorder.add(LedgerAsked(self._recorder.place, method, arguments, result))
        return result

    def emit(self, contract: Address, name: str, data: bytes) -> None:
        self._ledger.emit(contract, name, data)
        self._recorder.add(Emitted(self._recorder.place, name, data))

    def schedule(
        self, contract: Address, at: Instant, method: str, arguments: bytes, gas: Gas
    ) -> int:
        number = self._ledger.schedule(contract, at, method, arguments, gas)
        self._recorder.add(Scheduled(self._recorder.place, number, at, method, arguments, gas))
        return number

    def cancel(self, contract: Address, number: int) -> bool:
        was_waiting = self._ledger.cancel(contract, number)
        self._recorder.add(Cancelled(self._recorder.place, number, was_waiting))
        return was_waiting

    # Money

    def get_balance(self, asset: AssetId, holder: Address) -> Amount:
        amount = self._ledger.get_balance(asset, holder)
        self._recorder.add(BalanceRead(self._recorder.place, asset, holder, amount))
        return amount

    def transfer(self, asset: AssetId, source: Address, target: Address, amount: Amount) -> None:
        self._ledger.transfer(asset, source, target, amount)
        self._note_money("transfer", asset, source=source, target=target, amount=amount)

    def move(
        self, issuer: Address, asset: AssetId, source: Address, target: Address, amount: Amount
    ) -> None:
        self._ledger.move(issuer, asset, source, target, amount)
        self._note_money("move", asset, source=source, target=target, amount=amount)

    def create_asset(self, issuer: Address, code: str, decimals: int) -> AssetId:
        asset = self._ledger.create_asset(issuer, code, decimals)
        self._note_money("create_asset", asset)
        return asset

    def mint(self, issuer: Address, asset: AssetId, target: Address, amount: Amount) -> None:
        self._ledger.mint(issuer, asset, target, amount)
        self._note_money("mint", asset, target=target, amount=amount)

    def burn(self, issuer: Address, asset: AssetId, source: Address, amount: Amount) -> None:
        self._ledger.burn(issuer, asset, source, amount)
        self._note_money("burn", asset, source=source, amount=amount)

    def freeze(self, issuer: Address, asset: AssetId, holder: Address, frozen: bool) -> None:  # noqa: FBT001
        self._ledger.freeze(issuer, asset, holder, frozen)
        self._note_money("freeze" if frozen else "unfreeze", asset, source=holder)

    def set_transfer_rule(self, issuer: Address, asset: AssetId, method: str) -> None:
        self._ledger.set_transfer_rule(issuer, asset, method)
        self._note_money("set_transfer_rule", asset)

    def get_transfer_rule(self, asset: AssetId) -> TransferRule | None:
        return self._ledger.get_transfer_rule(asset)

    def _note_money(
        self,
        action: str,
        asset: AssetId,
        *,
        source: Address | None = None,
        target: Address | None = None,
        amount: Amount | None = None,
    ) -> None:
        self._recorder.add(MoneyMoved(self._recorder.place, action, asset, source, target, amount))
