"""A machine that can be told to watch."""

from functools import partial

from dure.contract.bundle import Source
from dure.contract.compiler.program import Entry
from dure.contract.interface import Interface
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Invocation, Ledger, Meter, TransferOrder
from dure.contract.runtime.frame import Session
from dure.contract.tracing.ledger import RecordingLedger
from dure.contract.tracing.recorder import Recorder
from dure.contract.tracing.steps import Visit
from dure.core.types import Amount, Hash


class TracingMachine:
    """Runs contracts like `InProcessMachine`, plainly or watched; implements `ports.Machine`.

    What it does is the same either way.
    """

    def __init__(self) -> None:
        self.is_watching = False
        self._recorder = Recorder()
        self._plain = InProcessMachine()
        self._watched = _WatchedMachine(self._recorder)

    def take_visits(self) -> list[list[Visit]]:
        """Return what was watched since the last time.

        The visits of one transaction, or of one scheduled call, stand together.
        """
        noted, self._recorder.visits = self._recorder.visits, []
        groups: list[list[Visit]] = []
        meter = None
        for own_meter, visit in noted:
            if own_meter is not meter:
                groups.append([])
            meter = own_meter
            groups[-1].append(visit)
        return groups

    def get_interface(self, code_hash: Hash) -> Interface:
        """Return the interface of a loaded contract."""
        return self._plain.get_interface(code_hash)

    def load(self, source: Source) -> Hash:
        code_hash = self._plain.load(source)
        assert self._watched.load(source) == code_hash, "one checker and one compiler"
        return code_hash

    def invoke(self, ledger: Ledger, call: Invocation, meter: Meter) -> bytes:
        if not self.is_watching:
            return self._plain.invoke(ledger, call, meter)
        with self._recorder.visit(meter):
            return self._watched.invoke(self._record(ledger), call, meter)

    def view(self, ledger: Ledger, call: Invocation, meter: Meter) -> bytes:
        if not self.is_watching:
            return self._plain.view(ledger, call, meter)
        with self._recorder.visit(meter):
            return self._watched.view(self._record(ledger), call, meter)

    def upgrade(self, ledger: Ledger, call: Invocation, meter: Meter, *, before: Hash) -> None:
        if not self.is_watching:
            self._plain.upgrade(ledger, call, meter, before=before)
            return
        with self._recorder.visit(meter):
            self._watched.upgrade(self._record(ledger), call, meter, before=before)

    def transfer(self, ledger: Ledger, order: TransferOrder, meter: Meter) -> Amount:
        if not self.is_watching:
            return self._plain.transfer(ledger, order, meter)
        with self._recorder.visit(meter):
            return self._watched.transfer(self._record(ledger), order, meter)

    def _record(self, ledger: Ledger) -> RecordingLedger:
        return RecordingLedger(ledger, self._recorder)


class _WatchedMachine(InProcessMachine):
    """Tells a recorder of each contract that is entered."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self._recorder = recorder

    def _enter(self, session: Session, call: Invocation, entry: Entry) -> bytes:
        code_hash = session.ledger.get_program(call.contract).code_hash
        return self._recorder.enter(call, code_hash, partial(super()._enter, session, call, entry))
