"""A machine for tests of the ledger: a call's arguments are the list of things that it shall do.

Rules of assets are known by their methods' names: `refuse_all`, `keep_a_tenth` for the issuer; any
other allows everything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from dure.contract.bundle import Source
from dure.contract.ports import Invocation, Ledger, Meter, Refusal, TransferOrder, build_home
from dure.core.codec import encode
from dure.core.types import Address, Amount, Gas, Hash, Instant

Step = tuple[Any, ...]
RULE_GAS = 700
"""What asking a rule costs."""


def script(*steps: Step) -> bytes:
    """Return the arguments of a call that takes these steps, each a tuple of verb and operands."""
    return msgspec.msgpack.encode(steps)


class ScriptMachine:
    """Does what the arguments say, in the name of the called contract."""

    def __init__(self) -> None:
        self.loaded: list[Hash] = []
        self.upgraded_from: list[Hash] = []

    def load(self, source: Source) -> Hash:
        if "unsafe" in source.text:
            raise Refusal("unsafe_code", "the checker says no")
        code_hash = Hash(sha256(encode(source)).digest())
        self.loaded.append(code_hash)
        return code_hash

    def open(self, ledger: Ledger, meter: Meter) -> "ScriptRunning":
        return ScriptRunning(self, ledger, meter)


@dataclass(frozen=True, slots=True)
class ScriptRunning:
    """A transaction in it."""

    machine: ScriptMachine
    ledger: Ledger
    meter: Meter

    def invoke(self, call: Invocation) -> bytes:
        if self.ledger.get_program(call.contract).is_stopped:
            raise Refusal("contract_stopped", "the members have stopped this contract")
        return self._run(call)

    def view(self, call: Invocation) -> bytes:
        self.ledger.get_program(call.contract)
        return self._run(call)

    def upgrade(self, call: Invocation, *, before: Hash) -> None:
        known = {before, self.ledger.get_program(call.contract).code_hash}
        assert known <= set(self.machine.loaded)
        self._run(call)
        self.machine.upgraded_from.append(before)

    def transfer(self, order: TransferOrder) -> Amount:
        ledger = self.ledger
        rule = ledger.get_transfer_rule(order.asset)
        fee = 0
        if rule is not None:
            self.meter.charge(RULE_GAS)
            if rule.method == "refuse_all":
                raise Refusal("refused", "not with this asset")
            fee = order.amount // 10 if rule.method == "keep_a_tenth" else 0
            if fee:
                ledger.transfer(order.asset, order.source, rule.issuer, Amount(fee))
        arrived = Amount(order.amount - fee)
        ledger.transfer(order.asset, order.source, order.target, arrived)
        return arrived

    def _run(self, call: Invocation) -> bytes:
        result: Any = None
        try:
            steps = msgspec.msgpack.decode(call.arguments)
        except msgspec.DecodeError:
            raise Refusal("bad_arguments", "that is no script") from None
        for verb, *operands in steps:
            result = VERBS[verb](self.ledger, call, self.meter, *operands)
        return msgspec.msgpack.encode(result)


def _refuse(_ledger: Ledger, _call: Invocation, _meter: Meter, code: str, message: str) -> None:
    raise Refusal(code, message)


def _refuse_half_a_pair(_ledger: Ledger, _call: Invocation, _meter: Meter) -> None:
    raise Refusal("refused", "\ud83d" * 300)


def _schedule(
    ledger: Ledger, call: Invocation, meter: Meter, at: Instant, arguments: bytes, gas: Gas
) -> int:
    if not ledger.pays_for_schedules:
        meter.charge(max(0, gas))
    return ledger.schedule(call.contract, at, "run", arguments, gas)


def _repeat(
    ledger: Ledger, call: Invocation, _meter: Meter, after: int, times: int, gas: Gas
) -> list[int]:
    """Schedule the very call that runs, so many times."""
    at = Instant(ledger.time + after)
    return [
        ledger.schedule(call.contract, at, call.method, call.arguments, gas) for _ in range(times)
    ]


def _tell_time(ledger: Ledger, call: Invocation, _meter: Meter) -> None:
    ledger.emit(call.contract, "time", msgspec.msgpack.encode(ledger.time))


def _tell_sender(ledger: Ledger, call: Invocation, _meter: Meter) -> None:
    ledger.emit(call.contract, "sender", msgspec.msgpack.encode(call.sender))


def _tell_facts(ledger: Ledger, call: Invocation, _meter: Meter) -> list[Any]:
    paid = None if call.payment is None else [call.payment.asset, call.payment.amount]
    return [ledger.height, ledger.time, ledger.chain_id, call.sender, paid]


VERBS: dict[str, Callable[..., Any]] = {
    "charge": lambda _ledger, _call, meter, gas: meter.charge(gas),
    "refuse": _refuse,
    "refuse half a pair": _refuse_half_a_pair,
    "read": lambda ledger, call, _meter, key: ledger.read(build_home(call.contract) + key),
    "write": lambda ledger, call, _meter, key, value: ledger.write(
        build_home(call.contract) + key, value
    ),
    "emit": lambda ledger, call, _meter, name, data: ledger.emit(call.contract, name, data),
    "emit many": lambda ledger, call, _meter, count, size: [
        ledger.emit(call.contract, "many", bytes(size)) for _ in range(count)
    ][:0],
    "has role": lambda ledger, call, _meter, role, who: ledger.has_role(call.contract, role, who),
    "time": _tell_time,
    "facts": _tell_facts,
    "tell sender": _tell_sender,
    "tell cancelled": lambda ledger, call, _meter, number: ledger.emit(
        call.contract, "cancelled", encode(ledger.cancel(call.contract, number))
    ),
    "schedule": _schedule,
    "repeat": _repeat,
    "schedule method": lambda ledger, call, _meter, method, size: ledger.schedule(
        call.contract, 2**60, method, bytes(size), 10_000
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
    "move": lambda ledger, call, _meter, asset, source, target, amount: ledger.move(
        call.contract, asset, source, target, amount
    ),
    "set rule": lambda ledger, call, _meter, asset, method: ledger.set_transfer_rule(
        call.contract, asset, method
    ),
    "set half a rule": lambda ledger, call, _meter, asset: ledger.set_transfer_rule(
        call.contract, asset, "\ud83d"
    ),
    "call": lambda ledger, call, meter, contract, arguments: (
        ScriptMachine()
        .open(ledger, meter)
        .invoke(Invocation(Address(contract), "run", arguments, call.contract, None))
    ),
}
