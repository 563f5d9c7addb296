"""What comes to the wallet from outside is checked: codes, contacts, half-signed files."""

import json
import tomllib
from typing import Any

import pytest

from dure.console.codes import draw_request, validate_request
from dure.core.address import encode_address
from dure.core.errors import InvalidEncoding
from dure.core.types import Address, Digest
from tests.conformance.tree import ROOT
from tests.unit.console.proof_page.node import Node

CHAIN = "ab" * 32
ASSET = "cd" * 32
SHOP = encode_address(Address(Digest(bytes([5]) * 32)))
OWN = encode_address(Address(Digest(bytes([7]) * 32)))
BANK = encode_address(Address(Digest(bytes([6]) * 32)))


def ask_requests(node: Node, *cases: str) -> list[Any]:
    answer: list[Any] = node.ask("requests", {"chain": CHAIN, "cases": list(cases)})
    return answer


def test_a_code_comes_back_as_it_was_written_and_is_drawn(node: Node) -> None:
    memo = "커피 & <b>빵</b> #1%"
    given = {
        "address": SHOP,
        "chain": CHAIN,
        "asset": ASSET,
        "amount": str(2**63 - 1),
        "memo": memo,
    }
    text = node.ask("request", given)
    (read,) = ask_requests(node, text)
    assert read == {"address": SHOP, "asset": ASSET, "amount": str(2**63 - 1), "memo": memo}
    picture = draw_request(text)
    assert picture.startswith(b"<svg")
    assert memo.encode() not in picture


def test_an_address_alone_is_a_code(node: Node) -> None:
    plain = {"address": SHOP, "asset": "", "amount": None, "memo": ""}
    assert (
        ask_requests(node, SHOP, f"dure:{SHOP}", f"DURE:{SHOP.upper()}", f" {SHOP}\n")
        == [plain] * 4
    )


QUERIES = [
    ("?amount=5", "wrong_code"),
    (f"?asset={ASSET}&amount=-5", "wrong_code"),
    (f"?asset={ASSET}&amount=05", "wrong_code"),
    (f"?asset={ASSET}&amount=9223372036854775808", "wrong_code"),
    (f"?asset={ASSET}&asset={ASSET}", "wrong_code"),
    ("?asset=KRW", "wrong_code"),
    ("?more=1", "wrong_code"),
    ("?memo=%E0%A4%A", "wrong_code"),
    (f"?memo={'x' * 61}", "wrong_code"),
    (f"?memo={'x' * 2000}", "wrong_code"),
    ("?memo=a=b", "wrong_code"),
    ("?memo=a?b", "wrong_address"),
    (f"?chain={'00' * 32}", "wrong_chain"),
    ("&__proto__=1", "wrong_address"),
    ("?__proto__=1", "wrong_code"),
]


def test_a_code_with_anything_else_is_refused(node: Node) -> None:
    answers = ask_requests(node, *(f"dure:{SHOP}{query}" for query, _ in QUERIES))
    for (query, code), answer in zip(QUERIES, answers, strict=True):
        assert answer == {"refused": code}, query


def test_a_mistyped_address_is_no_code(node: Node) -> None:
    mistyped = SHOP[:-1] + ("q" if SHOP[-1] != "q" else "p")
    answers = ask_requests(
        node, f"dure:{mistyped}", "https://example.org", "javascript:alert(1)", ""
    )
    assert answers == [{"refused": "wrong_address"}] * 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org",
        "dure:nobody",
        f"dure:{SHOP}?to=https://example.org",
        f"dure:{SHOP}?memo=<svg>",
        f"dure:{SHOP}?memo=a&",
        f"dure:{SHOP}?memo={'x' * 2000}",
    ],
)
def test_a_node_draws_nothing_else(text: str) -> None:
    with pytest.raises(InvalidEncoding):
        validate_request(text)


def test_contacts_go_through_a_file(node: Node) -> None:
    file = {"format": "dure-contacts-1", "contacts": [{"address": SHOP.upper(), "name": " 가게 "}]}
    assert node.ask("contacts", [json.dumps(file)]) == [[{"address": SHOP, "name": "가게"}]]


CONTACTS: list[Any] = [
    [{"address": SHOP}],
    [{"address": SHOP[:-1], "name": "shop"}],
    [{"address": SHOP, "name": "shop"}, None],
    [{"address": SHOP, "name": "\u202e\u200b "}],
    [{"address": SHOP, "name": 5}],
    [{"address": SHOP, "name": "x"}] * 1001,
    "all of them",
    {"length": 1},
]


def test_a_file_with_one_wrong_contact_is_refused(node: Node) -> None:
    files = [{"format": "dure-contacts-1", "contacts": each} for each in CONTACTS]
    for answer in node.ask("contacts", [json.dumps(each) for each in files]):
        assert set(answer) == {"refused"}


def test_what_is_no_file_of_contacts_is_refused(node: Node) -> None:
    cases = ["", "{", "null", "[]", '{"format":"dure-contacts-2","contacts":[]}', "x" * 600_000]
    assert node.ask("contacts", cases) == [{"refused": "wrong_file"}] * len(cases)


def test_names_lose_what_hides_or_turns(node: Node) -> None:
    name = "Bank\u202e\u200d\u0000 of\u2028 Korea" + "x" * 100
    file = {"format": "dure-contacts-1", "contacts": [{"address": SHOP, "name": name}]}
    ((kept,),) = node.ask("contacts", [json.dumps(file)])
    assert kept["name"] == ("Bank of Korea" + "x" * 100)[:64]


def test_one_name_never_means_two_places(node: Node) -> None:
    known = {
        "contacts": [{"address": SHOP, "name": "Bank"}],
        "accounts": [{"address": OWN, "name": "Savings"}],
    }
    refused = {
        "Bank": "name_taken",
        "\uff42\uff41\uff4e\uff4b": "name_taken",
        "B\u0430nk": "name_taken",
        "Ban k": "name_taken",
        "Ban\u3164k": "name_taken",
        "SAVINGS": "name_own",
        "Pension (your account)": "name_own",
        "Pension\uff08내 계정\uff09": "name_own",
    }
    cases = [[known, [{"address": BANK, "name": name}]] for name in [*refused, "Banc"]]
    answers = node.ask("free", cases)
    assert answers == [*({"refused": code} for code in refused.values()), True]


def test_a_file_gives_no_known_address_another_name(node: Node) -> None:
    known = {"contacts": [{"address": SHOP, "name": "Bank"}], "accounts": []}
    same, renamed = {"address": SHOP, "name": "Bank"}, {"address": SHOP, "name": "Bank (old)"}
    turned = {"address": BANK, "name": "Bank"}
    twice = [{"address": BANK, "name": "A"}, {"address": BANK, "name": "B"}]
    cases: list[Any] = [
        [known, [same]],
        [known, [renamed]],
        [known, [renamed, turned]],
        [known, twice],
        [known, [renamed], {"mayRename": True}],
        [known, [turned], {"mayRename": True}],
    ]
    changed, taken = {"refused": "name_changed"}, {"refused": "name_taken"}
    answers = node.ask("free", cases)
    assert answers[:2] == [True, changed]
    assert answers[2] in (changed, taken)
    assert answers[3:] == [changed, True, taken]


def test_the_mark_of_own_accounts_is_known_in_every_language(node: Node) -> None:
    texts = tomllib.loads((ROOT / "src/dure/console/texts/signing.toml").read_text("utf-8"))
    known: dict[str, Any] = {"contacts": [], "accounts": []}
    for text in texts["signing_own_account"].values():
        case = [known, [{"address": BANK, "name": text.format(name="x")}]]
        assert node.ask("free", [case]) == [{"refused": "name_own"}], text


def test_half_signed_files_are_read_as_written_and_nothing_else(node: Node) -> None:
    form = {
        "format": "dure-half-signed-1",
        "chain": CHAIN,
        "body": "90",
        "policy": {"type": "threshold-1", "threshold": 1, "keys": ["01" * 32, "02" * 32]},
        "given": ["03" * 64, None],
    }
    good = json.dumps(form, indent=1) + "\n"
    bad = [
        json.dumps(form | {"chain": "00" * 32}),
        json.dumps(form | {"given": ["03" * 63, None]}),
        json.dumps(form | {"given": [None]}),
        json.dumps(form | {"given": [{"type": "assertion-2"}, None]}),
        json.dumps(form | {"more": 1}),
        json.dumps(form | {"body": "9"}),
        json.dumps(form | {"policy": {}}),
        "null",
        "x" * 2_000_000,
    ]
    first, *others = node.ask("drafts", {"chain": CHAIN, "cases": [good, *bad]})
    assert first is True
    assert {each["refused"] for each in others} == {"wrong_file", "wrong_chain"}
