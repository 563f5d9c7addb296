"""A contract machine whose worker dies when the test says so."""

from collections.abc import Callable
from dataclasses import dataclass

from dure.contract.bundle import Source
from dure.contract.ports import Invocation, Ledger, Machine, Meter, Running, TransferOrder
from dure.core.errors import WorkerDied
from dure.core.types import Amount, Hash


class FragileMachine:
    """Runs calls on another machine, but for those that `is_deadly` says yes to."""

    def __init__(self, inner: Machine, is_deadly: Callable[[Invocation], bool]) -> None:
        """Begin with no deaths."""
        self._inner = inner
        self._is_deadly = is_deadly
        self.deaths = 0

    def load(self, source: Source) -> Hash:
        return self._inner.load(source)

    def open(self, ledger: Ledger, meter: Meter) -> Running:
        return _FragileRunning(self._inner.open(ledger, meter), self._survive)

    def _survive(self, call: Invocation) -> None:
        if self._is_deadly(call):
            self.deaths += 1
            raise WorkerDied("the worker died", reason="planted", method=call.method)


@dataclass(frozen=True, slots=True)
class _FragileRunning:
    inner: Running
    survive: Callable[[Invocation], None]

    def invoke(self, call: Invocation) -> bytes:
        result = self.inner.invoke(call)
        self.survive(call)
        return result

    def view(self, call: Invocation) -> bytes:
        self.survive(call)
        return self.inner.view(call)

    def upgrade(self, call: Invocation, *, before: Hash) -> None:
        self.survive(call)
        self.inner.upgrade(call, before=before)

    def transfer(self, order: TransferOrder) -> Amount:
        return self.inner.transfer(order)
