"""However a contract hoards, the language's own bound comes first: the worker lives on."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.contract.limits import MEMORY_BYTES_MAX, WORKER_BYTES_MAX
from dure.contract.ports import Invocation, Meter, Refusal
from dure.contract.source import bundle
from dure.core.codec import encode
from dure.node.workers.machine import WorkerMachine
from tests.unit.contract.fake_ledger import FakeLedger, person

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

GAS = 2_000_000_000
"""More than a block holds."""

TEXT = """
from dure.contract.language import Contract, Map, Record, call, view


class Pair(Record):
    left: int
    right: str


class Hoarder(Contract):
    shelf: Map[int, bytes]
    many: Map[int, list[int]]

    @view
    def texts(self, part: str) -> int:
        kept: list[str] = []
        for number in range(10_000):
            kept.append(f"{part}{number}")
        return len(kept)

    @view
    def numbers(self) -> int:
        kept: list[list[int]] = []
        for number in range(10_000):
            row: list[int] = []
            for item in range(10_000):
                row.append(item * 1_000_003 + number)
            kept.append(row)
        return len(kept)

    @view
    def records(self) -> int:
        kept: list[list[Pair]] = []
        for number in range(10_000):
            row: list[Pair] = []
            for item in range(10_000):
                row.append(Pair(left=item, right=f"{number}"))
            kept.append(row)
        return len(kept)

    @view
    def wide(self) -> int:
        kept: list[list[str]] = []
        for number in range(10_000):
            row: list[str] = []
            for item in range(10_000):
                product = item * 1_000_000_007 * 1_000_000_009 * 998_244_353
                row.append(f"{product}")
            kept.append(row)
        return len(kept)

    @call
    def stock(self, number: int, value: bytes) -> None:
        self.shelf[number] = value

    @view
    def read(self) -> int:
        kept: list[bytes] = []
        for number in range(10_000):
            kept.append(self.shelf[number % 8])
        return len(kept)

    @call
    def fill(self, number: int) -> None:
        row: list[int] = []
        for item in range(10_000):
            row.append(item * 1_000_003)
        self.many[number] = row

    @view
    def unpack(self) -> int:
        kept: list[list[int]] = []
        for number in range(10_000):
            kept.append(self.many[number % 4])
        return len(kept)
"""
CONTRACT = person(200)


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerMachine]:
    made = WorkerMachine()
    yield made
    made.close()


@pytest.fixture(scope="module")
def at_first(worker: WorkerMachine) -> int:
    return read_peak(worker.pid)


@pytest.fixture(scope="module")
def ledger(worker: WorkerMachine, at_first: int) -> FakeLedger:
    made = FakeLedger()
    made.programs[CONTRACT] = worker.load(bundle(TEXT, "Hoarder"))
    for number in range(8):
        run(worker, made, "stock", number, bytes(60_000))
        run(worker, made, "fill", number)
    return made


def run(worker: WorkerMachine, ledger: FakeLedger, method: str, *arguments: object) -> bytes:
    call = Invocation(CONTRACT, method, encode(arguments), person(1), None)
    return worker.open(ledger, Meter(GAS)).invoke(call)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("texts", ("x" * 60_000,)),
        ("numbers", ()),
        ("records", ()),
        ("wide", ()),
        ("read", ()),
        ("unpack", ()),
    ],
)
def test_the_bound_of_the_language_comes_first(
    worker: WorkerMachine,
    ledger: FakeLedger,
    at_first: int,
    method: str,
    arguments: tuple[object, ...],
) -> None:
    pid = worker.pid
    with pytest.raises(Refusal) as refused:
        run(worker, ledger, method, *arguments)
    assert refused.value.code == "too_large"
    assert worker.pid == pid
    grown = read_peak(pid) - at_first
    assert grown < WORKER_BYTES_MAX, f"{grown} bytes for {MEMORY_BYTES_MAX} that are metered"


def read_peak(pid: int | None) -> int:
    """Return the most address space that a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmPeak:")[1].split()[0]) * 1024
