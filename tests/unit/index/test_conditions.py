"""Conditions from texts: each column reads what people write, and refuses the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core.address import encode_address
from dure.index import (
    Column,
    ColumnType,
    Compare,
    Condition,
    InvalidQuery,
    TableDescription,
    build_condition,
    parse_where,
    write_where,
)
from tests.unit.api.solo_chain import ALICE

RANGE = (Compare.IS, Compare.FROM, Compare.TO)
TABLE = TableDescription(
    "things",
    (
        Column("number", ColumnType.INTEGER, compares=RANGE),
        Column("at", ColumnType.TIME, compares=RANGE),
        Column("rate", ColumnType.DECIMAL, compares=RANGE, places=2),
        Column("name", ColumnType.TEXT, compares=(Compare.IS, Compare.CONTAINS)),
        Column("by", ColumnType.ADDRESS, compares=(Compare.IS,)),
        Column("digest", ColumnType.BYTES, compares=(Compare.IS,)),
        Column("done", ColumnType.BOOL, compares=(Compare.IS,)),
        Column("secret", ColumnType.TEXT),
    ),
    sort="number",
)


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("number", "-12", -12),
        ("at", "1700000000000", 1_700_000_000_000),
        ("at", "2023-11-14", 1_699_920_000_000),
        ("at", "2023-11-14T22:13:20", 1_700_000_000_000),
        ("at", "2023-11-15T07:13:20+09:00", 1_700_000_000_000),
        ("rate", "1.5", 150),
        ("rate", "-0.05", -5),
        ("name", "a,b:c\\", "a,b:c\\"),
        ("by", encode_address(ALICE.address), ALICE.address),
        ("digest", "00ff", b"\x00\xff"),
        ("done", "true", True),
        ("done", "false", False),
    ],
)
def test_texts_are_read_as_their_columns(column: str, text: str, value: object) -> None:
    expected = Condition(column, Compare.IS, value)  # type: ignore[arg-type]  # deliberately of any type
    assert build_condition(TABLE, column, "is", text) == expected
    assert parse_where(TABLE, write_where({(column, "is"): text})) == (expected,)


@pytest.mark.parametrize(
    ("column", "compare", "text"),
    [
        ("number", "is", "1.5"),
        ("number", "is", "\u0661"),
        ("number", "is", str(2**63)),
        ("number", "contains", "1"),
        ("number", "above", "1"),
        ("at", "from", "yesterday"),
        ("rate", "is", "1.555"),
        ("rate", "is", "NaN"),
        ("by", "is", "dure1qqq"),
        ("digest", "is", "0F"),
        ("digest", "is", "0"),
        ("done", "is", "yes"),
        ("secret", "is", "a"),
        ("nothing", "is", "a"),
        ("name", "is", "a" * 201),
    ],
)
def test_what_a_column_does_not_read_is_refused(column: str, compare: str, text: str) -> None:
    with pytest.raises(InvalidQuery):
        build_condition(TABLE, column, compare, text)


@given(values=st.lists(st.text(max_size=30), max_size=3))
def test_conditions_in_one_text_come_back(values: list[str]) -> None:
    columns = ["is", "contains"]
    given_ = {("name", columns[i % 2]): value for i, value in enumerate(values)}
    expected = tuple(
        Condition("name", Compare(compare), value) for (_, compare), value in given_.items()
    )
    assert parse_where(TABLE, write_where(given_)) == expected


@given(text=st.text(max_size=60))
def test_any_other_text_is_refused_by_name(text: str) -> None:
    try:
        found = parse_where(TABLE, text)
    except InvalidQuery:
        return
    assert all(each.column in {column.name for column in TABLE.columns} for each in found)


def test_texts_with_conditions_have_a_bound() -> None:
    assert parse_where(TABLE, "") == ()
    with pytest.raises(InvalidQuery, match="at most"):
        parse_where(TABLE, ",".join(["number:is:1"] * 9))
    with pytest.raises(InvalidQuery, match="characters"):
        parse_where(TABLE, "number:is:1," * 1_000)
