"""How calls reach a contract: money, roles, schedule, other contracts, arguments, gas, loading."""

import pytest

from dure.contract.gas import STORAGE_READ, STORAGE_WRITE
from dure.contract.machine import InProcessMachine, compute_code_hash
from dure.contract.ports import Invocation, Meter, Payment, Refusal
from dure.contract.source import bundle, check_text
from dure.core.codec import encode
from dure.core.types import Amount
from tests.unit.contract.fake_ledger import Bench, asset, person
from tests.unit.contract.program_files import contract

WON = asset(9)


MONEY = """
money: Var[Asset]

@init
def open(self, money: Asset) -> None:
    self.money = money

@call(pays="money")
def put(self) -> Amount:
    return self.paid

@call
def take(self, amount: Amount) -> Amount:
    self.pay(asset=self.money, to=self.sender, amount=amount)
    return self.balance_of(self.money)

@call
@only(role="auditor")
def audit(self) -> None:
    pass

@scheduled
def close(self, number: int) -> None:
    self.pay(self.money, self.sender, Amount(0))

@call
def plan(self) -> int:
    return self.schedule(self.now + seconds(1), self.close, number=7, gas=5_000)

@call
def withdraw_plan(self, number: int) -> bool:
    return self.cancel(number)
"""


@pytest.fixture
def bench() -> Bench:
    made = Bench(contract(MONEY))
    made.ledger.balances[WON, person(1)] = 100
    made.call("init", WON)
    return made


def refusal(bench: Bench, method: str, *arguments: object, **how: object) -> tuple[str, str]:
    """Return (code, message) of the refusal of a call."""
    with pytest.raises(Refusal) as refused:
        bench.call(method, *arguments, **how)  # type: ignore[arg-type]  # options of `call`, passed on
    return refused.value.code, refused.value.message


def test_a_paying_method_sees_what_was_paid(bench: Bench) -> None:
    assert bench.call("put", pay=Payment(WON, Amount(30))) == 30
    assert bench.call("put") == 0
    assert bench.call("take", 10) == 20


def test_money_of_another_kind_is_not_accepted(bench: Bench) -> None:
    code, _ = refusal(bench, "put", pay=Payment(asset(8), Amount(0)))
    assert code == "payment_not_accepted"


def test_a_method_without_pays_accepts_no_money(bench: Bench) -> None:
    assert refusal(bench, "take", 1, pay=Payment(WON, Amount(0)))[0] == "payment_not_accepted"


def test_a_role_is_asked_of_the_ledger(bench: Bench) -> None:
    assert refusal(bench, "audit") == ("not_permitted", "not an auditor")
    bench.ledger.roles.add((bench.address, "auditor", person(1)))
    bench.call("audit")


def test_only_the_scheduler_calls_a_scheduled_method(bench: Bench) -> None:
    assert refusal(bench, "close", 7)[0] == "not_permitted"
    bench.call("close", 7, by=bench.address)


def test_a_call_is_scheduled_with_arguments_and_its_gas_is_paid(bench: Bench) -> None:
    number = bench.call("plan")
    assert bench.ledger.waiting[1] == (bench.address, 1_001_000, "close", encode((7,)), 5_000)
    assert bench.gas_used > 5_000
    assert bench.call("withdraw_plan", number) is True
    assert bench.call("withdraw_plan", number) is False


def test_inside_a_scheduled_call_the_ledger_pays_for_what_is_scheduled(bench: Bench) -> None:
    bench.call("plan")
    paid_by_the_caller = bench.gas_used
    bench.ledger.pays_for_schedules = True
    bench.call("plan")
    assert paid_by_the_caller - bench.gas_used == 5_000


def test_roles_and_holdings_may_be_asked_for() -> None:
    body = """
@view
def probe(self, asset: Asset, holder: Address) -> list[int]:
    has = 1 if self.has_role("keeper", holder) else 0
    return [has, self.holding_of(asset, holder).units]
"""
    bench = Bench(contract(body))
    bench.ledger.balances[WON, person(1)] = 100
    assert bench.call("probe", WON, person(1)) == [0, 100]
    bench.ledger.roles.add((bench.address, "keeper", person(1)))
    assert bench.call("probe", WON, person(1)) == [1, 100]


def test_a_contract_begins_once(bench: Bench) -> None:
    assert refusal(bench, "init", WON)[0] == "not_permitted"
    assert refusal(bench, "open", WON)[0] == "unknown_method"


def test_helpers_and_unknown_methods_cannot_be_called() -> None:
    bench = Bench(contract("def hidden(self) -> None:\n    pass"))
    assert refusal(bench, "hidden")[0] == "unknown_method"
    assert refusal(bench, "nothing")[0] == "unknown_method"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x90",
        b"\x91\xcc\x05",  # 5 in long form
        b"\x92\x05\x06",
        b"\x91\x05\x00",
        b"\x91\xa15",
        b"\x91\xc3",
        b"\x91\xcf\xff\xff\xff\xff\xff\xff\xff\xff",  # past 2⁶³-1
        b"\x91" * 2000,
    ],
)
def test_arguments_are_canonical_and_typed(data: bytes) -> None:
    bench = Bench(contract("@call\ndef probe(self, a: int) -> int:\n    return a"))
    call = Invocation(bench.address, "probe", data, person(1), None)
    with pytest.raises(Refusal) as refused:
        bench.machine.open(bench.ledger, Meter(100_000)).invoke(call)
    assert refused.value.code == "bad_arguments"


ORACLE = """
price: Var[int]

@call
def set(self, price: int) -> None:
    self.price = price

@call(pays="money")
def buy(self) -> Amount:
    return self.paid

@view
def current(self) -> int:
    return self.price

money: Var[Asset]

@init
def open(self, money: Asset) -> None:
    self.money = money

@call
def back(self, to: Address) -> int:
    return Caller(to).ask(self.address)
"""
CALLER_INTERFACE = "class Caller(Interface):\n    def ask(self, to: Address) -> int: ..."
PRICE = """class Price(Interface):
    @view
    def current(self) -> int: ...
    def set(self, price: int) -> None: ...
    def buy(self) -> Amount: ...
    def back(self, to: Address) -> int: ...

class Lying(Interface):
    @view
    def set(self, price: int) -> None: ...
    @view
    def current(self) -> str: ...
"""
CALLER = """
@call
def ask(self, to: Address) -> int:
    price = Price(to)
    price.set(price=42)
    return price.current() + 1

@call
def buy(self, to: Address, money: Asset) -> Amount:
    return Price(to).paying(money, Amount(5)).buy()

@call
def circle(self, to: Address) -> int:
    return Price(to).back(self.address)


@call
def lie(self, to: Address) -> None:
    Lying(to).set(1)

@call
def mistype(self, to: Address) -> str:
    return Lying(to).current()
"""


@pytest.fixture
def two() -> Bench:
    made = Bench(contract(CALLER, PRICE))
    made.add(person(201), contract(ORACLE, CALLER_INTERFACE), "Example")
    made.call("init", WON, at=person(201))
    made.ledger.balances[WON, made.address] = 20
    return made


def test_another_contract_is_called_by_its_interface(two: Bench) -> None:
    assert two.call("ask", person(201)) == 43


def test_money_goes_with_a_nested_call(two: Bench) -> None:
    assert two.call("buy", person(201), WON) == 5
    assert two.ledger.balances[WON, person(201)] == 5


def test_a_contract_is_not_entered_twice(two: Bench) -> None:
    assert refusal(two, "circle", person(201))[0] == "reentrant"


def test_a_stub_marked_view_cannot_change_another_contract(two: Bench) -> None:
    assert refusal(two, "lie", person(201))[0] == "not_permitted"


def test_a_result_of_another_type_than_the_interface_says_is_refused(two: Bench) -> None:
    assert refusal(two, "mistype", person(201))[0] == "bad_result"


def test_contracts_call_each_other_at_most_sixteen_deep() -> None:
    before = "class Next(Interface):\n    def go(self, rest: list[Address]) -> int: ..."
    body = """
@call
def go(self, rest: list[Address]) -> int:
    return 1 + Next(rest[0]).go(rest[1:]) if len(rest) > 0 else 1
"""
    bench = Bench(contract(body, before))
    others = [person(100 + i) for i in range(16)]
    for other in others:
        bench.ledger.programs[other] = bench.ledger.programs[bench.address]
    assert bench.call("go", others[:15]) == 16
    assert refusal(bench, "go", others)[0] == "too_deep"


def test_the_same_call_uses_the_same_gas_in_a_fresh_machine() -> None:
    body = """
numbers: Map[int, int]

@call
def probe(self, count: int) -> int:
    total = 0
    for i in range(count):
        self.numbers[i] = self.numbers.get(i, 0) + i
        total += self.numbers[i]
    return total
"""
    used = set()
    for _ in range(3):
        bench = Bench(contract(body))
        bench.call("probe", 50)
        used.add(bench.gas_used)
    assert len(used) == 1
    assert used.pop() > 50 * (2 * STORAGE_READ + STORAGE_WRITE)


def test_a_loop_costs_by_its_turns_and_a_branch_only_where_taken() -> None:
    body = """
@call
def probe(self, count: int) -> None:
    for i in range(count):
        if i >= 1000:
            i = i * 2
"""
    bench = Bench(contract(body))
    used = []
    for count in (0, 1, 2, 10):
        bench.call("probe", count)
        used.append(bench.gas_used)
    turn = used[1] - used[0]
    assert [gas - used[0] for gas in used] == [0, turn, 2 * turn, 10 * turn]


def test_gas_used_never_passes_the_limit() -> None:
    bench = Bench(
        contract("@call\ndef probe(self) -> None:\n    for i in range(1000000):\n        pass")
    )
    assert refusal(bench, "probe", gas=1_000)[0] == "out_of_gas"
    assert bench.gas_used == 1_000


def test_a_program_is_known_by_the_hash_of_source_and_class() -> None:
    machine = InProcessMachine()
    bundled = bundle(contract("pass"), "Example")
    assert machine.load(bundled) == compute_code_hash(bundled)
    with pytest.raises(Refusal) as refused:
        machine.load(bundle(bundled.text, "Other"))
    assert refused.value.code == "unsafe_code"


def test_loading_unsafe_code_says_the_same_whatever_is_wrong_with_it() -> None:
    """One Python reads what another cannot: which problem comes first is not the same on both."""
    messages = set()
    for text in ("x = 1.5\n", "if", "x = " + "-" * 90 + "1\n", "x = " + "+1" * 5_000 + "\n"):
        with pytest.raises(Refusal) as refused:
            InProcessMachine().load(bundle(text, "Example"))
        assert refused.value.code == "unsafe_code"
        messages.add(refused.value.message)
    assert len(messages) == 1


def test_every_problem_of_a_file_is_told_at_once() -> None:
    source = contract(
        "@call\ndef probe(self) -> None:\n    a = 1 + 'x'\n    b = unknown\n    self.x = 1"
    )
    assert [problem.rule for problem in check_text(source)] == [
        "operator",
        "unknown-name",
        "assignment-target",
    ]


def test_a_file_without_a_contract_is_refused() -> None:
    assert [problem.rule for problem in check_text("")] == ["no-contract"]


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("#" * 70_000, "too-long"),
        ("a" + ".b" * 60_000, "too-long"),
        ("X = " + "-" * 3_000 + "1", "too-deep"),
        ("X = " + "-" * 60_000 + "1", "syntax"),
        ("X = " + "(" * 5_000 + ")" * 5_000, "syntax"),
        ("X = a" + ".b" * 150, "too-deep"),
        ("X = 1\n" * 9_000, "too-many-nodes"),
        ("X = '\x00'", "syntax"),
        ("X = '\ud800'", "syntax"),
    ],
)
def test_sources_that_strain_the_parser_are_refused(source: str, rule: str) -> None:
    found = {problem.rule for problem in check_text(source)}
    assert found in ({rule}, {"syntax"})
