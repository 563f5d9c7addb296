"""When a node runs contracts in a process of their own."""

import os

import pytest

from dure.chain.genesis.document import ChainKind
from dure.contract.machine import InProcessMachine
from dure.node.workers.choice import Wanted, open_machine
from dure.node.workers.machine import WorkerMachine


@pytest.mark.parametrize(
    ("wanted", "kind", "is_worker"),
    [
        ("auto", ChainKind.PUBLIC, True),
        ("auto", ChainKind.CONSORTIUM, False),
        ("auto", ChainKind.PRIVATE, False),
        ("always", ChainKind.PRIVATE, True),
        ("never", ChainKind.PUBLIC, False),
    ],
)
def test_what_is_wanted_on_which_chain(wanted: Wanted, kind: ChainKind, is_worker: bool) -> None:
    pid = None
    with open_machine(wanted, kind) as machine:
        assert isinstance(machine, WorkerMachine if is_worker else InProcessMachine)
        if isinstance(machine, WorkerMachine):
            pid = machine.pid
            assert pid is not None
            os.kill(pid, 0)
    if pid is not None:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
