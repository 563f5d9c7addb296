"""A stored key is shown as the place in the source that it belongs to."""

import pytest

from dure.contract.interface import build_interface
from dure.contract.shapes import Type
from dure.contract.source import bundle
from dure.contract.tracing.places import find_place, render_value
from dure.core.address import encode_address
from dure.core.codec import encode
from tests.unit.contract.fake_ledger import person
from tests.unit.contract.program_files import contract

INTERFACE = build_interface(
    bundle(
        contract(
            """
total: Var[int]
by_name: Map[str, int]
deep: Map[Address, Map[int, Pair]]
items: List[str] = List(limit=5)

@call
def act(self) -> None:
    pass
""",
            "class Pair(Record):\n    left: int\n    right: Address\n",
        ),
        "Example",
    )
)
ANN = person(7)


@pytest.mark.parametrize(
    ("key", "field", "keys", "stored", "shown"),
    [
        (("total",), "total", (), 5, 5),
        (("by_name", "a"), "by_name", ("a",), -1, -1),
        (
            ("deep", ANN, 3),
            "deep",
            (encode_address(ANN), 3),
            (1, ANN),
            {"left": 1, "right": encode_address(ANN)},
        ),
        (("items", 2), "items", (2,), "x", "x"),
        (("items",), "items", (), 3, 3),
    ],
)
def test_a_place_is_named(
    key: tuple[object, ...], field: str, keys: tuple[object, ...], stored: object, shown: object
) -> None:
    place = find_place(INTERFACE, encode(key))
    assert place is not None
    assert (place.field, place.keys) == (field, keys)
    assert isinstance(place.kind, Type)
    assert render_value(INTERFACE, place.kind, encode(stored)) == shown


@pytest.mark.parametrize("key", [(), ("nothing",), ("total", 1), ("by_name",), ("items", "x")])
def test_a_key_of_no_field_has_no_place(key: tuple[object, ...]) -> None:
    assert find_place(INTERFACE, encode(key)) is None
