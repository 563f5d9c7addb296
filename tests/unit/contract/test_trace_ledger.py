"""A recording ledger passes everything on; upgrades and transfers are watched like calls."""

import pytest

from dure.contract.machine import InProcessMachine
from dure.contract.ports import Invocation, Machine, Meter, TransferOrder
from dure.contract.source import bundle
from dure.contract.tracing import MoneyMoved, TracingMachine
from dure.contract.tracing.ledger import RecordingLedger
from dure.contract.tracing.recorder import Recorder
from dure.core.codec import encode
from dure.core.types import Amount
from tests.unit.contract.fake_ledger import FakeLedger, asset, person
from tests.unit.contract.program_files import contract

ME, ANN, BOB = person(200), person(1), person(2)
WON = asset(9)
BEFORE = contract("total: Var[int]\n\n@call\ndef act(self) -> None:\n    self.total = 1")
AFTER = contract(
    "total: Var[int]\n\n@migrate\ndef change(self) -> None:\n    self.total = 7\n\n"
    "@call\ndef act(self) -> None:\n    pass"
)


def test_every_change_of_money_is_passed_on_and_told() -> None:
    ledger, recorder = FakeLedger(), Recorder()
    recording = RecordingLedger(ledger, recorder)
    assert (recording.height, recording.time) == (ledger.height, ledger.time)
    assert recording.chain_id == ledger.chain_id
    assert recording.pays_for_schedules == ledger.pays_for_schedules
    with recorder.visit(Meter(1)):
        gold = recording.create_asset(ME, "GOLD", 0)
        recording.mint(ME, gold, ANN, Amount(9))
        recording.burn(ME, gold, ANN, Amount(1))
        recording.move(ME, gold, ANN, BOB, Amount(3))
        recording.set_transfer_rule(ME, gold, "ask")
        recording.freeze(ME, gold, ANN, True)
        recording.freeze(ME, gold, ANN, False)
    told = [step.action for step in recorder.visits[0][1].steps if isinstance(step, MoneyMoved)]
    assert told == [
        *("create_asset", "mint", "burn", "move", "set_transfer_rule", "freeze", "unfreeze")
    ]
    assert (ledger.get_balance(gold, ANN), ledger.get_balance(gold, BOB)) == (5, 3)
    assert recording.get_transfer_rule(gold) == ledger.get_transfer_rule(gold)


def upgrade(machine: Machine) -> tuple[object, int]:
    """Return the state after an upgrade, and its gas."""
    ledger, meter = FakeLedger(), Meter(1_000_000)
    before = machine.load(bundle(BEFORE, "Example"))
    ledger.programs[ME] = machine.load(bundle(AFTER, "Example"))
    call = Invocation(ME, "migrate", encode(()), ANN, None)
    machine.open(ledger, meter).upgrade(call, before=before)
    return ledger.state, meter.used


def transfer(machine: Machine) -> tuple[object, int]:
    """Return the balances after a transfer, and its gas."""
    ledger, meter = FakeLedger(), Meter(1_000_000)
    ledger.balances[WON, ANN] = 5
    machine.open(ledger, meter).transfer(TransferOrder(WON, ANN, BOB, Amount(2)))
    return ledger.balances, meter.used


@pytest.mark.parametrize("act", [upgrade, transfer])
def test_a_door_does_the_same_watched_or_not(act: object) -> None:
    assert callable(act)
    machine = TracingMachine()
    expected = act(InProcessMachine())
    assert act(machine) == expected
    assert machine.take_visits() == []
    machine.is_watching = True
    assert act(machine) == expected
    ((visit,),) = machine.take_visits()
    assert visit.gas_used == expected[1]
    assert visit.steps
