"""Money: who may, what is refused, and that nothing is ever made or lost."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.chain import money, state
from dure.chain.money import Money, validate_conservation
from dure.chain.receipt import Outcome
from dure.chain.transaction import compute_asset_id
from dure.contract.ports import Refusal, TransferRule
from dure.core.codec import decode, encode
from dure.core.types import INT_MAX, Address, Amount, AssetId
from tests.unit.chain.ledger import ALICE, BOB, CAROL, FUNDS, WON, Ledger, ask, transfer


def refuse(action: Any, *arguments: object, **options: object) -> str:
    with pytest.raises(Refusal) as caught:
        action(*arguments, **options)
    return caught.value.code


def open_money() -> tuple[Money, AssetId]:
    book = Money(state.View({}))
    asset = book.create_asset(ALICE, "KRW", 0)
    book.mint(ALICE, asset, ALICE, 100)
    return book, asset


def test_a_transfer_moves_and_an_empty_balance_leaves_no_row() -> None:
    book, asset = open_money()
    book.transfer(asset, ALICE, BOB, 100)
    assert (book.get_balance(asset, ALICE), book.get_balance(asset, BOB)) == (0, 100)
    assert book.view.get(state.key_balance(asset, ALICE)) is None


def test_a_transfer_to_oneself_changes_nothing() -> None:
    book, asset = open_money()
    for amount in (0, 40, 100):
        book.transfer(asset, ALICE, ALICE, amount)
        assert book.get_balance(asset, ALICE) == 100
    assert refuse(book.transfer, asset, ALICE, ALICE, 101) == "insufficient_balance"


def test_impossible_transfers_are_refused() -> None:
    book, asset = open_money()
    unknown = AssetId(bytes(32))
    assert refuse(book.transfer, asset, ALICE, BOB, 101) == "insufficient_balance"
    assert refuse(book.transfer, asset, ALICE, BOB, -1) == "bad_amount"
    assert refuse(book.transfer, asset, BOB, ALICE, 1) == "insufficient_balance"
    assert refuse(book.transfer, unknown, ALICE, BOB, 0) == "unknown_asset"
    assert refuse(book.transfer, unknown, ALICE, BOB, 1) == "insufficient_balance"


def test_only_the_issuer_mints_burns_and_freezes_and_only_what_exists() -> None:
    book, asset = open_money()
    unknown = AssetId(bytes(32))
    for action in (book.mint, book.burn):
        assert refuse(action, BOB, asset, ALICE, 1) == "not_issuer"
        assert refuse(action, ALICE, unknown, ALICE, 1) == "unknown_asset"
    assert refuse(book.freeze, BOB, asset, ALICE, frozen=True) == "not_issuer"


def test_the_supply_stays_within_what_can_be_written() -> None:
    book, asset = open_money()
    assert refuse(book.mint, ALICE, asset, BOB, INT_MAX) == "overflow"
    assert refuse(book.mint, ALICE, asset, BOB, -1) == "overflow"
    book.mint(ALICE, asset, BOB, INT_MAX - 100)
    assert book.get_balance(asset, BOB) == INT_MAX - 100
    assert refuse(book.burn, ALICE, asset, ALICE, 101) == "insufficient_balance"
    book.burn(ALICE, asset, ALICE, 100)
    record = book.view.require(state.AssetRecord, state.key_asset(asset))
    assert record.supply == INT_MAX - 100


def test_a_frozen_balance_receives_and_does_not_send() -> None:
    book, asset = open_money()
    book.freeze(ALICE, asset, ALICE, frozen=True)
    assert refuse(book.transfer, asset, ALICE, BOB, 1) == "frozen"
    assert refuse(book.burn, ALICE, asset, ALICE, 1) == "frozen"
    book.mint(ALICE, asset, ALICE, 5)
    book.freeze(ALICE, asset, ALICE, frozen=False)
    book.transfer(asset, ALICE, BOB, 105)
    told = decode(Outcome, book.end_call(encode(None)))
    assert [event.name for event in told.events][-2:] == ["unfrozen", "transferred"]
    assert decode(Outcome, book.end_call(encode(None))).events == ()


def test_a_balance_that_sent_before_sends_no_more_once_it_is_frozen() -> None:
    book, asset = open_money()
    book.transfer(asset, ALICE, BOB, 1)
    book.freeze(ALICE, asset, ALICE, frozen=True)
    assert refuse(book.transfer, asset, ALICE, BOB, 1) == "frozen"
    book.transfer(asset, BOB, CAROL, 1)
    assert refuse(book.transfer, asset, ALICE, BOB, 1) == "frozen"


def test_who_is_asked_follows_the_newest_rule_of_each_asset() -> None:
    book, asset = open_money()
    other = book.create_asset(BOB, "KRW", 0)
    assert book.get_transfer_rule(asset) is None
    book.set_transfer_rule(ALICE, asset, "ask")
    for _ in range(2):
        assert book.get_transfer_rule(asset) == TransferRule(ALICE, "ask")
        assert book.get_transfer_rule(other) is None


@pytest.mark.parametrize(
    ("code", "decimals"),
    [
        ("", 0),
        ("x" * 17, 0),
        ("a b", 0),
        ("원", 0),
        ("\ud83d", 0),
        ("A\n", 0),
        ("A", -1),
        ("A", 19),
    ],
    ids=repr,
)
def test_an_asset_has_a_plain_code_and_few_decimals(code: str, decimals: int) -> None:
    book, _ = open_money()
    assert refuse(book.create_asset, ALICE, code, decimals) == "bad_asset"


def test_a_code_stands_once_an_issuer() -> None:
    book, asset = open_money()
    assert refuse(book.create_asset, ALICE, "KRW", 2) == "bad_asset"
    assert book.create_asset(BOB, "KRW", 0) != asset


def test_money_from_nowhere_is_noticed() -> None:
    book, asset = open_money()
    nothing: state.Writes = {}
    validate_conservation(nothing, book.view.top)
    for key, value in (
        (state.key_balance(asset, BOB), encode(1)),
        (state.key_balance(asset, ALICE), None),
        (state.key_asset(asset), encode(state.AssetRecord(ALICE, "KRW", 0, Amount(99), ""))),
    ):
        with pytest.raises(AssertionError, match=asset.hex()):
            validate_conservation(nothing, book.view.top | {key: value})


def test_money_moves_over_the_ledgers_door() -> None:
    ledger = Ledger()
    record = ledger.run("alice", transfer(BOB, 30), transfer(CAROL, 20))
    (event,) = record.outcomes[0].events
    assert (event.contract, event.name) == (money.LEDGER, "transferred")
    given = decode(tuple[AssetId, Address, Address, Amount], event.data)
    assert given == (WON, ALICE, BOB, 30)
    assert [ledger.balance(who) for who in (ALICE, BOB, CAROL)] == [FUNDS - 50, FUNDS + 30, 20]


HOLDERS = st.sampled_from([ALICE, BOB, CAROL])
AMOUNTS = st.integers(0, 50) | st.integers(0, 2000) | st.just(INT_MAX)


class Bank(RuleBasedStateMachine):
    """Whatever is sent, each asset's balances add up to its supply, as a plain book has them."""

    @initialize()
    def found(self) -> None:
        self.ledger = Ledger()
        self.contract = self.ledger.deploy(("create", "POINT", 2))
        self.point = compute_asset_id(self.contract, "POINT")
        self.frozen: set[bytes] = set()
        self.rule = "allow"
        self.book: dict[tuple[bytes, bytes], int] = {(WON, ALICE): FUNDS, (WON, BOB): FUNDS}

    def have(self, asset: bytes, holder: bytes) -> int:
        return self.book.get((asset, holder), 0)

    def move(self, asset: bytes, source: bytes, target: bytes, amount: int) -> None:
        self.book[asset, source] = self.have(asset, source) - amount
        self.book[asset, target] = self.have(asset, target) + amount

    @rule(
        sender=st.sampled_from(["alice", "bob"]), receiver=HOLDERS, amount=AMOUNTS, data=st.data()
    )
    def transfer(self, sender: str, receiver: Address, amount: int, data: st.DataObject) -> None:
        asset = data.draw(st.sampled_from([WON, self.point]))
        source = ALICE if sender == "alice" else BOB
        fine = amount <= self.have(asset, source)
        fee = 0
        if asset == self.point:
            fine = fine and source not in self.frozen and self.rule != "refuse_all"
            fee = amount // 10 if self.rule == "keep_a_tenth" else 0
        assert (self.ledger.status(sender, transfer(receiver, amount, asset)) == "ok") == fine
        if fine:
            self.move(asset, source, self.contract, fee)
            self.move(asset, source, receiver, amount - fee)

    @rule(method=st.sampled_from(["allow", "refuse_all", "keep_a_tenth"]))
    def set_rule(self, method: str) -> None:
        call = ask(self.contract, ("set rule", self.point, method))
        assert self.ledger.status("bob", call) == "ok"
        self.rule = method

    @rule(source=HOLDERS, receiver=HOLDERS, amount=AMOUNTS)
    def move_as_the_issuer(self, source: Address, receiver: Address, amount: int) -> None:
        fine = amount <= self.have(self.point, source) and source not in self.frozen
        call = ask(self.contract, ("move", self.point, source, receiver, amount))
        assert (self.ledger.status("bob", call) == "ok") == fine
        if fine:
            self.move(self.point, source, receiver, amount)

    @rule(receiver=HOLDERS, amount=AMOUNTS)
    def pay_and_pay_out(self, receiver: Address, amount: int) -> None:
        fine = amount <= self.have(WON, ALICE)
        call = ask(self.contract, ("transfer", WON, receiver, amount // 2), pays=amount)
        assert (self.ledger.status("alice", call) == "ok") == fine
        if fine:
            self.move(WON, ALICE, self.contract, amount)
            self.move(WON, self.contract, receiver, amount // 2)

    @rule(receiver=HOLDERS, amount=AMOUNTS, burned=AMOUNTS)
    def mint_and_burn(self, receiver: Address, amount: int, burned: int) -> None:
        supply = sum(have for (asset, _), have in self.book.items() if asset == self.point)
        fine = amount <= INT_MAX - supply and burned <= self.have(self.point, receiver) + amount
        fine = fine and receiver not in self.frozen
        steps = [("mint", self.point, receiver, amount), ("burn", self.point, receiver, burned)]
        assert (self.ledger.status("bob", ask(self.contract, *steps)) == "ok") == fine
        if fine:
            have = self.have(self.point, receiver)
            self.book[self.point, receiver] = have + amount - burned

    @rule(holder=HOLDERS, frozen=st.booleans())
    def freeze(self, holder: Address, frozen: bool) -> None:
        assert (
            self.ledger.status("bob", ask(self.contract, ("freeze", self.point, holder, frozen)))
            == "ok"
        )
        (self.frozen.add if frozen else self.frozen.discard)(holder)

    @rule(amount=st.integers(1, 50))
    def schedule_a_payment(self, amount: int) -> None:
        later = encode([["transfer", WON, CAROL, amount]])
        self.ledger.run("bob", ask(self.contract, ("schedule", 0, later, 50_000)))
        (record,) = self.ledger.commit().candidate.records
        fine = amount <= self.have(WON, self.contract)
        assert (record.receipt.status == "ok") == fine
        if fine:
            self.move(WON, self.contract, CAROL, amount)

    @invariant()
    def balances_are_as_the_book_has_them_and_add_up(self) -> None:
        state_ = self.ledger.executor.copy_state()
        held: dict[bytes, int] = {}
        for key, value in state_.items():
            if key[:1] == b"b":
                assert value is not None
                held[key[1:33]] = held.get(key[1:33], 0) + decode(Amount, value)
                assert decode(Amount, value) == self.have(key[1:33], key[33:]) > 0
        for asset in (WON, self.point):
            record = self.ledger.executor.view().require(state.AssetRecord, state.key_asset(asset))
            assert held.get(asset, 0) == record.supply
            assert record.supply == sum(v for (a, _), v in self.book.items() if a == asset)


TestBank = Bank.TestCase
TestBank.settings = settings(max_examples=25, stateful_step_count=25)
