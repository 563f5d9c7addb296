"""New code in the place of old: what it must be able to read, and what it does first."""

import pytest

from dure.contract.bundle import Source
from dure.contract.ports import Installed, Invocation, Meter, Payment, Refusal
from dure.contract.source import bundle
from dure.contract.values import encode_arguments
from dure.core.codec import encode
from dure.core.types import Amount
from tests.unit.contract.fake_ledger import GAS_LIMIT, Bench, asset, person
from tests.unit.contract.program_files import contract

TYPES = """
class Shade(Choice):
    RED = "red"
    BLUE = "blue"

class Inner(Record):
    shade: Shade

class Pair(Record):
    left: int
    inner: list[Inner]
"""
STATE = """
total: Var[int]
pair: Var[Pair]
names: Map[str, Map[int, Pair]]
items: List[Shade] = List(limit=10)
"""


def upgrade(
    bench: Bench,
    source: str | Source,
    *arguments: object,
    payment: Payment | None = None,
    data: bytes | None = None,
) -> None:
    """Put new code in the place of the old."""
    before = bench.ledger.programs[bench.address]
    whole = source if isinstance(source, Source) else bundle(source, "Example")
    bench.ledger.programs[bench.address] = after = bench.machine.load(whole)
    if data is None:
        data = encode(arguments)
        interface = bench.machine.get_interface(after)
        if interface.migration is not None:
            data = encode_arguments(interface, "migrate", arguments, {})
    call = Invocation(bench.address, "migrate", data, person(1), payment)
    bench.machine.open(bench.ledger, Meter(GAS_LIMIT)).upgrade(call, before=before)


def refusal(bench: Bench, source: str, **how: object) -> tuple[str, str]:
    """Return (code, message) of a refused upgrade."""
    with pytest.raises(Refusal) as refused:
        upgrade(bench, source, **how)  # type: ignore[arg-type]  # options of `upgrade`, passed on
    return refused.value.code, refused.value.message


@pytest.mark.parametrize(
    ("types", "state"),
    [
        (TYPES, STATE),
        (TYPES, STATE + "more: Var[int]"),
        (TYPES, "more: Var[int]\n" + STATE),
        (TYPES, STATE.replace("limit=10", "limit=11")),
        (TYPES.replace('BLUE = "blue"', 'BLUE = "sky"\n    GREEN = "green"'), STATE),
        (TYPES.replace("Pair", "Couple"), STATE.replace("Pair", "Couple")),
        (TYPES + "class New(Record):\n    a: int", STATE + "new: Map[int, New]"),
    ],
)
def test_state_that_can_still_be_read_stays(types: str, state: str) -> None:
    bench = Bench(contract(STATE, TYPES))
    upgrade(bench, contract(state, types))


@pytest.mark.parametrize(
    ("types", "state", "message"),
    [
        (TYPES, STATE.replace("total: Var[int]", ""), "the field total is gone"),
        (TYPES, STATE.replace("total: Var[int]", "total: Var[str]"), "total"),
        (TYPES, STATE.replace("total: Var[int]", "total: Var[Time]"), "total"),
        (TYPES, STATE.replace("total: Var[int]", "total: Var[list[int]]"), "total"),
        (TYPES, STATE.replace("Map[str, Map", "Map[bytes, Map"), "names"),
        (TYPES, STATE.replace("Map[str, Map[int, Pair]]", "Map[str, Pair]"), "names"),
        (TYPES, STATE.replace("items: List[Shade]", "items: List[int]"), "items"),
        (
            TYPES,
            STATE.replace("limit=10", "limit=9"),
            "the list items may have fewer items than before",
        ),
        (
            TYPES,
            STATE.replace("items: List[Shade] = List(limit=10)", "items: Var[list[Shade]]"),
            "the field items has another type than before",
        ),
        (TYPES.replace("left: int", "left: str"), STATE, "pair"),
        (TYPES.replace("left: int", "right: int"), STATE, "pair"),
        (TYPES.replace("    left: int\n", ""), STATE, "pair"),
        (TYPES.replace("left: int", "left: int\n    more: int"), STATE, "pair"),
        (TYPES.replace('    BLUE = "blue"\n', ""), STATE, "pair"),
        (TYPES.replace('RED = "red"', 'GREEN = "green"\n    RED = "red"'), STATE, "pair"),
        (TYPES.replace("list[Inner]", "list[Shade]"), STATE, "pair"),
    ],
)
def test_state_that_could_no_longer_be_read_is_refused_by_field(
    types: str, state: str, message: str
) -> None:
    code, text = refusal(Bench(contract(STATE, TYPES)), contract(state, types))
    assert code == "incompatible_state"
    assert message in text


MONEY = """
class Won(Currency):
    "Won."

class Dollar(Currency):
    "Dollars."

class Rate(Decimal):
    places = 4

class Price(Decimal):
    places = 2
"""
MONEY_STATE = "rate: Var[Rate]\nheld: Map[Address, Amount[Won]]\nasset: Var[Asset[Won]]"


def test_a_decimal_keeps_its_places_and_may_have_another_name() -> None:
    upgrade(
        Bench(contract(MONEY_STATE, MONEY)),
        contract(MONEY_STATE.replace("Rate", "Yearly"), MONEY.replace("Rate", "Yearly")),
    )


@pytest.mark.parametrize(
    ("money", "state"),
    [
        (MONEY, MONEY_STATE.replace("Rate", "Price")),
        (MONEY.replace("places = 4", "places = 5"), MONEY_STATE),
        (MONEY, MONEY_STATE.replace("Amount[Won]", "Amount[Dollar]")),
        (MONEY, MONEY_STATE.replace("Amount[Won]", "int")),
        (MONEY, MONEY_STATE.replace("Asset[Won]", "Asset")),
    ],
)
def test_numbers_and_money_keep_what_their_units_mean(money: str, state: str) -> None:
    code, _ = refusal(Bench(contract(MONEY_STATE, MONEY)), contract(state, money))
    assert code == "incompatible_state"


MIGRATING = contract("""
total: Var[int]
doubled: Var[int]

@call
def add(self, number: int) -> None:
    self.total += number

@migrate
def fill(self, factor: int) -> None:
    self.doubled = self.total * factor

@view
def both(self) -> list[int]:
    return [self.total, self.doubled]
""")
PLAIN = contract("""
total: Var[int]

@call
def add(self, number: int) -> None:
    self.total += number
""")


def test_the_migration_fills_what_is_new() -> None:
    bench = Bench(PLAIN)
    bench.call("add", 5)
    upgrade(bench, MIGRATING, 3)
    assert bench.call("both") == [5, 15]


@pytest.mark.parametrize("name", ["fill", "migrate"])
def test_nobody_calls_a_migration(name: str) -> None:
    bench = Bench(MIGRATING)
    call = Invocation(bench.address, name, encode((3,)), person(1), None)
    running = bench.machine.open(bench.ledger, Meter(GAS_LIMIT))
    for run in (running.invoke, running.view):
        with pytest.raises(Refusal) as refused:
            run(call)
        assert refused.value.code == "unknown_method"


@pytest.mark.parametrize("data", [encode(()), encode((3, 4)), encode(("3",)), b"", b"\x91\xcc\x03"])
def test_arguments_of_a_migration_fit_it(data: bytes) -> None:
    assert refusal(Bench(PLAIN), MIGRATING, data=data)[0] == "bad_arguments"


def test_without_a_migration_there_are_no_arguments_and_no_money() -> None:
    assert refusal(Bench(PLAIN), PLAIN, data=encode((3,)))[0] == "bad_arguments"
    money = Payment(asset(9), Amount(1))
    assert refusal(Bench(PLAIN), PLAIN, payment=money)[0] == "payment_not_accepted"
    assert refusal(Bench(PLAIN), MIGRATING, data=encode((3,)), payment=money)[0] == (
        "payment_not_accepted"
    )


def test_a_stopped_contract_answers_views_only_until_it_is_repaired() -> None:
    bench = Bench(MIGRATING)
    bench.ledger.stopped.add(bench.address)
    assert bench.ledger.get_program(bench.address) == Installed(
        bench.ledger.programs[bench.address], is_stopped=True
    )
    with pytest.raises(Refusal) as refused:
        bench.call("add", 1)
    assert refused.value.code == "contract_stopped"
    assert bench.call("both") == [0, 0]
    upgrade(bench, MIGRATING, 2)
