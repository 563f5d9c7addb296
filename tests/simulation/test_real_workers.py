"""The same duties with real worker processes, which the kernel really kills."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from dure.chain.transaction import Call, KeyPolicy, compute_address, compute_contract_address
from dure.contract.ports import Invocation, Machine, build_home
from dure.core.errors import InvalidTransaction, TransactionQuarantined, WorkerDied
from dure.core.types import Address, Gas
from dure.node.workers.machine import WorkerMachine
from dure.sdk import ledger_calls
from dure.testing.simulation import Simulation
from tests.unit.node.workers.planted import DEADLY, PlantedMachine, build_call, build_source

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")

DIE = ("die where planted",)
NOTHING = b"()"

Founding = Callable[[int, int], tuple[Simulation, Address]]


@pytest.fixture
def found() -> Iterator[Founding]:
    """Make a network of so many members, of which one has a worker that can be killed."""
    with ExitStack() as stack:

        def begin(members: int, fragile: int) -> tuple[Simulation, Address]:
            def make(index: int) -> Machine:
                if index != fragile:
                    return PlantedMachine()
                return stack.enter_context(closing(WorkerMachine(bootstrap=DEADLY)))

            network = Simulation(1, members=members, machines=make)
            key = network.authority
            deploy = ledger_calls.deploy(
                build_source("anything"),
                owner=compute_address(KeyPolicy(key.public)),
                arguments=NOTHING,
            )
            (identity,) = network.submit(0, network.sign(key, deploy, gas=Gas(1_000_000)))
            assert not isinstance(identity, InvalidTransaction)
            network.run_until(lambda: all(network.height(i) == 1 for i in range(members)))
            return network, compute_contract_address(identity, 0)

        yield begin


def sign(network: Simulation, contract: Address, *steps: tuple[Any, ...]) -> bytes:
    call = Call(contract, "do", build_call(*steps).arguments, None)
    return network.sign(network.nodes[0].account, call)


def write(contract: Address) -> tuple[Any, ...]:
    return ("write", build_home(contract) + b"key", b"value")


def test_a_proposer_goes_on_without_the_transaction(found: Founding) -> None:
    network, contract = found(1, 0)
    poison = sign(network, contract, write(contract), DIE)
    network.submit(0, poison, sign(network, contract, ("height",)))
    network.run_until(lambda: network.height(0) == 2)
    assert [type(problem) for problem in network.nodes[0].dropped] == [TransactionQuarantined]
    executor = network.get_driver(0).executor
    assert not [key for key in executor.copy_state() if key.endswith(b"key")]


def test_a_member_gives_no_vote_and_halts_when_the_block_is_final(found: Founding) -> None:
    network, contract = found(4, 3)
    network.submit(0, sign(network, contract, write(contract), DIE))
    network.run_until(lambda: 3 in network.halted)
    death = network.halted[3].death
    assert "killed by SIGSYS" in str(death.facts["reason"])
    assert "address space" in str(death.facts["limits"])
    assert (death.facts["contract"], death.facts["method"]) == (contract.hex(), "do")
    assert network.nodes[3].disk.head == 1
    network.run_until(lambda: all(network.height(i) == 2 for i in range(3)))


def test_a_view_that_kills_leaves_the_next_one_alone(found: Founding) -> None:
    network, contract = found(1, 0)
    executor = network.get_driver(0).executor

    def view(*steps: tuple[Any, ...]) -> bytes:
        arguments = build_call(*steps).arguments
        return executor.call_view(Invocation(contract, "do", arguments, contract, None))

    with pytest.raises(WorkerDied, match="SIGSYS"):
        view(DIE)
    assert view(("height",)) == b"[1]"
