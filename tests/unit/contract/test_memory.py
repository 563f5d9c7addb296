"""The bound of a call's memory: no less is counted than is taken at any moment.

So `MEMORY_BYTES_MAX` stops a call while it has taken at most a quarter of what a worker process has
for it, and no node's own limit ever decides what a call comes to.
"""

import gc
import tracemalloc

import pytest

from dure.contract.limits import MEMORY_BYTES_MAX, WORKER_BYTES_MAX
from dure.contract.ports import Invocation, Meter, Refusal
from dure.core.codec import encode
from tests.unit.contract.fake_ledger import Bench, person
from tests.unit.contract.program_files import IMPORTS, read_programs

GAS = 10**9

AROUND = (
    IMPORTS
    + """
class Single(Record):
    a: int

class Point(Record):
    x: int
    y: int

class Wide(Record):
    a: int
    b: int
    c: int
    d: int
    e: int
    f: int
    g: int
    h: int

class Numbers(Record):
    items: list[int]

class Singles(Record):
    items: list[Single]

class Points(Record):
    items: list[Point]

class Wides(Record):
    items: list[Wide]

class Texts(Record):
    items: list[str]

class Boxes(Record):
    items: list[Numbers]

class Example(Contract):
    emoji: Var[str]
    text: Var[str]
    data: Var[bytes]
    numbers: Var[list[int]]
    points: Var[list[Point]]
    texts: Var[list[str]]

    @init
    def setup(self) -> None:
        emoji = "\\U0001f600"
        text = "ab"
        data = b"ab"
        for i in range(14):
            emoji = emoji + emoji
            text = text + text
            data = data + data
        self.emoji = emoji
        self.text = text
        self.data = data
        numbers: list[int] = []
        points: list[Point] = []
        texts: list[str] = []
        for i in range(9000):
            numbers.append(1000 + (i * 7919) % 60000)
            points.append(Point(1, 2))
            texts.append(text[:2])
        self.numbers = numbers
        self.points = points
        self.texts = texts

    @call
    def take(self, points: list[Point]) -> int:
        return len(points)

    @call
    def probe(self) -> None:
"""
)
BOMBS = read_programs("memory.txt", AROUND, 8)


@pytest.mark.parametrize("name", BOMBS)
def test_a_memory_bomb_is_stopped_before_it_takes_a_quarter_of_the_worker(name: str) -> None:
    bench = Bench(BOMBS[name])
    bench.call("init", gas=GAS)
    code, peak = measure_peak(bench, "probe", encode(()))
    assert code == "too_large"
    assert peak < MEMORY_BYTES_MAX <= WORKER_BYTES_MAX // 4


def test_the_largest_arguments_take_less_than_a_quarter_of_the_worker() -> None:
    bench = Bench(next(iter(BOMBS.values())))
    code, peak = measure_peak(bench, "take", encode(([(1, 2)] * 10_000,)))
    assert code == "ok"
    assert peak < MEMORY_BYTES_MAX


PASSING_ON = (
    IMPORTS
    + """
class Next(Interface):
    @call
    def probe(self, others: list[Address], place: int, load: list[list[list[int]]]) -> None: ...

class Example(Contract):
    @call
    def probe(self, others: list[Address], place: int, load: list[list[list[int]]]) -> None:
        if place < len(others):
            Next(others[place]).probe(others, place + 1, load)
"""
)


@pytest.mark.parametrize("lists", [15_000, 250_000])
def test_arguments_that_are_passed_on_and_on_count_at_every_step(lists: int) -> None:
    bench = Bench(PASSING_ON)
    others = [person(number) for number in range(1, 15)]
    for each in others:
        bench.add(each, PASSING_ON)
    load: list[list[list[int]]] = [[[]] * 5_000] * (lists // 5_000)
    code, peak = measure_peak(bench, "probe", encode((others, 0, load)))
    assert code == "too_large"
    assert peak < MEMORY_BYTES_MAX


def measure_peak(bench: Bench, method: str, arguments: bytes) -> tuple[str, int]:
    """Return how the call ended, and the most memory that it took, in bytes."""
    call = Invocation(bench.address, method, arguments, person(1), None)
    code = "ok"
    gc.collect()
    tracemalloc.start()
    try:
        bench.machine.open(bench.ledger, Meter(GAS)).invoke(call)
    except Refusal as refusal:
        code = refusal.code
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return code, peak
