"""Search, validators, peers and storage, and the figures of the overview."""

import asyncio
import dataclasses
from urllib.parse import urlsplit

import msgspec
import pytest

from dure.console.facts.consensus import describe_consensus, find_presence
from dure.console.facts.flow import list_phases, measure_blocks, measure_minutes
from dure.console.pages.chain.overview import Quorum
from dure.console.rendering import show_size
from dure.core.address import encode_address
from dure.core.certificate import Certificate
from dure.core.types import Height, Instant, PublicKey, Round
from dure.index import BlockRow
from dure.node.driver.phases import Phases
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import ALICE, KEY
from tests.unit.console.chain_pages.reading import get, read


def find(desk: Desk, text: str) -> str:
    """Return the path to which one exact hit leads; empty where a list is shown."""
    answer = desk.run(lambda client: client.get("/search", params={"q": text, "lang": "ko"}))
    assert answer.status_code in {200, 303}
    location: str = answer.headers.get("location", "")
    return urlsplit(location).path


def test_one_exact_hit_leads_straight_there(desk: Desk) -> None:
    book = desk.chain.deploy()
    signed = desk.chain.pay(1)
    desk.chain.send(signed)
    desk.catch_up()
    contract, account = encode_address(book.address), encode_address(ALICE.address)
    head = desk.chain.executor.head
    assert find(desk, "2") == "/blocks/2"
    assert find(desk, head.block_id.hex()) == "/blocks/2"
    assert find(desk, signed.transaction_id.hex()) == f"/transactions/{signed.transaction_id.hex()}"
    assert find(desk, contract) == f"/contracts/{contract}"
    assert find(desk, f"  {account} ") == f"/accounts/{account}"
    assert find(desk, "bank") == "/members/bank"


@pytest.mark.parametrize("text", ["", "nothing at all", "x" * 300, "0" * 64, "999999", "dure1zz"])
def test_what_is_nowhere_is_said_and_leads_nowhere(desk: Desk, text: str) -> None:
    desk.catch_up()
    assert find(desk, text) == ""


def test_several_hits_stand_in_a_list(desk: Desk) -> None:
    first, second = desk.chain.deploy(), desk.chain.deploy()
    desk.catch_up()
    text = get(desk, "/search?q=Guest").text
    assert encode_address(first.address) in text
    assert encode_address(second.address) in text


def build_rows(*times: int) -> list[BlockRow]:
    return [
        BlockRow(Height(i), bytes(32), time, KEY.public, i, 0, 100, i, "final")
        for i, time in enumerate(times)
    ]


def test_figures_come_from_the_blocks_alone() -> None:
    rows = build_rows(60_000, 61_500, 119_999, 120_000)
    assert [each.interval_ms for each in measure_blocks(rows)] == [1_500, 58_499, 1]
    assert [each.row for each in measure_minutes(rows)] == [(60_000, 3), (120_000, 3)]
    assert measure_blocks(rows[:1]) == []


def test_phases_are_told_by_how_long_they_last() -> None:
    phases = Phases("idle", Instant(0))
    phases.move("building a block", Instant(5_000))
    phases.move("idle", Instant(5_030))
    found = list_phases(phases)
    assert [(each.phase, each.times) for each in found] == [("idle", 1), ("building a block", 1)]
    assert found[1].mean_ms == pytest.approx(30)


@pytest.mark.parametrize(
    ("here", "validators", "needed", "words"),
    [
        (1, 1, 1, "quorum_one"),
        (4, 4, 3, "quorum_all"),
        (3, 4, 3, "quorum_enough"),
        (2, 4, 3, "quorum_short"),
    ],
)
def test_whether_those_who_are_here_are_enough(
    here: int, validators: int, needed: int, words: str
) -> None:
    assert Quorum(here, validators, needed).words == words


def test_late_rounds_and_missing_seals_are_counted(desk: Desk) -> None:
    for amount in range(1, 4):
        desk.chain.send(desk.chain.pay(amount))
    late = desk.chain.blocks[2]
    certificate = Certificate(Round(2), late.certificate.seals)
    desk.chain.blocks[2] = msgspec.structs.replace(late, certificate=certificate)
    bare = desk.chain.blocks[3]
    desk.chain.blocks[3] = msgspec.structs.replace(bare, certificate=Certificate(Round(0), ()))
    desk.catch_up()
    rows = desk.index.list_blocks(None, 10)
    found = asyncio.run(describe_consensus(desk.chain, [row for row in rows if row.height]))
    assert [each.height for each in found.late] == [2]
    (bank,) = found.validators
    assert (bank.proposed, bank.sealed, bank.last_sealed) == (3, 2, 2)
    assert "1 of the newest 3 blocks took more than one round" in read(desk, "/validators?lang=en")


def test_presence_is_what_this_node_sees(desk: Desk) -> None:
    status = desk.chain.get_status()
    assert find_presence(status, KEY.public) == "here"
    other = PublicKey(b"\x07" * 32)
    assert find_presence(status, other) == "unknown"
    peer = dataclasses.replace(status.peers[0], key=other)
    for connected, words in ((True, "connected"), (False, "away")):
        seen = dataclasses.replace(peer, connected=connected)
        assert find_presence(dataclasses.replace(status, peers=(seen,)), other) == words


def test_peers_and_storage_are_told_and_no_address_of_a_node(desk: Desk) -> None:
    desk.chain.deploy()
    desk.catch_up()
    assert "neighbour" in read(desk, "/peers")
    text = read(desk, "/storage?lang=en")
    for words in ("3.0 MB", "20.0 MB", "Every block is kept."):
        assert words in text
    assert [show_size(each) for each in (0, 999, 1_000, 2_500_000, 10**13)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "2.5 MB",
        "10.0 TB",
    ]
