"""Every version of a contract can be read, and whether the members stopped it."""

import msgspec
import pytest

from dure.api.answers import shapes
from dure.contract.bundle import LibraryModule, Source
from dure.contract.machine import compute_code_hash
from dure.contract.source import bundle
from dure.core.address import encode_address
from dure.core.codec import encode
from dure.core.types import Address
from dure.sdk.ledger_calls import start, stop, upgrade
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import ALICE, BANK, GUESTBOOK

LONGER = GUESTBOOK.replace("an empty line", "no words")


def put_better(desk: Desk, contract: Address) -> int:
    """Upgrade the guestbook; return the height of the block."""
    call = upgrade(contract, bundle(LONGER, "Guestbook"), arguments=encode(()))
    return int(desk.chain.send(desk.chain.sign(call, by=BANK)).block.header.height)


def test_all_versions_are_listed_with_their_heights(desk: Desk) -> None:
    book = desk.chain.deploy()
    height = put_better(desk, book.address)
    address = encode_address(book.address)
    listed = msgspec.convert(desk.get(f"/v1/contracts/{address}/versions"), shapes.VersionList)
    assert [each.version for each in listed.versions] == [1, 2]
    assert [each.height for each in listed.versions] == [height - 1, height]
    hashes = [compute_code_hash(bundle(text, "Guestbook")).hex() for text in (GUESTBOOK, LONGER)]
    assert [each.code_hash for each in listed.versions] == hashes
    now = msgspec.convert(desk.get(f"/v1/contracts/{address}"), shapes.ContractAnswer)
    assert (now.version, now.deployed, now.changed) == (2, height - 1, height)
    assert (now.source, now.code_hash) == (LONGER, hashes[1])


def test_an_old_version_is_shown_whole(desk: Desk) -> None:
    book = desk.chain.deploy()
    put_better(desk, book.address)
    path = f"/v1/contracts/{encode_address(book.address)}/versions"
    old = msgspec.convert(desk.get(f"{path}/1"), shapes.VersionAnswer)
    assert (old.version, old.name, old.source) == (1, "Guestbook", GUESTBOOK)
    assert old.interface["methods"].keys() == {"write", "remind", "ring", "line"}
    modules = tuple(LibraryModule(each.name, each.text) for each in old.library)
    assert compute_code_hash(Source(old.name, old.source, modules)).hex() == old.code_hash


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [
        ("0", 404, "not_found"),
        ("2", 404, "not_found"),
        (str(2**63 - 1), 404, "not_found"),
        (str(2**63), 400, "invalid_request"),
        ("-1", 400, "invalid_request"),
        ("one", 400, "invalid_request"),
        ("1" * 30, 400, "invalid_request"),
    ],
)
def test_a_version_that_is_none_is_not_found(
    desk: Desk, version: str, status: int, code: str
) -> None:
    address = encode_address(desk.chain.deploy().address)
    path = f"/v1/contracts/{address}/versions/{version}"
    assert desk.get(path, status)["error"]["code"] == code


def test_what_is_no_contract_has_no_versions(desk: Desk) -> None:
    address = encode_address(ALICE.address)
    for path in ("versions", "versions/1"):
        answer = desk.get(f"/v1/contracts/{address}/{path}", 404)
        assert answer["error"]["code"] == "not_found"


def test_a_stopped_contract_says_why(desk: Desk) -> None:
    book = desk.chain.deploy()
    path = f"/v1/contracts/{encode_address(book.address)}"
    assert desk.get(path)["stopped"] is None
    desk.chain.send(desk.chain.sign(stop(book.address, "a mistake"), by=BANK))
    desk.catch_up()
    assert desk.get(path)["stopped"] == "a mistake"
    (listed,) = desk.get("/v1/contracts")["contracts"]
    assert listed["stopped"] == "a mistake"
    desk.chain.send(desk.chain.sign(start(book.address), by=BANK))
    assert desk.get(path)["stopped"] is None
