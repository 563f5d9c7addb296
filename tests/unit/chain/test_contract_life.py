"""What happens to a contract after its deployment: versions, migration, stop and start."""

import pytest

from dure.chain import money, state, system
from dure.chain.execution import waiting
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.receipt import Kind, Record
from dure.chain.replay import list_executed
from dure.chain.system import contracts
from dure.chain.transaction import Call
from dure.contract.bundle import LibraryModule, Source
from dure.contract.ports import Invocation
from dure.core.codec import decode, encode
from dure.core.types import Address, Gas, Hash, Instant, Unsigned
from tests.unit.chain.ledger import (
    ALICE,
    AUTHORITY,
    BOB,
    FUNDS,
    Ledger,
    ask,
    build_document,
    change,
    items_of,
    ledger_call,
)
from tests.unit.chain.machine import Step, script

REASON = "a mistake in the premium"


def upgrade(contract: Address, *steps: Step, text: str = "better") -> Call:
    source = Source("Script", text, ())
    return ledger_call("upgrade", system.UpgradeArguments(contract, source, script(*steps)))


def stop(contract: Address, reason: str = REASON) -> Call:
    return ledger_call("stop", system.StopArguments(contract, reason))


def start(contract: Address) -> Call:
    return ledger_call("start", system.StartArguments(contract))


def get_contract(ledger: Ledger, address: Address) -> state.ContractRecord:
    return ledger.executor.view().require(state.ContractRecord, state.key_contract(address))


def get_version(ledger: Ledger, address: Address, number: int) -> state.VersionRecord:
    key = state.key_version(address, number)
    return ledger.executor.view().require(state.VersionRecord, key)


def list_events(record: Record) -> list[tuple[bytes, str]]:
    return [(event.contract, event.name) for event in record.outcomes[0].events]


# Versions


def test_every_versions_code_height_and_source_stay_readable() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    heights = [ledger.executor.head.header.height]
    for text in ("better", "best"):
        assert ledger.status("authority", upgrade(contract, text=text)) == "ok"
        heights.append(ledger.executor.head.header.height)
    record = get_contract(ledger, contract)
    versions = [get_version(ledger, contract, number) for number in (1, 2, 3)]
    assert [version.height for version in versions] == heights
    assert (record.version, record.deployed, record.changed) == (3, heights[0], heights[2])
    assert record.code_hash == versions[2].code_hash
    sources = [
        ledger.executor.view().require(Source, state.key_source(version.code_hash)).text
        for version in versions
    ]
    assert sources[1:] == ["better", "best"]
    assert sources[0].startswith("script")
    assert ledger.executor.read(state.key_version(contract, 4)) is None


def test_the_migration_runs_with_its_arguments_as_whoever_upgrades() -> None:
    ledger = Ledger()
    contract = ledger.deploy(("write", b"k", b"old"))
    before = get_contract(ledger, contract).code_hash
    record = ledger.run(
        "authority", upgrade(contract, ("read", b"k"), ("write", b"k", b"new"), ("time",))
    )
    assert list_events(record) == [(money.LEDGER, "contract_upgraded"), (contract, "time")]
    given = decode(tuple[Address, Unsigned, Hash], record.outcomes[0].events[0].data)
    assert given == (contract, 2, get_contract(ledger, contract).code_hash)
    assert ledger.executor.read(state.key_storage(contract, b"k")) == b"new"
    assert ledger.machine.upgraded_from == [before]
    again = ledger.run("authority", upgrade(contract, ("tell sender",)))
    assert again.outcomes[0].events[1].data == encode(AUTHORITY)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (script(("write", b"k", b"new"), ("refuse", "refused", "not now")), "refused"),
        (script(("write", b"k", b"new"), ("charge", 2_000_000)), "out_of_gas"),
        (b"\xc1", "bad_arguments"),
        (b"", "bad_arguments"),
    ],
    ids=["refuses", "greedy", "no value", "nothing"],
)
def test_an_upgrade_whose_migration_refuses_leaves_nothing(arguments: bytes, status: str) -> None:
    ledger = Ledger()
    contract = ledger.deploy(("write", b"k", b"old"))
    before = get_contract(ledger, contract)
    source = Source("Script", "better", ())
    call = ledger_call("upgrade", system.UpgradeArguments(contract, source, arguments))
    assert ledger.status("authority", call) == status
    assert get_contract(ledger, contract) == before
    assert ledger.executor.read(state.key_version(contract, 2)) is None
    assert ledger.executor.read(state.key_storage(contract, b"k")) == b"old"
    assert sum(key[:1] == b"s" for key, _ in items_of(ledger.executor)) == 1


def test_an_upgrade_to_unsafe_code_is_refused() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    assert ledger.status("authority", upgrade(contract, text="unsafe")) == "unsafe_code"
    assert get_contract(ledger, contract).version == 1


def test_neither_strangers_nor_on_a_closed_chain_the_owner_upgrade() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    for who in ("bob", "alice", "bank"):
        assert ledger.status(who, upgrade(contract)) == "not_authority"


def test_versions_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "VERSIONS_MAX", 2)
    ledger = Ledger()
    contract = ledger.deploy()
    assert ledger.status("authority", upgrade(contract)) == "ok"
    assert ledger.status("authority", upgrade(contract, text="best")) == "too_many_versions"
    assert get_contract(ledger, contract).version == 2


def test_a_node_that_has_just_started_knows_the_code_before() -> None:
    first = Ledger()
    contract = first.deploy()
    ledger = Ledger()
    block = first.commit(first.sign("alice", ask(contract))).candidate.block
    head = first.executor.head.header
    ledger.executor.restore(head, items_of(first.executor), [list_executed(block)])
    assert ledger.machine.loaded == []
    assert ledger.status("authority", upgrade(contract)) == "ok"
    assert len(ledger.machine.upgraded_from) == 1


def test_the_library_that_a_source_carries_is_paid_for_too() -> None:
    ledger = Ledger()

    def deploy(library: tuple[LibraryModule, ...]) -> int:
        source = Source("Script", "text", library)
        call = ledger_call("deploy", system.DeployArguments(source, ALICE, script(), ()))
        return ledger.run("authority", call).receipt.gas_used

    with_module = deploy((LibraryModule("token", "x" * 200),))
    assert with_module - deploy(()) >= 200 * system.GAS_PER_SOURCE_BYTE


# Stop and start


def test_a_stopped_contract_answers_views_only() -> None:
    ledger = Ledger()
    contract = ledger.deploy(("write", b"k", b"v"))
    record = ledger.run("authority", stop(contract))
    assert list_events(record) == [(money.LEDGER, "contract_stopped")]
    assert record.outcomes[0].events[0].data == encode((contract, "a mistake in the premium"))
    stopped = get_contract(ledger, contract).stopped
    assert stopped == state.Stop(REASON, parked=0, newest=None)
    assert ledger.status("alice", ask(contract, ("write", b"k", b"x"))) == "contract_stopped"
    view = Invocation(contract, "run", script(("read", b"k")), ALICE, None)
    assert ledger.executor.call_view(view) == encode(b"v")


def test_a_payment_to_a_stopped_contract_moves_nothing() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    ledger.run("authority", stop(contract))
    assert ledger.status("alice", ask(contract, pays=50)) == "contract_stopped"
    assert (ledger.balance(ALICE), ledger.balance(contract)) == (FUNDS, 0)


def test_a_started_contract_goes_on_where_it_was() -> None:
    ledger = Ledger()
    contract = ledger.deploy(("write", b"k", b"v"))
    ledger.run("authority", stop(contract))
    record = ledger.run("authority", start(contract))
    assert list_events(record) == [(money.LEDGER, "contract_started")]
    assert get_contract(ledger, contract).stopped is None
    assert ledger.run("bob", ask(contract, ("read", b"k"))).outcomes[0].result == encode(b"v")


def test_a_contract_is_stopped_once_and_started_once() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    for call, status in (
        (start(contract), "not_stopped"),
        (stop(contract), "ok"),
        (stop(contract, "another reason"), "already_stopped"),
        (start(contract), "ok"),
        (start(contract), "not_stopped"),
    ):
        assert ledger.status("authority", call) == status
    assert ledger.status("authority", stop(BOB)) == "unknown_contract"
    assert ledger.status("authority", start(BOB)) == "unknown_contract"


@pytest.mark.parametrize("reason", ["", "좌" * 257], ids=len)
def test_the_reason_is_said_and_short(reason: str) -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    assert ledger.status("authority", stop(contract, reason)) == "bad_arguments"
    assert ledger.status("authority", stop(contract, "좌" * 256)) == "ok"


def test_on_a_closed_chain_the_members_alone_stop_and_start() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    for who in ("alice", "bob", "bank"):
        assert ledger.status(who, stop(contract)) == "not_authority"
    assert ledger.status("authority", stop(contract)) == "ok"
    for who in ("alice", "bob", "bank"):
        assert ledger.status(who, start(contract)) == "not_authority"


def test_in_the_open_the_owner_stops_and_starts_too() -> None:
    ledger = Ledger(build_document(change(DEFAULT_PARAMETERS, open_deployment=True)))
    source = Source("Script", "own", ())
    deployed = ledger.run(
        "alice", ledger_call("deploy", system.DeployArguments(source, ALICE, script(), ()))
    )
    contract = decode(Address, deployed.outcomes[0].result)
    assert ledger.status("bob", stop(contract)) == "not_authority"
    assert ledger.status("alice", stop(contract)) == "ok"
    assert ledger.status("authority", start(contract)) == "ok"


def test_a_stopped_contract_is_repaired_and_stays_stopped_until_it_is_started() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    ledger.run("authority", stop(contract))
    assert ledger.status("authority", upgrade(contract, ("write", b"k", b"new"))) == "ok"
    assert ledger.status("bob", ask(contract)) == "contract_stopped"
    assert ledger.status("authority", start(contract)) == "ok"
    assert ledger.run("bob", ask(contract, ("read", b"k"))).outcomes[0].result == encode(b"new")


# What falls due meanwhile


def bell(name: str, at: int, gas: int = 20_000) -> Step:
    return ("schedule", at, script(("emit", name, b"")), gas)


def stop_with_bells(*names: str, gas: int = 20_000) -> tuple[Ledger, Address]:
    """Return a ledger with a stopped contract that has these calls due in a second."""
    ledger = Ledger()
    contract = ledger.deploy()
    due = ledger.time + 1_000
    steps = [bell(name, due, gas) for name in names]
    record = ledger.run("bob", ask(contract, *steps), gas_limit=Gas(60_000_000))
    assert record.receipt.status == "ok"
    assert ledger.status("authority", stop(contract)) == "ok"
    return ledger, contract


def list_rung(ledger: Ledger, *, after: int = 1) -> list[str]:
    """Make a block that the chain owes; return what was said in it."""
    records = ledger.commit(after=after).candidate.records
    assert all(record.receipt.kind is Kind.SCHEDULED for record in records)
    return [name for record in records for _, name in list_events(record)]


def count_parked(ledger: Ledger) -> int:
    return sum(key[:1] == b"p" for key, _ in items_of(ledger.executor))


def test_due_calls_of_a_stopped_contract_wait_for_its_start_and_hold_up_nobody() -> None:
    ledger, stopped = stop_with_bells("first", "second", "third")
    other = ledger.deploy()
    ledger.run("bob", ask(other, bell("other", ledger.time + 1_000)))
    assert list_rung(ledger, after=2_000) == ["other"]
    record = get_contract(ledger, stopped).stopped
    assert record is not None
    assert (record.parked, count_parked(ledger)) == (3, 3)
    assert ledger.executor.next_due() is None
    assert ledger.propose(after=60_000) is None
    ledger.run("authority", start(stopped))
    assert ledger.executor.next_due() == ledger.time
    assert list_rung(ledger) == ["first", "second", "third"]
    assert count_parked(ledger) == 0
    assert ledger.executor.next_due() is None


def test_what_is_due_after_the_start_runs_at_its_time() -> None:
    ledger, contract = stop_with_bells("soon")
    ledger.run("authority", start(contract))
    assert ledger.executor.next_due() is not None
    assert list_rung(ledger, after=2_000) == ["soon"]


def test_a_contract_can_be_stopped_again() -> None:
    ledger, contract = stop_with_bells("soon")
    list_rung(ledger, after=2_000)
    ledger.run("authority", start(contract))
    # What is due runs before the transactions of a block.
    records = ledger.commit(ledger.sign("authority", stop(contract))).candidate.records
    assert [record.receipt.status for record in records] == ["ok", "ok"]
    assert get_contract(ledger, contract).stopped == state.Stop(REASON, parked=0, newest=None)
    assert count_parked(ledger) == 0


def test_putting_calls_aside_takes_the_share_of_gas_that_running_them_takes() -> None:
    ledger, _ = stop_with_bells("a", "b", "c", gas=8_000_000)
    list_rung(ledger, after=2_000)
    assert count_parked(ledger) == 2
    list_rung(ledger)
    assert count_parked(ledger) == 3


def test_beyond_a_number_due_calls_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PARKED_MAX", 2)
    ledger, contract = stop_with_bells("a", "b", "c")
    (record,) = ledger.commit(after=2_000).candidate.records
    assert (record.receipt.kind, record.receipt.status) == (Kind.SCHEDULED, "contract_stopped")
    ledger.run("authority", start(contract))
    assert list_rung(ledger) == ["a", "b"]


def test_the_start_pays_for_each_call_that_it_takes_up_again() -> None:
    ledger, contract = stop_with_bells(*"abcdefghij")
    list_rung(ledger, after=2_000)
    few = Gas(5_000 + 10 * system.GAS_PER_TRANSFER + 8_000)
    assert ledger.status("authority", start(contract), gas_limit=few) == "out_of_gas"
    assert count_parked(ledger) == 10
    assert ledger.status("authority", start(contract)) == "ok"
    assert list_rung(ledger) == list("abcdefghij")


def test_a_migration_withdraws_what_waits_and_nobody_else_does() -> None:
    ledger, contract = stop_with_bells("a", "b", "c")
    list_rung(ledger, after=2_000)
    stranger = ledger.deploy()
    for number, expected in ((1, False), (3, False)):
        record = ledger.run("bob", ask(stranger, ("cancel", number)))
        assert record.outcomes[0].result == encode(expected)
    for number, expected in ((1, True), (1, False), (-1, False), (99, False)):
        record = ledger.run("authority", upgrade(contract, ("tell cancelled", number)))
        assert record.outcomes[0].events[1].data == encode(expected)
    ledger.run("authority", start(contract))
    assert list_rung(ledger) == ["a", "c"]
    assert count_parked(ledger) == 0


def test_the_story_clock_passes_what_was_put_aside() -> None:
    ledger, contract = stop_with_bells("soon")
    there = Instant(ledger.time + 3_600_000)
    ledger.run("clock", ledger_call("advance", system.AdvanceArguments(there)))
    assert list_rung(ledger) == []
    assert ledger.executor.ledger_time == there
    ledger.run("authority", start(contract))
    assert list_rung(ledger) == ["soon"]
