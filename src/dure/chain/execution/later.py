"""What contracts are to do when the call that decided it is done.

A contract may have the ledger deploy or upgrade another one, whose `init` or `migrate` then has to
run. The machine is in the middle of a call, and in a worker process it can run one at a time; so
these calls wait until it is out again.
"""

from collections.abc import Callable
from functools import partial

from dure.chain.transaction import CALLS_MAX
from dure.contract.ports import Invocation, Running, TransferOrder
from dure.core.codec import encode
from dure.core.types import Amount, Hash

_NOT_YET = encode(None)


class Later:
    """Stands where a transaction in the machine does, and only notes what is asked of it."""

    __slots__ = ("_calls", "_decided")

    def __init__(self) -> None:
        self._calls: list[Callable[[Running], object]] = []
        self._decided = 0

    def take_number(self) -> int:
        """Return a number that no call of the transaction and no other decision in it has."""
        self._decided += 1
        return CALLS_MAX + self._decided

    def run(self, running: Running) -> None:
        """Do what was noted, in order, and what that leads to."""
        while self._calls:
            self._calls.pop(0)(running)

    def invoke(self, call: Invocation) -> bytes:
        """See `ports.Running.invoke`; nothing has come of it yet."""
        self._calls.append(partial(_invoke, call))
        return _NOT_YET

    def upgrade(self, call: Invocation, *, before: Hash) -> None:
        """See `ports.Running.upgrade`."""
        self._calls.append(partial(_upgrade, call, before))

    def view(self, call: Invocation) -> bytes:
        """Never asked: nothing that is decided reads a contract."""
        raise AssertionError(call.method)

    def transfer(self, order: TransferOrder) -> Amount:
        """Never asked: nothing that is decided moves money."""
        raise AssertionError(order)


def _invoke(call: Invocation, running: Running) -> None:
    running.invoke(call)


def _upgrade(call: Invocation, before: Hash, running: Running) -> None:
    running.upgrade(call, before=before)
