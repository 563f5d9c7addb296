"""A machine for tests of the ledger: a call's arguments are the list of things that it shall do."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec

from dure.contract.bundle import Source
from dure.contract.ports import Invocation, Ledger, Meter, Refusal, TransferOrder
from dure.core.types import Address, Amount, Gas, Hash, Instant

Step = tuple[Any, ...]


def script(*steps: Step) -> bytes:
    """Return the arguments of a call that takes these steps, each a tuple of verb and operands."""
    return msgspec.msgpack.encode(steps)


class ScriptMachine:
    """Does what the arguments say, in the name of the called contract."""

    def __init__(self) -> None:
        self.loaded: list[Hash] = []

    def load(self, source: Source) -> Hash:
        if "unsafe" in source.text:
            raise Refusal("unsafe_code", "the checker says no")
        code_hash = Hash(sha256(f"{source.class_name}\n{source.text}".encode()).digest())
        self.loaded.append(code_hash)
        return code_hash

    def invoke(self, ledger: Ledger, call: Invocation, meter: Meter) -> bytes:
        ledger.get_program(call.contract)
        result: Any = None
        for verb, *operands in msgspec.msgpack.decode(call.arguments):
            result = VERBS[verb](ledger, call, meter, *operands)
        return msgspec.msgpack.encode(result)

    def view(self, ledger: Ledger, call: Invocation, meter: Meter) -> bytes:
        return self.invoke(ledger, call, meter)

    def upgrade(self, ledger: Ledger, call: Invocation, meter: Meter, *, before: Hash) -> None:
        pass

    def transfer(self, ledger: Ledger, order: TransferOrder, meter: Meter) -> Amount:
        ledger.transfer(order.asset, order.source, order.target, order.amount)
        return order.amount


def _refuse(_ledger: Ledger, _call: Invocation, _meter: Meter, code: str, message: str) -> None:
    raise Refusal(code, message)


def _refuse_half_a_pair(_ledger: Ledger, _call: Invocation, _meter: Meter) -> None:
    raise Refusal("refused", "\ud83d" * 300)


def _schedule(
    ledger: Ledger, call: Invocation, _meter: Meter, at: Instant, arguments: bytes, gas: Gas
) -> int:
    return ledger.schedule(call.contract, at, "run", arguments, gas)


def _tell_time(ledger: Ledger, call: Invocation, _meter: Meter) -> None:
    ledger.emit(call.contract, "time", msgspec.msgpack.encode(ledger.time))


def _tell_facts(ledger: Ledger, call: Invocation, _meter: Meter) -> list[Any]:
    paid = None if call.payment is None else [call.payment.asset, call.payment.amount]
    return [ledger.height, ledger.time, ledger.chain_id, call.sender, paid]


VERBS: dict[str, Callable[..., Any]] = {
    "charge": lambda _ledger, _call, meter, gas: meter.charge(gas),
    "refuse": _refuse,
    "refuse half a pair": _refuse_half_a_pair,
    "read": lambda ledger, call, _meter, key: ledger.read(call.contract, key),
    "write": lambda ledger, call, _meter, key, value: ledger.write(call.contract, key, value),
    "emit": lambda ledger, call, _meter, name, data: ledger.emit(call.contract, name, data),
    "emit many": lambda ledger, call, _meter, count, size: [
        ledger.emit(call.contract, "many", bytes(size)) for _ in range(count)
    ][:0],
    "has role": lambda ledger, call, _meter, role, who: ledger.has_role(call.contract, role, who),
    "time": _tell_time,
    "facts": _tell_facts,
    "schedule": _schedule,
    "schedule method": lambda ledger, call, _meter, method, size: ledger.schedule(
        call.contract, 2**60, method, bytes(size), 1000
    ),
    "cancel": lambda ledger, call, _meter, number: ledger.cancel(call.contract, number),
    "balance": lambda ledger, _call, _meter, asset, who: ledger.get_balance(asset, who),
    "transfer": lambda ledger, call, _meter, asset, target, amount: ledger.transfer(
        asset, call.contract, target, amount
    ),
    "create": lambda ledger, call, _meter, code, decimals: ledger.create_asset(
        call.contract, code, decimals
    ),
    "mint": lambda ledger, call, _meter, asset, target, amount: ledger.mint(
        call.contract, asset, target, amount
    ),
    "burn": lambda ledger, call, _meter, asset, source, amount: ledger.burn(
        call.contract, asset, source, amount
    ),
    "freeze": lambda ledger, call, _meter, asset, who, frozen: ledger.freeze(
        call.contract, asset, Address(who), frozen
    ),
}
