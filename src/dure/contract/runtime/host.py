"""What `self` asks of the ledger: money, events, roles, scheduled calls, other contracts."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from dure.contract.gas import (
    BALANCE,
    CANCEL,
    EVENT,
    EVENT_BYTE,
    MESSAGE_BYTE,
    MONEY,
    ROLE,
    SCHEDULE,
    SCHEDULE_BYTE,
)
from dure.contract.ports import Invocation, Payment, TransferOrder
from dure.contract.runtime.frame import Frame, count_built, refuse, run_out
from dure.contract.runtime.state import Encode
from dure.core.types import Address, Amount, AssetId, Gas, Instant


def pay(frame: Frame, asset: AssetId, to: Address, amount: Amount) -> None:
    """Move money of the contract."""
    frame.meter.charge(MONEY)
    order = TransferOrder(asset, frame.contract, to, amount)
    frame.session.pay(frame.contract, order)


def balance_of(frame: Frame, asset: AssetId) -> Amount:
    """Return what the contract holds."""
    frame.meter.charge(BALANCE)
    return frame.ledger.get_balance(asset, frame.contract)


def holding_of(frame: Frame, asset: AssetId, holder: Address) -> Amount:
    """Return what somebody holds."""
    frame.meter.charge(BALANCE)
    return frame.ledger.get_balance(asset, holder)


def has_role(frame: Frame, role: str, holder: Address) -> bool:
    """Say whether the members gave somebody the role at this contract."""
    frame.meter.charge(ROLE + len(role))
    return frame.ledger.has_role(frame.contract, role, holder)


def create_asset(frame: Frame, code: str, decimals: int) -> AssetId:
    """Found an asset of this contract."""
    frame.meter.charge(MONEY)
    return frame.ledger.create_asset(frame.contract, code, decimals)


def mint(frame: Frame, asset: AssetId, to: Address, amount: Amount) -> None:
    """Create money of an own asset."""
    frame.meter.charge(MONEY)
    frame.ledger.mint(frame.contract, asset, to, amount)


def burn(frame: Frame, asset: AssetId, holder: Address, amount: Amount) -> None:
    """Destroy a holder's money of an own asset."""
    frame.meter.charge(MONEY)
    frame.ledger.burn(frame.contract, asset, holder, amount)


def move(frame: Frame, asset: AssetId, source: Address, to: Address, amount: Amount) -> None:
    """Move somebody's money of an own asset."""
    frame.meter.charge(MONEY)
    frame.ledger.move(frame.contract, asset, source, to, amount)


def freeze(frame: Frame, asset: AssetId, holder: Address, frozen: bool) -> None:  # noqa: FBT001
    """Forbid or allow a holder to move an own asset."""
    frame.meter.charge(MONEY)
    frame.ledger.freeze(frame.contract, asset, holder, frozen)


def set_transfer_rule(frame: Frame, asset: AssetId, method: str) -> None:
    """Have a method asked before each transfer of an own asset."""
    frame.meter.charge(MONEY)
    frame.ledger.set_transfer_rule(frame.contract, asset, method)


def cancel(frame: Frame, number: int) -> bool:
    """Withdraw a scheduled call."""
    frame.meter.charge(CANCEL)
    return frame.ledger.cancel(frame.contract, number)


HOST_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "pay": pay,
    "balance_of": balance_of,
    "create_asset": create_asset,
    "mint": mint,
    "burn": burn,
    "freeze": freeze,
    "cancel": cancel,
    "holding_of": holding_of,
    "move": move,
    "has_role": has_role,
    "set_transfer_rule": set_transfer_rule,
}


def build_emit(name: str, encode: Encode) -> Callable[[Frame, tuple[Any, ...]], None]:
    """Return the function that emits the event `name` with the values of its fields."""

    def emit(frame: Frame, values: tuple[Any, ...]) -> None:
        data = encode(values)
        meter = frame.meter
        meter.left -= EVENT + EVENT_BYTE * len(data)
        if meter.left < 0:
            run_out()
        frame.ledger.emit(frame.contract, name, data)

    return emit


def build_schedule(method: str, encode: Encode) -> Callable[..., int]:
    """Return the function that schedules `method`.

    The gas of the later call is paid for now: from the meter, unless the ledger takes it elsewhere.
    """

    def schedule(frame: Frame, at: int, gas: int, *values: Any) -> int:
        data = encode(values)
        if gas <= 0:
            refuse("bad_arguments", "a scheduled call needs gas")
        prepaid = 0 if frame.ledger.pays_for_schedules else gas
        frame.meter.charge(SCHEDULE + SCHEDULE_BYTE * len(data) + prepaid)
        return frame.ledger.schedule(frame.contract, Instant(at), method, data, Gas(gas))

    return schedule


def build_remote(
    method: str,
    encode: Encode,
    decoder: "msgspec.msgpack.Decoder[Any]",
    *,
    built_factor: int,
    read_only: bool,
) -> Callable[..., Any]:
    """Return the function that calls `method` of another contract.

    A payment is (asset, amount) or None. Each byte of the result counts `built_factor` times.
    """

    def remote(
        frame: Frame, target: Address, payment: tuple[AssetId, Amount] | None, *values: Any
    ) -> Any:
        attached = None
        if payment is not None:
            frame.meter.charge(MONEY)
            order = TransferOrder(payment[0], frame.contract, target, payment[1])
            attached = Payment(order.asset, frame.session.pay(frame.contract, order))
        call = Invocation(target, method, encode(values), frame.contract, attached)
        data = frame.session.call(frame.contract, call, read_only=read_only)
        frame.meter.charge(MESSAGE_BYTE * len(data))
        count_built(frame, built_factor * len(data))
        try:
            return decoder.decode(data)
        except msgspec.MsgspecError:
            refuse(
                "bad_result",
                "the other contract answered with another type than the interface says",
            )

    return remote
