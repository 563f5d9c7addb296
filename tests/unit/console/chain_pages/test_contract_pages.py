"""Contracts: forms made from the interface, the check before signing, roles, events, versions."""

import json
from typing import Any

import pytest

from dure.api.answers.shapes import LibraryAnswer, VersionAnswer
from dure.chain.transaction import compute_asset_id, compute_contract_address
from dure.console import build_pages
from dure.console.facts.differences import LINES_MAX, compare_texts, compare_versions
from dure.console.facts.forms import FormField
from dure.contract.interface import build_interface
from dure.contract.library.token import Token
from dure.contract.source import bundle, read_source
from dure.contract.values import encode_arguments
from dure.core.address import decode_address, encode_address
from dure.core.codec import encode
from dure.sdk.ledger_calls import deploy, grant, revoke, upgrade
from tests.unit.api.serving import HOST, Desk
from tests.unit.api.solo_chain import ALICE, BANK, GUESTBOOK
from tests.unit.console.chain_pages.reading import get, read
from tests.unit.console.chain_pages.village import SHOP

OWN = {"origin": f"http://{HOST}", "content-type": "application/json"}
LINE = {"what": "bread", "price": 5, "sizes": ["SMALL"]}
BOUGHT: dict[str, Any] = {"lines": [LINE], "rate": "0.125", "until": 1_700_000_000_000, "wait": 5}


def open_shop(desk: Desk) -> str:
    """Deploy money with two places and a shop that takes it; return the shop's address."""
    token = read_source(Token)
    begun = encode_arguments(build_interface(token), "init", ["KRW", 2], {})
    made = desk.chain.sign(deploy(token, owner=BANK.address, arguments=begun), by=BANK)
    desk.chain.send(made)
    money = compute_asset_id(compute_contract_address(made.transaction_id, 0), "KRW")
    shop = bundle(SHOP, "Shop")
    begun = encode_arguments(build_interface(shop), "init", [money], {})
    call = deploy(shop, owner=BANK.address, arguments=begun, roles={"keeper": [ALICE.address]})
    made = desk.chain.sign(call, by=BANK)
    desk.chain.send(made)
    desk.catch_up()
    return encode_address(compute_contract_address(made.transaction_id, 0))


def check(desk: Desk, shop: str, method: str, given: object, status: int = 200) -> Any:
    path = f"/contracts/{shop}/check/{method}"
    body = json.dumps(given)
    answer = desk.run(lambda client: client.post(path, content=body, headers=OWN))
    assert answer.status_code == status, answer.text
    return answer


def test_forms_ask_for_every_kind_of_value_by_its_type(desk: Desk) -> None:
    text = get(desk, f"/contracts/{open_shop(desk)}/use").text
    kinds = {part.partition('"')[0] for part in text.split('data-kind="')[1:]}
    assert kinds >= {"amount", "time", "duration", "truth", "text", "bytes", "address", "hash"}
    assert kinds >= {"decimal", "choice", "list", "record"}
    assert 'type="datetime-local"' in text
    assert "a small one" in text
    # Money is asked for in units that people know: the shop's own state says of which asset.
    assert 'data-places="2"' in text
    assert "KRW" in text
    assert "keeper" in read(desk, f"/contracts/{open_shop(desk)}/use")


def test_a_result_is_described_to_the_page_with_all_of_its_type() -> None:
    price = FormField("price", "price", "Amount", "amount", 2, "KRW")
    field = FormField("", "", "Line", "record", fields=(price,))
    assert field.to_builtins()["fields"][0]["unit"] == "KRW"


def test_what_is_to_be_signed_is_checked_before(desk: Desk) -> None:
    shop = open_shop(desk)
    good = check(desk, shop, "buy", BOUGHT).json()
    assert good["problem"] == ""
    assert bytes.fromhex(good["arguments"])
    for name, value, said in (
        ("rate", "0.12345", "at most 3 places"),
        ("until", -1, "an integer from 0"),
        ("lines", [LINE | {"sizes": ["HUGE"]}], "sizes[0]: expected one of SMALL, LARGE"),
    ):
        problem = check(desk, shop, "buy", BOUGHT | {name: value}).json()["problem"]
        assert said in problem
    assert check(desk, shop, "buy", {}).json()["problem"].startswith("buy takes")
    check(desk, shop, "quote", {}, 404)
    check(desk, shop, "nothing", {}, 404)
    check(desk, shop, "buy", [1], 400)


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_another_sites_page_checks_nothing(desk: Desk, origin: str) -> None:
    path = f"/contracts/{open_shop(desk)}/check/buy"
    headers = OWN | {"origin": origin}
    answer = desk.run(lambda client: client.post(path, content="{}", headers=headers))
    assert answer.status_code == 403


def test_who_holds_a_role_is_told_at_the_contract_and_at_the_account(desk: Desk) -> None:
    shop = open_shop(desk)
    assert "keeper" in read(desk, f"/contracts/{shop}")
    account = f"/accounts/{encode_address(ALICE.address)}"
    assert "keeper Shop" in read(desk, account)
    contract = decode_address(shop)
    desk.chain.send(desk.chain.sign(revoke(contract, "keeper", ALICE.address), by=BANK))
    desk.chain.send(desk.chain.sign(grant(contract, "cleaner", BANK.address), by=BANK))
    # What only a walk over the state tells is kept for some seconds; other pages begin anew.
    desk.pages = build_pages(desk.chain, desk.index)
    assert "keeper Shop" not in read(desk, account)
    assert "cleaner" in read(desk, f"/contracts/{shop}")


def test_events_are_filtered_by_kind_and_stand_in_a_file(desk: Desk) -> None:
    book = desk.chain.deploy()
    for text in ("first line", "second line"):
        desk.chain.send(desk.chain.sign(book.call("write", text=text)))
    desk.catch_up()
    path = f"/contracts/{encode_address(book.address)}/events"
    assert "second line" in read(desk, path)
    assert "second line" not in read(desk, f"{path}?events.is.name=Sold")
    rows = get(desk, f"{path}?table=events&format=csv").text
    assert rows.count("line") >= 2


def test_two_versions_are_compared_line_by_line(desk: Desk) -> None:
    book = desk.chain.deploy()
    newer = bundle(GUESTBOOK.replace("an empty line", "no <b>words</b>"), "Guestbook")
    call = upgrade(book.address, newer, arguments=encode(()))
    desk.chain.send(desk.chain.sign(call, by=BANK))
    path = f"/contracts/{encode_address(book.address)}"
    text = get(desk, f"{path}/difference?from=1&to=2").text
    assert 'data-mark="removed"' in text
    assert "no &lt;b&gt;words&lt;/b&gt;" in text
    assert "same source" in read(desk, f"{path}/difference?from=2&to=2")
    get(desk, f"{path}/difference?from=1&to=7", 404)
    get(desk, f"{path}/difference?from=x&to=1", 400)
    get(desk, f"{path}/difference?from=1&from=2", 400)
    assert "against version 1" in read(desk, f"{path}/code")


def test_only_what_differs_is_shown_with_some_lines_around() -> None:
    before = "\n".join(f"line {i}" for i in range(40))
    found = compare_texts("", before, before.replace("line 20", "line twenty\nand more"))
    assert (found.added, found.removed) == (2, 1)
    assert found.lines[0].mark == "gap"
    assert [line.left for line in found.lines if line.mark == "same"] == [18, 19, 20, 22, 23, 24]
    assert not found.is_too_long


def test_sources_that_would_take_too_long_are_not_compared() -> None:
    left = "\n".join(f"a{i}" for i in range(LINES_MAX + 1))
    right = "\n".join(f"b{i}" for i in range(LINES_MAX + 1))
    assert compare_texts("", left, right).is_too_long
    # What is the same at both ends costs nothing.
    assert not compare_texts("", f"{left}\nx", f"{left}\ny").is_too_long


def test_modules_that_came_or_went_are_compared_too() -> None:
    def version(number: int, library: list[LibraryAnswer]) -> VersionAnswer:
        return VersionAnswer("dure1", number, 1, "C", "00", "same", library, {})

    found = compare_versions(version(1, []), version(2, [LibraryAnswer("roles", "a\nb")]))
    assert [(each.name, each.added, each.removed) for each in found] == [("roles", 2, 0)]
