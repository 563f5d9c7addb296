"""Estimates of sizes: never below the size, never so far above that a small value is refused."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dure.contract.interface import FieldInterface, Interface, ShapeInterface
from dure.contract.limits import VALUE_BYTES_MAX
from dure.contract.runtime.measure import (
    MEASURED_BYTES_MAX,
    build_measure,
    estimate_built_factor,
)
from dure.contract.shapes import BOOL, BYTES, INT, STR, Sort, Type, list_of
from dure.contract.wire import WireTypes
from dure.core.codec import encode
from dure.core.types import INT_MAX, INT_MIN
from tests.unit.contract.fake_ledger import Bench
from tests.unit.contract.program_files import contract

INNER = Type(Sort.RECORD, "Inner")
OUTER = Type(Sort.RECORD, "Outer")

BENCH = Bench(
    contract(
        "@view\ndef show(self, outer: Outer) -> int:\n    return outer.inner.number",
        """
class Inner(Record):
    number: int
    flag: bool

class Outer(Record):
    inner: Inner
    text: str
    inners: list[Inner]
    texts: list[str]
""",
    )
)
WIRE = WireTypes(BENCH.machine.get_interface(BENCH.ledger.programs[BENCH.address]))

numbers = st.integers(INT_MIN, INT_MAX)
inners = st.builds(WIRE.records["Inner"], numbers, st.booleans())
outers = st.builds(
    WIRE.records["Outer"], inners, st.text(), st.lists(inners), st.lists(st.text(max_size=300))
)
values = st.one_of(
    st.tuples(st.just(INT), numbers),
    st.tuples(st.just(BOOL), st.booleans()),
    st.tuples(st.just(STR), st.text()),
    st.tuples(st.just(BYTES), st.binary()),
    st.tuples(st.just(list_of(INT)), st.lists(numbers)),
    st.tuples(st.just(list_of(STR)), st.lists(st.text())),
    st.tuples(st.just(list_of(INNER)), st.lists(inners)),
    st.tuples(st.just(OUTER), outers),
    st.tuples(st.just(list_of(OUTER)), st.lists(outers)),
)


@given(values)
def test_an_estimate_is_at_least_the_size_and_at_most_nine_times(drawn: tuple[Type, Any]) -> None:
    kind, value = drawn
    size = len(encode(value))
    assert size <= build_measure(kind, WIRE)(value) <= 9 * size


def test_measuring_stops_soon_after_the_bound() -> None:
    text = "x" * 60_000
    huge = WIRE.records["Outer"](
        WIRE.records["Inner"](1, True),
        text,
        [],
        [text] * 10_000,
    )
    looked_at = 0

    def look(count: int) -> Any:
        nonlocal looked_at
        for _ in range(count):
            looked_at += 1
            yield huge

    assert build_measure(list_of(OUTER), WIRE)(look(10_000)) > MEASURED_BYTES_MAX
    assert looked_at == 1
    assert MEASURED_BYTES_MAX >= 9 * VALUE_BYTES_MAX


def test_a_byte_counts_for_what_the_smallest_values_of_its_type_take() -> None:
    assert estimate_built_factor([], WIRE) == 1
    assert estimate_built_factor([INT], WIRE) < estimate_built_factor([STR], WIRE)
    # Inner(1, True) is three bytes; in memory a reference, a head, and two references.
    assert estimate_built_factor([INNER], WIRE) >= 1 + (8 + 48 + 16) / 3
    assert estimate_built_factor([INT, OUTER], WIRE) == estimate_built_factor([OUTER], WIRE)
    assert estimate_built_factor([list_of(OUTER)], WIRE) >= estimate_built_factor([INNER], WIRE)


def test_a_record_of_records_counts_for_its_dearest_part() -> None:
    fields = {"Leaf": "bool", "Branch": "Leaf", "Tree": "Branch"}
    empty = BENCH.machine.get_interface(BENCH.ledger.programs[BENCH.address])
    shapes = {
        name: ShapeInterface(name=name, fields=(FieldInterface("part", kind),), docstring="")
        for name, kind in fields.items()
    }
    wire = WireTypes(Interface(**{**_values(empty), "records": shapes}))
    factors = [estimate_built_factor([Type(Sort.RECORD, name)], wire) for name in fields]
    assert factors == sorted(factors)
    assert factors[-1] > factors[0]


def _values(interface: Interface) -> dict[str, Any]:
    return {name: getattr(interface, name) for name in interface.__struct_fields__}
