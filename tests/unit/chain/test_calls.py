"""A transaction's calls: all or nothing, paid for, and told in a bounded receipt."""

import msgspec
import pytest

from dure.chain import money, state, system
from dure.chain.execution.events import EVENTS_BYTES_MAX, EVENTS_MAX
from dure.chain.parameters import GAS_PER_OUTPUT_BYTE
from dure.chain.receipt import (
    EVENT_BYTES_MAX,
    EVENT_NAME_MAX,
    Kind,
    Receipt,
    compute_receipt_root,
)
from dure.chain.transaction import Call
from dure.contract.limits import VALUE_BYTES_MAX
from dure.contract.ports import Invocation
from dure.core.codec import decode, encode
from dure.core.merkle import compute_root
from dure.core.types import NO_HASH, Address, Gas
from tests.unit.chain.ledger import ALICE, BOB, CAROL, FUNDS, WON, Ledger, ask, transfer
from tests.unit.chain.machine import script


def test_calls_happen_in_order_and_each_has_its_outcome() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    record = ledger.run(
        "alice",
        transfer(BOB, 10),
        ask(contract, ("write", b"k", b"v"), ("emit", "wrote", b"\x01")),
        ask(contract, ("read", b"k")),
    )
    assert record.receipt.status == "ok"
    assert record.receipt.kind is Kind.TRANSACTION
    assert [event.name for event in record.outcomes[0].events] == ["transferred"]
    assert [event.name for event in record.outcomes[1].events] == ["wrote"]
    assert record.outcomes[2].result == encode(b"v")
    assert record.receipt.outcomes_root == compute_root([encode(o) for o in record.outcomes])
    assert ledger.executor.head.header.receipt_root == compute_receipt_root([record])


def test_one_refusal_undoes_every_call_and_names_the_one_that_refused() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    record = ledger.run(
        "alice",
        transfer(BOB, 10),
        ask(contract, ("write", b"k", b"v"), pays=5),
        ask(contract, ("refuse", "refused", "no seats left")),
    )
    receipt = record.receipt
    assert (receipt.status, receipt.message, receipt.failed_call) == ("refused", "no seats left", 2)
    assert receipt.outcomes_root == NO_HASH
    assert record.outcomes == ()
    assert ledger.balance(ALICE) == FUNDS
    assert ledger.balance(contract) == 0
    assert ledger.executor.read(state.key_storage(contract, b"k")) is None


def test_a_payment_arrives_before_the_call_runs() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    record = ledger.run("alice", ask(contract, ("balance", WON, contract), pays=7))
    assert record.outcomes[0].result == encode(7)
    assert ledger.balance(contract) == 7


def test_a_contract_sees_who_calls_when_and_what_was_paid() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    record = ledger.run("alice", ask(contract, ("facts",), pays=7))
    height, time, chain_id, sender, paid = msgspec.msgpack.decode(record.outcomes[0].result)
    header = ledger.executor.head.header
    assert (height, time, chain_id) == (header.height, header.time, ledger.executor.chain_id)
    assert (sender, paid) == (ALICE, [WON, 7])


def test_a_payment_to_nobody_or_beyond_the_balance_moves_nothing() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    nobody = Address(bytes(32))
    assert ledger.status("alice", ask(nobody, pays=7)) == "unknown_contract"
    assert ledger.status("alice", ask(contract, pays=FUNDS + 1)) == "insufficient_balance"
    assert ledger.balance(ALICE) == FUNDS


def test_the_ledger_takes_no_payment() -> None:
    ledger = Ledger()
    call = ask(money.LEDGER, pays=7)
    assert ledger.status("alice", call) == "payment_not_accepted"


def test_unknown_methods_and_wrong_arguments_of_the_ledger_are_refused() -> None:
    ledger = Ledger()
    given = system.TransferArguments(WON, BOB, 1)  # type: ignore[arg-type]  # a plain number does here
    for method, arguments, status in (
        ("no_such_method", b"\x90", "unknown_method"),
        ("transfer", b"", "bad_arguments"),
        ("transfer", encode(given) + b"\0", "bad_arguments"),
        ("transfer", encode((WON, BOB)), "bad_arguments"),
        ("transfer", encode((WON, BOB, -1)), "bad_arguments"),
        ("transfer", b"\x93" * 2000, "bad_arguments"),
    ):
        assert ledger.status("alice", Call(money.LEDGER, method, arguments, None)) == status


def test_gas_is_charged_to_the_limit_and_no_further() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    record = ledger.run("alice", ask(contract, ("charge", 2_000_000)), transfer(BOB, 1))
    assert record.receipt.status == "out_of_gas"
    assert record.receipt.gas_used == 1_000_000
    assert record.receipt.failed_call == 0


def test_what_a_call_says_costs_gas_by_the_byte() -> None:
    ledger = Ledger()
    contract = ledger.deploy()

    def run(size: int) -> Receipt:
        return ledger.run("alice", ask(contract, ("emit many", 1, size))).receipt

    short, long = run(1_000), run(11_000)
    assert long.gas_used - short.gas_used == 10_000 * GAS_PER_OUTPUT_BYTE
    assert run(200_000).status == "out_of_gas"


def test_events_are_bounded_in_number_size_and_name() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    gas = Gas(60_000_000)

    def status(*steps: tuple[object, ...]) -> str:
        return ledger.status("alice", ask(contract, *steps), gas_limit=gas)

    assert status(("emit many", EVENTS_MAX, 0)) == "ok"
    assert status(("emit many", EVENTS_MAX + 1, 0)) == "too_large"
    half = EVENTS_BYTES_MAX // 8
    assert status(("emit many", 8, half)) == "ok"
    assert status(("emit many", 8, half + 1)) == "too_large"
    assert status(("emit many", 1, EVENT_BYTES_MAX + 1)) == "too_large"
    assert status(("emit", "n" * (EVENT_NAME_MAX + 1), b"")) == "too_large"


def test_events_of_all_calls_of_a_transaction_count_together() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    half = ask(contract, ("emit many", EVENTS_MAX // 2, 0))
    gas = Gas(60_000_000)
    assert ledger.status("alice", half, half, gas_limit=gas) == "ok"
    assert ledger.status("alice", half, half, transfer(BOB, 1), gas_limit=gas) == "too_large"


@pytest.mark.parametrize(
    ("code", "message", "status", "told"),
    [
        ("refused", "x" * 300, "refused", "x" * 256),
        ("refused", "좌" * 100, "refused", "좌" * 85),
        ("ok", "sounds fine", "refused", "sounds fine"),
        ("", "nameless", "refused", "nameless"),
        ("c" * 100, "", "c" * 64, ""),
    ],
)
def test_a_refusals_words_are_bounded_and_never_read_as_success(
    code: str, message: str, status: str, told: str
) -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    receipt = ledger.run("alice", ask(contract, ("refuse", code, message))).receipt
    assert (receipt.status, receipt.message) == (status, told)
    assert decode(Receipt, encode(receipt)) == receipt


def test_half_a_surrogate_pair_stops_nobody() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    receipt = ledger.run("alice", ask(contract, ("refuse half a pair",))).receipt
    assert receipt.message == "?" * 256
    view = state.View({})
    assert view.get(state.key_role(contract, ALICE, "\ud83d")) is None


def test_a_contract_moves_its_own_money_and_roles_are_asked_for() -> None:
    ledger = Ledger()
    contract = ledger.deploy(roles=[("oracle", CAROL)])
    ledger.run("alice", ask(contract, pays=50))
    assert ledger.status("bob", ask(contract, ("transfer", WON, BOB, 20))) == "ok"
    assert ledger.balance(BOB) == FUNDS + 20
    for who, expected in ((CAROL, True), (BOB, False)):
        record = ledger.run("bob", ask(contract, ("has role", "oracle", who)))
        assert record.outcomes[0].result == encode(expected)


def test_a_view_reads_the_head_and_leaves_nothing_behind() -> None:
    ledger = Ledger()
    contract = ledger.deploy(("write", b"k", b"old"))
    steps = script(("write", b"k", b"new"), ("read", b"k"))
    call = Invocation(contract, "run", steps, ALICE, None)
    assert ledger.executor.call_view(call) == encode(b"new")
    assert ledger.executor.read(state.key_storage(contract, b"k")) == b"old"
    assert ledger.propose() is None


def test_arguments_of_a_scheduled_call_are_bounded() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    for method, size, status in (
        ("run", VALUE_BYTES_MAX, "ok"),
        ("", 0, "bad_schedule"),
        ("m" * 65, 0, "bad_schedule"),
        ("run", VALUE_BYTES_MAX + 1, "bad_schedule"),
    ):
        step = ("schedule method", method, size)
        assert ledger.status("alice", ask(contract, step)) == status
