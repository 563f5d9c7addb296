"""The chain acts by itself: order, share of gas, cancelling, and the story clock's stops."""

import msgspec
import pytest

from dure.chain import state, system
from dure.chain.execution.block import compute_scheduled_id
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.receipt import Kind, Record
from dure.chain.schedule import Queue
from dure.chain.transaction import Call
from dure.core.codec import encode
from dure.core.types import Address, Gas, Instant
from tests.unit.chain.ledger import (
    BOB,
    GENESIS_TIME,
    Ledger,
    ask,
    build_document,
    change,
    ledger_call,
    transfer,
)
from tests.unit.chain.machine import script

HOUR = 3_600_000
PLENTY = Gas(60_000_000)
"""A limit for transactions that pay for large calls."""


def tell(name: str) -> bytes:
    return script(("emit", name, b""))


def plan(contract: Address, *plans: tuple[int, str], gas: int = 20_000) -> Call:
    steps = [("schedule", GENESIS_TIME + at, tell(name), gas) for at, name in plans]
    return ask(contract, *steps)


def list_told(records: tuple[Record, ...]) -> list[str]:
    scheduled = [record for record in records if record.receipt.kind is Kind.SCHEDULED]
    return [event.name for r in scheduled for outcome in r.outcomes for event in outcome.events]


def advance(ledger: Ledger, to: int) -> str:
    call = ledger_call("advance", system.AdvanceArguments(Instant(GENESIS_TIME + to)))
    return ledger.status("clock", call)


def run_alone(ledger: Ledger) -> tuple[Record, ...]:
    return ledger.commit().candidate.records


def test_due_calls_run_first_in_order_of_time_and_then_of_number() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    ledger.run("alice", plan(contract, (500, "third"), (400, "first"), (400, "second")))
    assert ledger.executor.next_due() == GENESIS_TIME + 400
    assert not ledger.executor.has_scheduled_work(Instant(GENESIS_TIME + 399))
    assert ledger.executor.has_scheduled_work(Instant(GENESIS_TIME + 400))
    envelope = ledger.sign("alice", ask(contract, ("emit", "transaction", b"")))
    records = ledger.commit(envelope, after=1000).candidate.records
    assert list_told(records) == ["first", "second", "third"]
    assert [r.receipt.kind for r in records] == [Kind.SCHEDULED] * 3 + [Kind.TRANSACTION]
    assert records[0].receipt.id == compute_scheduled_id(ledger.executor.chain_id, 1)
    assert ledger.executor.next_due() is None


def test_nothing_runs_before_its_time() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    ledger.run("alice", plan(contract, (400, "later")))
    assert ledger.propose(after=300) is None


def test_a_time_that_has_passed_is_now() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    ledger.run("alice", plan(contract, (-HOUR, "at once")))
    assert ledger.executor.next_due() == ledger.time
    assert list_told(run_alone(ledger)) == ["at once"]


def test_a_call_that_refuses_is_undone_alone_and_told() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    bad = script(("write", b"k", b"v"), ("refuse", "refused", "too late"))
    greedy = script(("charge", 50_000))
    steps = [("schedule", 0, bad, 20_000), ("schedule", 0, greedy, 20_000)]
    ledger.run("alice", ask(contract, *steps, ("schedule", 0, tell("fine"), 20_000)))
    records = run_alone(ledger)
    assert [r.receipt.status for r in records] == ["refused", "out_of_gas", "ok"]
    assert [r.receipt.failed_call for r in records] == [0, 0, None]
    assert records[1].receipt.gas_used == 20_000
    assert ledger.executor.read(state.key_storage(contract, b"k")) is None


def test_a_call_runs_as_the_contract_itself_without_payment() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    ledger.run("alice", ask(contract, ("schedule", 0, script(("facts",)), 20_000)))
    (record,) = run_alone(ledger)
    *_, sender, paid = msgspec.msgpack.decode(record.outcomes[0].result)
    assert (sender, paid) == (contract, None)


def test_a_call_may_schedule_the_next() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    second = ("schedule", GENESIS_TIME + 5_000, tell("second"), 20_000)
    first = script(("emit", "first", b""), second)
    ledger.run("alice", ask(contract, ("schedule", 0, first, 50_000)))
    assert list_told(run_alone(ledger)) == ["first"]
    assert list_told(ledger.commit(after=6_000).candidate.records) == ["second"]


def test_a_cancelled_call_never_runs_and_is_cancelled_once_by_its_owner() -> None:
    ledger = Ledger()
    contract, stranger = ledger.deploy(), ledger.deploy()
    made = ledger.run("alice", plan(contract, (400, "never"), (400, "once")))
    assert made.receipt.status == "ok"
    for who, given, expected in (
        (stranger, 0, False),
        (contract, 0, True),
        (contract, 0, False),
        (contract, 99, False),
        (contract, -1, False),
    ):
        record = ledger.run("alice", ask(who, ("cancel", given)))
        assert record.outcomes[0].result == encode(expected)
    assert list_told(ledger.commit(after=1_000).candidate.records) == ["once"]


@pytest.mark.parametrize(
    ("at", "gas"),
    [(0, 0), (0, 9_999), (0, 20_000_001), (-1, 10_000), (2**63, 10_000), (0, -10_000)],
    ids=str,
)
def test_impossible_schedules_are_refused(at: int, gas: int) -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    call = ask(contract, ("schedule", at, b"\x90", gas))
    assert ledger.status("alice", call, gas_limit=PLENTY) == "bad_schedule"


def test_the_least_and_the_most_that_a_scheduled_call_may_ask_for() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    for gas in (10_000, 20_000_000):
        call = ask(contract, ("schedule", 0, b"\x90", gas))
        assert ledger.status("alice", call, gas_limit=PLENTY) == "ok"


# The share of gas


def test_calls_beyond_the_share_of_gas_wait_for_the_next_block_and_keep_their_order() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    plans = [(0, str(i)) for i in range(5)]
    ledger.run("alice", plan(contract, *plans, gas=8_000_000), gas_limit=PLENTY)
    assert list_told(run_alone(ledger)) == ["0", "1"]
    assert ledger.executor.has_scheduled_work(ledger.time)
    assert list_told(run_alone(ledger)) == ["2", "3"]
    assert list_told(run_alone(ledger)) == ["4"]


def test_a_share_that_was_lowered_holds_up_no_call_that_asked_for_more() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    ledger.run("alice", plan(contract, (5_000, "large"), gas=20_000_000), gas_limit=PLENTY)
    ledger.run("alice", plan(contract, (5_000, "small")))
    lower = change(DEFAULT_PARAMETERS, scheduled_gas_max=Gas(10_000_000))
    call = ledger_call("set_parameters", system.SetParametersArguments(lower))
    assert ledger.status("authority", call) == "ok"
    assert list_told(ledger.commit(after=6_000).candidate.records) == ["large"]
    assert list_told(run_alone(ledger)) == ["small"]


# The story clock


def test_the_story_clock_stops_at_each_due_call_on_the_way() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    again = script(("time",), ("schedule", GENESIS_TIME + 4 * HOUR, script(("time",)), 20_000))
    steps = [("schedule", GENESIS_TIME + i * HOUR, script(("time",)), 20_000) for i in (3, 1)]
    ledger.run("alice", ask(contract, *steps, ("schedule", GENESIS_TIME + 2 * HOUR, again, 50_000)))
    assert advance(ledger, 10 * HOUR) == "ok"
    assert ledger.executor.has_scheduled_work(Instant(0))
    times = [
        msgspec.msgpack.decode(event.data)
        for record in run_alone(ledger)
        for outcome in record.outcomes
        for event in outcome.events
    ]
    assert times == [GENESIS_TIME + i * HOUR for i in (1, 2, 3, 4)]
    assert ledger.executor.ledger_time == GENESIS_TIME + 10 * HOUR
    assert not ledger.executor.has_scheduled_work(Instant(0))


def test_a_clock_that_runs_out_of_gas_on_the_way_goes_on_in_the_next_block() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    plans = [(i * HOUR, str(i)) for i in (1, 2, 3)]
    ledger.run("alice", plan(contract, *plans, gas=9_000_000), gas_limit=PLENTY)
    advance(ledger, 5 * HOUR)
    assert list_told(run_alone(ledger)) == ["1", "2"]
    assert ledger.executor.ledger_time == GENESIS_TIME + 3 * HOUR
    assert ledger.executor.head.clock.target == GENESIS_TIME + 5 * HOUR
    assert list_told(run_alone(ledger)) == ["3"]
    assert ledger.executor.head.clock.target is None
    assert ledger.executor.ledger_time == GENESIS_TIME + 5 * HOUR


def test_ledger_time_goes_on_with_the_blocks_and_never_back() -> None:
    ledger = Ledger()
    advance(ledger, HOUR)
    run_alone(ledger)
    advance(ledger, HOUR // 2)
    run_alone(ledger)
    before = ledger.executor.ledger_time
    assert before >= GENESIS_TIME + HOUR
    ledger.commit(ledger.sign("alice", transfer(BOB, 1)), after=250)
    assert ledger.executor.ledger_time == before + 250


def test_only_the_story_clock_moves_time_and_not_beyond_the_horizon() -> None:
    ledger = Ledger()
    call = ledger_call("advance", system.AdvanceArguments(Instant(GENESIS_TIME + HOUR)))
    assert ledger.status("alice", call) == "not_story_clock"
    far = ledger_call("advance", system.AdvanceArguments(Instant(2**50 + 1)))
    assert ledger.status("clock", far) == "bad_time"
    real = Ledger(build_document(test=False, story_clock=None))
    assert real.status("alice", call) == "not_story_clock"


def test_a_story_of_the_past_begins_before_header_time() -> None:
    ledger = Ledger(build_document(offset=-HOUR))
    contract = ledger.deploy()
    record = ledger.run("alice", ask(contract, ("facts",)))
    _, time, *_ = msgspec.msgpack.decode(record.outcomes[0].result)
    assert time == ledger.time - HOUR
    ledger.run("alice", ask(contract, ("schedule", time + 500, tell("due"), 20_000)))
    assert ledger.executor.next_due() == time + 500 + HOUR


# The index


def test_the_queue_follows_writes_and_copies_do_not_see_one_another() -> None:
    keys = [state.key_scheduled(due, number) for due, number in ((5, 1), (3, 2), (3, 1))]
    queue = Queue(keys[:2])
    other = queue.copy()
    other.apply({keys[2]: b"call", keys[0]: None, b"unrelated": b"", keys[1]: b"call"})
    assert (len(queue), queue.first) == (2, keys[1])
    assert (len(other), other.first) == (2, keys[2])
    other.apply({keys[2]: None, keys[1]: None, keys[0]: None})
    assert other.first is None
