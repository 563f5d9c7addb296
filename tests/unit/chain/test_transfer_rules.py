"""Money that moves by a rule of its issuer: who is asked, what arrives, who may say so."""

import msgspec
import pytest

from dure.chain import money, state
from dure.chain.money import Money
from dure.chain.transaction import Call, Payment, compute_asset_id
from dure.contract.ports import Refusal, TransferRule
from dure.core.codec import decode, encode
from dure.core.types import Address, Amount, AssetId
from tests.unit.chain.ledger import ALICE, BOB, CAROL, WON, Ledger, ask, transfer
from tests.unit.chain.machine import RULE_GAS, script


def open_points(*steps: tuple[object, ...]) -> tuple[Ledger, Address, AssetId]:
    """Return a ledger, a contract that issues points, and the points, of which Alice has 100."""
    ledger = Ledger()
    issuer = ledger.deploy(("create", "POINT", 0))
    point = compute_asset_id(issuer, "POINT")
    assert ledger.status("bob", ask(issuer, ("mint", point, ALICE, 100))) == "ok"
    for step in steps:
        assert ledger.status("bob", ask(issuer, (step[0], point, *step[1:]))) == "ok"
    return ledger, issuer, point


def test_a_transfer_asks_the_rule_and_moves_nothing_where_it_refuses() -> None:
    ledger, _, point = open_points(("set rule", "refuse_all"))
    receipt = ledger.run("alice", transfer(BOB, 10, point)).receipt
    assert (receipt.status, receipt.message) == ("refused", "not with this asset")
    assert (ledger.balance(ALICE, point), ledger.balance(BOB, point)) == (100, 0)


def test_other_assets_ask_nobody() -> None:
    ledger, _, _ = open_points(("set rule", "refuse_all"))
    assert ledger.status("alice", transfer(BOB, 10, WON)) == "ok"


def test_a_rule_may_keep_a_fee_of_a_transfer() -> None:
    ledger, issuer, point = open_points(("set rule", "keep_a_tenth"))
    assert ledger.status("alice", transfer(BOB, 50, point)) == "ok"
    held = [ledger.balance(who, point) for who in (ALICE, BOB, issuer)]
    assert held == [50, 45, 5]


def test_a_paid_call_sees_what_arrived() -> None:
    ledger, issuer, point = open_points(("set rule", "keep_a_tenth"))
    shop = ledger.deploy()
    call = Call(shop, "run", script(("facts",)), Payment(point, Amount(50)))
    record = ledger.run("alice", call)
    *_, paid = msgspec.msgpack.decode(record.outcomes[0].result)
    assert paid == [point, 45]
    assert (ledger.balance(shop, point), ledger.balance(issuer, point)) == (45, 5)


def test_a_payment_that_the_rule_refuses_ends_the_transaction() -> None:
    ledger, _, point = open_points(("set rule", "refuse_all"))
    shop = ledger.deploy()
    call = Call(shop, "run", script(("write", b"k", b"v")), Payment(point, Amount(50)))
    assert ledger.status("alice", transfer(BOB, 1), call) == "refused"
    assert ledger.executor.read(state.key_storage(shop, b"k")) is None
    assert ledger.balance(ALICE, point) == 100


def test_who_moves_the_money_pays_for_the_question() -> None:
    ledger, issuer, point = open_points()
    free = ledger.run("alice", transfer(BOB, 1, point)).receipt.gas_used
    ledger.run("bob", ask(issuer, ("set rule", point, "allow")))
    assert ledger.run("alice", transfer(BOB, 1, point)).receipt.gas_used == free + RULE_GAS


def test_a_new_rule_takes_the_place_of_the_old_one() -> None:
    ledger, issuer, point = open_points(("set rule", "refuse_all"), ("set rule", "allow"))
    assert ledger.status("alice", transfer(BOB, 10, point)) == "ok"
    book = Money(ledger.executor.view())
    assert book.get_transfer_rule(point) == TransferRule(issuer, "allow")
    assert book.get_transfer_rule(WON) is None
    assert book.get_transfer_rule(AssetId(bytes(32))) is None


def test_a_rule_that_was_set_is_told() -> None:
    ledger, issuer, point = open_points()
    record = ledger.run("bob", ask(issuer, ("set rule", point, "allow")))
    (event,) = record.outcomes[0].events
    assert (event.contract, event.name) == (money.LEDGER, "transfer_rule_set")
    assert decode(tuple[AssetId, str], event.data) == (point, "allow")


def test_nobody_but_the_issuer_sets_a_rule_or_moves_what_others_hold() -> None:
    ledger, _, point = open_points()
    stranger = ledger.deploy()
    nothing = bytes(32)
    for step, status in (
        (("set rule", point, "allow"), "not_issuer"),
        (("set rule", nothing, "allow"), "unknown_asset"),
        (("move", point, ALICE, BOB, 1), "not_issuer"),
        (("move", nothing, ALICE, BOB, 0), "unknown_asset"),
    ):
        assert ledger.status("alice", ask(stranger, step)) == status
    assert Money(ledger.executor.view()).get_transfer_rule(point) is None


@pytest.mark.parametrize(
    "method",
    ["", "m" * 65, "a b", "규칙", "_hidden", "9th", "allow\n", "a\0", "\ud83d", "a-b"],
    ids=repr,
)
def test_the_name_of_a_rule_is_one_that_a_method_can_have(method: str) -> None:
    book = Money(state.View({}))
    asset = book.create_asset(ALICE, "POINT", 0)
    with pytest.raises(Refusal) as caught:
        book.set_transfer_rule(ALICE, asset, method)
    assert caught.value.code == "bad_rule"
    assert book.get_transfer_rule(asset) is None


def test_half_a_surrogate_pair_as_a_rule_stops_nobody() -> None:
    ledger, issuer, point = open_points()
    assert ledger.status("bob", ask(issuer, ("set half a rule", point))) == "bad_rule"


def test_the_longest_name_of_a_rule_is_that_of_a_method() -> None:
    ledger, issuer, point = open_points()
    assert ledger.status("bob", ask(issuer, ("set rule", point, "m" * 64))) == "ok"
    assert ledger.status("alice", transfer(BOB, 1, point)) == "ok"


def test_the_issuer_moves_without_asking_its_own_rule_and_it_is_told() -> None:
    ledger, issuer, point = open_points(("set rule", "refuse_all"))
    record = ledger.run("bob", ask(issuer, ("move", point, ALICE, CAROL, 30)))
    (event,) = record.outcomes[0].events
    assert (event.contract, event.name) == (money.LEDGER, "moved")
    assert event.data == encode((point, ALICE, CAROL, 30))
    assert (ledger.balance(ALICE, point), ledger.balance(CAROL, point)) == (70, 30)


def test_what_is_frozen_stays_where_it_is_for_the_issuer_too() -> None:
    ledger, issuer, point = open_points(("freeze", ALICE, True))
    move = ("move", point, ALICE, CAROL, 30)
    assert ledger.status("bob", ask(issuer, move)) == "frozen"
    assert ledger.status("bob", ask(issuer, ("freeze", point, ALICE, False), move)) == "ok"


def test_the_issuer_moves_no_more_than_there_is() -> None:
    ledger, issuer, point = open_points()
    for amount, status in ((101, "insufficient_balance"), (-1, "bad_amount"), (100, "ok")):
        assert ledger.status("bob", ask(issuer, ("move", point, ALICE, BOB, amount))) == status
