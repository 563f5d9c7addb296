"""The sheet before a signature says what the bytes say, whoever made them, or nothing is signed."""

from typing import Any, Final

from dure.chain.money import LEDGER
from dure.chain.transaction import Call, KeyPolicy, Payment
from dure.core.address import encode_address
from dure.core.codec import encode
from dure.core.types import Address, Amount, AssetId, ChainId, Digest, Instant, Milliseconds
from dure.identity.keys import SigningKey
from dure.sdk import ledger_calls
from dure.sdk.accounts import LocalAccount
from dure.sdk.transactions import build_draft
from tests.unit.console.proof_page.node import Node
from tests.unit.core.vectors import load_vectors

CHAIN: Final = ChainId(Digest(bytes(range(32))))
OTHER: Final = ChainId(Digest(bytes(32)))
ALICE: Final = LocalAccount(SigningKey(bytes([1]) * 32))
SHOP: Final = Address(Digest(bytes([9]) * 32))
ASSET: Final = AssetId(Digest(bytes([7]) * 32))
UNTIL: Final = Instant(1_800_000_000_000)


def build_interface() -> dict[str, Any]:
    """Return a contract's interface with methods of every danger."""
    method = {"kind": "call", "pays": "money", "parameters": []}
    number, who = {"name": "number", "type": "int"}, {"name": "who", "type": "Address"}
    proposal = [
        {"name": "action", "type": "str"},
        {"name": "arguments", "type": "bytes"},
    ]
    methods = {
        "buy": method | {"parameters": [{"name": "order", "type": "Lot"}]},
        "approve": method | {"parameters": [number]},
        "approve_spender": method | {"parameters": [who]},
        "offer_ownership": method | {"parameters": [who]},
        "grant_role": method | {"parameters": [who]},
        "propose": method | {"parameters": proposal},
    }
    interface: dict[str, Any] = load_vectors("arguments")["interface"] | {"methods": methods}
    return interface


def read(node: Node, *bodies: bytes) -> list[Any]:
    about = {
        "chain": CHAIN.hex(),
        "interface": build_interface(),
        "cases": [each.hex() for each in bodies],
    }
    answer: list[Any] = node.ask("read", about)
    return answer


def build(*calls: Call, chain: ChainId = CHAIN, payer: LocalAccount | None = None) -> bytes:
    return build_draft(chain, ALICE, calls, valid_until=UNTIL, payer=payer).body


def test_what_is_shown_is_what_the_bytes_say(node: Node) -> None:
    order = encode([["rice", 7]])
    body = build(
        ledger_calls.transfer(ASSET, SHOP, 2**63 - 1),
        Call(SHOP, "buy", order, Payment(ASSET, Amount(5))),
    )
    (shown,) = read(node, body)
    shop, ledger = encode_address(SHOP), encode_address(LEDGER)
    assert shown["sender"] == encode_address(ALICE.address)
    assert shown["validUntil"] == UNTIL
    first, second = shown["calls"]
    amount = str(2**63 - 1)
    assert (first["contract"], first["method"], first["pays"]) == (ledger, "transfer", None)
    assert first["arguments"] == {"asset": ASSET.hex(), "target": shop, "amount": amount}
    assert (second["contract"], second["method"]) == (shop, "buy")
    assert second["arguments"] == {"order": {"name": "rice", "weight": "7"}}
    assert shown["moves"] == [
        {"asset": ASSET.hex(), "amount": amount, "to": shop},
        {"asset": ASSET.hex(), "amount": "5", "to": shop},
    ]


def test_what_cannot_be_shown_is_refused(node: Node) -> None:
    bob = LocalAccount(SigningKey(bytes([2]) * 32))
    transfer = ledger_calls.transfer(ASSET, SHOP, 1)
    good = build(transfer)
    bodies = {
        build(transfer, chain=OTHER): "wrong_chain",
        build(transfer, payer=bob): "unreadable",
        good + b"\0": "unreadable",
        good[:-1]: "unreadable",
        build(Call(SHOP, "unheard_of", b"\x90", None)): "wrong_value",
        build(Call(LEDGER, "unheard_of", b"\x90", None)): "wrong_value",
        build(Call(LEDGER, "toString", b"\x90", None)): "wrong_value",
        build(Call(SHOP, "buy", b"\x90", None)): "wrong_value",
        build(Call(SHOP, "buy", encode([["rice", 7, 8]]), None)): "wrong_value",
        build(transfer, Call(LEDGER, "transfer", transfer.arguments + b"\0", None)): "wrong_value",
    }
    answers = read(node, *bodies)
    assert [each["refused"] for each in answers] == list(bodies.values())


def test_what_reaches_far_is_marked(node: Node) -> None:
    policy = KeyPolicy(SigningKey(bytes([2]) * 32).public)
    allow = ledger_calls.grant_session(policy, [(LEDGER, "transfer")], until=UNTIL)
    carried = ledger_calls.give_role("judge", SHOP).arguments
    calls = {
        ledger_calls.transfer(ASSET, SHOP, 1): "",
        ledger_calls.set_policy(policy): "keys",
        allow: "session",
        ledger_calls.set_guardians(SHOP, delay=Milliseconds(60_000)): "guardians",
        ledger_calls.begin_recovery(SHOP, policy): "recovery",
        ledger_calls.stop(SHOP, "why"): "stops",
        ledger_calls.grant(SHOP, "issuer", SHOP): "rights",
        ledger_calls.withdraw_validators(): "members",
        Call(SHOP, "approve", encode([1]), None): "",
        Call(SHOP, "approve_spender", encode([SHOP]), None): "spending",
        Call(SHOP, "offer_ownership", encode([SHOP]), None): "handover",
        Call(SHOP, "grant_role", encode([SHOP]), None): "rights",
        Call(SHOP, "propose", encode(["give_role", carried]), None): "",
        Call(SHOP, "propose", encode(["dance", b"\x90"]), None): "",
    }
    (shown,) = read(node, build(*calls))
    assert [each["danger"] for each in shown["calls"]] == list(calls.values())
    assert [each["carried"] for each in shown["calls"][-2:]] == ["give_role", None]
