"""Checks, loads and runs contracts in this process: the implementation of `ports.Machine`.

A call goes through the same gates in the same order, whoever calls: known method, depth and
re-entrancy, gas of entering, canonical arguments, who may call, money. Then the compiled function
runs. What comes out is canonical bytes or a `Refusal` in our own words; any other exception is our
own fault or the machine's and stops the node.
"""

from functools import partial
from typing import Any, Final, NoReturn

import msgspec

from dure.contract.bundle import Source
from dure.contract.checker.check import check_source
from dure.contract.compiler.marks import Watcher
from dure.contract.compiler.program import Entry, Program, build_program
from dure.contract.gas import CALL, MESSAGE_BYTE, STORAGE_WRITE
from dure.contract.interface import Interface
from dure.contract.limits import MEMORY_BYTES_MAX, NESTED_CALLS_MAX, VALUE_BYTES_MAX
from dure.contract.ports import (
    Invocation,
    Ledger,
    Meter,
    Refusal,
    TransferOrder,
    TransferRule,
)
from dure.contract.problems import Problems
from dure.contract.runtime.compatibility import find_incompatibility
from dure.contract.runtime.frame import Frame, Session, refuse, refuse_memory, run_out
from dure.core import hashing
from dure.core.codec import encode
from dure.core.types import Address, Amount, Hash

INIT: Final = "init"
_BEGUN_KEY: Final = encode(())
"""Written by `init`, so that nobody can begin a contract twice.

No field's key is an empty tuple.
"""
_NO_ARGUMENTS: Final = encode(())
_NO_RESULT: Final = encode(None)
_UNSAFE: Final = "the checker refuses the source: `dure contract check` says where and why"
"""Receipts say no more. Every Python refuses the same sources, but not for the same first reason:
what one cannot read at all, another reads and finds too deep or forbidden.
"""


class InProcessMachine:
    """Runs contracts in the caller's process; programs are kept by code hash.

    Where there is a `watcher`, programs tell it where they stand; see `tracing`. One that is not
    metered runs basic blocks for nothing: to measure what charging takes, never to run a chain.
    """

    def __init__(self, watcher: Watcher | None = None, *, is_metered: bool = True) -> None:
        self._programs: dict[Hash, Program] = {}
        self._watcher = watcher
        self._is_metered = is_metered
        self._open = partial(Session, self._run, self._transfer)

    def load(self, source: Source) -> Hash:
        """Check and compile a contract; see `ports.Machine.load`."""
        code_hash = compute_code_hash(source)
        if code_hash in self._programs:
            return code_hash
        problems = Problems()
        checked = check_source(source, problems)
        if checked is None:
            raise Refusal("unsafe_code", _UNSAFE)
        if source.class_name not in checked.bundle.contracts:
            raise Refusal("unsafe_code", "the file has no contract class of that name")
        self._programs[code_hash] = build_program(
            checked, source.class_name, self._watcher, is_metered=self._is_metered
        )
        return code_hash

    def get_interface(self, code_hash: Hash) -> Interface:
        """Return the interface of a loaded contract."""
        return self._programs[code_hash].interface

    def invoke(self, ledger: Ledger, call: Invocation, meter: Meter) -> bytes:
        """Run one call that may change state; see `ports.Machine.invoke`."""
        session = self._open(ledger, meter)
        if call.method == INIT:
            return self._begin(session, call)
        return self._run(session, call)

    def view(self, ledger: Ledger, call: Invocation, meter: Meter) -> bytes:
        """Run a read-only method; see `ports.Machine.view`."""
        return self._run(self._open(ledger, meter), call, read_only=True)

    def upgrade(self, ledger: Ledger, call: Invocation, meter: Meter, *, before: Hash) -> None:
        """Begin to run a contract's new code; see `ports.Machine.upgrade`."""
        program = self._get_program(ledger, call.contract)
        problem = find_incompatibility(self._programs[before].interface, program.interface)
        _refuse_unless(problem is None, "incompatible_state", problem or "")
        self._enter_once(self._open(ledger, meter), call, program.migration)

    def transfer(self, ledger: Ledger, order: TransferOrder, meter: Meter) -> Amount:
        """Move money by the rule of its asset; see `ports.Machine.transfer`."""
        return self._transfer(self._open(ledger, meter), order)

    def _get_program(self, ledger: Ledger, contract: Address) -> Program:
        return self._programs[ledger.get_program(contract).code_hash]

    def _begin(self, session: Session, call: Invocation) -> bytes:
        ledger = session.ledger
        session.meter.charge(STORAGE_WRITE)
        if ledger.read(call.contract, _BEGUN_KEY) is not None:
            refuse("not_permitted", "the contract has already begun")
        ledger.write(call.contract, _BEGUN_KEY, _NO_RESULT)
        return self._enter_once(session, call, self._get_program(ledger, call.contract).initialiser)

    def _enter_once(self, session: Session, call: Invocation, entry: Entry | None) -> bytes:
        """Run `@init` or `@migrate`; without one there are no arguments, and no money comes."""
        if entry is not None:
            return self._enter(session, call, entry)
        fits = call.arguments == _NO_ARGUMENTS
        _refuse_unless(fits, "bad_arguments", "the contract has no method for these arguments")
        _refuse_unless(call.payment is None, "payment_not_accepted", _NO_MONEY)
        return _NO_RESULT

    def _transfer(self, session: Session, order: TransferOrder) -> Amount:
        """Move money; the rule of its asset may refuse, or keep a fee out of it."""
        ledger = session.ledger
        rule = ledger.get_transfer_rule(order.asset)
        if rule is None:
            ledger.transfer(order.asset, order.source, order.target, order.amount)
            return order.amount
        fee = self._ask_rule(session, rule, order)
        if not 0 <= fee <= order.amount:
            refuse("bad_fee", "the transfer rule asks for more than the amount, or for less than 0")
        arriving = Amount(order.amount - fee)
        ledger.transfer(order.asset, order.source, order.target, arriving)
        if fee:
            ledger.transfer(order.asset, order.source, rule.issuer, Amount(fee))
        return arriving

    def _ask_rule(self, session: Session, rule: TransferRule, order: TransferOrder) -> int:
        entry = self._get_program(session.ledger, rule.issuer).entries[rule.method]
        arguments = encode((order.source, order.target, order.amount))
        call = Invocation(rule.issuer, rule.method, arguments, order.source, None)
        return msgspec.msgpack.decode(self._enter_view(session, call, entry), type=int)

    def _run(self, session: Session, call: Invocation, *, read_only: bool = False) -> bytes:
        installed = session.ledger.get_program(call.contract)
        entry = self._programs[installed.code_hash].entries.get(call.method)
        if entry is None:
            refuse("unknown_method", "the contract has no such method")
        if entry.is_reading:
            return self._enter_view(session, call, entry)
        if read_only or session.read_only:
            refuse("not_permitted", "this method changes state, and only reading is allowed here")
        if installed.is_stopped:
            refuse("contract_stopped", "the members stopped the contract: it answers views only")
        return self._enter(session, call, entry)

    def _enter_view(self, session: Session, call: Invocation, entry: Entry) -> bytes:
        before, session.read_only = session.read_only, True
        result = self._enter(session, call, entry)
        session.read_only = before
        return result

    def _enter(self, session: Session, call: Invocation, entry: Entry) -> bytes:
        stack, meter = session.stack, session.meter
        if stack:
            _check_stack(stack, call.contract, entry)
        size = len(call.arguments)
        meter.left -= CALL + MESSAGE_BYTE * size
        if meter.left < 0:
            run_out()
        session.built = built = session.built + entry.built_factor * size
        if built > MEMORY_BYTES_MAX:
            refuse_memory()
        arguments = _decode_arguments(entry, call.arguments)
        payment = call.payment
        paid = 0 if payment is None else payment.amount
        frame = Frame(session, session.ledger, meter, call.contract, call.sender, paid)
        if entry.check_caller is not None:
            entry.check_caller(frame)
        if payment is not None:
            accepted = entry.read_asset is not None and entry.read_asset(frame) == payment.asset
            _refuse_unless(accepted, "payment_not_accepted", _NO_MONEY)
        # A refusal ends the whole transaction, so nothing has to be taken off the stack behind one.
        stack.append(call.contract)
        result = entry.encode(entry.function(frame, *arguments))
        stack.pop()
        meter.left -= MESSAGE_BYTE * len(result)
        if meter.left < 0:
            run_out()
        return result


_NO_MONEY: Final = "the method does not accept this money"


def compute_code_hash(source: Source) -> Hash:
    """Return the name of a program: the hash of its whole source."""
    try:
        return hashing.compute_hash(hashing.SOURCE, encode(source))
    except UnicodeEncodeError:
        raise Refusal("unsafe_code", "the source is not Unicode text") from None


def _check_stack(stack: list[Address], contract: Address, entry: Entry) -> None:
    """Refuse a nested call of a contract that is being called, or past the depth."""
    if contract in stack and not entry.is_reentrant:
        refuse("reentrant", "the contract is already being called")
    if len(stack) >= NESTED_CALLS_MAX:
        refuse("too_deep", "contracts call each other too deep")


def _refuse_unless(condition: bool, code: str, message: str) -> None:  # noqa: FBT001
    if not condition:
        refuse(code, message)


def _decode_arguments(entry: Entry, data: bytes) -> tuple[Any, ...]:
    if len(data) > VALUE_BYTES_MAX:
        _refuse_arguments()
    try:
        arguments = entry.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        _refuse_arguments()
    if encode(arguments) != data:
        _refuse_arguments()
    return arguments


def _refuse_arguments() -> NoReturn:
    refuse("bad_arguments", "the arguments do not fit the method's signature")
