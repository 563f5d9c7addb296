"""Which machine a node runs contracts on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from dure.chain.genesis.document import ChainKind
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Machine
from dure.node.workers.machine import WorkerMachine

Wanted = Literal["auto", "always", "never"]


@contextmanager
def open_machine(wanted: Wanted, kind: ChainKind) -> Iterator[Machine]:
    """Give the machine that is wanted on a chain of that kind; its worker ends with the block.

    `auto` is a worker on public chains, where nobody answers for who sends what, and none on
    private and consortium chains. Raises `WorkerNotStarted`.
    """
    if wanted == "never" or (wanted == "auto" and kind is not ChainKind.PUBLIC):
        yield InProcessMachine()
        return
    machine = WorkerMachine()
    try:
        yield machine
    finally:
        machine.close()
