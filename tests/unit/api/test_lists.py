"""Lists, accounts and search over the API: what the index knows, as JSON, and nothing unbounded."""

from typing import Any

import msgspec
import pytest

from dure.api.answers import tables
from dure.core.address import encode_address
from dure.core.block import compute_block_id
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import ALICE, BANK, WON


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """Two payments, a contract and a line in it."""
    book = desk.chain.deploy()
    desk.chain.send(desk.chain.pay(1), desk.chain.pay(2))
    desk.chain.send(desk.chain.sign(book.call("write", text="hello"), by=BANK))
    desk.catch_up()
    while desk.index.settle():
        pass
    return desk


def list_rows(desk: Desk, path: str) -> tables.RowList:
    return msgspec.convert(desk.get(path), tables.RowList)


def test_every_list_is_described_and_answers(busy: Desk) -> None:
    described = msgspec.convert(busy.get("/v1/tables"), tables.TableList)
    names = [(each.application, each.name) for each in described.tables]
    assert names == [
        ("chain", name)
        for name in ("blocks", "transactions", "calls", "events", "accounts", "contracts")
    ]
    for table in described.tables:
        rows = list_rows(busy, f"/v1/tables/{table.application}/{table.name}").rows
        shown = [column.name for column in table.columns if not column.hidden]
        assert rows
        assert list(rows[0]) == shown


def test_rows_are_filtered_sorted_and_paged(busy: Desk) -> None:
    path = f"/v1/tables/chain/transactions?where=sender:is:{encode_address(ALICE.address)}"
    first = list_rows(busy, f"{path}&limit=1&order=asc")
    assert (first.rows[0]["height"], first.rows[0]["position"]) == (2, 0)
    second = list_rows(busy, f"{path}&limit=1&order=asc&after={first.next}")
    assert (second.rows[0]["height"], second.rows[0]["position"]) == (2, 1)
    assert second.next is None
    assert first.rows[0]["sender"] == encode_address(ALICE.address)
    blocks = list_rows(busy, "/v1/tables/chain/blocks?sort=time&order=asc&limit=1")
    assert (blocks.rows[0]["height"], blocks.total, blocks.has_more) == (0, 4, False)


def test_accounts_are_listed(busy: Desk) -> None:
    listed = msgspec.convert(busy.get("/v1/accounts?sort=last_height"), tables.AccountList)
    by_address = {each.address: each for each in listed.accounts}
    alice, bank = (by_address[encode_address(each.address)] for each in (ALICE, BANK))
    assert (alice.sent, alice.named, alice.first_height) == (2, 2, 2)
    assert (bank.sent, bank.named, bank.last_height) == (2, 2, 3)


def search(desk: Desk, text: str) -> list[tuple[str, str]]:
    answer = desk.get(f"/v1/search?text={text}")
    found = msgspec.convert(answer, tables.SearchAnswer)
    return [(hit.kind, hit.target) for hit in found.hits]


def test_whatever_a_text_means_is_found(busy: Desk) -> None:
    chain = busy.chain
    block = chain.blocks[2]
    transaction_id = next(iter(chain.places)).hex()
    assert search(busy, "2") == [("block", "2")]
    assert search(busy, compute_block_id(block.block.header).hex()) == [("block", "2")]
    assert search(busy, transaction_id) == [("transaction", transaction_id)]
    assert search(busy, WON.hex()) == [("asset", WON.hex())]
    alice = encode_address(ALICE.address)
    assert search(busy, alice) == [("account", alice)]
    assert search(busy, alice.upper()) == [("account", alice)]
    ((kind, book),) = search(busy, "guestb")
    assert kind == "contract"
    assert search(busy, book) == [("contract", book)]
    assert search(busy, "BANK") == [("organisation", encode_address(BANK.address))]
    assert search(busy, "") == search(busy, "%20") == search(busy, "nothing of the kind") == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/tables/chain/nothing", 404),
        ("/v1/tables/nothing/blocks", 404),
        ("/v1/tables/chain/blocks?sort=nothing", 400),
        ("/v1/tables/chain/blocks?sort=proposer", 400),
        ("/v1/tables/chain/blocks?sort=bytes", 400),
        ("/v1/accounts?sort=sent", 400),
        ("/v1/tables/chain/blocks?order=up", 400),
        ("/v1/tables/chain/blocks?limit=0", 400),
        ("/v1/tables/chain/blocks?limit=501", 400),
        ("/v1/tables/chain/blocks?after=x", 400),
        ("/v1/tables/chain/blocks?where=height", 400),
        ("/v1/tables/chain/blocks?where=height:is:one", 400),
        ("/v1/tables/chain/blocks?where=height:is:99999999999999999999", 400),
        ("/v1/tables/chain/blocks?where=nothing:is:1", 400),
        ("/v1/tables/chain/blocks?where=height:like:1", 400),
        ("/v1/tables/chain/contracts?where=name:contains:%00", 400),
        ("/v1/tables/chain/contracts?where=name:is:\\", 400),
        ("/v1/tables/chain/accounts?where=address:is:dure1x", 400),
        ("/v1/tables/chain/blocks?where=" + "a" * 3_000, 400),
        ("/v1/accounts?where=sent:contains:1", 400),
        ("/v1/search?text=" + "a" * 201, 400),
        ("/v1/search?text=%00", 400),
        ("/v1/search?words=a", 400),
    ],
)
def test_what_does_not_fit_is_refused(busy: Desk, path: str, status: int) -> None:
    error: Any = busy.get(path, status)["error"]
    assert error["code"] in {"invalid_query", "invalid_request", "not_found"}
