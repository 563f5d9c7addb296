"""What the browser says of a proof `dure verify` says too: answer, facts, the check that fails."""

import json
import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import rfc8785

from dure.chain import state
from dure.chain.genesis.document import ChainKind, EngineKind, compute_chain_id
from dure.core.errors import InvalidProof
from dure.core.types import BlockId, ChainId, Height
from dure.core.validators import Validator, build_validator_set
from dure.proof import (
    NO_TRUST,
    Checkpoint,
    ProofFile,
    Trust,
    TrustEntry,
    Verdict,
    build_transaction_proof,
    build_trust,
    decode_proof,
    encode_proof,
    trust_chain,
    verify,
)
from tests.unit.console.proof_page.node import Node
from tests.unit.proof.chains import KEYS, NEW_KEYS, Chain, build_document
from tests.unit.proof.successions import Ended, endorse
from tests.unit.proof.test_file import VECTORS, altered, find, leaves, name_of
from tests.unit.proof.test_verification import PROOFS, prove_key

NAMES = [name_of(prove) for prove in PROOFS]
EXPECTED = json.loads((VECTORS / "expected.json").read_bytes())
STRIDE = 13
"""Of the known files, every thirteenth byte is changed; of a small proof, every one."""


def write_trust(trust: Trust) -> list[dict[str, Any]]:
    """Return trust as the page keeps it."""
    return [
        {
            "chain": entry.chain_id.hex(),
            "name": entry.name,
            "checkpoint": None
            if entry.checkpoint is None
            else {"height": entry.checkpoint.height, "block": entry.checkpoint.block_id.hex()},
        }
        for entry in trust.entries
    ]


def ask(node: Node, *cases: tuple[bytes, Trust]) -> list[dict[str, Any]]:
    """Return what the browser's verifier says of some files."""
    about = [
        {"data": b64encode(data).decode(), "trust": write_trust(trust)} for data, trust in cases
    ]
    found: list[dict[str, Any]] = node.ask("verify", about)
    return found


def judge(data: bytes, trust: Trust = NO_TRUST) -> str | None:
    """Return the check that breaks by Dure's own judgement; None where all hold."""
    try:
        verify(decode_proof(data), trust)
    except InvalidProof as broken:
        return str(broken.facts["check"])
    return None


def write_facts(verdict: Verdict, round_: int) -> dict[str, Any]:
    return {
        "knownAs": verdict.known_as,
        "word": None if verdict.known_as is None else "reader",
        "chain": verdict.chain_id.hex(),
        "chainName": verdict.chain_name,
        "test": verdict.test,
        "height": str(verdict.height),
        "block": verdict.block_id.hex(),
        "time": str(verdict.header_time),
        "round": str(round_),
        "sealedBy": list(verdict.sealed_by),
    }


def compare(found: dict[str, Any], proof: ProofFile, trust: Trust) -> None:
    """Hold the browser's verdict against Dure's."""
    verdict = verify(proof, trust)
    assert found["check"] is None, found
    assert found["answer"] == verdict.summary
    assert found["facts"] == write_facts(verdict, proof.certificate.round)
    shown = [event for each in found["claim"].get("outcomes", ()) for event in each["events"]]
    assert [(e["name"], e["data"], e["fields"]) for e in shown] == [
        (event.name, event.data.hex(), event.fields) for event in verdict.events
    ]


def prove_alone(_chain: Chain) -> ProofFile:
    """Return the proof of a payment on a chain of one organisation: small, and sealed once."""
    organisations = tuple(
        each for each in build_document().genesis.organisations if each.name == "bank"
    )
    document = build_document("alone")
    genesis = msgspec.structs.replace(
        document.genesis,
        kind=ChainKind.PRIVATE,
        engine=EngineKind.SOLO,
        validators=build_validator_set([Validator(KEYS[0].public, "bank")]),
        organisations=organisations,
        authority=organisations[0].policy,
    )
    chain = Chain(msgspec.structs.replace(document, genesis=genesis))
    chain.keys = KEYS[:1]
    return build_transaction_proof(chain.add(chain.transfers(5)), 0)


def prove_absent(chain: Chain) -> ProofFile:
    key = state.key_balance(b"x" * 32, b"y" * 32)  # type: ignore[arg-type]  # plain bytes do here
    return prove_key(chain, chain.add(chain.transfers(5)), key)


def prove_on_new_chain(_chain: Chain) -> ProofFile:
    ended = Ended()
    new = Chain(document=endorse(ended.draft()))
    new.executor, new.keys = ended.begin(), KEYS[1:3]
    return build_transaction_proof(new.add(new.transfers(3)), 0)


def prove_three_handovers(chain: Chain) -> ProofFile:
    for keys in (NEW_KEYS, KEYS, NEW_KEYS[:3]):
        chain.hand_over(keys)
    return build_transaction_proof(chain.add(chain.transfers(1)), 0)


def prove_by_members(chain: Chain) -> ProofFile:
    return build_transaction_proof(chain.deploy_sleeper(), 0)


@pytest.mark.parametrize(
    "prove",
    [
        *PROOFS,
        prove_alone,
        prove_absent,
        prove_on_new_chain,
        prove_three_handovers,
        prove_by_members,
    ],
)
def test_what_is_proved_is_said_alike(node: Node, prove: Callable[[Chain], ProofFile]) -> None:
    proof = prove(Chain())
    chain_id = compute_chain_id(proof.genesis)
    trusts = [NO_TRUST, trust_chain(chain_id, "mine"), trust_chain(ChainId(bytes(32)))]
    data = encode_proof(proof)
    for trust, found in zip(trusts, ask(node, *((data, each) for each in trusts)), strict=True):
        compare(found, proof, trust)
        checked = [name for name, ok, _ in found["steps"] if ok]
        assert checked[:2] == ["canonical form", "genesis"]
        assert [name for name in checked if name.startswith("handover")] == [
            f"handover {number}" for number in range(len(proof.handovers))
        ]
        assert {"header", "validators", "certificate"} < set(checked)


WORDS = json.loads((VECTORS.parent / "verdicts.json").read_bytes())


@pytest.mark.parametrize("case", WORDS)
def test_whose_word_the_chain_rests_on_decides_the_answer(node: Node, case: dict[str, Any]) -> None:
    """A node's word for its own chain never makes a proof, and the reader's own comes first."""
    data = (VECTORS / f"{case['file']}.json").read_bytes()
    chains = {"this": EXPECTED[case["file"]]["chain_id"], "other": "ab" * 32}
    trust = build_trust(
        *(TrustEntry(ChainId(bytes.fromhex(chains[each])), "mine", None) for each in case["reader"])
    )
    about = {
        "data": b64encode(data).decode(),
        "reader": write_trust(trust),
        "node": None if case["node"] is None else [chains[case["node"]], "the node's chain"],
    }
    found = node.ask("words", about)
    assert (found["answer"], found["facts"]["word"]) == (case["page"], case["word"])
    assert found["facts"]["knownAs"] == {"reader": "mine", "node": "the node's chain"}.get(
        case["word"]
    )
    assert verify(decode_proof(data), trust).summary == case["command"]


def test_a_block_that_the_reader_knows_is_compared(node: Node) -> None:
    proof = decode_proof((VECTORS / "transaction.json").read_bytes())
    data, header = encode_proof(proof), proof.header
    verdict = verify(proof)

    def know(height: int, block_id: bytes) -> Trust:
        checkpoint = Checkpoint(Height(height), BlockId(block_id))
        return build_trust(TrustEntry(verdict.chain_id, "mine", checkpoint))

    trusts = [
        know(header.height, verdict.block_id),
        know(header.height, bytes(32)),
        know(header.height + 1, bytes(32)),
    ]
    found = ask(node, *((data, trust) for trust in trusts))
    assert [each["check"] for each in found] == [judge(data, trust) for trust in trusts]
    assert [each["check"] for each in found] == [None, "checkpoint", None]
    assert found[0]["steps"][-1][0] == "checkpoint"


@pytest.mark.parametrize("name", NAMES)
def test_each_known_forgery_fails_at_the_same_check(node: Node, name: str) -> None:
    form = json.loads((VECTORS / f"{name}.json").read_bytes())
    forged = []
    for forgery in EXPECTED[name]["forgeries"]:
        *way, last = forgery["path"]
        parent = find(form, tuple(way))
        original, parent[last] = parent[last], forgery["value"]
        forged.append(rfc8785.dumps(form))
        parent[last] = original
    found = ask(node, *((data, NO_TRUST) for data in forged))
    assert [each["check"] for each in found] == [
        forgery["check"] for forgery in EXPECTED[name]["forgeries"]
    ]
    assert {each["answer"] for each in found} == {"broken"}


def list_changes(data: bytes, every: int) -> Iterator[tuple[int, int]]:
    """Yield another byte for each place, by turns any other and one that could stand there."""
    chance = random.Random(len(data))
    for place in range(0, len(data), every):
        old = data[place]
        if place % 2 and chr(old) in "0123456789abcdef":
            yield place, ord(chance.choice("0123456789abcdef".replace(chr(old), "")))
        else:
            yield place, chance.choice([byte for byte in range(256) if byte != old])


def test_each_changed_byte_fails_at_the_same_check(node: Node) -> None:
    compare_changes(node, encode_proof(prove_alone(Chain())), 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_byte_fails_at_the_same_check_wherever_it_is(node: Node, name: str) -> None:
    compare_changes(node, (VECTORS / f"{name}.json").read_bytes(), STRIDE)


def compare_changes(node: Node, data: bytes, every: int) -> None:
    changes = list(list_changes(data, every))
    about = {"data": b64encode(data).decode(), "changes": changes}
    found = node.ask("changes", about)
    for (place, byte), check in zip(changes, found, strict=True):
        changed = data[:place] + bytes([byte]) + data[place + 1 :]
        assert check == judge(changed), (place, byte)


@pytest.mark.parametrize("name", ["after_handover", "state"])
def test_other_values_of_the_same_kind_fail_at_the_same_check(node: Node, name: str) -> None:
    form = json.loads((VECTORS / f"{name}.json").read_bytes())
    files = []
    for path, value in list(leaves(form)):
        parent = find(form, path[:-1])
        for other in altered(value)[1:]:
            parent[path[-1]] = other
            files.append(rfc8785.dumps(form))
        parent[path[-1]] = value
    found = ask(node, *((data, NO_TRUST) for data in files))
    assert [each["check"] for each in found] == [judge(data) for data in files]


TRANSACTION = (VECTORS / "transaction.json").read_bytes()


NO_PROOFS = [
    b"",
    b"\xff",
    b"\xef\xbb\xbf" + TRANSACTION,
    b"[" * 100_000,
    b"{}",
    b"[]",
    b"null",
    b"1.5",
    b"-0",
    b'"text"',
    b'"\\ud800"',
    b'{"format":"dure-proof-2"}',
    TRANSACTION + b"\n",
    TRANSACTION[:-1],
    TRANSACTION.replace(b":", b": ", 1),
    TRANSACTION.replace(b'"format":', b'"format":"dure-proof-1","format":', 1),
    TRANSACTION.replace(b'"dure-proof-1"', b'"dure-proof-\\u0031"'),
    TRANSACTION.replace(b'"height":1', b'"height":1.0'),
    TRANSACTION.replace(b'"height":1', b'"height":1e0'),
    TRANSACTION.replace(b'"height":1', b'"height":"1"'),
    TRANSACTION.replace(b'"height":1', b'"height":01'),
    TRANSACTION.replace(b'"height":1', b'"height":-1'),
    TRANSACTION.replace(b'"height":1', b'"height":9223372036854775808'),
    TRANSACTION.replace(b'"height":1', b'"height":18446744073709551616'),
    TRANSACTION.replace(b'"height":1', b'"height":' + b"9" * 40),
    TRANSACTION.replace(b'"height":1', b'"height":' + b"9" * 400),
    TRANSACTION.replace(b'"height":1', b'"height":' + b"9" * 4302),
    TRANSACTION.replace(b'"height":1', b'"height":1e400'),
    TRANSACTION.replace(b'"height":1', b'"height":"' + b"9" * 20 + b'"'),
    TRANSACTION.replace(b'"height":1', b'"height":"9223372036854775807"'),
    TRANSACTION.replace(b'"name":"test chain"', b'"name":"\\ud83d\\ude00"'),
    TRANSACTION.replace(b'"name":"test chain"', b'"name":""'),
    TRANSACTION.replace(b'"name":"test chain"', '"name":"두레 \U0001f600"'.encode()),
    TRANSACTION.replace(b'"name":"test chain"', b'"name":"' + b"x" * 65 + b'"'),
    TRANSACTION.replace(b'"name":"test chain"', '"name":"{}"'.format("\U0001f600" * 64).encode()),
    TRANSACTION.replace(b'"test":true', b'"test":1'),
    TRANSACTION.replace(b'"claim":', b'"__proto__":{},"claim":'),
]


def test_what_is_no_proof_is_refused_by_the_same_name(node: Node) -> None:
    found = ask(node, *((data, NO_TRUST) for data in NO_PROOFS))
    for data, each in zip(NO_PROOFS, found, strict=True):
        assert each["check"] == judge(data) is not None, data[:2_000]


def test_a_file_that_is_too_long_is_not_read(node: Node) -> None:
    (found,) = ask(node, (b" " * (16 * 1024 * 1024 + 1), NO_TRUST))
    assert found["check"] == "size"


def test_a_large_amount_is_read_whole(node: Node) -> None:
    chain = Chain()
    proof = build_transaction_proof(chain.add(chain.transfers(2**62)), 0)
    (found,) = ask(node, (encode_proof(proof), NO_TRUST))
    compare(found, proof, NO_TRUST)
    assert found["claim"]["calls"][0]["fields"]["amount"] == str(2**62)
    assert found["claim"]["status"] == "insufficient_balance"


def test_chains_that_a_person_named_are_kept_and_forgotten(node: Node) -> None:
    mine = {"chain": "ab" * 32, "name": "mine", "checkpoint": None}
    other = {"chain": "cd" * 32, "name": "other", "checkpoint": {"height": 5, "block": "ef" * 32}}
    kept = node.ask("trust", [mine | {"isNodesWord": True}, other, mine | {"name": "mine again"}])
    assert kept["learned"] == [mine | {"name": "mine again"}, other]
    assert kept["left"] == [other]
    assert kept["spoiled"] == []


def test_values_are_written_for_people(node: Node) -> None:
    found = node.ask("texts", [1_234_567, None, ["a", "b"], [1] * 14, "x"])
    assert found["facts"] == [
        "1\u202f234\u202f567",
        "\N{EN DASH}",
        "a, b",
        ", ".join(["1"] * 12) + " … (14)",
        "x",
    ]
    assert found["time"] == "2023-11-14 22:13:20"
    assert found["far"] == str(2**62)
