"""Runs the calls of one transaction: the implementation of `ports.Running` in this process.

A call goes through the same gates in the same order, whoever calls: known method, stopped contract,
depth and re-entrancy, gas of entering, memory, canonical arguments, who may call, money. Then the
compiled body runs. What comes out is canonical bytes, paid for by the byte, or a `Refusal` in our
own words; any other exception is our own fault or the machine's and stops the node.

A refusal ends the whole transaction, so nothing is put back behind one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import msgspec

from dure.contract.gas import CALL, MESSAGE_BYTE, STORAGE_READ_BYTE, STORAGE_WRITE
from dure.contract.interface import Interface
from dure.contract.limits import MEMORY_BYTES_MAX, NESTED_CALLS_MAX, VALUE_BYTES_MAX
from dure.contract.ports import (
    LEDGER_ADDRESS,
    Invocation,
    Ledger,
    Meter,
    TransferOrder,
    TransferRule,
    build_home,
)
from dure.contract.runtime.compatibility import find_incompatibility
from dure.contract.runtime.frame import Body, Frame, refuse, refuse_memory, run_out
from dure.contract.shapes import Kind
from dure.core.codec import encode
from dure.core.types import Address, Amount, Hash

INIT: Final = "init"
_BEGUN_KEY: Final = encode(())
"""Written by `init`, so that nobody can begin a contract twice.

No field's key is an empty tuple.
"""
_NO_ARGUMENTS: Final = encode(())
_NO_RESULT: Final = encode(None)
_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""What a decoder raises for bytes that do not fit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A method that can be called from outside."""

    kind: Kind
    is_reading: bool
    """Whether it may not change state."""
    is_reentrant: bool
    """Whether it may be called while another method of the contract still runs."""
    decode: Callable[[bytes], tuple[Any, ...]]
    """Decodes arguments: typed, but not yet compared with the canonical form."""
    built_factor: int
    """Bytes that decoded arguments count for, for each byte that they are decoded from."""
    read_asset: Callable[[Frame], Any] | None
    """Reads the asset in which the method accepts money."""
    is_guarded: bool
    """Whether not everybody may call it."""
    check_caller: Callable[[Frame], None] | None
    """Refuses callers who may not call it; None where everybody may."""
    run: Body


@dataclass(frozen=True, slots=True)
class Program:
    """A loaded contract."""

    interface: Interface
    entries: dict[str, Entry]
    """What may be called at any time, by name."""
    initialiser: Entry | None
    migration: Entry | None


# A struct is made in C, and one is made for every transaction.
class Session(msgspec.Struct, gc=False):
    """One transaction, with everything that its calls call."""

    programs: Mapping[Hash, Program]
    ledger: Ledger
    meter: Meter
    read_only: bool = False
    stack: tuple[Address, ...] = ()
    """Contracts that wait for the one that they called, the innermost last."""
    built: int = 0
    """Bytes that the call from outside built; see `runtime.frame.count_built`."""

    # From outside

    def invoke(self, call: Invocation) -> bytes:
        """Run one call; see `ports.Running.invoke`.

        Views and calls of other contracts come here too: one function less saves each call 0.05 µs.
        """
        if call.method == INIT and not (self.stack or self.read_only):
            return self._begin(call)
        installed = self.ledger.get_program(call.contract)
        entry = self.programs[installed.code_hash].entries.get(call.method)
        if entry is None:
            refuse("unknown_method", "the contract has no such method")
        if entry.is_reading:
            return self._enter_view(call, entry)
        if self.read_only:
            refuse("not_permitted", "this method changes state, and only reading is allowed here")
        if installed.is_stopped:
            refuse("contract_stopped", "the members stopped the contract: it answers views only")
        return self._enter(call, entry)

    def view(self, call: Invocation) -> bytes:
        """Run a read-only method; see `ports.Running.view`."""
        self.read_only = True
        result = self.invoke(call)
        self.read_only = False
        return result

    def upgrade(self, call: Invocation, *, before: Hash) -> None:
        """Begin to run a contract's new code; see `ports.Running.upgrade`."""
        program = self._get_program(call.contract)
        problem = find_incompatibility(self.programs[before].interface, program.interface)
        if problem is not None:
            refuse("incompatible_state", problem)
        self._enter_once(call, program.migration)

    def transfer(self, order: TransferOrder) -> Amount:
        """Move money by the rule of its asset; see `ports.Running.transfer`."""
        ledger = self.ledger
        rule = ledger.get_transfer_rule(order.asset)
        if rule is None:
            ledger.transfer(order.asset, order.source, order.target, order.amount)
            return order.amount
        fee = self._ask_rule(rule, order)
        if not 0 <= fee <= order.amount:
            refuse("bad_fee", "the transfer rule asks for more than the amount, or for less than 0")
        arriving = Amount(order.amount - fee)
        ledger.transfer(order.asset, order.source, order.target, arriving)
        if fee:
            ledger.transfer(order.asset, order.source, rule.issuer, Amount(fee))
        return arriving

    # From contracts

    def call(self, caller: Address, call: Invocation, *, read_only: bool) -> bytes:
        """Have one contract call another; see `runtime.frame.Session.call`."""
        if call.contract == LEDGER_ADDRESS:
            return self._ask_ledger(call, read_only=read_only or self.read_only)
        stack, before = self.stack, self.read_only
        self.stack, self.read_only = (*stack, caller), before or read_only
        result = self.invoke(call)
        self.stack, self.read_only = stack, before
        return result

    def pay(self, payer: Address, order: TransferOrder) -> Amount:
        """Move money of a contract; see `runtime.frame.Session.pay`."""
        stack = self.stack
        self.stack = (*stack, payer)
        arriving = self.transfer(order)
        self.stack = stack
        return arriving

    # Inside

    def _ask_ledger(self, call: Invocation, *, read_only: bool) -> bytes:
        """Have the ledger answer what a contract asks of it as of another contract."""
        if call.payment is not None:
            _refuse_money()
        size = len(call.arguments)
        if size > VALUE_BYTES_MAX:
            _refuse_arguments()
        self.meter.charge(CALL + MESSAGE_BYTE * size)
        if read_only:
            result = self.ledger.consult(call.method, call.arguments)
        else:
            result = self.ledger.perform(call.sender, call.method, call.arguments)
        self.meter.charge(STORAGE_READ_BYTE * len(result))
        return result

    def _get_program(self, contract: Address) -> Program:
        return self.programs[self.ledger.get_program(contract).code_hash]

    def _begin(self, call: Invocation) -> bytes:
        ledger = self.ledger
        self.meter.charge(STORAGE_WRITE)
        begun = build_home(call.contract) + _BEGUN_KEY
        if ledger.read(begun) is not None:
            refuse("not_permitted", "the contract has already begun")
        ledger.write(begun, _NO_RESULT)
        return self._enter_once(call, self._get_program(call.contract).initialiser)

    def _enter_once(self, call: Invocation, entry: Entry | None) -> bytes:
        """Run `@init` or `@migrate`; without one there are no arguments, and no money comes."""
        if entry is not None:
            return self._enter(call, entry)
        if call.arguments != _NO_ARGUMENTS:
            refuse("bad_arguments", "the contract has no method for these arguments")
        if call.payment is not None:
            _refuse_money()
        return _NO_RESULT

    def _ask_rule(self, rule: TransferRule, order: TransferOrder) -> int:
        entry = self._get_program(rule.issuer).entries[rule.method]
        arguments = encode((order.source, order.target, order.amount))
        call = Invocation(rule.issuer, rule.method, arguments, order.source, None)
        return msgspec.msgpack.decode(self._enter_view(call, entry), type=int)

    def _enter_view(self, call: Invocation, entry: Entry) -> bytes:
        before, self.read_only = self.read_only, True
        result = self._enter(call, entry)
        self.read_only = before
        return result

    def _enter(self, call: Invocation, entry: Entry) -> bytes:
        stack, meter, arguments = self.stack, self.meter, call.arguments
        built = 0
        if stack:
            _check_stack(stack, call.contract, entry)
            built = self.built
        size = len(arguments)
        meter.left -= CALL + MESSAGE_BYTE * size
        if meter.left < 0:
            run_out()
        self.built = built = built + entry.built_factor * size
        if built > MEMORY_BYTES_MAX:
            refuse_memory()
        if size > VALUE_BYTES_MAX:
            _refuse_arguments()
        try:
            values = entry.decode(arguments)
        except _UNREADABLE:
            _refuse_arguments()
        if encode(values) != arguments:
            _refuse_arguments()
        if entry.is_guarded or call.payment is not None:
            self._admit(call, entry)
        result = entry.run(self, call, values)
        meter.left -= MESSAGE_BYTE * len(result)
        if meter.left < 0:
            run_out()
        return result

    def _admit(self, call: Invocation, entry: Entry) -> None:
        """Refuse a caller who may not call, and money that the method does not take."""
        payment = call.payment
        paid = 0 if payment is None else payment.amount
        contract = call.contract
        home = build_home(contract)
        frame = Frame(self, self.ledger, self.meter, contract, home, call.sender, paid)
        if entry.check_caller is not None:
            entry.check_caller(frame)
        if payment is None:
            return
        if entry.read_asset is None or entry.read_asset(frame) != payment.asset:
            _refuse_money()


def _check_stack(stack: tuple[Address, ...], contract: Address, entry: Entry) -> None:
    """Refuse a nested call of a contract that is being called, or past the depth."""
    if contract in stack and not entry.is_reentrant:
        refuse("reentrant", "the contract is already being called")
    if len(stack) >= NESTED_CALLS_MAX:
        refuse("too_deep", "contracts call each other too deep")


def _refuse_arguments() -> NoReturn:
    refuse("bad_arguments", "the arguments do not fit the method's signature")


def _refuse_money() -> NoReturn:
    refuse("payment_not_accepted", "the method does not accept this money")
