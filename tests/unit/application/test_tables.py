"""Tables of applications fit their contracts, and say what happened to a real one."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dure.application import Application, Table, find_application, find_applications, list_tables
from dure.apps.flight_delay.contract import FlightDelay
from dure.chain.transaction import Call, Payment, compute_contract_address
from dure.contract.interface import build_interface, parse_type
from dure.contract.source import read_source
from dure.contract.values import encode_arguments
from dure.core.types import Amount
from dure.index import ColumnType, Index, Query
from dure.index.rows import build_rows
from dure.index.tables.telling import choose_type
from dure.sdk.ledger_calls import deploy
from tests.unit.api.solo_chain import ALICE, BANK, START, WON, Book, SoloChain

HOUR = 3_600_000
DEPARTS = int(START) + 2 * HOUR


def list_declared() -> Iterator[tuple[Application, Table]]:
    for application in find_applications():
        for table in application.tables:
            yield application, table


@pytest.mark.parametrize(
    ("application", "table"),
    [pytest.param(a, t, id=f"{a.slug}/{t.name}") for a, t in list_declared()],
)
def test_a_declared_table_takes_what_its_events_have(
    application: Application, table: Table
) -> None:
    contract = next(each for each in application.contracts if each.__name__ == table.contract)
    interface = build_interface(read_source(contract))
    unfilled = {column.name for column in table.columns}
    for told in table.tells:
        fields = {each.name: each.type for each in interface.events[told.event].fields}
        assert {*told.takes.values(), *told.adds.values()} <= fields.keys()
        for column in table.columns:
            added = told.adds.get(column.name)
            name = added or told.takes.get(column.name, column.name)
            found = fields.get(name)
            type_ = None if found is None else choose_type(parse_type(found, interface))
            if column.name in told.sets or type_ is column.type:
                unfilled.discard(column.name)
            elif column.name in {*told.takes, *told.adds}:
                assert (type_, column.type) == (ColumnType.CHOICE, ColumnType.TEXT)
    assert not unfilled


def test_every_application_has_tables(tmp_path: Path) -> None:
    listed = list_tables(find_applications())
    assert [each.application for each in listed] == [each.slug for each in find_applications()]
    assert all(each.tables for each in listed)
    chain = SoloChain(instant=False)
    url = f"sqlite:///{tmp_path}/i.db"
    with closing(Index(url, chain.executor.chain_id, listed)) as index:
        for description in index.lists.describe_tables():
            assert index.lists.read(description, Query()).next == ""


def pay(book: Book, amount: int, method: str, **named: object) -> Call:
    """Return a call with money."""
    made = book.call(method, **named)
    return Call(made.contract, made.method, made.arguments, Payment(WON, Amount(amount)))


def test_policies_say_what_became_of_them(tmp_path: Path) -> None:
    chain = SoloChain(instant=False)
    source = read_source(FlightDelay)
    interface = build_interface(source)
    arguments = encode_arguments(interface, "init", [], {"money": WON, "premium": 10, "cover": 100})
    roles = {"flight oracle": [BANK.address]}
    signed = chain.sign(
        deploy(source, owner=ALICE.address, arguments=arguments, roles=roles), by=BANK
    )
    chain.send(signed)
    book = Book(compute_contract_address(signed.transaction_id, 0), interface)
    chain.send(chain.sign(pay(book, 1_000, "add_reserve")))
    for flight in ("KE1", "KE1", "KE2"):
        chain.send(chain.sign(pay(book, 10, "buy", flight=flight, departs=DEPARTS)))
    chain.send(chain.sign(book.call("report_cancelled", flight="KE2", departs=DEPARTS), by=BANK))
    assert chain.make_block(5 * HOUR) is not None
    late = book.call("report", flight="KE1", departs=DEPARTS, late_minutes=131)
    chain.send(chain.sign(late, by=BANK))
    assert chain.make_block() is not None
    chain.send(chain.sign(book.call("withdraw", amount=5)))
    listed = list_tables([find_application("flight-delay")])
    url = f"sqlite:///{tmp_path}/i.db"
    with closing(Index(url, chain.executor.chain_id, listed)) as index:
        rows = [build_rows(stored, "final") for stored in chain.blocks]
        index.learn(chain.executor.view(), rows)
        index.apply(rows)

        def read(table: str, sort: str, *columns: str) -> list[tuple[object, ...]]:
            query = Query(sort=sort, descending=False)
            page = index.lists.list_table("flight-delay", table, query)
            return [tuple(row.cells[each] for each in columns) for row in page.rows]

        assert read("policies", "policy", "policy", "flight", "state", "paid", "refunded") == [
            (1, "KE1", "PAID", 100, None),
            (2, "KE1", "PAID", 100, None),
            (3, "KE2", "REFUNDED", None, 10),
        ]
        assert read("flights", "flight", "flight", "outcome", "late_minutes", "premiums") == [
            ("KE1", "LATE", 131, 20),
            ("KE2", "CANCELLED", 0, 10),
        ]
        assert read("terms", "row_height", "premium", "cover") == [(10, 100)]
        assert read("withdrawals", "row_height", "amount") == [(5,)]
