"""One worker for a module's tests: starting one takes a fifth of a second."""

from collections.abc import Iterator

import pytest

from dure.node.workers.machine import WorkerMachine
from dure.node.workers.process import Watch
from tests.unit.node.workers.planted import BOOTSTRAP


@pytest.fixture(scope="module")
def machine() -> Iterator[WorkerMachine]:
    """A worker that does what it is told, with a short patience of the node's."""
    # Enough for a start on a busy machine, where the same work takes three times the time.
    watch = Watch(processor_seconds=1.5, waiting_seconds=4.0)
    made = WorkerMachine(watch=watch, bootstrap=BOOTSTRAP)
    yield made
    made.close()
