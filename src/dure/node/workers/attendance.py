"""The node's side of one call: a worker asks, the ledger answers."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from dure.contract.ports import Installed, Ledger, Meter, Refusal, is_place
from dure.core.types import Hash
from dure.node.workers import protocol
from dure.node.workers.process import WorkerProcess

_STORING: Final = frozenset({"read", "write"})
"""Methods that take a place: a worker reaches no other keys of the state."""


class BrokenProtocol(Exception):
    """The worker said what no worker of ours says."""


class Attendance:
    """Serves a ledger to a worker until the call is done."""

    def __init__(
        self, worker: WorkerProcess, ledger: Ledger, meter: Meter, require: Callable[[Hash], None]
    ) -> None:
        """`require` makes the worker know the program of a code hash."""
        self._worker = worker
        self._ledger = ledger
        self._meter = meter
        self._require = require
        self._refusal: Refusal | None = None

    def wait(self) -> msgspec.Raw:
        """Return the call's result; raise its refusal, `Lost` or `BrokenProtocol`.

        An exception of the ledger's that is no refusal ends the waiting in the middle of the call.
        """
        while True:
            match self._worker.receive():
                case protocol.Ask(number, left, arguments, told):
                    self._hear(told, left)
                    if number is not None:
                        self._worker.send(self._answer(number, arguments))
                case protocol.Finished(left, value, told):
                    self._hear(told, left)
                    if self._refusal is not None:
                        raise self._refusal
                    return value
                case protocol.Refused(left, _, _, told) as refused:
                    self._hear(told, left)
                    raise self._refusal or read_refusal(refused)
                case _:
                    raise BrokenProtocol

    def _hear(self, told: tuple[protocol.Told, ...], left: int) -> None:
        """Do what the worker has told, up to the first refusal; note the gas that is left."""
        lefts = [self._meter.left, *(each.left for each in told), left]
        if self._refusal is None and lefts != sorted(lefts, reverse=True):
            raise BrokenProtocol
        for each in told:
            if self._refusal is not None:
                return
            self._meter.left = each.left
            try:
                self._call(_find(each.method, told=True), each.arguments)
            except Refusal as refusal:
                self._refusal = refusal
        if self._refusal is None:
            self._meter.left = left

    def _answer(self, number: int, arguments: msgspec.Raw) -> protocol.Answered | protocol.Refused:
        if self._refusal is not None:
            return protocol.build_refused(self._refusal, self._meter.left)
        try:
            value = self._call(_find(number, told=False), arguments)
        except Refusal as refusal:
            return protocol.build_refused(refusal, self._meter.left)
        if isinstance(value, Installed):
            self._require(value.code_hash)
        return protocol.Answered(self._meter.left, msgspec.Raw(protocol.encode(value)))

    def _call(self, method: protocol.Method, data: msgspec.Raw) -> Any:
        try:
            arguments = method.decode_arguments(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise BrokenProtocol from None
        if method.name in _STORING and not is_place(arguments[0]):
            raise BrokenProtocol
        return getattr(self._ledger, method.name)(*arguments)


def read_refusal(report: protocol.Refused) -> Refusal:
    """Return the refusal that a worker reports."""
    try:
        return protocol.restore_refusal(report)
    except UnicodeDecodeError:
        raise BrokenProtocol from None


def read_result(job: str, value: msgspec.Raw) -> Any:
    """Return the result that a worker reports."""
    try:
        return protocol.JOBS[job].result.decode(value)
    except msgspec.MsgspecError:
        raise BrokenProtocol from None


def _find(number: int, *, told: bool) -> protocol.Method:
    if not 0 <= number < len(protocol.METHODS):
        raise BrokenProtocol
    method = protocol.METHODS[number]
    if told != (method.name in protocol.TOLD):
        raise BrokenProtocol
    return method
