"""A contract machine whose worker dies when the test says so."""

from collections.abc import Callable

from dure.contract.bundle import Source
from dure.contract.ports import Invocation, Ledger, Machine, Meter, TransferOrder
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

    def invoke(self, ledger: Ledger, call: Invocation, meter: Meter) -> bytes:
        result = self._inner.invoke(ledger, call, meter)
        self._survive(call)
        return result

    def view(self, ledger: Ledger, call: Invocation, meter: Meter) -> bytes:
        self._survive(call)
        return self._inner.view(ledger, call, meter)

    def upgrade(self, ledger: Ledger, call: Invocation, meter: Meter, *, before: Hash) -> None:
        self._survive(call)
        self._inner.upgrade(ledger, call, meter, before=before)

    def transfer(self, ledger: Ledger, order: TransferOrder, meter: Meter) -> Amount:
        return self._inner.transfer(ledger, order, meter)

    def _survive(self, call: Invocation) -> None:
        if self._is_deadly(call):
            self.deaths += 1
            raise WorkerDied("the worker died", reason="planted", method=call.method)
