"""The sheet names everything in full, and nobody's own word stands for what the person knows."""

from typing import Any, Final

from dure.chain.transaction import compute_asset_id
from dure.core.address import encode_address
from dure.core.types import Address, Digest
from tests.unit.console.proof_page.node import Node

BANK_KEY: Final = Address(Digest(bytes([6]) * 32))
BANK: Final = encode_address(BANK_KEY)
SHOP: Final = encode_address(Address(Digest(bytes([5]) * 32)))
WON: Final[dict[str, Any]] = {
    "asset": compute_asset_id(BANK_KEY, "KRW").hex(),
    "code": "KRW",
    "decimals": 0,
    "issuer": BANK,
}
IMITATED: Final = WON | {"asset": "77" * 32, "issuer": SHOP}
TEXTS: Final = {
    "signing_issued_by": "by {name}",
    "signing_calls_itself": "calls itself {name}",
    "signing_stranger": "stranger",
    "signing_version": "version {version}",
    "signing_vote_decides": "decides",
    "signing_key_used_at": "{party} on {origins}",
}


def test_no_entry_of_a_list_is_left_out(node: Node) -> None:
    drawn = node.ask("items", 1_000)
    assert all(f"<{number}>" in drawn for number in range(1_000))


def test_money_is_named_with_its_issuer(node: Node) -> None:
    about = {"texts": TEXTS, "assets": [WON], "asset": WON["asset"]}
    assert node.ask("amount", about | {"names": [[BANK, "Bank"]]}) == "5 KRW by Bank"
    assert node.ask("amount", about) == f"5 KRW by {BANK[:12]}…{BANK[-6:]}"


def test_two_kinds_of_money_of_one_code_are_told_apart(node: Node) -> None:
    rice = WON | {"asset": "88" * 32, "code": "RICE"}
    first, second, third = node.ask("codes", [WON, IMITATED, rice])
    assert first == f"KRW · {BANK[:12]}…{BANK[-6:]}"
    assert second == f"KRW · {SHOP[:12]}…{SHOP[-6:]}"
    assert third == "RICE"


def test_decimals_stay_as_they_were_first_seen(node: Node) -> None:
    answers = [[WON], [WON], [WON | {"decimals": 2}], [WON | {"decimals": 99}], [WON]]
    wrong = {"refused": "wrong_decimals"}
    assert node.ask("money", answers) == [1, 1, wrong, wrong, 1]


def test_what_a_contract_calls_itself_is_no_name_that_the_person_knows(node: Node) -> None:
    about = {"texts": TEXTS, "address": SHOP, "claimed": [[SHOP, ["Bank"]]]}
    assert node.ask("address", about) == f"stranger calls itself Bank {SHOP}"
    known = node.ask("address", about | {"names": [[SHOP, "Shop"]]})
    assert known == f"Shop calls itself Bank {SHOP}"


def build_sheet(in_favour: bool) -> dict[str, Any]:
    called = {"isLedger": False, "address": SHOP, "version": 7, "name": {"en": "Bank", "ko": ""}}
    given = {
        "name": "in_favour",
        "type": "bool",
        "value": in_favour,
        "kind": {"sort": "scalar", "name": "bool"},
    }
    call = {"called": called, "method": "vote", "arguments": [given]}
    return {"texts": TEXTS, "claimed": [[SHOP, ["Bank"]]], "call": call}


def test_the_sheet_says_which_version_is_called_and_what_a_yes_does(node: Node) -> None:
    drawn = node.ask("sheet", build_sheet(in_favour=True))
    assert f"stranger calls itself Bank version 7 {SHOP}" in drawn
    assert "decides" in drawn
    assert "decides" not in node.ask("sheet", build_sheet(in_favour=False))


def test_a_passkey_is_shown_with_the_places_where_it_signs(node: Node) -> None:
    origins = ["https://a.example", "https://b.example"]
    form = {"type": "passkey-1", "key": "02" + "11" * 32, "rp_id": "a.example", "origins": origins}
    drawn = node.ask("policy", {"texts": TEXTS, "form": form})
    assert "a.example on https://a.example, https://b.example" in drawn


def test_a_contract_is_read_anew_for_each_transaction(node: Node) -> None:
    assert node.ask("upgraded", SHOP) == [1, 2, "toString"]


def test_names_that_every_object_has_are_names_like_others(node: Node) -> None:
    for name in ("constructor", "toString", "__proto__"):
        assert node.ask("both", {"name": name}) == [name]
