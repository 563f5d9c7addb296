"""Anybody can see that the state which a new chain begins with was final on the old one."""

import json
from collections.abc import Callable

import msgspec
import pytest
import rfc8785

from dure.chain.genesis.document import Genesis, compute_chain_id
from dure.core.block import compute_block_id
from dure.core.certificate import Certificate, compute_certificate_hash
from dure.core.errors import InvalidProof
from dure.core.types import BlockId, Height
from dure.proof import (
    NO_TRUST,
    Checkpoint,
    TrustEntry,
    build_transaction_proof,
    build_trust,
    trust_chain,
    verify,
)
from dure.proof.succession import (
    Evidence,
    Succession,
    check_succession,
    decode_evidence,
    encode_evidence,
)
from tests.unit.proof.chains import KEYS, MEMBERS, Chain, build_document, seal
from tests.unit.proof.successions import Ended, endorse, get_before

OTHER = BlockId(b"o" * 32)


def check(genesis: Genesis, evidence: Evidence) -> Succession:
    return check_succession(genesis, evidence, NO_TRUST)


def refuse(genesis: Genesis, evidence: Evidence, broken: str, reason: str) -> None:
    with pytest.raises(InvalidProof, match=reason) as refused:
        check(genesis, evidence)
    assert refused.value.facts["check"] == broken


def rename(genesis: Genesis, **fields: object) -> Genesis:
    before = msgspec.structs.replace(get_before(genesis), **fields)
    return msgspec.structs.replace(genesis, predecessor=before)


def test_the_evidence_shows_what_the_genesis_names() -> None:
    ended = Ended()
    found = check(ended.draft().genesis, ended.evidence)
    assert found.known_as is None
    assert set(found.sealed_by) == {"airline", "bank", "insurer"}
    assert found.before.block_id == compute_block_id(ended.last.block.header)
    assert "the new genesis names this chain, this block and this certificate" in found.steps


def test_the_old_chain_is_known_from_elsewhere() -> None:
    ended = Ended()
    trust = trust_chain(ended.chain.executor.chain_id, "our town")
    found = check_succession(ended.draft().genesis, ended.evidence, trust)
    assert found.known_as == "our town"


def test_an_evidence_file_has_one_form() -> None:
    evidence = Ended().evidence
    data = encode_evidence(evidence)
    assert decode_evidence(data) == evidence
    for spoiled, broken in (
        (data + b"\n", "canonical form"),
        (b"{", "json"),
        (b"[]", "form"),
        (rfc8785.dumps(json.loads(data) | {"more": 1}), "form"),
        (b" " * (16 * 1024 * 1024 + 1), "size"),
    ):
        with pytest.raises(InvalidProof) as refused:
            decode_evidence(spoiled)
        assert refused.value.facts["check"] == broken


@pytest.mark.parametrize(
    "certificate",
    [
        lambda header: seal(header, KEYS[:2]),
        lambda header: seal(header, MEMBERS[:3]),
        lambda header: seal(header, KEYS[:3], 1, stated=0),
    ],
    ids=["fewer seals", "strangers' seals", "another round"],
)
def test_a_head_that_was_not_final_is_refused(
    certificate: Callable[..., Certificate],
) -> None:
    ended = Ended()
    wrong = certificate(ended.last.block.header)
    genesis = rename(ended.draft().genesis, certificate_hash=compute_certificate_hash(wrong))
    evidence = msgspec.structs.replace(ended.evidence, certificate=wrong)
    with pytest.raises(InvalidProof) as refused:
        check(genesis, evidence)
    assert refused.value.facts["check"] == "certificate"


def test_a_certificate_of_another_height_is_refused() -> None:
    ended = Ended()
    earlier = ended.evidence
    ended.last = ended.chain.add(ended.chain.transfers(1))
    mixed = msgspec.structs.replace(ended.evidence, certificate=earlier.certificate)
    refuse(ended.draft().genesis, mixed, "certificate", "does not verify")
    refuse(ended.draft().genesis, earlier, "predecessor", "another height")


def test_another_certificate_than_the_one_named_is_refused() -> None:
    ended = Ended()
    other = seal(ended.last.block.header, KEYS[1:])
    evidence = msgspec.structs.replace(ended.evidence, certificate=other)
    refuse(ended.draft().genesis, evidence, "predecessor", "certificate hash")


@pytest.mark.parametrize(
    ("field", "value"),
    [("height", Height(3)), ("block_id", OTHER), ("time", 5), ("chain_id", bytes(32))],
)
def test_a_genesis_that_names_another_end_is_refused(field: str, value: object) -> None:
    ended = Ended()
    genesis = rename(ended.draft().genesis, **{field: value})
    refuse(genesis, ended.evidence, "predecessor", field.replace("_", " "))


def test_the_genesis_of_another_chain_is_no_evidence() -> None:
    ended = Ended()
    other = build_document("another chain").genesis
    evidence = msgspec.structs.replace(ended.evidence, genesis=other)
    refuse(ended.draft().genesis, evidence, "header", "another chain")
    elsewhere = Ended(Chain(build_document("another chain")))
    refuse(ended.draft().genesis, elsewhere.evidence, "predecessor", "chain id")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "private"),
        ("engine", "solo"),
        ("test", False),
        ("story_clock", None),
        ("authority", None),
    ],
)
def test_what_a_chain_is_does_not_change_with_its_genesis(field: str, value: object) -> None:
    ended = Ended()
    drafted = ended.draft().genesis
    value = drafted.organisations[0].policy if field == "authority" else value
    genesis = msgspec.structs.replace(drafted, **{field: value})
    refuse(genesis, ended.evidence, "unchanged", f"another {field}")


def test_nobody_is_left_out_in_silence_or_put_in_by_another_key() -> None:
    ended = Ended()
    genesis = ended.draft().genesis
    silent = rename(genesis, missing=("airline",), by_minority=False)
    refuse(silent, ended.evidence, "organisations", "supervisor of the chain before neither")
    bank, insurer = genesis.organisations
    other = msgspec.structs.replace(bank, policy=insurer.policy)
    swapped = msgspec.structs.replace(genesis, organisations=(other, insurer))
    refuse(swapped, ended.evidence, "organisations", "bank by another account")


def test_a_reader_who_saw_more_of_the_old_chain_says_so() -> None:
    ended = Ended()
    genesis, evidence = ended.draft().genesis, ended.evidence
    height, chain_id = evidence.header.height, ended.chain.executor.chain_id

    def trusting(at: int, block: BlockId) -> Succession:
        entry = TrustEntry(chain_id, "our town", Checkpoint(Height(at), block))
        return check_succession(genesis, evidence, build_trust(entry))

    assert trusting(height, compute_block_id(evidence.header)).known_as == "our town"
    assert trusting(height - 1, OTHER).known_as == "our town"
    for at, reason in ((height, "forked"), (height + 1, "leaves out")):
        with pytest.raises(InvalidProof, match=reason) as refused:
            trusting(at, OTHER)
        assert refused.value.facts["check"] == "checkpoint"


def test_a_genesis_without_predecessor_has_no_evidence() -> None:
    ended = Ended()
    genesis = ended.chain.document.genesis
    refuse(genesis, ended.evidence, "predecessor", "names no chain")


def test_a_proof_on_the_new_chain_names_the_old_one() -> None:
    ended = Ended()
    document = endorse(ended.draft())
    new = Chain(document=document)
    new.executor, new.keys = ended.begin(), KEYS[1:3]
    final = new.add(new.transfers(3))
    verdict = verify(
        build_transaction_proof(final, 0), trust_chain(compute_chain_id(document.genesis))
    )
    assert verdict.is_proved
    assert verdict.predecessor == get_before(document.genesis)
    old = ended.chain.executor.chain_id.hex()
    assert any(
        f"goes on from the last final block of the chain {old}" in step
        and "without airline, supervisor" in step
        and "no more than half" in step
        for step in verdict.steps
    )


def test_a_chain_that_goes_on_can_end_and_go_on_again() -> None:
    ended = Ended()
    second = Ended.__new__(Ended)
    second.chain = Chain(document=endorse(ended.draft()))
    second.chain.executor, second.chain.keys = ended.begin(), KEYS[1:3]
    second.last = second.chain.add(second.chain.transfers(3))
    third = second.draft(second.resolve(missing=frozenset({"insurer"}))).genesis
    assert get_before(third).missing == ("insurer",)
    assert get_before(third).height == ended.last.block.header.height + 2
    found = check(third, second.evidence)
    assert sum("goes on from" in step for step in found.steps) == 1


def test_a_header_at_or_below_the_first_block_proves_nothing() -> None:
    ended = Ended()
    document = endorse(ended.draft())
    new = Chain(document=document)
    new.executor, new.keys = ended.begin(), KEYS[1:3]
    final = new.add(new.transfers(3))
    proof = build_transaction_proof(final, 0)
    first = ended.begin().head.header
    low = msgspec.structs.replace(proof, header=first, certificate=seal(first, KEYS[1:3]))
    with pytest.raises(InvalidProof, match="below") as refused:
        verify(low)
    assert refused.value.facts["check"] == "header"


def test_a_proof_whose_genesis_contradicts_itself_is_refused() -> None:
    ended = Ended()
    document = endorse(ended.draft())
    new = Chain(document=document)
    new.executor, new.keys = ended.begin(), KEYS[1:3]
    proof = build_transaction_proof(new.add(new.transfers(3)), 0)
    hidden = msgspec.structs.replace(proof, genesis=rename(document.genesis, by_minority=False))
    with pytest.raises(InvalidProof) as refused:
        verify(hidden)
    assert refused.value.facts["check"] == "genesis"
