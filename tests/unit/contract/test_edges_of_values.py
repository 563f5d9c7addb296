"""What callers hand in at the edges: the wrong class, too much, and JSON of another form."""

import pytest

from dure.contract.interface import build_interface
from dure.contract.language import Decimal, Duration, Time
from dure.contract.limits import ITEMS_MAX, TEXT_MAX
from dure.contract.problems import UnsafeSource
from dure.contract.source import bundle
from dure.contract.values import InvalidValue, encode_arguments, from_json
from tests.unit.contract.program_files import contract

SOURCE = contract(
    """
@call
def act(self, texts: list[str], pair: Pair, data: bytes) -> None:
    pass
""",
    "class Pair(Record):\n    left: int\n    right: int\n",
)
INTERFACE = build_interface(bundle(SOURCE, "Example"))


class Rate(Decimal):
    places = 2


def test_a_class_that_the_file_does_not_have_has_no_interface() -> None:
    with pytest.raises(UnsafeSource, match="no contract class"):
        build_interface(bundle(SOURCE, "Another"))


@pytest.mark.parametrize("texts", [["a" * TEXT_MAX] * 5, ["a" * 60] * ITEMS_MAX])
def test_arguments_are_bounded_before_they_are_sent(texts: list[str]) -> None:
    with pytest.raises(InvalidValue, match="larger than"):
        encode_arguments(INTERFACE, "act", (texts, {"left": 1, "right": 2}, b""), {})


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("Pair", {"left": 1}, "Pair with left, right"),
        ("Pair", {"left": 1, "right": 2, "third": 3}, "Pair with left, right"),
        ("bytes", "00 11", "without spaces"),
        ("bytes", "zz", "hexadecimal"),
    ],
)
def test_json_of_another_form_is_refused(kind: str, value: object, expected: str) -> None:
    with pytest.raises(InvalidValue, match=expected):
        from_json(INTERFACE, kind, value)


def test_nothing_is_null_in_json() -> None:
    assert from_json(INTERFACE, "None", None) is None


def test_numbers_and_times_of_the_language_are_ordered_and_counted_outside_of_a_chain_too() -> None:
    assert Rate("1.5") <= Rate("1.50") < Rate("2")
    assert Rate("2") >= Rate("2")
    assert Rate("2") > Rate("1.99")
    assert Duration(5) + Duration(3) - Duration(1) == Duration(7)
    assert Duration(7) // Duration(2) == 3
    assert Duration(7) // 2 == Duration(3)
    assert Time(9) - Time(4) == Duration(5)
    assert Time(9) - Duration(4) == Time(5)
