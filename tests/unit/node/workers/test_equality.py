"""A worker gives, bit for bit, what a machine in the node's own process gives."""

from operator import add
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.contract.ports import (
    Installed,
    Ledger,
    Machine,
    Meter,
    Payment,
    Refusal,
    TransferOrder,
    build_home,
)
from dure.core.types import Address, Amount, AssetId, Gas, Height, Instant
from dure.node.workers import protocol
from dure.node.workers.machine import WorkerMachine
from tests.unit.contract.fake_ledger import FakeLedger
from tests.unit.node.workers.planted import (
    CONTRACT,
    SENDER,
    PlantedMachine,
    build_call,
    build_source,
)

OTHER = Address(bytes([7]) * 32)
WON = AssetId(bytes([9]) * 32)
EVENTS_MAX = 3

ADDRESSES = st.sampled_from([CONTRACT, SENDER, OTHER])
ASSETS = st.sampled_from([WON, AssetId(bytes([8]) * 32)])
TEXT = st.text(st.characters(exclude_categories=()), max_size=5)
WIDE = st.integers(-(2**300), 2**300)
KEYS = st.sampled_from([b"", b"a", b"b", bytes(1024)])
HOME = build_home(CONTRACT)
PLACES = st.builds(add, ADDRESSES.map(build_home), KEYS)
STRATEGIES: dict[object, st.SearchStrategy[Any]] = {
    Address: ADDRESSES,
    AssetId: ASSETS,
    Amount: st.integers(-1, 50),
    Instant: WIDE,
    Gas: WIDE,
    int: WIDE,
    bool: st.booleans(),
    str: TEXT,
    bytes: KEYS,
    bytes | None: st.none() | st.binary(max_size=9) | st.just(bytes(5_000)),
}


class StrictLedger(FakeLedger):
    """Refuses what the real one refuses without an answer being waited for: too many events."""

    def emit(self, contract: Address, name: str, data: bytes) -> None:
        if len(self.events) >= EVENTS_MAX:
            raise Refusal("too_large", "too many events")
        super().emit(contract, name, data)

    def create_asset(self, issuer: Address, code: str, decimals: int) -> AssetId:
        if not code.isascii():
            raise Refusal("bad_asset", f"no such code: {code}")
        return super().create_asset(issuer, code, decimals)


def _build_step(name: str) -> st.SearchStrategy[tuple[Any, ...]]:
    hints = get_type_hints(getattr(Ledger, name))
    hints.pop("return")
    values = (PLACES if each == "place" else STRATEGIES[hint] for each, hint in hints.items())
    return st.tuples(st.just(name), *values)


CALLS = st.one_of(*(_build_step(method.name) for method in protocol.METHODS))
PROPERTIES = st.sampled_from(["height", "time", "chain_id", "pays_for_schedules"])
STEPS = st.lists(
    CALLS
    | st.tuples(PROPERTIES)
    | st.tuples(st.just("charge"), st.integers(0, 60))
    | st.tuples(st.just("refuse"), st.just("refused"), TEXT),
    max_size=25,
)


@pytest.fixture(scope="module")
def local() -> PlantedMachine:
    return PlantedMachine()


def build_ledger(machine: Machine) -> StrictLedger:
    ledger = StrictLedger(height=Height(3), pays_for_schedules=True)
    ledger.programs[CONTRACT] = machine.load(build_source("one"))
    ledger.programs[OTHER] = machine.load(build_source("two"))
    ledger.balances[WON, CONTRACT] = 60
    ledger.issuers[WON] = CONTRACT
    return ledger


def run(machine: Machine, job: str, steps: list[tuple[Any, ...]], gas: int) -> tuple[object, ...]:
    """Return everything that can be seen of one call."""
    ledger, meter = build_ledger(machine), Meter(gas)
    answer: object
    try:
        match job:
            case "upgrade":
                before = ledger.programs[OTHER]
                machine.open(ledger, meter).upgrade(build_call(*steps), before=before)
                answer = None
            case "transfer":
                order = TransferOrder(WON, CONTRACT, SENDER, Amount(gas))
                answer = machine.open(ledger, meter).transfer(order)
            case _:
                answer = getattr(machine.open(ledger, meter), job)(build_call(*steps))
    except Refusal as refusal:
        answer = refusal.code, refusal.message
    return answer, meter.left, meter.used, ledger


@settings(max_examples=150, deadline=None)
@given(
    job=st.sampled_from(["invoke", "view", "upgrade", "transfer"]),
    steps=STEPS,
    gas=st.integers(0, 200),
)
def test_results_refusals_gas_and_writes_are_equal(
    machine: WorkerMachine,
    local: PlantedMachine,
    job: str,
    steps: list[tuple[Any, ...]],
    gas: int,
) -> None:
    assert run(machine, job, steps, gas) == run(local, job, steps, gas)


def test_every_method_of_the_port_is_served() -> None:
    public = {name for name in vars(Ledger) if not name.startswith("_")}
    served = {method.name for method in protocol.METHODS} | set(
        protocol.Constants.__struct_fields__
    )
    assert public == served


def test_the_first_refusal_of_what_was_told_is_the_calls(
    machine: WorkerMachine, local: PlantedMachine
) -> None:
    emit = ("emit", CONTRACT, "Said", b"")
    steps = [emit, ("charge", 5)] * 4 + [("write", HOME + b"a", b"after"), ("charge", 1_000)]
    for end in ([], [("read", HOME + b"b")], [("refuse", "other", "later")]):
        outcome = run(machine, "invoke", steps + end, 100)
        assert outcome == run(local, "invoke", steps + end, 100)
        assert outcome[:2] == (("too_large", "too many events"), 85)


def test_gas_far_below_zero_is_used_up_gas(machine: WorkerMachine, local: PlantedMachine) -> None:
    steps = [("charge", 2**200)]
    there, here = run(machine, "invoke", steps, 9), run(local, "invoke", steps, 9)
    assert (there[0], there[2:]) == (here[0], here[2:])


def test_more_than_is_told_at_once(machine: WorkerMachine, local: PlantedMachine) -> None:
    value = b"v" * 200_000
    steps: list[tuple[Any, ...]] = [("write", HOME + bytes([i]), value) for i in range(12)]
    steps.append(("read", HOME + b"\x03"))
    assert run(machine, "invoke", steps, 10) == run(local, "invoke", steps, 10)


def test_more_keys_than_a_call_remembers(machine: WorkerMachine, local: PlantedMachine) -> None:
    keys = [number.to_bytes(2, "big") for number in range(1_500)] * 2
    steps = [("read", HOME + key) for key in keys]
    assert run(machine, "view", steps, 10) == run(local, "view", steps, 10)


def test_a_payment_reaches_the_worker(machine: WorkerMachine) -> None:
    ledger = build_ledger(machine)
    call = build_call(("height",))
    paying = type(call)(
        call.contract, call.method, call.arguments, call.sender, Payment(WON, Amount(4))
    )
    assert machine.open(ledger, Meter(1)).invoke(paying) == b"[3]"


def test_a_fresh_worker_takes_over_before_memory_runs_out(machine: WorkerMachine) -> None:
    seen: set[int | None] = set()
    for number in range(50):
        machine.load(build_source(f"{number}" + "#" * 60_000))
        seen.add(machine.pid)
    assert len(seen) == 2
    ledger = build_ledger(machine)
    assert isinstance(ledger.get_program(CONTRACT), Installed)
    assert machine.open(ledger, Meter(1)).invoke(build_call(("height",))) == b"[3]"
