"""Puts a trace together while a watched program runs.

Rules
-----
1. Whenever something is heard, the gas gone since the last time belongs to the line that stands
   open, or to entering the call where no line does.
2. A block's static charge is heard ahead of it: it is set aside, and each line takes its share when
   it begins.
3. A method that is called stands open with its own lines until it ends; then its caller's line does
   again.
4. Beyond the gas limit nothing is counted: the charge that runs out counts up to the limit.
"""

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dure.contract.ports import Invocation, Meter, Refusal
from dure.contract.runtime.frame import Frame
from dure.contract.tracing.steps import (
    STEPS_MAX,
    CallTrace,
    LineCost,
    Place,
    Refused,
    Step,
    Visit,
)
from dure.core.types import Gas, Hash


@dataclass(slots=True)
class _Line:
    place: Place
    hits: int = 0
    gas: int = 0


@dataclass(slots=True)
class _Open:
    """A call that has not ended, or the visit around all calls."""

    began_with: int
    """Gas that was left when it began."""
    standing: list[_Line] = field(default_factory=list)
    """The open line of each method of the contract that is running, the innermost last."""
    lines: dict[tuple[str, int], _Line] = field(default_factory=dict)
    entry_gas: int = 0
    set_aside: int = 0
    steps: list[Step] = field(default_factory=list)
    result: bytes | None = None
    refusal: Refused | None = None

    @property
    def place(self) -> Place | None:
        """The open line."""
        return self.standing[-1].place if self.standing else None

    def find(self, module: str, number: int) -> _Line:
        """Return what is counted for a line."""
        line = self.lines.get((module, number))
        if line is None:
            line = self.lines[module, number] = _Line(Place(module, number))
        return line

    def count(self, gas: int) -> None:
        """Add gas to the open line."""
        if self.standing:
            self.standing[-1].gas += gas
        else:
            self.entry_gas += gas

    def take_back(self, gas: int) -> None:
        """Forget gas of a block's charge that the meter did not hold."""
        taken = min(gas, self.set_aside)
        self.set_aside -= taken
        self.count(taken - gas)

    @contextmanager
    def note_refusal(self) -> Iterator[None]:
        """Remember a refusal that passes."""
        try:
            yield
        except Refusal as refusal:
            self.refusal = Refused(self.place, refusal.code, refusal.message)
            raise


class Recorder:
    """Hears what a watched program and a recording ledger tell; implements `Watcher`."""

    def __init__(self) -> None:
        self.visits: list[tuple[Meter, Visit]] = []
        """In order; visits of one transaction or scheduled call share its meter."""
        self._open: list[_Open] = []
        self._meter = Meter(0)
        self._left = 0
        self._kept = 0
        self._left_out = 0

    @property
    def place(self) -> Place | None:
        """The line that stands open."""
        return self._open[-1].place

    def add(self, step: Step) -> None:
        """Note what the ledger was asked."""
        if self._keeps():
            self._open[-1].steps.append(step)

    # The machine's doors

    @contextmanager
    def visit(self, meter: Meter) -> Iterator[None]:
        """Watch one time that the ledger goes into the machine."""
        self._meter, self._left = meter, meter.left
        self._kept = self._left_out = 0
        opened = _Open(meter.left)
        self._open = [opened]
        try:
            with opened.note_refusal():
                yield
        finally:
            self._settle()
            self.visits.append((meter, self._close_visit(opened)))

    def enter(self, call: Invocation, code_hash: Hash, run: Callable[[], bytes]) -> bytes:
        """Run a call of a contract, and note what it did."""
        self._settle()
        keeps, opened = self._keeps(), _Open(self._left)
        self._open.append(opened)
        try:
            with opened.note_refusal():
                opened.result = run()
                return opened.result
        finally:
            self._settle()
            self._open.pop()
            closed = self._close_call(opened, call, code_hash)
            if keeps:
                self._open[-1].steps.append(closed)
            else:
                self._open[-1].count(closed.gas_used)

    # What the program tells

    def on_block(self, frame: Frame, line: int, gas: int, own_gas: int) -> None:
        """See `Watcher.on_block`."""
        self._settle()
        opened = self._open[-1]
        owner = opened.standing[-1] = opened.find(opened.standing[-1].place.module, line)
        opened.set_aside += gas - own_gas
        owner.gas += own_gas
        self._left -= gas

    def on_line(self, frame: Frame, line: int, gas: int) -> None:
        """See `Watcher.on_line`."""
        self._settle()
        opened = self._open[-1]
        begun = opened.standing[-1] = opened.find(opened.standing[-1].place.module, line)
        opened.set_aside -= gas
        begun.hits += 1
        begun.gas += gas

    def watch(
        self, node: ast.FunctionDef, function: Callable[..., Any], *, module: str
    ) -> Callable[..., Any]:
        """See `Watcher.watch`."""

        def watched(frame: Frame, *arguments: Any) -> Any:
            self._settle()
            opened = self._open[-1]
            begun = opened.find(module, node.lineno)
            begun.hits += 1
            opened.standing.append(begun)
            # Behind a refusal the open lines say where it happened.
            result = function(frame, *arguments)
            self._settle()
            opened.standing.pop()
            return result

        return watched

    # Inside

    def _keeps(self) -> bool:
        if self._kept >= STEPS_MAX:
            self._left_out += 1
            return False
        self._kept += 1
        return True

    def _settle(self) -> None:
        left = max(0, self._meter.left)
        gas, self._left = self._left - left, left
        if gas < 0:
            self._open[-1].take_back(-gas)
        else:
            self._open[-1].count(gas)

    def _close_visit(self, opened: _Open) -> Visit:
        return Visit(
            gas_used=Gas(opened.began_with - self._left),
            entry_gas=Gas(opened.entry_gas),
            refusal=opened.refusal,
            steps=tuple(opened.steps),
            steps_left_out=self._left_out,
        )

    def _close_call(self, opened: _Open, call: Invocation, code_hash: Hash) -> CallTrace:
        return CallTrace(
            at=self._open[-1].place,
            depth=len(self._open),
            contract=call.contract,
            code_hash=code_hash,
            method=call.method,
            sender=call.sender,
            payment=call.payment,
            arguments=call.arguments,
            result=opened.result,
            refusal=opened.refusal,
            gas_used=Gas(opened.began_with - self._left),
            entry_gas=Gas(opened.entry_gas),
            unreached_gas=Gas(opened.set_aside),
            lines=tuple(
                LineCost(line.place, line.hits, Gas(line.gas))
                for _, line in sorted(opened.lines.items())
            ),
            steps=tuple(opened.steps),
        )
