"""The worker process: a contract machine whose ledger is at the other end of a socket.

Started by `process.WorkerProcess` with the socket as its descriptor 0 and nothing else of the
node's. It compiles and runs one contract of its own first, so that everything is imported which
the machine ever needs; then it enters the sandbox for good, says so, and serves. It ends when the
node closes the socket.
"""

import gc
import os
import sys
import unicodedata  # noqa: F401 - CPython imports it when it reads a name that is not ASCII
import warnings
from typing import Any, Final, cast

import msgspec

from dure.contract.limits import WORKER_BYTES_MAX
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Installed, Ledger, Machine, Meter, Refusal
from dure.core.types import Address
from dure.node.workers import protocol
from dure.node.workers.channel import Channel, ChannelClosed, open_channel
from dure.node.workers.sandbox import enter_sandbox
from dure.node.workers.warm_up import warm_up

SOCKET: Final = 0
PROGRAMS_BYTES_MAX: Final = 192 * 1024 * 1024
"""Memory for compiled contracts, beside `WORKER_BYTES_MAX` for a running call."""
TOLD_BYTES_MAX: Final = 1024 * 1024
"""What may wait for the worker's next message before it is sent alone."""
KNOWN_MAX: Final = 1_024
KNOWN_BYTES_MAX: Final = 4_096
"""Stored values that a call remembers, and the longest of them."""

_FAILURE_LENGTH_MAX: Final = 1_000
_orders: Final = msgspec.msgpack.Decoder(protocol.Order)
_answers: Final = msgspec.msgpack.Decoder(protocol.Answer)
_constants: Final = msgspec.msgpack.Decoder(protocol.Constants)
_UNKNOWN: Final = object()


def main() -> None:
    """Serve the process that started this one, whose number is the last argument."""
    serve(InProcessMachine())


def serve(machine: Machine) -> None:
    """Serve until the node closes the socket; never returns."""
    channel = open_channel(SOCKET)
    try:
        warnings.simplefilter("ignore")
        warm_up()
        gc.freeze()
        outcome = enter_sandbox(int(sys.argv[-1]), PROGRAMS_BYTES_MAX + WORKER_BYTES_MAX)
        channel.send(protocol.encode(protocol.Ready(tuple(outcome.limits), tuple(outcome.missing))))
        _Worker(machine, channel).serve()
    except ChannelClosed:
        os._exit(0)
    except BaseException as problem:  # the outer edge of the process
        reason = f"{type(problem).__name__}: {problem}"[:_FAILURE_LENGTH_MAX]
        printable = reason.encode(errors="backslashreplace").decode()
        channel.send(protocol.encode(protocol.Failed(printable)))
        os._exit(1)


class _Worker:
    """Carries out orders, one after the other."""

    def __init__(self, machine: Machine, channel: Channel) -> None:
        self._machine = machine
        self._channel = channel

    def serve(self) -> None:
        """Carry out orders for ever."""
        while True:
            order: protocol.Order = _orders.decode(self._channel.receive())
            match order:
                case protocol.Load():
                    self.load(order)
                case protocol.Run():
                    self._run(order)

    def load(self, order: protocol.Load) -> None:
        """Compile a contract, whose text may be hostile."""
        report: protocol.Report
        try:
            report = protocol.Loaded(self._machine.load(protocol.restore_source(order)))
        except Refusal as refusal:
            report = protocol.build_refused(refusal, 0)
        self._channel.send(protocol.encode(report))

    def _run(self, order: protocol.Run) -> None:
        job = protocol.JOBS[order.job]
        given = job.given.decode(order.given)
        meter = Meter(order.limit)
        meter.left = order.left
        asked = DistantLedger(self, self._channel, meter, order)
        ledger = cast("Ledger", asked)
        running = self._machine.open(ledger, meter)
        report: protocol.Report
        try:
            match given:
                case protocol.Change(call, before):
                    running.upgrade(call, before=before)
                    value = None
                case _:
                    value = getattr(running, order.job)(given)
        except Refusal as refusal:
            report = protocol.build_refused(refusal, meter.left, asked.take_told())
        else:
            result = msgspec.Raw(protocol.encode(value))
            report = protocol.Finished(meter.left, result, asked.take_told())
        self._channel.send(protocol.encode(report))


class DistantLedger:
    """The ledger of one call: each method of the port that is not below asks the node."""

    def __init__(
        self, worker: _Worker, channel: Channel, meter: Meter, order: protocol.Run
    ) -> None:
        self._worker = worker
        self._channel = channel
        self._meter = meter
        self._told: list[protocol.Told] = []
        self._told_bytes = 0
        self._known: dict[bytes, bytes | None] = {}
        self._programs = dict([] if order.program is None else [order.program])
        constants = _constants.decode(order.constants)
        for name in constants.__struct_fields__:
            setattr(self, name, getattr(constants, name))

    def read(self, place: bytes) -> bytes | None:
        """Ask once for each place, as far as the memory for it goes."""
        value: Any = self._known.get(place, _UNKNOWN)
        if value is _UNKNOWN:
            value = self.ask(_READ, (place,))
            self._remember(place, value)
        return cast("bytes | None", value)

    def write(self, place: bytes, value: bytes | None) -> None:
        """Tell the node, and remember."""
        self._known.pop(place, None)
        self._remember(place, value)
        self.tell(_WRITE, (place, value))

    def get_program(self, contract: Address) -> Installed:
        """Ask once for each contract: nothing but `perform` changes it."""
        program = self._programs.get(contract)
        if program is None:
            program = self._programs[contract] = self.ask(_GET_PROGRAM, (contract,))
        return program

    def perform(self, contract: Address, method: str, arguments: bytes) -> bytes:
        """Ask, and forget which code stands where: this may change it."""
        result: bytes = self.ask(_PERFORM, (contract, method, arguments))
        self._programs.clear()
        return result

    def tell(self, method: protocol.Method, arguments: tuple[Any, ...]) -> None:
        """Have the node do it before anything that is asked later."""
        data = method.encode_arguments(arguments)
        self._told.append(protocol.Told(method.number, self._meter.left, data))
        self._told_bytes += len(bytes(data))
        if self._told_bytes > TOLD_BYTES_MAX:
            self._send_ask(None, _NOTHING)

    def ask(self, method: protocol.Method, arguments: tuple[Any, ...]) -> Any:
        """Return the ledger's answer, or raise its refusal."""
        self._send_ask(method.number, method.encode_arguments(arguments))
        while True:
            answer: protocol.Answer = _answers.decode(self._channel.receive())
            match answer:
                case protocol.Answered(left, value):
                    self._meter.left = left
                    return method.result.decode(value)
                case protocol.Refused(left):
                    self._meter.left = left
                    raise protocol.restore_refusal(answer)
                case protocol.Load():
                    self._worker.load(answer)

    def take_told(self) -> tuple[protocol.Told, ...]:
        """Return what waits to be told."""
        told = tuple(self._told)
        self._told.clear()
        self._told_bytes = 0
        return told

    def _send_ask(self, number: int | None, arguments: msgspec.Raw) -> None:
        message = protocol.Ask(number, self._meter.left, arguments, self.take_told())
        self._channel.send(protocol.encode(message))

    def _remember(self, place: bytes, value: bytes | None) -> None:
        if len(self._known) < KNOWN_MAX and (value is None or len(value) <= KNOWN_BYTES_MAX):
            self._known[place] = value


_NOTHING: Final = msgspec.Raw(protocol.encode(()))
_METHODS: Final = {method.name: method for method in protocol.METHODS}
_READ, _WRITE = _METHODS["read"], _METHODS["write"]
_GET_PROGRAM: Final = _METHODS["get_program"]
_PERFORM: Final = _METHODS["perform"]


def _build_distant(method: protocol.Method) -> Any:
    if method.name in protocol.TOLD:
        return lambda ledger, *arguments: ledger.tell(method, arguments)
    return lambda ledger, *arguments: ledger.ask(method, arguments)


for _name, _method in _METHODS.items():
    if _name not in vars(DistantLedger):
        setattr(DistantLedger, _name, _build_distant(_method))
