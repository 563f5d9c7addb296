"""What bounds a question's work loses nothing, and what is written is found by its index."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine, event, insert, inspect
from sqlalchemy.engine import Engine

from dure.core.types import Address, ChainId
from dure.index import (
    ApplicationTables,
    ColumnType,
    Compare,
    Condition,
    Index,
    Query,
    Table,
    TableColumn,
    Told,
    follower,
    schema,
)
from dure.index.listing import packs_read
from dure.index.packs import PackedEvent, encode_pack, join_named, write_name
from dure.index.rows import BlockRows
from dure.index.tables import physical, telling
from tests.unit.api.solo_chain import SoloChain
from tests.unit.index.shop import TABLES, build_branches
from tests.unit.index.test_index import follow_until

NAMED = bytes([7]) * 32
CONTRACT = Address(bytes([9]) * 32)
SETTLED, LAST = 10, 12
PACKS_MAX = 4


def write_source(height: int) -> bytes:
    return height.to_bytes(32, "big")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/i.db"


@pytest.fixture
def index(url: str) -> Iterator[Index]:
    """Open an index of twelve blocks with an event in each, the last two of them not settled."""
    with closing(Index(url, ChainId(bytes(32)))) as opened:
        engine = create_engine(url)
        with engine.begin() as connection:
            for height in range(1, LAST + 1):
                source = write_source(height)
                events = [PackedEvent(0, 0, 0, source, CONTRACT, "paid", write_name(NAMED))]
                pack = {"height": height, "pack": 0}
                block = {"height": height, "block_id": source, "time": height, "proposer": NAMED}
                block |= {"transactions": 1, "scheduled": 0, "bytes": 1, "finality": "final"}
                rows: list[tuple[Any, dict[str, Any]]] = [
                    (schema.BLOCKS, block | {"transactions_total": height}),
                    (
                        schema.EVENTS,
                        pack | {"first_receipt": 0, "last_receipt": 0, "data": encode_pack(events)},
                    ),
                    (
                        schema.EVENT_KINDS,
                        pack | {"contract": CONTRACT, "name": "paid", "events": 1},
                    ),
                ]
                if height <= SETTLED:
                    rows.append((schema.NAMED, pack | {"fingerprints": join_named(events)}))
                for table, row in rows:
                    connection.execute(insert(table), row)
            connection.execute(insert(schema.SETTLED), {"height": SETTLED})
        engine.dispose()
        yield opened


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("height", range(1, LAST + 1))
def test_no_pack_is_left_out_between_settled_blocks_and_the_others(
    index: Index, monkeypatch: pytest.MonkeyPatch, height: int, *, descending: bool
) -> None:
    monkeypatch.setattr(packs_read, "PACKS_READ_MAX", PACKS_MAX)
    monkeypatch.setattr("dure.index.listing.scans.PACKS_READ_MAX", PACKS_MAX)
    wanted = (
        Condition("account", Compare.IS, NAMED),
        Condition("source", Compare.IS, write_source(height)),
    )
    found, after = [], ""
    while True:
        query = Query(conditions=wanted, descending=descending, after=after)
        page = index.lists.list_events(query)
        found += [row.height for row in page.rows]
        if not page.next:
            break
        after = page.next
    assert found == [height]


@pytest.mark.parametrize("asked", [(), (Condition("contract", Compare.IS, CONTRACT),)])
def test_what_is_too_much_to_add_up_is_not_counted(
    index: Index, monkeypatch: pytest.MonkeyPatch, asked: tuple[Condition, ...]
) -> None:
    late = (*asked, Condition("height", Compare.FROM, LAST - 1))
    assert index.lists.list_events(Query(conditions=asked)).total == LAST
    assert index.lists.list_events(Query(conditions=late)).total == 2
    monkeypatch.setattr(packs_read, "TOTAL_MAX", LAST)
    assert index.lists.list_events(Query(conditions=asked)).total == LAST
    monkeypatch.setattr(packs_read, "TOTAL_MAX", LAST - 1)
    assert index.lists.list_events(Query(conditions=asked)).total is None


@pytest.mark.parametrize(
    ("table", "counted"), [(schema.CALL_KINDS, "calls"), (schema.EVENT_KINDS, "events")]
)
def test_a_contracts_items_are_counted_in_an_index_alone(table: Any, counted: str) -> None:
    (by_contract,) = (each for each in table.indexes if each.name.endswith("_by_contract"))
    assert [column.name for column in by_contract.columns][-1] == counted


@pytest.mark.parametrize("table", [schema.BLOCKS, schema.ACCOUNTS])
def test_a_list_of_the_chain_is_sorted_only_by_what_has_an_index(index: Index, table: Any) -> None:
    indexed = {next(iter(table.primary_key.columns)).name}
    indexed |= {each.columns[0].name for each in table.indexes}
    columns = index.lists.describe(table.name).columns
    assert {column.name for column in columns if column.sorts} <= indexed


def test_open_rows_are_found_by_an_index_of_all_that_is_asked(tmp_path: Path) -> None:
    branch, asked = build_branches()[0], []

    def note(_c: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        if "row_until = ?" in statement and statement.startswith("SELECT"):
            asked.append((statement, given))

    url = f"sqlite:///{tmp_path}/i.db"
    event.listen(Engine, "before_cursor_execute", note)
    try:
        with closing(Index(url, branch.chain.executor.chain_id, TABLES)) as index:
            branch.take(index, 0, len(branch.rows))
            index.lists.find_rows("1", 5)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    engine = create_engine(url)
    with engine.connect() as connection:
        plans = [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all())
            for statement, given in asked
        ]
    engine.dispose()
    assert any("row_key=? AND row_until=? AND row_contract=?" in plan for plan in plans)
    assert all("row_key=? AND row_until=?" in plan for plan in plans)


def test_no_two_keys_have_one_text() -> None:
    long = "a" * 300
    made = telling._join_key([long])
    texts = [long, made, long + "b", "\0", "\ufffd", "a" * physical.KEY_LENGTH_MAX]
    keys = [telling._join_key([text]) for text in texts]
    assert len(set(keys)) == len(texts)
    assert max(map(len, keys)) == physical.KEY_LENGTH_MAX
    assert not any("\0" in key for key in keys)


def test_keys_differ_behind_what_a_table_keeps() -> None:
    table = Table(
        "notes", "Notes", (TableColumn("text", ColumnType.TEXT),), (Told("Noted"),), key=("text",)
    )
    (built,) = physical.build_physical(ApplicationTables("notes", (table,)), MetaData())
    spoken: Any = None
    keys = set()
    for end in "ab":
        text = "x" * physical.TEXT_KEPT_MAX + end
        fields = {
            "text": telling._Field(ColumnType.TEXT, 0, telling.cut_text(text), whole=text),
        }
        told = telling._tell(built, table.tells[0], fields, spoken)
        assert told is not None
        keys.add(told.key)
    assert len(keys) == 2


def test_tables_of_two_applications_never_meet(url: str) -> None:
    def build(name: str) -> Table:
        return Table(
            name, "Notes", (TableColumn("text", ColumnType.TEXT),), (Told("Noted"),), key=("text",)
        )

    applications = [
        ApplicationTables("a-b", (build("c"),)),
        ApplicationTables("a", (build("b_c"), build("b_c_k"))),
        ApplicationTables("a" * 40, (build("b" * 40),)),
    ]
    with closing(Index(url, ChainId(bytes(32)), applications)):
        engine = create_engine(url)
        names = [name for name in inspect(engine).get_table_names() if name.startswith("app_")]
        engine.dispose()
    assert len(names) == 4


def test_a_mistake_in_the_index_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = SoloChain(instant=False)
    mistakes = [KeyError("height"), RecursionError()]
    with closing(Index(f"sqlite:///{tmp_path}/f.db", chain.executor.chain_id)) as index:
        take = index.apply

        def fail_at_first(batch: Sequence[BlockRows]) -> None:
            if mistakes:
                raise mistakes.pop()
            take(batch)

        monkeypatch.setattr(index, "apply", fail_at_first)
        monkeypatch.setattr(follower, "REFUSED_SECONDS", 0.0)
        chain.send(chain.pay(1))
        asyncio.run(follow_until(index, chain, 1))
    assert not mistakes


def test_blocks_go_in_while_all_threads_read(tmp_path: Path) -> None:
    chain = SoloChain(instant=False)
    chain.send(chain.pay(1))
    done = threading.Event()

    async def follow_beside_readers(index: Index) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        reading = asyncio.create_task(asyncio.to_thread(done.wait, 30))
        try:
            await follow_until(index, chain, 1)
            assert not reading.done()
        finally:
            done.set()
            await reading

    with closing(Index(f"sqlite:///{tmp_path}/t.db", chain.executor.chain_id)) as index:
        asyncio.run(follow_beside_readers(index))
