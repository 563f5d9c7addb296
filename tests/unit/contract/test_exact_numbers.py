"""Money, fixed-point numbers, hashes and signatures, against Python's own arithmetic."""

import decimal
import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.contract import language
from dure.contract.gas import SIGNATURE
from dure.contract.language import Currency
from dure.contract.language.numbers import (
    Decimal,
    Rounding,
    divide,
    read_units,
    write_units,
)
from dure.contract.ports import Payment, Refusal
from dure.contract.source import check_text
from dure.core.codec import encode
from dure.core.types import INT_MAX, INT_MIN, Amount
from dure.identity.keys import SigningKey
from tests.unit.contract.fake_ledger import Bench, asset, person
from tests.unit.contract.program_files import contract

WON, USD = asset(9), asset(8)
EXACT = decimal.Context(prec=200)
PYTHONS = {
    Rounding.DOWN: decimal.ROUND_DOWN,
    Rounding.UP: decimal.ROUND_UP,
    Rounding.FLOOR: decimal.ROUND_FLOOR,
    Rounding.CEILING: decimal.ROUND_CEILING,
    Rounding.HALF_UP: decimal.ROUND_HALF_UP,
    Rounding.HALF_EVEN: decimal.ROUND_HALF_EVEN,
}
int64 = st.integers(INT_MIN, INT_MAX)
small = st.integers(-50, 50)
roundings = st.sampled_from(Rounding)

BEFORE = (
    "class Won(Currency):\n    'Korean won.'\n\nclass Dollar(Currency):\n    pass\n\n"
    + "\n".join(
        f"class {each.name.title().replace('_', '')}(Decimal):\n"
        f"    places = 3\n    rounding = Rounding.{each.name}\n"
        for each in Rounding
    )
)


def run(body: str, *arguments: object) -> object:
    """Run the method `probe` of a fresh contract."""
    source = contract(body, BEFORE)
    assert check_text(source) == []
    return Bench(source).call("probe", *arguments)


def round_as_python(number: decimal.Decimal, rounding: Rounding) -> int:
    context = decimal.Context(prec=200, rounding=PYTHONS[rounding])
    return int(number.to_integral_value(context=context))


@given(st.one_of(int64, small), st.one_of(int64, small).filter(bool), roundings)
def test_division_rounds_as_python_does(above: int, below: int, rounding: Rounding) -> None:
    # 200 digits tell any quotient of 64 bits from a half.
    quotient = EXACT.divide(decimal.Decimal(above), decimal.Decimal(below))
    assert divide(above, below, rounding) == round_as_python(quotient, rounding)


@given(int64, st.integers(0, 18))
def test_a_number_written_out_is_read_back(units: int, places: int) -> None:
    text = write_units(units, places)
    assert read_units(text, places) == units
    assert decimal.Decimal(text).scaleb(places, EXACT) == units
    assert len(text.partition(".")[2]) == places


@pytest.mark.parametrize(
    "text", ["", "+1", "1.", ".5", "01", "1e3", "1_0", " 1", "1\n", "\u0661", "--1"]
)
def test_what_is_no_number_written_out_is_not_read(text: str) -> None:
    assert read_units(text, 6) is None


ALL = """
@view
def probe(self, a: {kind}, b: {kind}, n: int) -> list[{kind}]:
    return [a + b, a - b, -a, a * 2, a * b, a.divided_by(n), {kind}.ratio(n, 7), max(a, b)]
"""


def build(rounding: Rounding) -> Bench:
    kind = rounding.name.title().replace("_", "")
    return Bench(contract(ALL.format(kind=kind), BEFORE))


BENCHES = {rounding: build(rounding) for rounding in Rounding}
THOUSANDTHS = st.one_of(small, st.integers(-(10**9), 10**9))


@given(
    THOUSANDTHS, THOUSANDTHS, st.one_of(small, st.integers(-(10**9), 10**9)).filter(bool), roundings
)
def test_the_machine_computes_as_pythons_decimal(
    a: int, b: int, n: int, rounding: Rounding
) -> None:
    x, y = (decimal.Decimal(units).scaleb(-3) for units in (a, b))
    exact = [
        x + y,
        x - y,
        -x,
        x * 2,
        EXACT.multiply(x, y),
        EXACT.divide(x, decimal.Decimal(n)),
        EXACT.divide(decimal.Decimal(n), decimal.Decimal(7)),
        max(x, y),
    ]
    expected = [round_as_python(each.scaleb(3, EXACT), rounding) for each in exact]
    found = BENCHES[rounding].call("probe", x, y, n)
    assert isinstance(found, list)
    assert [int(each.scaleb(3)) for each in found] == expected


class Share(Decimal):
    places = 3
    rounding = Rounding.HALF_UP


class Fine(Decimal):
    places = 5


BOTH_WAYS = """
@view
def probe(self, a: HalfUp, n: int) -> list[int]:
    fine = Fine.round(a)
    back = HalfUp.round(fine * 3)
    return [a.scale(n), (a * fine).units, back.units, a.divided_by(Fine("0.7")).units]
"""
FINE = BEFORE + "\nclass Fine(Decimal):\n    places = 5\n"
TWO = Bench(contract(BOTH_WAYS, FINE))


@given(THOUSANDTHS, THOUSANDTHS)
def test_the_language_classes_compute_as_the_machine(a: int, n: int) -> None:
    share = Share.from_units(a)
    fine = Fine.round(share)
    own = [
        share.scale(n),
        (share * fine).units,
        Share.round(fine * 3).units,
        share.divided_by(Fine("0.7")).units,
    ]
    assert TWO.call("probe", decimal.Decimal(str(share)), n) == own


def test_amounts_are_shared_out_compared_and_summed() -> None:
    body = """
@view
def probe(self, price: Amount[Won], n: int) -> list[int]:
    third = price // 3
    rest = price % 3
    whole = sum([third, third, third], rest)
    most = max(price, Won.of(5)) + min([price, third])
    interest = price * HalfUp("0.035")
    more = price if price > Won.of(3) and price in [price] else Won.of(0)
    least = sorted([price, third])[0] * n
    numbers = [third.units, rest.units, whole.units, most.units, interest.units]
    return numbers + [price // Won.of(2), more.units, least.units]
"""
    assert run(body, 100, -1) == [33, 1, 100, 133, 4, 50, 100, -33]


def test_a_field_never_set_reads_as_no_money_and_the_number_zero() -> None:
    body = """
fund: Var[Amount]
price: Var[Amount[Won]]
rate: Var[Floor]

@view
def probe(self) -> bool:
    return self.fund == Amount(0) and self.price == Won.of(0) and self.rate == Floor("0")
"""
    assert run(body) is True


def test_constants_of_money_and_numbers_are_worked_out_by_the_checker() -> None:
    constants = """
FEE = Won.of(3)
FEES: Amount[Won] = FEE * 2 + Won.of(4) - FEE
PRICE = Amount(2 ** 10)
BASE = HalfUp("0.5")
RATE = BASE + HalfUp("0.25") - HalfUp("1") * 2
AGAINST = -RATE
"""
    body = """
@view
def probe(self) -> list[int]:
    return [FEES.units, PRICE.units, RATE.units, AGAINST.units]
"""
    source = contract(body, BEFORE + constants)
    assert check_text(source) == []
    assert Bench(source).call("probe") == [7, 1024, -1250, 1250]


MONEY = """
won: Var[Asset[Won]]
usd: Var[Asset[Dollar]]
fund: Var[Amount[Won]]

@init
def begin(self, won: Asset[Won], usd: Asset[Dollar]) -> None:
    self.won = won
    self.usd = usd

@call(pays="won")
def put(self) -> Amount[Won]:
    self.fund += self.paid
    return self.fund

@call
def change(self, who: Address, fee: Amount[Dollar]) -> list[Amount[Dollar]]:
    self.pay(self.usd, who, fee)
    return [self.balance_of(self.usd), self.holding_of(asset=self.usd, holder=who)]

@call
def found(self, who: Address) -> list[Amount[Won]]:
    self.won = self.create_asset("KRW", 0)
    self.mint(self.won, self.sender, Won.of(50))
    self.move(self.won, self.sender, who, Won.of(20))
    self.burn(self.won, who, Won.of(5))
    return [self.holding_of(self.won, self.sender), self.holding_of(self.won, who)]

@view
def knows(self, role: str, who: Address) -> bool:
    return self.has_role(role, who)
"""


@pytest.fixture
def bench() -> Bench:
    made = Bench(contract(MONEY, BEFORE))
    made.ledger.balances |= {(WON, person(1)): 100, (USD, made.address): 70}
    made.call("init", WON, USD)
    return made


def test_money_of_named_currencies_moves(bench: Bench) -> None:
    assert bench.call("put", pay=Payment(WON, Amount(30))) == 30
    assert bench.call("put", pay=Payment(WON, Amount(12))) == 42
    assert bench.call("change", person(2), 25) == [45, 25]
    assert bench.call("found", person(3)) == [30, 15]


def test_a_contract_asks_who_holds_a_role(bench: Bench) -> None:
    assert bench.call("knows", "auditor", person(2)) is False
    bench.ledger.roles.add((bench.address, "auditor", person(2)))
    assert bench.call("knows", "auditor", person(2)) is True


def test_only_the_issuer_moves_others_money() -> None:
    body = """
@call
def probe(self, money: Asset, source: Address, to: Address) -> None:
    self.move(money, source, to, Amount(1))
"""
    with pytest.raises(Refusal) as refused:
        run(body, WON, person(1), person(2))
    assert refused.value.code == "not_issuer"


HASHES = """
seals: Map[Hash, int]
last: Var[Hash]

@call
def probe(self, number: int, text: str, price: Amount[Won], rate: Floor, who: Address) -> bytes:
    data = encode(number, text, price, rate, who, [number, 7], Pair(1, text), Shade.RED, self.now)
    seal = sha256(data)
    self.seals[seal] = number
    self.last = seal
    require(self.seals[self.last] == number and seal == self.last, "the same")
    require(seal.hex() == sha256(data).hex() and text.encode().hex() != "", "the same text")
    return data

@view
def newest(self) -> Hash:
    return self.last

@view
def signed(self, key: bytes, message: bytes, signature: bytes) -> bool:
    return verify_ed25519(key, message=message, signature=signature)
"""
SHAPES = """
class Pair(Record):
    number: int
    text: str

class Shade(Choice):
    RED = "red"
"""


@pytest.fixture
def hashes() -> Bench:
    return Bench(contract(HASHES, BEFORE + SHAPES))


def test_values_are_encoded_and_hashed_as_anybody_else_would(hashes: Bench) -> None:
    data = hashes.call("probe", -5, "é", 3, "0.035", person(4))
    parts = (-5, "é", 3, 35, person(4), [-5, 7], [1, "é"], "RED", hashes.ledger.time)
    assert data == encode(parts)
    assert hashes.call("newest") == hashlib.sha256(encode(parts)).digest()


SIGNER = SigningKey(bytes(32))
SIGNED = SIGNER.sign(b"message")
IDENTITY = (1).to_bytes(32, "little")


@pytest.mark.parametrize(
    ("key", "message", "signature", "expected"),
    [
        (SIGNER.public, b"message", SIGNED, True),
        (SIGNER.public, b"massage", SIGNED, False),
        (SIGNER.public, b"message", SIGNED[:-1] + b"\0", False),
        (SIGNER.public, b"message", SIGNED + b"\0", False),
        (SIGNER.public, b"message", b"", False),
        (SIGNER.public[:-1], b"message", SIGNED, False),
        (SIGNER.public + b"\0", b"message", SIGNED, False),
        (b"", b"", b"", False),
        (IDENTITY, b"message", IDENTITY + bytes(32), False),
        ((2**255 - 18).to_bytes(32, "little"), b"message", IDENTITY + bytes(32), False),
        ((1 + 2**255).to_bytes(32, "little"), b"message", IDENTITY + bytes(32), False),
    ],
)
def test_a_signature_is_valid_only_of_the_key_and_the_message(
    hashes: Bench, key: bytes, message: bytes, signature: bytes, expected: object
) -> None:
    assert hashes.call("signed", key, message, signature) is expected
    assert hashes.gas_used > SIGNATURE


class Won(Currency):
    """Korean won."""


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 1_000), THOUSANDTHS)
def test_amounts_of_the_language_compute_as_integers(a: int, b: int, n: int, units: int) -> None:
    x, y, share = Won.of(a), Won.of(b), Share.from_units(units)
    assert (x + y).units == a + b
    assert (x - y).units == a - b
    assert (x * n).units == a * n
    assert (x // n).units * n + (x % n).units == a
    assert Won.of(a * n) // Won.of(n) == a
    assert (x * share).units == share.scale(a)
    assert max(x, y) == Won.of(max(a, b))


@given(THOUSANDTHS, THOUSANDTHS)
def test_numbers_of_the_language_compare_and_add_as_their_units(a: int, b: int) -> None:
    x, y = Share.from_units(a), Share.from_units(b)
    assert x + y - y == x
    assert -x == Share.from_units(-a)
    assert (x < y, x >= y, x == y) == (a < b, a >= b, a == b)
    assert hash(x) == hash(Share(str(x)))
    assert x.divided_by(1) == x * 1 == x * Share("1") == x
    assert repr(x) == f"Share('{x}')"
    assert x != Fine.from_units(a)


def test_a_number_of_the_language_has_no_more_digits_than_places() -> None:
    assert Share("-0.035").units == -35
    with pytest.raises(ValueError, match="at most 3 places"):
        Share("0.0355")
    with pytest.raises(ZeroDivisionError):
        Share.ratio(1, 0)


def test_what_needs_a_chain_does_not_run_without_one() -> None:
    ledgerless: list[Callable[[], object]] = [
        lambda: language.encode(1),
        lambda: language.sha256(b""),
        lambda: language.verify_ed25519(b"", b"", b""),
        language.Asset,
    ]
    for each in ledgerless:
        with pytest.raises(NotImplementedError, match="runs on a chain"):
            each()
