"""One worker for a module's tests: starting one takes a fifth of a second."""

from collections.abc import Iterator

import pytest

from dure.node.workers.machine import WorkerMachine
from dure.node.workers.process import Watch
from tests.unit.node.workers.planted import BOOTSTRAP


@pytest.fixture(scope="module")
def machine() -> Iterator[WorkerMachine]:
    """A worker that does what it is told, with a short patience of the node's."""
    watch = Watch(processor_seconds=0.3, waiting_seconds=2.0)
    made = WorkerMachine(watch=watch, bootstrap=BOOTSTRAP)
    yield made
    made.close()
