"""A contract that a worker compiles and runs before it enters the sandbox.

CPython and msgspec import some of their modules at first use. Afterwards no file can be opened any
more, so that first use has to happen here: every kind of declaration, a refused call, a broken
file, a name that is not ASCII.
"""

from typing import Final, cast

from dure.contract.bundle import Source
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Installed, Invocation, Ledger, Meter, Refusal
from dure.core.codec import encode
from dure.core.types import Address, ChainId, Gas, Hash, Height, Instant

_TEXT: Final = """
from dure.contract.language import (
    Choice, Contract, Event, Map, Record, Var, call, init, minutes, require, scheduled, view
)

class Kind(Choice):
    FIRST = "first"

class Entry(Record):
    number: int
    kind: Kind
    text: str

class Noted(Event):
    number: int
    text: str

class Notes(Contract):
    entries: Map[int, Entry]
    newest: Var[int]

    @init
    def begin(self, number: int) -> None:
        self.newest = number

    @call
    def note(self, text: str) -> int:
        size = len(text)
        require(size < 10, f"text of {size} characters")
        number = self.newest + 1
        self.newest = number
        self.entries[number] = Entry(number=number, kind=Kind.FIRST, text=text)
        self.emit(Noted(number=number, text=text))
        self.schedule(self.now + minutes(1), self.forget, number, gas=1_000)
        return number

    @scheduled
    def forget(self, number: int) -> None:
        self.entries.remove(number)

    @view
    def get_note(self, number: int) -> Entry:
        return self.entries[number]
"""
_BROKEN: Final = ("class é(Contract: pass", "x = 'ü'\nclass Ümlaut: pass\n", "x = 1 if", "\ud800")
_ADDRESS: Final = Address(bytes(32))


class _Paper:
    """Just enough of a ledger."""

    height = Height(1)
    time = Instant(1)
    chain_id = ChainId(bytes(32))
    pays_for_schedules = False

    def __init__(self, code_hash: Hash) -> None:
        self._program = Installed(code_hash, is_stopped=False)
        self._stored: dict[bytes, bytes | None] = {}

    def get_program(self, contract: Address) -> Installed:
        return self._program

    def read(self, place: bytes) -> bytes | None:
        return self._stored.get(place)

    def write(self, place: bytes, value: bytes | None) -> None:
        self._stored[place] = value

    def emit(self, contract: Address, name: str, data: bytes) -> None:
        """Say nothing."""

    def schedule(
        self, contract: Address, at: Instant, method: str, arguments: bytes, gas: Gas
    ) -> int:
        return 0


def warm_up() -> None:
    """Use everything once; an `AssertionError` or a refusal means that a worker is of no use."""
    machine = InProcessMachine()
    for text in _BROKEN:
        try:
            machine.load(Source("Notes", text, ()))
        except Refusal:
            continue
        raise AssertionError("a broken file was accepted")
    ledger = cast("Ledger", _Paper(machine.load(Source("Notes", _TEXT, ()))))
    running = machine.open(ledger, Meter(1_000_000))
    running.invoke(_build_call("init", 0))
    running.invoke(_build_call("note", "hello"))
    running.view(_build_call("get_note", 1))
    for call in (_build_call("note", "much too long"), _build_call("note", 1), _build_call("none")):
        try:
            running.invoke(call)
        except Refusal:
            continue
        raise AssertionError("a wrong call was accepted")


def _build_call(method: str, *arguments: object) -> Invocation:
    return Invocation(_ADDRESS, method, encode(arguments), _ADDRESS, None)
