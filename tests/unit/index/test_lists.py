"""Lists: whatever is asked, the pages together are what the blocks hold, once and in order."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.dialects import registry

from dure.chain.money import LEDGER
from dure.chain.receipt import Record
from dure.chain.transaction import decode_transaction
from dure.core.codec import decode
from dure.core.errors import NotFound
from dure.core.types import Height
from dure.index import (
    LIMIT_MAX,
    Compare,
    Condition,
    Index,
    InvalidQuery,
    ListedAccount,
    Page,
    Query,
    packs,
    schema,
)
from dure.index.listing import packs_read
from dure.index.portable import contains_bytes
from dure.index.rows import build_rows
from dure.index.settling import STEP_TRANSACTIONS_MAX
from tests.unit.api.solo_chain import ALICE, BANK, SoloChain
from tests.unit.index.shop import TABLES, Branch, build_branches

BRANCH: Branch = build_branches()[0]
STRANGER = bytes(range(32))
PACK_ITEMS = 2
FEW_PACKS = 6
"""More than one transaction fills here, as the real bound is: else a page would not go on."""
EXAMPLES = 5
"""Of each question, at three indexes."""


@pytest.fixture(scope="module", params=["settled", "partly settled", "not settled"])
def index(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Index]:
    """Take the chain in, in packs so small that every block has several."""
    folder = tmp_path_factory.mktemp("lists")
    opened = Index(f"sqlite:///{folder}/i.db", BRANCH.chain.executor.chain_id, TABLES)
    rows = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs, "PACK_ITEMS_MAX", PACK_ITEMS)
        rows = [build_rows(stored, "final") for stored in BRANCH.chain.blocks]
    opened.learn(BRANCH.chain.executor.view(), rows)
    opened.apply(rows[:5])
    if request.param != "not settled":
        opened.settle()
    opened.apply(rows[5:])
    if request.param == "settled":
        opened.settle()
    yield opened
    opened.close()


@dataclasses.dataclass(frozen=True)
class Seen:
    """A transaction as its block has it."""

    place: tuple[int, int]
    sender: bytes
    status: str
    reached: Sequence[tuple[bytes, str]]
    named: bytes
    """All that its events say."""
    events: Sequence[tuple[tuple[int, int, int, int], bytes, str, bytes]]


def read_chain() -> list[Seen]:
    """Return all transactions in order."""
    seen = []
    for stored in BRANCH.chain.blocks:
        height = stored.block.header.height
        records = [decode(Record, data) for data in stored.receipts]
        first = len(records) - len(stored.block.transactions)
        for position, data in enumerate(stored.block.transactions):
            body, record = decode_transaction(data).body, records[first + position]
            failed = record.receipt.failed_call
            reached = body.calls if failed is None else body.calls[: failed + 1]
            events = [
                ((height, first + position, call, number), each.contract, each.name, each.data)
                for call, outcome in enumerate(record.outcomes)
                for number, each in enumerate(outcome.events)
            ]
            seen.append(
                Seen(
                    (height, position),
                    body.sender,
                    record.receipt.status,
                    [(call.contract, call.method) for call in reached],
                    b"".join(event[3] for event in events),
                    events,
                )
            )
    return seen


CHAIN = read_chain()
SHOP = BRANCH.shop.address
ADDRESSES = [ALICE.address, BANK.address, SHOP, LEDGER, STRANGER]


def read_all(ask: Callable[[Query], Page[Any]], query: Query) -> list[Any]:
    """Return the rows of all pages."""
    found: list[Any] = []
    while True:
        page = ask(query)
        assert len(page.rows) <= query.limit
        found += page.rows
        if not page.next:
            return found
        query = dataclasses.replace(query, after=page.next)


def conditions(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Condition, ...]]:
    """Return some conditions, at most one a column."""
    made = st.fixed_dictionaries({}, optional=columns)
    return made.map(
        lambda given: tuple(Condition(name, Compare.IS, value) for name, value in given.items())
    )


def queries(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Query]:
    heights = st.integers(0, 12)
    ranges = st.lists(
        st.builds(
            Condition, st.just("height"), st.sampled_from([Compare.FROM, Compare.TO]), heights
        ),
        max_size=2,
    )
    return st.builds(
        lambda some, more, limit, descending: Query(
            conditions=(*some, *more), limit=limit, descending=descending
        ),
        conditions(**columns),
        ranges,
        st.integers(1, 7),
        st.booleans(),
    )


def is_inside(height: int, query: Query) -> bool:
    """Say whether a height meets the conditions on heights."""
    return all(
        height >= int(each.value) if each.compare is Compare.FROM else height <= int(each.value)
        for each in query.conditions
        if each.column == "height"
    )


def pick(query: Query, column: str) -> Any:
    """Return what a column is to be; None where nobody asks."""
    return next((each.value for each in query.conditions if each.column == column), None)


addresses = st.sampled_from(ADDRESSES)
methods = st.sampled_from(["transfer", "open", "sell", "deploy", "nothing"])
statuses = st.sampled_from(["ok", "refused", "unheard"])


@pytest.mark.parametrize("packs_max", [packs_read.PACKS_READ_MAX, FEW_PACKS])
@settings(max_examples=EXAMPLES, deadline=None)
@given(
    query=queries(
        sender=addresses, account=addresses, contract=addresses, method=methods, status=statuses
    )
)
def test_transactions_are_those_of_the_blocks(index: Index, packs_max: int, query: Query) -> None:
    sender, account = pick(query, "sender"), pick(query, "account")
    contract, method, status = (pick(query, name) for name in ("contract", "method", "status"))
    expected = [
        each.place
        for each in CHAIN
        if is_inside(each.place[0], query)
        and sender in {None, each.sender}
        and (account is None or account == each.sender or account in each.named)
        and (
            contract is method is None
            or any(
                contract in {None, called[0]} and method in {None, called[1]}
                for called in each.reached
            )
        )
        and status in {None, each.status}
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs_read, "PACKS_READ_MAX", packs_max)
        patch.setattr("dure.index.listing.scans.PACKS_READ_MAX", packs_max)
        found = read_all(index.lists.list_transactions, query)
    assert [(row.height, row.position) for row in found] == (
        expected[::-1] if query.descending else expected
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(query=queries(sender=addresses, contract=addresses, method=methods, status=statuses))
def test_calls_are_those_of_the_blocks(index: Index, query: Query) -> None:
    sender, status = pick(query, "sender"), pick(query, "status")
    contract, method = pick(query, "contract"), pick(query, "method")
    expected = [
        (*each.place, number)
        for each in CHAIN
        if is_inside(each.place[0], query)
        and sender in {None, each.sender}
        and status in {None, each.status}
        for number, called in enumerate(each.reached)
        if contract in {None, called[0]} and method in {None, called[1]}
    ]
    found = read_all(index.lists.list_calls, query)
    assert [(row.height, row.position, row.call) for row in found] == (
        expected[::-1] if query.descending else expected
    )
    total = index.lists.list_calls(query).total
    assert total is None or total == len(expected)


@pytest.mark.parametrize("packs_max", [packs_read.PACKS_READ_MAX, FEW_PACKS])
@settings(max_examples=EXAMPLES, deadline=None)
@given(
    query=queries(
        contract=addresses,
        account=addresses,
        name=st.sampled_from(["Opened", "Sold", "transferred", "nothing"]),
    )
)
def test_events_are_those_of_the_blocks(index: Index, packs_max: int, query: Query) -> None:
    contract, name = pick(query, "contract"), pick(query, "name")
    account = pick(query, "account")
    expected = [
        event[0]
        for each in CHAIN
        for event in each.events
        if is_inside(event[0][0], query)
        and contract in {None, event[1]}
        and name in {None, event[2]}
        and (account is None or account in event[3])
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs_read, "PACKS_READ_MAX", packs_max)
        patch.setattr("dure.index.listing.scans.PACKS_READ_MAX", packs_max)
        found = read_all(index.lists.list_events, query)
    assert [row.place for row in found] == (expected[::-1] if query.descending else expected)
    total = index.lists.list_events(query).total
    assert total is None or total == len(expected)


@pytest.mark.parametrize("descending", [True, False])
def test_every_column_that_sorts_sorts_and_pages(index: Index, *, descending: bool) -> None:
    for table in index.lists.describe_tables():
        names = [column.name for column in table.columns if column.sorts]
        for name in names if table.name not in {"transactions", "calls", "events"} else []:
            query = Query(sort=name, descending=descending, limit=2)

            def ask(given: Query, table: Any = table) -> Page[Any]:
                return index.lists.read(table, given)

            rows = read_all(ask, query)
            whole = index.lists.read(table, dataclasses.replace(query, limit=LIMIT_MAX))
            assert rows == list(whole.rows)
            assert len(rows) == whole.total
            values = [row.cells[name] for row in rows]
            keys = [(value is not None, value or 0) for value in values if value != ""]
            assert [key[0] for key in keys] == sorted((k[0] for k in keys), reverse=descending)
            told = [value for value in values if value is not None]
            assert told == sorted(told, reverse=descending)


def test_times_are_heights(index: Index) -> None:
    blocks = BRANCH.chain.blocks
    since, until = blocks[3].block.header.time, blocks[5].block.header.time
    between = (Condition("time", Compare.FROM, since), Condition("time", Compare.TO, until))
    rows = index.lists.list_transactions(Query(conditions=between, limit=LIMIT_MAX)).rows
    assert {row.height for row in rows} == {3, 4, 5}
    at = (Condition("time", Compare.IS, since + 1),)
    assert index.lists.list_events(Query(conditions=at)).rows == ()
    late = (Condition("time", Compare.FROM, 2**62),)
    assert index.lists.list_calls(Query(conditions=late)).rows == ()
    assert index.lists.list_transactions(Query(conditions=late)).total == 0


def test_texts_are_found_by_what_they_contain(index: Index) -> None:
    def list_labels(text: str) -> list[object]:
        wanted = (Condition("label", Compare.CONTAINS, text),)
        return [
            row.cells["label"]
            for row in index.lists.list_table("shop", "things", Query(conditions=wanted)).rows
        ]

    assert list_labels("ONE") == ["one"]
    assert sorted(map(str, list_labels("o"))) == ["of 100", "one", "two"]
    assert list_labels("%") == []
    assert list_labels("_") == []
    assert list_labels("' OR 1=1 --") == []


def test_pages_stay_where_they_are_while_the_chain_grows(index: Index, tmp_path: Any) -> None:
    chain = SoloChain(instant=False)
    rows = [build_rows(chain.blocks[0], "final")]
    with closing(Index(f"sqlite:///{tmp_path}/g.db", chain.executor.chain_id)) as growing:
        growing.apply(rows)
        sent = []
        for amount in range(1, 7):
            stored = chain.send(chain.pay(amount), chain.pay(amount + 10))
            sent += [(stored.block.header.height, position) for position in (0, 1)]
            growing.apply([build_rows(stored, "final")])
        query = Query(limit=5)
        first = growing.lists.list_transactions(query)
        stored = chain.send(chain.pay(99))
        growing.apply([build_rows(stored, "final")])
        second = growing.lists.list_transactions(dataclasses.replace(query, after=first.next))
        both = [(row.height, row.position) for row in (*first.rows, *second.rows)]
        assert both == sent[::-1][:10]


def count_accounts() -> dict[bytes, tuple[int, int, int, int]]:
    """Return who sent and was named in events of the ledger, how often, first and last."""
    found: dict[bytes, list[tuple[int, int, int]]] = {}
    for each in CHAIN:
        found.setdefault(each.sender, []).append((each.place[0], 1, 0))
        for place, contract, name, data in each.events:
            if contract == LEDGER and name == "transferred":
                for party in (ALICE.address, BANK.address):
                    if bytes(party) in data:
                        found.setdefault(party, []).append((place[0], 0, 1))
            if contract == LEDGER and name == "contract_upgraded":
                found.setdefault(SHOP, []).append((place[0], 0, 1))
    return {
        address: (
            min(height for height, _, _ in told),
            max(height for height, _, _ in told),
            sum(sent for _, sent, _ in told),
            sum(named for _, _, named in told),
        )
        for address, told in found.items()
    }


def test_accounts_are_counted_once_however_they_are_gathered(tmp_path: Any) -> None:
    rows = BRANCH.rows
    for cuts in ([len(rows)], [3, 4, 7, len(rows)], [*range(1, len(rows) + 1)]):
        with closing(
            Index(f"sqlite:///{tmp_path}/{len(cuts)}.db", BRANCH.chain.executor.chain_id)
        ) as index:
            start = 0
            for cut in cuts:
                index.apply(rows[start:cut])
                assert index.settle()
                start = cut
            assert not index.settle()
            assert index.count_unsettled() == 0
            listed = index.lists.list_accounts(Query(limit=LIMIT_MAX)).rows
        assert {
            row.address: (row.first_height, row.last_height, row.sent, row.named) for row in listed
        } == count_accounts()


def test_blocks_that_may_be_taken_back_are_not_settled(tmp_path: Any) -> None:
    stored = BRANCH.chain.blocks
    with closing(Index(f"sqlite:///{tmp_path}/p.db", BRANCH.chain.executor.chain_id)) as index:
        index.apply([build_rows(each, "final") for each in stored[:2]])
        index.apply([build_rows(each, "pending") for each in stored[2:4]])
        assert index.settle()
        assert not index.settle()
        assert index.count_unsettled() == sum(len(s.block.transactions) for s in stored[2:4])
        index.apply([build_rows(stored[2], "final")])
        assert index.settle()
        (row,) = [
            each
            for each in index.lists.list_accounts(Query()).rows
            if each == ListedAccount(ALICE.address, Height(2), Height(2), 1, 0, 0)
        ]
        assert row.last_height == 2


def test_a_step_is_bounded() -> None:
    assert STEP_TRANSACTIONS_MAX <= 20_000


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        ("blocks", Query(sort="nothing"), "no column"),
        ("blocks", Query(sort="proposer"), "not sorted"),
        ("transactions", Query(sort="sender"), "not sorted"),
        ("blocks", Query(limit=0), "1 to 500"),
        ("blocks", Query(limit=501), "1 to 500"),
        ("blocks", Query(after="!"), "after"),
        ("blocks", Query(after="a" * 5_000), "after"),
        ("blocks", Query(after="kQ"), "after"),
        ("transactions", Query(after="kwECAw"), "after"),
        ("events", Query(after="kQE"), "after"),
        ("blocks", Query(conditions=(Condition("height", Compare.IS, "1"),)), "nothing to do"),
        ("blocks", Query(conditions=(Condition("height", Compare.IS, True),)), "nothing to do"),
        ("blocks", Query(conditions=(Condition("height", Compare.IS, 2**70),)), "nothing to do"),
        ("blocks", Query(conditions=(Condition("height", Compare.CONTAINS, 1),)), "takes"),
        ("contracts", Query(conditions=(Condition("name", Compare.IS, "a\0"),)), "nothing to do"),
        ("contracts", Query(conditions=(Condition("name", Compare.IS, "\ud800"),)), "nothing to"),
        ("contracts", Query(conditions=(Condition("name", Compare.IS, "a" * 201),)), "nothing"),
        ("accounts", Query(conditions=(Condition("address", Compare.IS, b"a" * 65),)), "nothing"),
        ("blocks", Query(conditions=(Condition("height", Compare.FROM, 1),) * 9), "at most"),
        ("events", Query(conditions=(Condition("name", Compare.IS, "a"),) * 2), "twice"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    index: Index, name: str, query: Query, words: str
) -> None:
    with pytest.raises(InvalidQuery, match=words):
        index.lists.read(index.lists.describe(name), query)


@settings(max_examples=EXAMPLES, deadline=None)
@given(cursor=st.text(alphabet="ABCDEFGHabcdefgh0123456789-_", max_size=40))
def test_a_made_up_place_is_refused_or_names_no_more_than_rows(index: Index, cursor: str) -> None:
    for table in index.lists.describe_tables():
        try:
            page = index.lists.read(table, Query(after=cursor, limit=3))
        except InvalidQuery:
            continue
        assert len(page.rows) <= 3


def test_unknown_lists_are_not_found(index: Index) -> None:
    for ask in (
        lambda: index.lists.describe("nothing"),
        lambda: index.lists.describe("things"),
        lambda: index.lists.list_table("shop", "nothing", Query()),
        lambda: index.lists.list_table("", "blocks", Query()),
    ):
        with pytest.raises(NotFound):
            ask()


def test_contracts_are_listed_with_what_made_them(index: Index) -> None:
    (row,) = index.lists.list_contracts(Query()).rows
    assert (row.address, row.name, row.height, row.position, row.call) == (SHOP, "Shop", 1, 0, 0)


def test_bytes_in_bytes_are_found_by_every_database() -> None:
    asked = select(schema.EVENTS.c.pack).where(contains_bytes(schema.EVENTS.c.data, b"x"))
    dialects = {name: registry.load(name)() for name in ("sqlite", "postgresql")}
    assert "instr(events.data, ?) > " in str(asked.compile(dialect=dialects["sqlite"]))
    assert "position(%(" in str(asked.compile(dialect=dialects["postgresql"]))
