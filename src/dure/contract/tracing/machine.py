"""A machine that can be told to watch."""

from dataclasses import dataclass
from functools import partial

from dure.contract.bundle import Source
from dure.contract.interface import Interface
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Invocation, Ledger, Meter, Running, TransferOrder
from dure.contract.runtime.session import Entry, Session
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
        self._watched = InProcessMachine(self._recorder)

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

    def open(self, ledger: Ledger, meter: Meter) -> Running:
        if not self.is_watching:
            return self._plain.open(ledger, meter)
        recorder = self._recorder
        recording = RecordingLedger(ledger, recorder)
        session = _WatchedSession(self._watched.programs, recording, meter, recorder=recorder)
        return _WatchedRunning(session, recorder)


class _WatchedSession(Session, kw_only=True):
    """Tells a recorder of each contract that is entered."""

    recorder: Recorder

    def _enter(self, call: Invocation, entry: Entry) -> bytes:
        code_hash = self.ledger.get_program(call.contract).code_hash
        return self.recorder.enter(call, code_hash, partial(super()._enter, call, entry))


@dataclass(frozen=True, slots=True)
class _WatchedRunning:
    """Has a recorder hear of each time that the ledger goes into a session."""

    session: Session
    recorder: Recorder

    def invoke(self, call: Invocation) -> bytes:
        with self.recorder.visit(self.session.meter):
            return self.session.invoke(call)

    def view(self, call: Invocation) -> bytes:
        with self.recorder.visit(self.session.meter):
            return self.session.view(call)

    def upgrade(self, call: Invocation, *, before: Hash) -> None:
        with self.recorder.visit(self.session.meter):
            self.session.upgrade(call, before=before)

    def transfer(self, order: TransferOrder) -> Amount:
        with self.recorder.visit(self.session.meter):
            return self.session.transfer(order)
