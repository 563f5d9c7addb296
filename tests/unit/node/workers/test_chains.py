"""Whole chains executed again on a worker: every root of every header is compared on the way."""

from collections.abc import Iterator, Sequence

import pytest

from dure.chain.executor import Executor
from dure.chain.genesis.document import GenesisDocument
from dure.contract.ports import Invocation, Meter
from dure.contract.source import bundle
from dure.core.block import Block
from dure.core.codec import encode
from dure.node.workers.machine import WorkerMachine
from tests.unit.contract.fake_ledger import FakeLedger, person
from tests.unit.contract.program_files import read_programs
from tests.unit.contract.typed_programs import generate
from tests.unit.contract.workloads import play_programs, play_stories

GENERATED = 25


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerMachine]:
    made = WorkerMachine()
    yield made
    made.close()


def follow(worker: WorkerMachine, genesis: GenesisDocument, blocks: Sequence[Block]) -> None:
    executor = Executor(genesis, worker)
    for block in blocks:
        candidate = executor.judge(block)
        executor.commit(candidate.position.block_id)
    assert executor.head.header == blocks[-1].header


def test_stories_of_every_application(worker: WorkerMachine) -> None:
    pid = worker.pid
    for workload in play_stories():
        follow(worker, workload.genesis, workload.blocks)
    assert worker.pid == pid


def test_generated_programs(worker: WorkerMachine) -> None:
    workload = play_programs(generate(GENERATED))
    follow(worker, workload.genesis, workload.blocks)


def test_hostile_programs(worker: WorkerMachine) -> None:
    """Each is refused or stopped in the node's process, and so it is in a worker, which lives."""
    pid = worker.pid
    programs = read_programs("stopped.txt", "", 8)
    workload = play_programs(body for name, body in programs.items() if "gas" not in name)
    follow(worker, workload.genesis, workload.blocks)
    assert worker.pid == pid


PAIR = """
from dure.contract.language import Address, Contract, Interface, Var, call, view


class Inner(Contract):
    total: Var[int]

    @call
    def add(self, number: int) -> int:
        self.total += number
        return self.total


class Adder(Interface):
    def add(self, number: int) -> int: ...


class Outer(Contract):
    @call
    def relay(self, target: Address, number: int) -> int:
        return Adder(target).add(number) + 1
"""


def test_a_fresh_worker_learns_the_second_contract_in_the_middle_of_a_call(
    worker: WorkerMachine,
) -> None:
    ledger = FakeLedger()
    outer, inner = person(200), person(201)
    ledger.programs[outer] = worker.load(bundle(PAIR, "Outer"))
    ledger.programs[inner] = worker.load(bundle(PAIR, "Inner"))
    call = Invocation(outer, "relay", encode((inner, 4)), person(1), None)
    for expected in (5, 9):
        worker.close()
        assert worker.open(ledger, Meter(100_000)).invoke(call) == encode(expected)
