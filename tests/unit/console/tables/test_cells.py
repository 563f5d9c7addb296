"""How values are shown, and which rows a query takes of those at hand."""

import pytest

from dure.console.tables import Cell, Column, InvalidTableQuery, Kind, Query, Row, select_rows
from dure.console.tables.kinds import get_value, show_cell

ADDRESS = "dure1" + "q" * 58


@pytest.mark.parametrize(
    ("kind", "value", "text", "href"),
    [
        (Kind.TEXT, "bank", "bank", ""),
        (Kind.TEXT, None, "\u2013", ""),
        (Kind.NUMBER, 1234567, "1\u202f234\u202f567", ""),
        (Kind.TIME, 1_700_000_000_123, "2023-11-14 22:13:20", ""),
        (Kind.HEIGHT, 7, "7", "/blocks/7"),
        (Kind.ADDRESS, ADDRESS, ADDRESS[:16] + "…", f"/accounts/{ADDRESS}"),
        (Kind.CONTRACT, ADDRESS, ADDRESS[:16] + "…", f"/contracts/{ADDRESS}"),
        (Kind.CONTRACT, None, "\u2013", ""),
        (Kind.TRANSACTION, "ab" * 32, "ab" * 8 + "…", f"/transactions/{'ab' * 32}"),
        (Kind.CONTRACT, Cell(ADDRESS, words="Escrow"), "Escrow", f"/contracts/{ADDRESS}"),
        (Kind.TEXT, Cell("x", href="/apps/x"), "x", "/apps/x"),
        (Kind.TEXT, Cell(None, words="nobody"), "nobody", ""),
        (Kind.HEIGHT, Cell(None, words="waiting"), "waiting", ""),
    ],
)
def test_a_kind_says_how_a_cell_is_shown_and_where_it_leads(
    kind: Kind, value: Cell | str | int | None, text: str, href: str
) -> None:
    shown = show_cell(kind, value)
    assert (shown.text, shown.href) == (text, href)


def test_what_is_shortened_says_the_whole() -> None:
    assert show_cell(Kind.ADDRESS, ADDRESS).title == ADDRESS
    assert show_cell(Kind.CONTRACT, Cell(ADDRESS, words="Escrow")).title == ADDRESS
    assert show_cell(Kind.TEXT, "short").title == ""


def test_a_file_holds_values_and_moments_in_a_form_for_programs() -> None:
    assert get_value(Kind.TIME, 1_700_000_000_123) == "2023-11-14T22:13:20.123Z"
    assert get_value(Kind.TIME, 2**62) == 2**62
    assert get_value(Kind.TIME, None) is None
    assert get_value(Kind.PILL, Cell("ok", words="좋음")) == "ok"


COLUMNS = (
    Column("name", "name", is_sortable=True, is_filterable=True),
    Column("size", "gas", Kind.NUMBER, is_sortable=True),
    Column("kind", "kind", is_filterable=True, choices=(("a", "block"), ("ab", "time"))),
)
ROWS: tuple[Row, ...] = (
    {"name": Cell("b1", words="Busan"), "size": 2, "kind": "a"},
    {"name": "aleppo", "size": None, "kind": "ab"},
    {"name": "Cork", "size": 10, "kind": "a"},
)


def names(query: Query) -> list[object]:
    rows = select_rows(COLUMNS, ROWS, query).rows
    return [each.value if isinstance(each, Cell) else each for each in (r["name"] for r in rows)]


def test_rows_at_hand_are_sorted_with_the_unknown_ones_last() -> None:
    assert names(Query(sort="size")) == ["b1", "Cork", "aleppo"]
    assert names(Query(sort="size", descending=True)) == ["Cork", "b1", "aleppo"]
    assert names(Query(sort="name")) == ["aleppo", "b1", "Cork"]


def test_rows_at_hand_are_filtered_by_value_and_words_and_choices() -> None:
    assert names(Query(filters={"name": "BUSAN"})) == ["b1"]
    assert names(Query(filters={"name": "b1"})) == ["b1"]
    assert names(Query(filters={"kind": "a"})) == ["b1", "Cork"]
    assert names(Query(filters={"kind": "a", "name": "cork"})) == ["Cork"]


def test_rows_at_hand_come_in_pages() -> None:
    first = select_rows(COLUMNS, ROWS, Query(limit=2))
    assert (len(first.rows), first.next, first.total) == (2, "2", 3)
    second = select_rows(COLUMNS, ROWS, Query(limit=2, cursor=first.next))
    assert (len(second.rows), second.next) == (1, None)
    assert not select_rows(COLUMNS, ROWS, Query(cursor="99")).rows
    with pytest.raises(InvalidTableQuery):
        select_rows(COLUMNS, ROWS, Query(cursor="x1"))
