"""The page writes and reads calls, policies and transactions as Python does, byte for byte."""

import typing
from typing import Any

from dure.chain.money import LEDGER
from dure.chain.system import METHODS
from dure.chain.transaction import (
    Call,
    KeyPolicy,
    PasskeyPolicy,
    Policy,
    ThresholdPolicy,
    compute_address,
    compute_asset_id,
    compute_transaction_id,
    sort_keys,
)
from dure.chain.transaction.body import Body
from dure.chain.transaction.opening import Envelope
from dure.console.applications.money import show_money
from dure.core.address import encode_address
from dure.core.codec import Wire, decode, encode
from dure.core.types import (
    Address,
    AssetId,
    ChainId,
    Digest,
    Instant,
    Milliseconds,
    PasskeyKey,
    PublicKey,
)
from dure.identity.keys import SigningKey
from dure.proof.json_form import get_fields, render
from dure.sdk import ledger_calls
from dure.sdk.accounts import LocalAccount, ThresholdAccount
from dure.sdk.transactions import build_draft, estimate_gas
from tests.unit.console.proof_page.node import Node
from tests.unit.core.soft_authenticator import SoftAuthenticator
from tests.unit.core.vectors import load_vectors

VECTORS = load_vectors("arguments")
CHAIN = ChainId(Digest(bytes(range(32))))
ASSET = AssetId(Digest(bytes([7]) * 32))
BOB = Address(Digest(bytes([9]) * 32))
KEYS = [SigningKey(bytes([number]) * 32) for number in range(1, 4)]
PASSKEY = PasskeyPolicy(
    PasskeyKey(SoftAuthenticator().public), "bank.example", ("https://bank.example",)
)
POLICIES: list[Policy] = [
    KeyPolicy(KEYS[0].public),
    PASSKEY,
    ThresholdPolicy(2, sort_keys([*(each.public for each in KEYS), PASSKEY])),
    ThresholdPolicy(1, (KEYS[0].public,)),
]


def get_answer(case: dict[str, Any]) -> str:
    return str(case.get("bytes", case.get("sha256")))


def test_arguments_are_the_same_bytes(node: Node) -> None:
    cases = VECTORS["accepted"]
    about = {"interface": VECTORS["interface"], "cases": cases}
    for case, written in zip(cases, node.ask("encode", about), strict=True):
        assert written == get_answer(case), (case["type"], str(case["value"])[:60])
    for case, written in zip(cases, node.ask("again", about), strict=True):
        assert written == get_answer(case), (case["type"], str(case["value"])[:60])


def test_what_python_refuses_is_refused(node: Node) -> None:
    cases = VECTORS["refused"]
    about = {"interface": VECTORS["interface"], "cases": cases}
    for case, answer in zip(cases, node.ask("encode", about), strict=True):
        assert answer == {"refused": "wrong_value"}, case["why"]


def test_bytes_that_python_refuses_are_refused(node: Node) -> None:
    cases = VECTORS["refused_bytes"]
    about = {"interface": VECTORS["interface"], "cases": cases}
    for case, answer in zip(cases, node.ask("decode", about), strict=True):
        assert answer == {"refused": "wrong_value"}, case["why"]


def test_the_ledgers_calls_have_the_same_fields(node: Node) -> None:
    theirs = node.ask("ledger")
    records = node.ask("records")
    assert theirs.keys() == METHODS.keys()
    for method, (struct, _) in METHODS.items():
        compare(theirs[method], struct, records, method)


def compare(fields: list[dict[str, str]], struct: Any, records: dict[str, Any], where: str) -> None:
    """Hold the page's fields against a structure's, and those of the records in it."""
    assert [each["name"] for each in fields] == list(get_fields(struct)), where
    for each, type_ in zip(fields, get_fields(struct).values(), strict=True):
        inner = each["type"].removeprefix("list[").removesuffix("]")
        if inner in records:
            found = [
                part for part in walk(type_) if isinstance(part, type) and issubclass(part, Wire)
            ]
            if found:
                compare(records[inner]["fields"], found[0], records, f"{where}.{each['name']}")


def walk(type_: Any) -> list[Any]:
    """Return a type and every type in it."""
    return [type_, *(part for each in typing.get_args(type_) for part in walk(each))]


CALLS = [
    ledger_calls.transfer(ASSET, BOB, 2**63 - 1),
    ledger_calls.enrol([BOB, BOB]),
    *(ledger_calls.set_policy(policy) for policy in POLICIES),
    ledger_calls.grant_session(
        PASSKEY, [(LEDGER, "transfer"), (BOB, "enter")], until=Instant(5), budget={ASSET: 7}
    ),
    ledger_calls.withdraw_session(KeyPolicy(KEYS[0].public)),
    ledger_calls.set_guardians(BOB, delay=Milliseconds(60_000)),
    ledger_calls.set_guardians(None, delay=Milliseconds(60_000)),
    ledger_calls.begin_recovery(BOB, POLICIES[2]),
    ledger_calls.stop(BOB, "두레"),
    ledger_calls.grant(BOB, "issuer", BOB),
    ledger_calls.withdraw_validators(),
    ledger_calls.announce_version(2),
    ledger_calls.set_attributes("bank", {"country": "KR"}),
    ledger_calls.register_device("scale", "meter", PublicKey(KEYS[1].public)),
]


def test_the_ledgers_calls_are_read_and_written_alike(node: Node) -> None:
    about = [{"method": call.method, "bytes": call.arguments.hex()} for call in CALLS]
    for call, answer in zip(CALLS, node.ask("ledgerCalls", about), strict=True):
        assert answer.get("again") == call.arguments.hex(), (call.method, answer)


def test_policies_and_their_addresses(node: Node) -> None:
    forms = [render(Policy, policy) for policy in POLICIES]
    for policy, answer in zip(POLICIES, node.ask("policies", forms), strict=True):
        assert answer["bytes"] == encode(policy).hex()
        assert answer["address"] == encode_address(compute_address(policy))
        assert answer["form"] == render(Policy, policy)


def test_what_is_no_policy_is_refused(node: Node) -> None:
    key = KEYS[0].public.hex()
    forms: list[Any] = [
        None,
        "",
        {"type": "ed25519-1", "key": key[2:]},
        {"type": "ed25519-2", "key": key},
        {"type": "threshold-1", "threshold": 0, "keys": [key]},
        {"type": "threshold-1", "threshold": 2, "keys": [key]},
        {"type": "threshold-1", "threshold": 1, "keys": []},
        {"type": "threshold-1", "threshold": 1, "keys": [key, key]},
        {"type": "threshold-1", "threshold": 1, "keys": [None]},
        {"type": "passkey-1", "key": key, "rp_id": "a", "origins": ["b"]},
        {"type": "passkey-1", "key": f"02{key}", "rp_id": "a", "origins": []},
        {"type": "passkey-1", "key": f"04{key}", "rp_id": "a", "origins": ["b"]},
        {"type": "passkey-1", "key": f"02{key}", "rp_id": "Bank.example", "origins": ["b"]},
        {"type": "passkey-1", "key": f"02{key}", "rp_id": "", "origins": ["b"]},
        {"type": "passkey-1", "key": f"02{key}", "rp_id": "a", "origins": ["b", "b"]},
        {"type": "passkey-1", "key": f"02{key}", "rp_id": "a", "origins": ["b", ""]},
        {"type": "passkey-1", "key": f"02{key}", "rp_id": "a", "origins": ['b"c']},
        {"type": "passkey-1", "key": f"02{key}", "rp_id": "a", "origins": ["두레"]},
        {"type": "passkey-1", "key": f"02{key}", "rp_id": "a\n", "origins": ["b"]},
    ]
    assert node.ask("policies", forms) == [{"refused": "range"}] * len(forms)


def test_a_transaction_is_what_python_opens(node: Node) -> None:
    call = CALLS[0]
    about = {
        "chain": CHAIN.hex(),
        "sender": BOB.hex(),
        "calls": [[LEDGER.hex(), call.method, call.arguments.hex(), [ASSET.hex(), "5"]]],
        "validUntil": 1_800_000_000_000,
        "gasLimit": 2_500_000,
    }
    made = node.ask("body", about)
    body = decode(Body, bytes.fromhex(made["bytes"]))
    assert (body.chain_id, body.sender, body.payer) == (CHAIN, BOB, None)
    assert (body.valid_until, body.gas_limit, body.fee_limit) == (1_800_000_000_000, 2_500_000, 0)
    assert body.calls[0].arguments == call.arguments
    assert body.calls[0].pays is not None
    assert body.calls[0].pays.amount == 5
    assert len(body.salt) == 16
    assert made["id"] == compute_transaction_id(bytes.fromhex(made["bytes"])).hex()
    assert made["opened"] == 1


def test_no_changed_transaction_is_read_unless_python_reads_it(node: Node) -> None:
    data = build_draft(CHAIN, LocalAccount(KEYS[0]), [CALLS[0]], valid_until=Instant(1)).body
    changed = [
        data[:at] + bytes([byte]) + data[at + 1 :]
        for at in range(len(data))
        for byte in (0x00, 0x90, 0xC0, 0xC4, 0xFF)
    ]
    changed += [data[:at] for at in range(len(data))] + [data + b"\0"]
    answers = node.ask("bodies", [each.hex() for each in changed])
    for each, answer in zip(changed, answers, strict=True):
        if answer is True:
            decode(Body, each)
    assert answers.count(True) < len(changed) - len(data)
    assert node.ask("bodies", [data.hex()]) == [True]


def test_as_much_gas_is_offered_as_the_library_offers(node: Node) -> None:
    calls = [CALLS[0], CALLS[2], Call(BOB, "buy", b"\x90", None)]
    for policy in POLICIES:
        about = {
            "calls": [[each.contract.hex(), each.method, each.arguments.hex()] for each in calls],
            "policy": render(Policy, policy),
        }
        assert node.ask("gas", about) >= estimate_gas(calls, [policy])


def test_an_assets_id_holds_its_issuer_and_code(node: Node) -> None:
    answer = node.ask("asset", {"issuer": BOB.hex(), "code": "KRW"})
    assert answer == compute_asset_id(BOB, "KRW").hex()


def test_two_of_three_make_the_librarys_envelope(node: Node) -> None:
    account = ThresholdAccount(2, [each.public for each in KEYS], KEYS[:2])
    draft = build_draft(CHAIN, account, [CALLS[0]], valid_until=Instant(1)).sign(*KEYS[:2])
    signed = draft.complete()
    opened = decode(Envelope, signed.envelope)
    given = [
        each.hex() if isinstance(each, bytes) else None for each in opened.proofs[0].signatures
    ]
    about = {"body": draft.body.hex(), "policy": render(Policy, account.policy), "given": given}
    assert node.ask("envelope", about) == signed.envelope.hex()


AMOUNTS = [
    ("0", 0, "0"),
    ("1,234", 0, "1234"),
    ("1 234.5", 2, "123450"),
    ("1\u202f234", 0, "1234"),
    ("12,34", 0, None),
    ("0.001", 2, None),
    ("-1", 0, None),
    ("1e3", 0, None),
    ("", 0, None),
    ("9223372036854775807", 0, "9223372036854775807"),
    ("9223372036854775808", 0, None),
    ("92233720368547758.07", 2, "9223372036854775807"),
]


def test_amounts_as_people_write_them(node: Node) -> None:
    about = [(text, decimals) for text, decimals, _ in AMOUNTS]
    assert node.ask("amounts", about) == [units for *_, units in AMOUNTS]


def test_amounts_as_the_console_shows_them(node: Node) -> None:
    cases = [(0, 0), (1_234_567, 0), (1_234_567, 2), (5, 2), (2**63 - 1, 18)]
    about = [(str(units), decimals) for units, decimals in cases]
    assert node.ask("shown", about) == [show_money(*case) for case in cases]
