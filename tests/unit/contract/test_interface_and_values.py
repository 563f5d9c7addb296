"""The interface is read without running the source, and values survive every way out and back."""

import decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.contract.interface import (
    ConstantInterface,
    CurrencyInterface,
    DecimalInterface,
    Interface,
    build_interface,
)
from dure.contract.language import Amount, Choice, Decimal, Duration, Record, Time
from dure.contract.language.numbers import write_units
from dure.contract.problems import UnsafeSource
from dure.contract.source import bundle
from dure.contract.values import (
    InvalidValue,
    decode_arguments,
    decode_event,
    decode_result,
    encode_arguments,
    encode_result,
    from_json,
    to_json,
)
from dure.core.codec import encode
from dure.core.errors import InvalidEncoding
from dure.core.types import INT_MAX, INT_MIN
from tests.unit.contract.fake_ledger import Bench, person
from tests.unit.contract.program_files import IMPORTS

SOURCE = (
    IMPORTS
    + '''
GRACE = hours(1)
SEAL = b"\\x01"

class Won(Currency):
    """Korean won."""

class Rate(Decimal):
    """A yearly rate."""
    places = 6
    rounding = Rounding.UP

BASE = Rate("-0.035")
FEE = Won.of(3)

class Shade(Choice):
    """A colour."""
    RED = "red"
    BLUE = "blue"

class Inner(Record):
    who: Address
    shade: Shade

class Whole(Record):
    """All kinds."""
    number: int
    truth: bool
    text: str
    data: bytes
    money: Asset
    at: Time
    gap: Duration
    fee: Amount[Won]
    rate: Rate
    seal: Hash
    inner: list[Inner]

class Told(Event):
    whole: Whole
    who: Address

class Example(Contract):
    """Keeps things."""
    wholes: Map[int, Map[str, Whole]]
    count: Var[int]
    fees: Map[Hash, Map[Asset[Won], Amount[Won]]]

    @init
    def begin(self) -> None:
        pass

    @call
    def keep(self, whole: Whole, shades: list[list[Shade]]) -> Whole:
        """Keep it."""
        self.wholes[self.count]["x"] = whole
        self.emit(Told(whole, self.sender))
        return self.wholes[self.count]["x"]

    @call
    @only(role="keeper")
    def nothing(self) -> None:
        pass
'''
)
INTERFACE = build_interface(bundle(SOURCE, "Example"))

int64 = st.integers(INT_MIN, INT_MAX)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
inner = st.fixed_dictionaries(
    {"who": st.binary(min_size=32, max_size=32), "shade": st.sampled_from(["RED", "BLUE"])}
)
whole = st.fixed_dictionaries(
    {
        "number": int64,
        "truth": st.booleans(),
        "text": text,
        "data": st.binary(max_size=40),
        "money": st.binary(min_size=32, max_size=32),
        "at": st.integers(0, INT_MAX),
        "gap": int64,
        "fee": st.integers(0, INT_MAX),
        "rate": int64.map(lambda units: decimal.Decimal(write_units(units, 6))),
        "seal": st.binary(min_size=32, max_size=32),
        "inner": st.lists(inner, max_size=4),
    }
)
WHOLE: dict[str, Any] = {
    "number": 1,
    "truth": True,
    "text": "x",
    "data": b"",
    "money": bytes(32),
    "at": 5,
    "gap": 6,
    "fee": 7,
    "rate": decimal.Decimal("0.035000"),
    "seal": bytes(32),
    "inner": [{"who": person(3), "shade": "RED"}],
}


def test_the_interface_tells_methods_types_and_docstrings() -> None:
    keep = INTERFACE.methods["keep"]
    assert (keep.kind, keep.result, keep.docstring) == ("call", "Whole", "Keep it.")
    assert [(each.name, each.type) for each in keep.parameters] == [
        ("whole", "Whole"),
        ("shades", "list[list[Shade]]"),
    ]
    assert INTERFACE.methods["nothing"].roles == ("keeper",)
    assert INTERFACE.initialiser is INTERFACE.methods["begin"]
    assert INTERFACE.state == {
        "wholes": "Map[int, Map[str, Whole]]",
        "count": "int",
        "fees": "Map[Hash, Map[Asset[Won], Amount[Won]]]",
    }
    assert INTERFACE.constants["GRACE"].value == 3_600_000
    assert INTERFACE.constants["SEAL"].value == "01"
    assert INTERFACE.constants["FEE"] == ConstantInterface("FEE", "Amount[Won]", 3)
    assert INTERFACE.constants["BASE"] == ConstantInterface("BASE", "Rate", "-0.035000")
    assert INTERFACE.currencies == {"Won": CurrencyInterface("Won", "Korean won.")}
    assert INTERFACE.decimals == {"Rate": DecimalInterface("Rate", 6, "UP", "A yearly rate.")}
    assert [each.text for each in INTERFACE.choices["Shade"].members] == ["red", "blue"]


def test_the_interface_is_json() -> None:
    text_form = msgspec.json.encode(INTERFACE)
    again = msgspec.json.decode(text_form, type=Interface)
    assert msgspec.json.encode(again) == text_form


def test_an_unsafe_file_has_no_interface() -> None:
    with pytest.raises(UnsafeSource) as refused:
        build_interface(bundle("x = 1.5", "Example"))
    assert refused.value.problems[0].rule == "float"


@given(whole, st.lists(st.lists(st.sampled_from(["RED", "BLUE"]), max_size=3), max_size=3))
def test_arguments_come_back_from_their_bytes(value: dict[str, Any], shades: list[Any]) -> None:
    data = encode_arguments(INTERFACE, "keep", [value], {"shades": shades})
    assert decode_arguments(INTERFACE, "keep", data) == {"whole": value, "shades": shades}


@given(whole)
def test_results_come_back_from_their_bytes(value: dict[str, Any]) -> None:
    assert decode_result(INTERFACE, "keep", encode_result(INTERFACE, "keep", value)) == value
    with pytest.raises(InvalidValue, match="the result of keep"):
        encode_result(INTERFACE, "keep", 5)


@given(whole)
def test_values_come_back_from_json(value: dict[str, Any]) -> None:
    form = msgspec.json.decode(msgspec.json.encode(to_json(INTERFACE, "Whole", value)))
    assert from_json(INTERFACE, "Whole", form) == value


@given(whole)
def test_a_value_comes_back_from_the_contract_and_its_event(value: dict[str, Any]) -> None:
    bench = Bench(SOURCE)
    assert bench.call("keep", value, []) == value
    _, name, data = bench.ledger.events[0]
    assert decode_event(INTERFACE, name, data) == {"whole": value, "who": person(1)}


class Shade(Choice):
    RED = "red"


class Inner(Record):
    who: bytes
    shade: Shade


class Rate(Decimal):
    places = 6


class Price(Decimal):
    places = 6


def test_the_classes_of_the_language_are_welcome_as_values() -> None:
    friendly = WHOLE | {
        "at": Time(5),
        "gap": Duration(6),
        "fee": Amount(7),
        "rate": Rate("0.035"),
        "inner": [Inner(person(3), Shade.RED)],
    }
    assert encode_arguments(INTERFACE, "keep", [friendly, []], {}) == encode_arguments(
        INTERFACE, "keep", [WHOLE, []], {}
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2.000000"),
        ("-0.5", "-0.500000"),
        (decimal.Decimal("1.50"), "1.500000"),
        (decimal.Decimal("1.5000000000"), "1.500000"),
        (decimal.Decimal("1E+3"), "1000.000000"),
        (decimal.Decimal("-0"), "0.000000"),
    ],
)
def test_a_decimal_is_handed_in_in_many_forms_and_comes_back_in_one(
    value: object, text: str
) -> None:
    data = encode_arguments(INTERFACE, "keep", [WHOLE | {"rate": value}, []], {})
    found = decode_arguments(INTERFACE, "keep", data)["whole"]["rate"]
    assert (type(found), str(found)) == (decimal.Decimal, text)
    assert to_json(INTERFACE, "Rate", found) == to_json(INTERFACE, "Rate", value) == text
    assert from_json(INTERFACE, "Rate", text) == found


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("number", True, "whole.number: expected an integer"),
        ("number", 2**63, "whole.number: expected an integer"),
        ("number", "1", "whole.number: expected an integer"),
        ("at", -1, "whole.at: expected an integer from 0"),
        ("truth", 1, "whole.truth: expected a truth value"),
        ("text", b"x", "whole.text: expected text"),
        ("text", "\ud800", "whole.text: expected text of whole Unicode characters"),
        ("data", "x", "whole.data: expected at most"),
        ("money", b"x", "whole.money: expected 32 bytes"),
        ("seal", b"x", "whole.seal: expected 32 bytes"),
        ("fee", -1, "whole.fee: expected an integer from 0"),
        ("fee", Amount(-1), "whole.fee: expected an integer from 0"),
        ("fee", Time(5), "whole.fee: expected an integer from 0"),
        ("rate", "0.1234567", "whole.rate: expected a number with at most 6 places"),
        ("rate", "1e3", "whole.rate: expected a number"),
        ("rate", 0.5, "whole.rate: expected a number"),
        ("rate", True, "whole.rate: expected a number"),
        ("rate", Price("1"), "whole.rate: expected a number"),
        ("rate", 2**60, "whole.rate: expected a number"),
        ("rate", decimal.Decimal("NaN"), "whole.rate: expected a number"),
        ("rate", decimal.Decimal("Infinity"), "whole.rate: expected a number"),
        ("rate", decimal.Decimal("1e999999"), "whole.rate: expected a number"),
        ("rate", decimal.Decimal("1e-999999"), "whole.rate: expected a number"),
        ("rate", decimal.Decimal("0.0000001"), "whole.rate: expected a number"),
        ("rate", decimal.Decimal("1." + "0" * 200), "whole.rate: expected a number"),
        ("inner", {}, "whole.inner: expected a list"),
        ("inner", [{"who": bytes(32)}], "whole.inner[0]: expected Inner with who, shade"),
        (
            "inner",
            [{"who": bytes(32), "shade": "BLACK"}],
            "whole.inner[0].shade: expected one of RED",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place(field: str, value: object, words: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        encode_arguments(INTERFACE, "keep", [WHOLE | {field: value}, []], {})
    assert refused.value.message.startswith(words)


@pytest.mark.parametrize(
    ("positional", "named"),
    [([], {}), ([WHOLE], {}), ([WHOLE, [], 1], {}), ([WHOLE], {"whole": WHOLE}), ([], {"x": 1})],
)
def test_wrong_arguments_are_told_the_signature(positional: list[Any], named: Any) -> None:
    with pytest.raises(InvalidValue, match="keep takes whole: Whole, shades"):
        encode_arguments(INTERFACE, "keep", positional, named)


def test_unknown_methods_and_events_are_named() -> None:
    with pytest.raises(InvalidValue, match="has no method steal"):
        encode_arguments(INTERFACE, "steal", [], {})
    with pytest.raises(InvalidValue, match="has no event Stolen"):
        decode_event(INTERFACE, "Stolen", b"\x90")


def test_damaged_results_are_refused() -> None:
    with pytest.raises(InvalidEncoding):
        decode_result(INTERFACE, "keep", b"\x90")
    assert decode_result(INTERFACE, "nothing", encode(None)) is None
    assert encode_result(INTERFACE, "nothing", None) == encode(None)
    with pytest.raises(InvalidValue, match="expected None, not int"):
        encode_result(INTERFACE, "nothing", 5)


def test_arguments_past_the_bound_are_refused_before_they_are_built() -> None:
    long = WHOLE | {"text": "é" * 60_000}
    with pytest.raises(InvalidValue):
        encode_arguments(INTERFACE, "keep", [long | {"number": 2**70}, []], {})
    shades = [["RED"] * 10_000] * 9_000
    with pytest.raises(InvalidValue, match="larger than"):
        encode_arguments(INTERFACE, "keep", [WHOLE, shades], {})


def test_json_mistakes_are_named() -> None:
    with pytest.raises(InvalidValue, match="Asset: expected hexadecimal"):
        from_json(INTERFACE, "Asset", "zz")
    with pytest.raises(InvalidValue, match="expected text"):
        from_json(INTERFACE, "Address", 5)
    with pytest.raises(InvalidEncoding):
        from_json(INTERFACE, "Address", "dure1nonsense")
    with pytest.raises(InvalidValue, match="Rate: expected text, not int"):
        from_json(INTERFACE, "Rate", 5)
    with pytest.raises(InvalidValue, match="Rate: expected a number"):
        from_json(INTERFACE, "Rate", "0.1234567")
    for unknown in ("Nothing", "Won", "Amount[Dollar]", "int[Won]"):
        with pytest.raises(InvalidEncoding, match="has no type"):
            from_json(INTERFACE, unknown, 5)
