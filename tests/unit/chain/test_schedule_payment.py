"""Who pays for what the chain does by itself, and that nobody can keep others waiting for ever."""

from collections import Counter

from dure.chain import state, system
from dure.chain.execution.block import compute_scheduled_id
from dure.chain.parameters import DEFAULT_PARAMETERS, Parameters
from dure.chain.receipt import Kind, Record
from dure.contract.bundle import Source
from dure.core.codec import decode
from dure.core.types import Address, Gas, Milliseconds
from tests.unit.chain.ledger import (
    ALICE,
    BOB,
    CAROL,
    Ledger,
    ask,
    build_document,
    change,
    ledger_call,
    transfer,
)
from tests.unit.chain.machine import script

GAS = 50_000
MONTH = 30 * 86_400_000
SMALL: Parameters = change(
    DEFAULT_PARAMETERS,
    block_gas_max=Gas(12_000_000),
    scheduled_gas_max=Gas(10_000_000),
    quota_gas=Gas(12_000_000),
    quota_period=Milliseconds(60_000),
)
"""Room for twelve calls of a million gas in a period, ten of them in a block."""


def get_used(ledger: Ledger, key: bytes) -> int:
    usage = ledger.executor.view().load(state.Usage, key)
    return usage.gas if usage else 0


def get_bank_used(ledger: Ledger) -> int:
    """Return what the organisation of Alice, who owns what is deployed, has used."""
    return get_used(ledger, state.key_usage_organisation("bank"))


def deploy_for(ledger: Ledger, owner: Address) -> Address:
    given = system.DeployArguments(Source("Script", "owned", ()), owner, script(), ())
    record = ledger.run("authority", ledger_call("deploy", given))
    return decode(Address, record.outcomes[0].result)


def repeat(after: int, *, times: int = 1, gas: int = GAS) -> bytes:
    """Return a call that schedules itself again each time that it runs."""
    return script(("repeat", after, times, gas), ("emit", "ran", b""))


def run_alone(ledger: Ledger, *envelopes: bytes, after: int = 1) -> tuple[Record, ...]:
    return ledger.commit(*envelopes, after=after).candidate.records


def count_scheduled(records: tuple[Record, ...]) -> Counter[str]:
    return Counter(r.receipt.status for r in records if r.receipt.kind is Kind.SCHEDULED)


# Who pays


def test_a_transaction_pays_for_what_is_scheduled_in_it_and_the_owner_does_not() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    before = get_bank_used(ledger)
    step = ("schedule", ledger.time + 500, script(), GAS)
    idle = ledger.run("bob", ask(contract, ("cancel", 99))).receipt.gas_used
    used = ledger.run("bob", ask(contract, step)).receipt.gas_used
    assert used > GAS + idle // 2
    assert get_bank_used(ledger) == before
    assert get_used(ledger, state.key_usage_organisation("port")) == idle + used


def test_who_cannot_pay_for_the_call_does_not_schedule_it() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    step = ("schedule", ledger.time + 500, script(), 2_000_000)
    assert ledger.status("bob", ask(contract, step)) == "out_of_gas"
    assert ledger.executor.next_due() is None


def test_an_instalment_repeats_for_years_and_its_owner_pays() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    first = ("schedule", ledger.time + MONTH, repeat(MONTH), GAS)
    ledger.run("bob", ask(contract, first))
    for _ in range(36):
        (record,) = run_alone(ledger, after=MONTH)
        assert record.receipt.status == "ok"
        assert get_bank_used(ledger) == GAS
    assert ledger.executor.next_due() == ledger.time + MONTH


def test_the_periods_gas_counts_where_the_block_lies() -> None:
    ledger = Ledger(build_document(SMALL))
    contract = ledger.deploy()
    call = ("schedule", 0, repeat(0, gas=1_000_000), 1_000_000)
    until_next = 60_000 - ledger.time % 60_000
    ledger.run("bob", ask(contract, call), after=until_next, gas_limit=Gas(2_000_000))
    assert count_scheduled(run_alone(ledger)) == {"ok": 10}
    assert get_bank_used(ledger) == 10_000_000
    assert count_scheduled(run_alone(ledger, after=60_000)) == {"ok": 10}
    assert get_bank_used(ledger) == 10_000_000


def test_what_repeats_ends_with_the_owners_gas_and_says_so() -> None:
    ledger = Ledger(build_document(SMALL))
    contract = ledger.deploy()
    call = ("schedule", 0, repeat(0, gas=1_000_000), 1_000_000)
    until_next = 60_000 - ledger.time % 60_000
    ledger.run("bob", ask(contract, call), after=until_next, gas_limit=Gas(2_000_000))
    run_alone(ledger)
    records = run_alone(ledger)
    assert count_scheduled(records) == {"ok": 2, "quota_exhausted": 1}
    assert records[-1].outcomes == ()
    assert get_bank_used(ledger) == 12_000_000
    assert ledger.executor.next_due() is None


def test_what_was_scheduled_counts_against_the_owners_transactions() -> None:
    ledger = Ledger(build_document(SMALL))
    contract = ledger.deploy()
    call = ("schedule", 0, repeat(0, gas=1_000_000), 1_000_000)
    until_next = 60_000 - ledger.time % 60_000
    ledger.run("bob", ask(contract, call), after=until_next, gas_limit=Gas(2_000_000))
    alices = ledger.sign("alice", transfer(BOB, 1), gas_limit=Gas(3_000_000))
    candidate = ledger.propose(alices)
    assert candidate is not None
    ((_, reason),) = candidate.refused
    assert reason.code == "quota_exhausted"


def test_a_call_that_is_refused_takes_nothing_from_the_owner() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    before = get_bank_used(ledger)
    bad = script(("repeat", MONTH, 3, GAS), ("refuse", "refused", "after all not"))
    ledger.run("bob", ask(contract, ("schedule", 0, bad, GAS)))
    assert count_scheduled(run_alone(ledger)) == {"refused": 1}
    assert get_bank_used(ledger) == before
    assert ledger.executor.next_due() is None


def test_an_owner_whom_nobody_enrolled_pays_for_nothing() -> None:
    ledger = Ledger()
    contract = deploy_for(ledger, CAROL)
    ledger.run("bob", ask(contract, ("schedule", 0, repeat(MONTH), GAS)))
    (record,) = run_alone(ledger)
    assert record.receipt.status == "quota_exhausted"
    assert "enrolled" in record.receipt.message


def test_on_a_chain_open_to_all_the_owner_pays_alone() -> None:
    ledger = Ledger(build_document(change(DEFAULT_PARAMETERS, open_enrolment=True)))
    contract = deploy_for(ledger, CAROL)
    ledger.run("bob", ask(contract, ("schedule", 0, repeat(MONTH), GAS)))
    assert count_scheduled(run_alone(ledger)) == {"ok": 1}
    assert get_used(ledger, state.key_usage_account(CAROL)) == GAS


def test_nobody_makes_the_owner_of_another_contract_pay() -> None:
    ledger = Ledger()
    own, victim = deploy_for(ledger, BOB), deploy_for(ledger, ALICE)
    before = get_bank_used(ledger)
    attack = script(("call", victim, script(("repeat", MONTH, 5, GAS))))
    ledger.run("bob", ask(own, ("schedule", 0, attack, GAS)))
    used = get_used(ledger, state.key_usage_organisation("port"))
    assert count_scheduled(run_alone(ledger)) == {"ok": 1}
    assert get_bank_used(ledger) == before
    assert get_used(ledger, state.key_usage_organisation("port")) == used + 5 * GAS


def test_no_gas_comes_back_from_a_call_that_used_less_or_never_ran() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    ledger.run("bob", ask(contract, *[("schedule", ledger.time + 500, script(), GAS)] * 2))
    used = get_used(ledger, state.key_usage_organisation("port"))
    gas = ledger.run("alice", ask(contract, ("cancel", 0))).receipt.gas_used
    (record,) = run_alone(ledger, after=1_000)
    assert record.receipt.gas_used < GAS
    assert get_used(ledger, state.key_usage_organisation("port")) == used
    assert get_bank_used(ledger) >= gas


# Thousands at once


def test_thousands_that_are_due_at_once_run_in_order_while_transactions_go_on() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    due = ledger.time + 60_000
    calls = [("schedule", due, script(("emit", "ran", b"")), 190_000)] * 500
    for _ in range(6):
        record = ledger.run("bob", ask(contract, *calls), gas_limit=Gas(99_000_000))
        assert record.receipt.status == "ok"
    ran: list[bytes] = []
    sizes: list[int] = []
    after = due - ledger.time
    while ledger.executor.next_due() is not None:
        pay = ledger.sign("alice", transfer(BOB, 1), valid_until=ledger.time + after + 60_000)
        *scheduled, last = (record.receipt for record in run_alone(ledger, pay, after=after))
        assert (last.kind, last.status) == (Kind.TRANSACTION, "ok")
        assert {(each.kind, each.status) for each in scheduled} == {(Kind.SCHEDULED, "ok")}
        ran += [each.id for each in scheduled]
        sizes.append(len(scheduled))
        after = 1
    assert sizes == [105] * 28 + [60]
    chain_id = ledger.executor.chain_id
    assert ran == [compute_scheduled_id(chain_id, number) for number in range(3_000)]


def test_a_storm_ends_with_its_owners_gas_and_lets_transactions_and_others_through() -> None:
    ledger = Ledger(build_document(SMALL))
    storm, neighbour = deploy_for(ledger, ALICE), deploy_for(ledger, BOB)
    until_next = 60_000 - ledger.time % 60_000
    rings = ("schedule", ledger.time + until_next + 10, script(("emit", "rang", b"")), GAS)
    ledger.run("bob", ask(neighbour, rings))
    # Each asks for itself three times over, at once.
    wind = ("schedule", 0, repeat(0, times=3, gas=100_000), 100_000)
    ledger.run("port", ask(storm, wind), after=until_next)
    statuses: Counter[str] = Counter()
    rang_in: list[int] = []
    for number in range(1, 40):
        records = run_alone(ledger, ledger.sign("bob", transfer(ALICE, 1)))
        statuses += count_scheduled(records)
        assert records[-1].receipt.status == "ok"
        rang_in += [
            number for r in records for o in r.outcomes for e in o.events if e.name == "rang"
        ]
        if ledger.executor.next_due() is None:
            break
    # 120 calls are what twelve million of gas pay for; one more was paid in a transaction.
    assert statuses["ok"] + statuses["quota_exhausted"] == 121 + 1
    assert statuses["quota_exhausted"] > 0
    assert ledger.executor.next_due() is None
    assert len(rang_in) == 1


def test_a_call_is_due_before_all_that_were_scheduled_for_later() -> None:
    ledger = Ledger(build_document(SMALL))
    storm, neighbour = deploy_for(ledger, ALICE), deploy_for(ledger, BOB)
    soon = ledger.time + 1_000
    ledger.run("port", ask(storm, ("schedule", soon, repeat(1, times=2), GAS)))
    ledger.run("bob", ask(neighbour, ("schedule", soon, script(("emit", "rang", b"")), GAS)))
    records = run_alone(ledger, after=5_000)
    assert [event.name for event in records[1].outcomes[0].events] == ["rang"]
