"""Transfer rules: a contract is asked before its asset moves, and may keep a fee."""

from collections.abc import Callable

import pytest

from dure.contract.ports import Invocation, Meter, Refusal, TransferOrder
from dure.contract.source import bundle
from dure.core.types import Address, AssetId
from dure.core.types import Amount as Units
from tests.unit.contract.fake_ledger import GAS_LIMIT, Bench, person
from tests.unit.contract.program_files import contract

ISSUER, SHOP, GATE = person(200), person(201), person(202)
BUYER, BLOCKED = person(1), person(2)

ISSUER_SOURCE = contract(
    """
money: Var[Asset]
fee: Var[int]
way: Var[str]
gate: Var[Address]
blocked: Map[Address, bool]

@init
def begin(self, gate: Address, fee: int, way: str) -> None:
    self.money = self.create_asset("PTS", 0)
    self.set_transfer_rule(self.money, self.ask)
    self.gate = gate
    self.fee = fee
    self.way = way

@transfer_rule
def ask(self, source: Address, target: Address, amount: Amount) -> Amount:
    require(not self.blocked.get(source, False), "the holder is blocked")
    require(self.way == "deep" or self.sender == source, "whose money moves is who asks")
    if self.way == "gate":
        Gate(self.gate).passes(self.address)
    if self.way == "deep":
        return Gate(self.gate).deeper(self.address, source, target, amount)
    if self.way == "over":
        return amount + Amount(1)
    return amount * self.fee // 100

@call
def issue(self, to: Address, amount: Amount) -> None:
    self.mint(self.money, to, amount)

@call
def spend(self, to: Address, amount: Amount) -> None:
    self.pay(self.money, to, amount)

@call
def block(self, holder: Address) -> None:
    self.blocked[holder] = True

@call
def seize(self, holder: Address, amount: Amount) -> None:
    self.move(self.money, holder, self.address, amount)

@call
def detour(self, shop: Address, amount: Amount) -> Amount:
    return Shop(shop).paying(self.money, amount).take()

@view
def asset(self) -> Asset:
    return self.money

@view
def held(self, holder: Address) -> Amount:
    return self.holding_of(self.money, holder)
""",
    """
class Gate(Interface):
    @view
    def passes(self, asker: Address) -> bool: ...

    @view
    def deeper(
        self, issuer: Address, source: Address, target: Address, amount: Amount
    ) -> Amount: ...

class Shop(Interface):
    @call
    def take(self) -> Amount: ...
""",
)
SHOP_SOURCE = contract(
    """
money: Var[Asset]
got: Var[Amount]

@init
def begin(self, money: Asset) -> None:
    self.money = money

@call(pays="money")
def take(self) -> Amount:
    self.got = self.paid
    return self.paid

@call
def give(self, to: Address, amount: Amount) -> None:
    self.pay(self.money, to, amount)

@view
def last(self) -> Amount:
    return self.got
"""
)
GATE_SOURCE = contract(
    """
count: Var[int]

@call
def passes(self, asker: Address) -> bool:
    self.count += 1
    return True

@view(reentrant=True)
def deeper(self, issuer: Address, source: Address, target: Address, amount: Amount) -> Amount:
    return Rule(issuer).ask(source, target, amount)
""",
    """
class Rule(Interface):
    @view
    def ask(self, source: Address, target: Address, amount: Amount) -> Amount: ...
""",
)


def build(fee: int = 10, way: str = "") -> tuple[Bench, AssetId]:
    """Return an issuer whose money is asked for, a shop that takes it, and the asset."""
    bench = Bench(ISSUER_SOURCE, address=ISSUER)
    bench.add(SHOP, SHOP_SOURCE)
    bench.add(GATE, GATE_SOURCE)
    bench.call("init", GATE, fee, way)
    (asset,) = bench.ledger.issuers
    bench.call("init", asset, at=SHOP)
    bench.call("issue", BUYER, 1_000)
    return bench, asset


def transfer(bench: Bench, asset: AssetId, amount: int, source: Address = BUYER) -> int:
    """Move money as a transaction does."""
    order = TransferOrder(asset, source, SHOP, Units(amount))
    meter = Meter(GAS_LIMIT)
    arrived = bench.machine.open(bench.ledger, meter).transfer(order)
    bench.gas_used = meter.used
    return arrived


def refusal(run: Callable[[], object]) -> tuple[str, str]:
    """Return (code, message)."""
    with pytest.raises(Refusal) as refused:
        run()
    return refused.value.code, refused.value.message


def test_the_fee_stays_with_the_issuer_and_the_rest_arrives() -> None:
    bench, asset = build(fee=10)
    assert transfer(bench, asset, 500) == 450
    held = [bench.ledger.get_balance(asset, who) for who in (BUYER, SHOP, ISSUER)]
    assert held == [500, 450, 50]
    assert bench.gas_used > 100


def test_an_asset_without_a_rule_moves_whole() -> None:
    bench, asset = build()
    del bench.ledger.rules[asset]
    assert transfer(bench, asset, 500) == 500
    assert bench.gas_used == 0


@pytest.mark.parametrize(("fee", "arrived"), [(0, 1_000), (100, 0)])
def test_nothing_and_everything_are_fees(fee: int, arrived: int) -> None:
    bench, asset = build(fee)
    assert transfer(bench, asset, 1_000) == arrived


def test_a_rule_refuses_by_its_own_words() -> None:
    bench, asset = build()
    bench.call("block", BUYER)
    assert refusal(lambda: transfer(bench, asset, 1)) == ("refused", "the holder is blocked")


def test_more_than_the_amount_is_no_fee() -> None:
    bench, asset = build(way="over")
    assert refusal(lambda: transfer(bench, asset, 1))[0] == "bad_fee"


def test_a_negative_fee_never_leaves_the_rule() -> None:
    bench, asset = build(fee=-10)
    assert refusal(lambda: transfer(bench, asset, 100))[0] == "overflow"


def test_what_contracts_pay_goes_by_the_rule_too() -> None:
    bench, asset = build(fee=10)
    transfer(bench, asset, 1_000)
    bench.call("give", BUYER, 100, at=SHOP)
    assert bench.ledger.get_balance(asset, BUYER) == 90
    bench.call("block", SHOP)
    assert refusal(lambda: bench.call("give", BUYER, 100, at=SHOP))[0] == "refused"


def test_a_called_contract_is_told_what_arrived() -> None:
    bench, asset = build(fee=10)
    bench.call("issue", ISSUER, 100)
    assert bench.call("detour", SHOP, 100) == 90
    assert bench.call("last", at=SHOP) == 90
    assert bench.ledger.get_balance(asset, ISSUER) == 10


def test_the_issuer_is_asked_in_the_middle_of_its_own_call() -> None:
    bench, _ = build(fee=10)
    bench.call("issue", ISSUER, 100)
    bench.call("spend", SHOP, 100)
    assert bench.call("held", SHOP) == 90


def test_the_issuer_moves_its_asset_without_being_asked() -> None:
    bench, _ = build(fee=10)
    bench.call("block", BUYER)
    bench.call("seize", BUYER, 1_000)
    assert bench.call("held", ISSUER) == 1_000


def test_a_rule_only_reads_whatever_it_calls() -> None:
    bench, asset = build(way="gate")
    assert refusal(lambda: transfer(bench, asset, 1))[0] == "not_permitted"


def test_a_rule_that_asks_itself_through_others_ends() -> None:
    bench, asset = build(way="deep")
    assert refusal(lambda: transfer(bench, asset, 1))[0] == "too_deep"


def test_a_rule_is_paid_from_the_same_meter() -> None:
    bench, asset = build()
    order = TransferOrder(asset, BUYER, SHOP, Units(1))
    running = bench.machine.open(bench.ledger, Meter(150))
    assert refusal(lambda: running.transfer(order))[0] == "out_of_gas"


def test_a_rule_may_be_asked_beforehand_as_a_view() -> None:
    bench, _ = build(fee=10)
    assert bench.call("ask", BUYER, SHOP, 500, by=BUYER) == 50


def test_a_stopped_issuers_money_still_moves_by_its_rule() -> None:
    bench, asset = build(fee=10)
    bench.ledger.stopped.add(ISSUER)
    assert transfer(bench, asset, 100) == 90


def test_an_upgrade_keeps_the_rule() -> None:
    bench, _ = build()
    before = bench.ledger.programs[ISSUER]
    without = ISSUER_SOURCE.replace("@transfer_rule", "@view").replace(
        "self.set_transfer_rule(self.money, self.ask)", "self.fee = 0"
    )
    bench.ledger.programs[ISSUER] = bench.machine.load(bundle(without, "Example"))
    call = Invocation(ISSUER, "migrate", b"\x90", BUYER, None)
    running = bench.machine.open(bench.ledger, Meter(GAS_LIMIT))
    assert refusal(lambda: running.upgrade(call, before=before)) == (
        "incompatible_state",
        "the transfer rule ask is gone",
    )
