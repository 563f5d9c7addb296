"""Python's own stack has room for the deepest call that meets the deepest source.

A node that has just started loads a program when it is first called, which may be inside of other
calls. Whoever ran longer has it loaded already: both must come to the same end.
"""

from dataclasses import dataclass, field

from dure.contract.bundle import Source
from dure.contract.limits import CALL_DEPTH_MAX, NESTED_CALLS_MAX, SYNTAX_DEPTH_MAX
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Installed
from dure.contract.source import bundle, check_text
from dure.core.types import Address
from tests.unit.contract.fake_ledger import Bench, FakeLedger, person
from tests.unit.contract.program_files import IMPORTS

FRAMES_OF_THE_NODE = 100
"""What the node has on the stack already: event loop, driver, executor."""

ANSWERING = (
    IMPORTS
    + """
class Rate(Decimal):
    places = 2

class Example(Contract):
    numbers: Map[int, int]
    @call
    def probe(self, others: list[Address]) -> int:
        rate = Rate("1.00")
        return {value}
"""
)
CALLING = (
    IMPORTS
    + """
class Next(Interface):
    @call
    def probe(self, others: list[Address]) -> int: ...

class Example(Contract):
    @call
    def probe(self, others: list[Address]) -> int:
        return self.m1(others)
{helpers}
    def m{last}(self, others: list[Address]) -> int:
        return Next(others[0]).probe(others[1:])
"""
)


def _write_deepest() -> str:
    """Return the source with the deepest nesting of the form that takes most frames."""
    for depth in range(SYNTAX_DEPTH_MAX, 0, -1):
        text = ANSWERING.format(value="rate.scale(" * depth + "1" + ")" * depth)
        if check_text(text) == []:
            return text
    raise AssertionError


def _write_calling() -> str:
    last = CALL_DEPTH_MAX - 1
    helpers = "".join(
        f"    def m{n}(self, others: list[Address]) -> int:\n        return self.m{n + 1}(others)\n"
        for n in range(1, last)
    )
    return CALLING.format(helpers=helpers, last=last)


@dataclass
class Loading(FakeLedger):
    """Loads a program when it is first asked for, as a node does that has just started."""

    machine: InProcessMachine = field(default_factory=InProcessMachine)
    sources: dict[Address, Source] = field(default_factory=dict)

    def get_program(self, contract: Address) -> Installed:
        if contract in self.sources:
            self.programs[contract] = self.machine.load(self.sources.pop(contract))
        return super().get_program(contract)


def test_the_deepest_source_is_loaded_by_the_deepest_call() -> None:
    ledger = Loading()
    bench = Bench(_write_calling(), ledger=ledger, machine=ledger.machine)
    others = [person(number) for number in range(1, NESTED_CALLS_MAX)]
    for address in others[:-1]:
        bench.add(address, bench.source)
    ledger.sources[others[-1]] = bundle(_write_deepest(), "Example")

    def descend(frames: int) -> object:
        return descend(frames - 1) if frames else bench.call("probe", others)

    assert descend(FRAMES_OF_THE_NODE) == 1
