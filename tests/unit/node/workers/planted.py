"""A machine that does what a call's arguments say, to itself as well: what a worker must survive.

Arguments are the text of a list of steps. A step with the name of a method or a property of the
ledger asks for it; the others are below.
"""

import ast
import mmap
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dure.contract.bundle import Source
from dure.contract.machine import compute_code_hash
from dure.contract.ports import Invocation, Ledger, Meter, Refusal, TransferOrder, build_home
from dure.core.types import Address, Amount, Hash
from dure.node.workers import protocol
from dure.node.workers.channel import Channel
from dure.node.workers.child import serve

ROOT = Path(__file__).parents[4]


def _build_bootstrap(function: str) -> str:
    begin = f"from tests.unit.node.workers.planted import {function}; {function}()"
    return f"sys.path.insert(0, {str(ROOT)!r}); {begin}"


BOOTSTRAP = _build_bootstrap("main")
DEADLY = _build_bootstrap("main_deadly")
CONTRACT = Address(bytes([200]) * 32)
SENDER = Address(bytes([1]) * 32)


def main() -> None:
    """Be a worker."""
    serve(PlantedMachine())


def main_deadly() -> None:
    """Be a worker that dies of the step `die where planted`, which harms nobody else."""
    DEEDS["die where planted"] = DEEDS["kill"]
    serve(PlantedMachine())


def build_source(text: str) -> Source:
    """Return a source that is loaded as its text says: `die`, `refuse`, or anything else."""
    return Source("Planted", text, ())


def build_call(*steps: tuple[Any, ...], method: str = "do") -> Invocation:
    """Return a call that does these steps."""
    return Invocation(
        CONTRACT, method, repr(steps).encode("ascii", "backslashreplace"), SENDER, None
    )


class PlantedMachine:
    """See the module."""

    def __init__(self) -> None:
        self._loaded: set[Hash] = set()

    def load(self, source: Source) -> Hash:
        if source.text == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if source.text == "refuse":
            raise Refusal("unsafe_code", "it says so")
        code_hash = compute_code_hash(source)
        if source.text == "lie":
            return Hash(bytes(32))
        self._loaded.add(code_hash)
        return code_hash

    def open(self, ledger: Ledger, meter: Meter) -> "PlantedRunning":
        return PlantedRunning(self._loaded, ledger, meter)


@dataclass(frozen=True, slots=True)
class PlantedRunning:
    """Takes the steps that the calls tell."""

    loaded: set[Hash]
    ledger: Ledger
    meter: Meter

    def invoke(self, call: Invocation) -> bytes:
        assert self.ledger.get_program(call.contract).code_hash in self.loaded
        return run_steps(self.ledger, call.arguments, self.meter)

    def view(self, call: Invocation) -> bytes:
        return run_steps(self.ledger, call.arguments, self.meter)

    def upgrade(self, call: Invocation, *, before: Hash) -> None:
        assert before in self.loaded
        self.ledger.write(build_home(call.contract) + b"before", before)
        run_steps(self.ledger, call.arguments, self.meter)

    def transfer(self, order: TransferOrder) -> Amount:
        self.meter.charge(7)
        self.ledger.transfer(order.asset, order.source, order.target, Amount(order.amount - 1))
        return Amount(order.amount - 1)


def run_steps(ledger: Ledger, data: bytes, meter: Meter) -> bytes:
    """Return the text of what the ledger answered."""
    answers: list[object] = []
    for name, *arguments in ast.literal_eval(data.decode()):
        if name == "charge":
            meter.charge(*arguments)
        elif name == "refuse":
            raise Refusal(*arguments)
        elif name == "earn":
            meter.left += 1
        elif name in DEEDS:
            DEEDS[name]()
        else:
            found = getattr(ledger, name)
            answers.append(found(*arguments) if callable(found) else found)
    return repr(answers).encode("ascii", "backslashreplace")


def _say(data: bytes) -> None:
    os.write(0, data)


def _say_for_ever() -> None:
    told = protocol.encode(protocol.Ask(None, 0, msgspec.Raw(b"\x90"), ()))
    while True:
        _say(len(told).to_bytes(4, "big") + told)


def _ask_and_never_listen() -> None:
    """Ask for a stored value that is longer than what a socket holds."""
    _ask_for(build_home(CONTRACT) + b"much")
    _spin()


def _ask_for(place: bytes) -> None:
    arguments = msgspec.Raw(protocol.encode((place,)))
    _say_report(protocol.Ask(_find_number("read"), 0, arguments, ()))


def _tell_to_write(place: bytes) -> None:
    arguments = msgspec.Raw(protocol.encode((place, b"value")))
    told = protocol.Told(_find_number("write"), 0, arguments)
    _say_report(protocol.Finished(0, msgspec.Raw(b"\xc0"), (told,)))


def _find_number(name: str) -> int:
    return next(method.number for method in protocol.METHODS if method.name == name)


def _spin() -> None:
    while True:
        pass


def _say_report(report: object) -> None:
    Channel(bytes, _say).send(protocol.encode(report))


DEEDS: dict[str, Callable[[], object]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "die where planted": lambda: None,
    "exit": lambda: os._exit(3),
    "fail": lambda: DEEDS["no such deed"],
    "spin": _spin,
    "ask and never listen": _ask_and_never_listen,
    "ask for what is no contract's": lambda: _ask_for(b"gclock"),
    "ask for half of a home": lambda: _ask_for(build_home(CONTRACT)[:-1]),
    "write what is no contract's": lambda: _tell_to_write(b"c" + CONTRACT),
    "wait": lambda: os.read(0, 1),
    "hoard": lambda: bytearray(1 << 30),
    "open": lambda: Path("/etc/hostname").read_text(),
    "connect": socket.socket,
    "fork": os.fork,
    "map code": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
    "babble": lambda: _say(bytes(64)),
    "announce too much": lambda: _say(b"\xff" * 4),
    "say for ever": _say_for_ever,
    "ask for what there is not": lambda: _say_report(
        protocol.Ask(999, 0, msgspec.Raw(b"\x90"), ())
    ),
    "ask with wrong types": lambda: _say_report(protocol.Ask(0, 0, msgspec.Raw(b"\x90"), ())),
    "refuse without text": lambda: _say_report(protocol.Refused(0, "refused", b"\xff", ())),
    "refuse at length": lambda: _say_report(protocol.Refused(0, "refused", bytes(70_000), ())),
    "answer with a number": lambda: _say_report(protocol.Finished(0, msgspec.Raw(b"\x01"), ())),
    "tell what wants an answer": lambda: _say_report(
        protocol.Finished(0, msgspec.Raw(b"\xc0"), (protocol.Told(0, 0, msgspec.Raw(b"\x90")),))
    ),
    "answer a load": lambda: _say_report(protocol.Loaded(Hash(bytes(32)))),
}
