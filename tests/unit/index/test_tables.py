"""Tables of applications: whatever happened on the way, they say what a fresh index would say."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dure.core.errors import ConfigurationError, NotFound
from dure.core.types import Height
from dure.index import (
    LIMIT_MAX,
    ApplicationTables,
    ColumnType,
    Compare,
    Condition,
    Index,
    Query,
    Table,
    TableColumn,
    Told,
)
from dure.index.tables import build_default_tables
from tests.unit.api.solo_chain import ALICE
from tests.unit.index.shop import CLOSINGS, PARTING, TABLES, THINGS, Branch, build_branches

BRANCHES = build_branches()
LENGTH = len(BRANCHES[0].rows)


def open_index(folder: Path, tables: Sequence[ApplicationTables] = TABLES) -> Index:
    return Index(f"sqlite:///{folder}/i.db", BRANCHES[0].chain.executor.chain_id, tables)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with closing(open_index(tmp_path)) as opened:
        BRANCHES[0].take(opened, 0, LENGTH)
        yield opened


def dump(index: Index) -> list[object]:
    """Return every list, and what becomes of accounts when all blocks are settled."""
    while index.settle():
        pass
    return [
        index.lists.read(table, Query(limit=LIMIT_MAX)) for table in index.lists.describe_tables()
    ]


def list_things(index: Index, **asked: Any) -> list[dict[str, Any]]:
    """Return the things that are known, by their numbers."""
    page = index.lists.list_table("shop", "things", Query(sort="item", descending=False, **asked))
    return [dict(row.cells) for row in page.rows]


class Walk:
    """An index that goes forth and back on two branches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = open_index(folder)
        self.branch = BRANCHES[0]
        self.height = -1

    def forth(self, blocks: int) -> None:
        """Take in some blocks at once; some of them may be here already."""
        start = max(0, self.height)
        end = min(LENGTH, self.height + 1 + blocks)
        self.branch.take(self.index, start, end)
        self.height = end - 1

    def back(self, blocks: int) -> None:
        """Take some blocks back, the oldest of them named."""
        oldest = max(0, self.height - blocks + 1)
        if blocks and self.height >= 0:
            self.index.retract(Height(oldest), self.branch.rows[oldest].block_id)
            self.height = oldest - 1

    def switch(self, _blocks: int) -> None:
        """Go over to the other branch."""
        self.back(max(0, self.height - PARTING))
        if self.height <= PARTING:
            self.branch = BRANCHES[1 - BRANCHES.index(self.branch)]

    def settle(self, blocks: int) -> None:
        """Gather accounts from what is there."""
        for _ in range(blocks):
            self.index.settle()

    def restart(self, _blocks: int) -> None:
        """Close and open the index."""
        self.index.close()
        self.index = open_index(self.folder)

    def rebuild(self, _blocks: int) -> None:
        """Begin anew."""
        self.index.rebuild()
        self.height = -1


steps = st.lists(
    st.tuples(
        st.sampled_from([Walk.forth, Walk.forth, Walk.back, Walk.switch, Walk.settle, Walk.restart])
        | st.just(Walk.rebuild),
        st.integers(1, 6),
    ),
    min_size=1,
    max_size=14,
)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """One file for all walks: each begins by emptying it."""
    made = Walk(tmp_path_factory.mktemp("walk"))
    yield made
    made.index.close()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[list[list[object]]]:
    """What a fresh index says at each height of each branch, read block by block."""
    said: list[list[list[object]]] = []
    for number, branch in enumerate(BRANCHES):
        with closing(open_index(tmp_path_factory.mktemp(f"fresh-{number}"))) as index:
            said.append([dump(index)])
            for height in range(LENGTH):
                branch.take(index, height, height + 1)
                said[number].append(dump(index))
    return said


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps)
def test_whatever_happened_lists_say_what_a_fresh_index_says(
    walk: Walk, expected: list[list[list[object]]], steps: list[tuple[Any, int]]
) -> None:
    walk.rebuild(0)
    walk.forth(3)
    for step, blocks in steps:
        step(walk, blocks)
    assert dump(walk.index) == expected[BRANCHES.index(walk.branch)][walk.height + 1]


def test_a_thing_has_one_row_with_all_that_was_told_of_it(index: Index) -> None:
    one, two, three, four, five = list_things(index)
    assert (one["label"], one["price"], one["state"]) == ("one", 10, "SOLD")
    assert (one["taken"], one["rate"]) == (10 + 100 + 1 + 1 + 1, 125)
    assert (one["tags"], one["mood"], one["cheap"]) == ('["a", "b"]', "BAD", True)
    assert one["by"] == ALICE.address
    assert (one["row_events"], one["row_event"], one["row_first_height"]) == (7, "Sold", 2)
    assert two["tags"] == "[]"
    assert (three["label"], three["taken"]) == (None, 1 + 102)
    assert (four["label"], four["floor"]) == ("of 100", None)
    # The upgrade stands between them, in the same block: a label is no text any more.
    assert (five["label"], five["floor"], five["row_height"]) == (None, 3, PARTING + 1)


def test_each_event_of_a_table_without_key_is_a_row(index: Index) -> None:
    page = index.lists.list_table("shop", "closings", Query())
    assert [row.cells["reason"] for row in page.rows] == ["for good 100", "holidays"]
    assert page.total == 2


def test_a_block_taken_back_leaves_what_stood_there_before(index: Index) -> None:
    before = list_things(index)
    branch = BRANCHES[0]
    index.retract(Height(3), branch.rows[3].block_id)
    one, two = list_things(index)
    assert (one["state"], one["taken"], one["row_events"]) == ("OPEN", None, 1)
    assert (two["state"], two["mood"]) == ("OPEN", None)
    branch.take(index, 3, LENGTH)
    assert list_things(index) == before


def test_other_tables_empty_the_index(tmp_path: Path) -> None:
    with closing(open_index(tmp_path)) as index:
        BRANCHES[0].take(index, 0, LENGTH)
    with closing(open_index(tmp_path)) as same:
        assert same.get_head() is not None
    with closing(open_index(tmp_path, (ApplicationTables("shop", (CLOSINGS,)),))) as other:
        assert other.get_head() is None
        with pytest.raises(NotFound):
            other.lists.list_table("shop", "things", Query())


def test_tables_of_an_interface_tell_all_that_its_events_tell(tmp_path: Path) -> None:
    made = build_default_tables([BRANCHES[0].shop.interface])
    assert [table.name for table in made] == ["threads", "opened", "sold", "tagged", "closed"]
    threads = made[0]
    assert threads.key == ("item",)
    assert [column.name for column in threads.columns] == [
        *("item", "by", "label", "price", "at", "amount", "rate", "tags", "mood", "cheap")
    ]
    with closing(open_index(tmp_path, (ApplicationTables("shop", made),))) as index:
        BRANCHES[0].take(index, 0, PARTING + 1)
        query = Query(sort="item", descending=False)
        rows = index.lists.list_table("shop", "threads", query).rows
        assert [(row.cells["item"], row.cells["row_event"]) for row in rows] == [
            *((1, "Tagged"), (2, "Tagged"), (3, "Sold"))
        ]
        assert index.lists.list_table("shop", "opened", Query()).total == 2


def test_a_contract_of_another_class_has_no_rows(tmp_path: Path) -> None:
    tables = (ApplicationTables("shop", (Table("things", "Store", THINGS.columns, THINGS.tells),)),)
    with closing(open_index(tmp_path, tables)) as index:
        BRANCHES[0].take(index, 0, LENGTH)
        assert index.lists.list_table("shop", "things", Query()).total == 0


def test_keys_of_several_fields_and_long_ones_stay_apart(tmp_path: Path) -> None:
    columns = (TableColumn("label", ColumnType.TEXT), TableColumn("by", ColumnType.ADDRESS))
    table = Table("pairs", "Shop", columns, (Told("Opened"),), key=("label", "by"))
    with closing(open_index(tmp_path, (ApplicationTables("shop", (table,)),))) as index:
        BRANCHES[0].take(index, 0, LENGTH)
        rows = index.lists.list_table("shop", "pairs", Query(sort="label", descending=False)).rows
        assert [row.cells["label"] for row in rows] == ["of 100", "one", "two"]
        key = rows[1].cells["row_key"]
        assert isinstance(key, str)
        assert key.startswith("one|dure1")
        found = Query(conditions=(Condition("row_key", Compare.IS, key),))
        assert len(index.lists.list_table("shop", "pairs", found).rows) == 1


TEXT = TableColumn("label", ColumnType.TEXT)


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("small letters", {"name": "Things"}),
        ("small letters", {"name": "a" * 41}),
        ("columns", {"columns": ()}),
        ("columns", {"columns": tuple(TableColumn(f"c{i}", ColumnType.TEXT) for i in range(61))}),
        ("row_", {"columns": (TableColumn("row_key", ColumnType.TEXT),)}),
        ("row_", {"columns": (TableColumn("a; DROP TABLE blocks", ColumnType.TEXT),)}),
        ("capital", {"columns": (TEXT, TableColumn("Label", ColumnType.TEXT))}),
        ("key", {"key": ("item",)}),
        ("no event", {"tells": ()}),
        ("twice", {"tells": (Told("Opened"), Told("Opened"))}),
        ("not there", {"tells": (Told("Opened", takes={"item": "item"}),)}),
        ("added up", {"tells": (Told("Opened", adds={"label": "price"}),)}),
        ("fixed value", {"tells": (Told("Opened", sets={"label": 5}),)}),
    ],
)
def test_a_table_made_wrong_is_refused(words: str, given: dict[str, Any]) -> None:
    right: dict[str, Any] = {
        "name": "things",
        "contract": "Shop",
        "columns": (TEXT,),
        "tells": (Told("Opened"),),
    }
    Table(**right)
    with pytest.raises(ConfigurationError, match=words):
        Table(**(right | given))


def test_an_application_has_each_table_once() -> None:
    with pytest.raises(ConfigurationError, match="two tables"):
        ApplicationTables("shop", (THINGS, THINGS))
    with pytest.raises(ConfigurationError, match="name"):
        ApplicationTables("Shop; DROP", (THINGS,))


def test_rows_of_one_contract_are_found_by_its_address(index: Index) -> None:
    branch: Branch = BRANCHES[0]
    theirs = (Condition("row_contract", Compare.IS, branch.shop.address),)
    assert len(list_things(index, conditions=theirs)) == 5
    others = (Condition("row_contract", Compare.IS, ALICE.address),)
    assert list_things(index, conditions=others) == []
