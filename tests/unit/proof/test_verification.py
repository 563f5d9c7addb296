"""A proof holds, or a named check breaks."""

from collections.abc import Callable

import msgspec
import pytest

from dure.chain import state
from dure.core.block import compute_block_id, compute_envelope_id
from dure.core.certificate import Certificate
from dure.core.errors import InvalidProof, NotFound
from dure.core.merkle import compute_root
from dure.core.types import BlockId, Height, Instant, Round
from dure.core.validators import Validator, ValidatorSet, build_validator_set
from dure.proof import (
    EXIT_PROVED,
    EXIT_UNKNOWN_CHAIN,
    Checkpoint,
    FinalBlock,
    ProofFile,
    TrustEntry,
    build_handover,
    build_outcome_proof,
    build_scheduled_proof,
    build_state_proof_file,
    build_transaction_proof,
    build_trust,
    decode_proof,
    encode_proof,
    is_handover,
    isolate_outcome,
    trust_chain,
    verify,
)
from dure.proof.claims import OutcomeClaim, StateClaim, TransactionClaim, encode_envelope
from tests.unit.proof import chains
from tests.unit.proof.chains import KEYS, NAMES, NEW_KEYS, WON, Chain, seal


def prove_transaction(chain: Chain) -> ProofFile:
    final = chain.add(chain.transfers(5), chain.transfers(7, 8), chain.transfers(9))
    return build_transaction_proof(final, 1)


def prove_one_payment(chain: Chain) -> ProofFile:
    final = chain.add(chain.transfers(*range(1, 12)), chain.transfers(5))
    return build_transaction_proof(final, 0, call=4)


def prove_refusal(chain: Chain) -> ProofFile:
    return build_transaction_proof(chain.add(chain.transfers(5, 2_000_000)), 0)


def prove_scheduled(chain: Chain) -> ProofFile:
    chain.deploy_sleeper()
    final = chain.add(chain.transfers(5), after=2000)
    return build_scheduled_proof(final, chains.scheduled_id(final))


def prove_hidden(chain: Chain) -> ProofFile:
    final = chain.add(chain.transfers(5, 6, 7))
    return build_outcome_proof(final, final.records[0].receipt.id, 2)


def prove_state(chain: Chain) -> ProofFile:
    return prove_key(chain, chain.add(chain.transfers(5)), state.key_balance(WON, chains.BOB))


def prove_key(chain: Chain, final: FinalBlock, key: bytes) -> ProofFile:
    return build_state_proof_file(final, key, chain.executor.read(key), chain.executor.prove(key))


def prove_after_handover(chain: Chain) -> ProofFile:
    chain.add(chain.transfers(1))
    chain.hand_over()
    return prove_transaction(chain)


PROOFS: list[Callable[[Chain], ProofFile]] = [
    prove_transaction,
    prove_one_payment,
    prove_refusal,
    prove_scheduled,
    prove_hidden,
    prove_state,
    prove_after_handover,
]


@pytest.mark.parametrize("prove", PROOFS)
def test_a_proof_of_a_known_chain_is_proved_and_says_what_it_shows(
    prove: Callable[[Chain], ProofFile],
) -> None:
    chain = Chain()
    proof = decode_proof(encode_proof(prove(chain)))
    verdict = verify(proof, trust_chain(chain.executor.chain_id, "mine"))
    assert (verdict.is_proved, verdict.exit_code) == (True, EXIT_PROVED)
    assert (verdict.summary, verdict.known_as) == ("proved", "mine")
    assert verdict.height == chain.executor.head.header.height
    assert verdict.block_id == chain.executor.head.block_id
    assert verdict.header_time == chain.executor.head.header.time
    assert verdict.test
    assert "1.000 seconds behind header time" in verdict.ledger_time
    assert len(verdict.sealed_by) == 3
    assert set(verdict.sealed_by) <= set(NAMES)
    assert f"block {verdict.height}" in verdict.statement
    assert len(verdict.steps) >= 4


def test_a_proof_without_trust_is_consistent_only() -> None:
    verdict = verify(prove_transaction(Chain()))
    assert not verdict.is_proved
    assert verdict.exit_code == EXIT_UNKNOWN_CHAIN
    assert verdict.summary == "consistent, but the chain is unknown to you"


def test_a_proof_of_another_chain_is_of_an_unknown_chain() -> None:
    mine, other = Chain(), Chain(chains.build_document("another chain"))
    verdict = verify(prove_transaction(other), trust_chain(mine.executor.chain_id))
    assert verdict.exit_code == EXIT_UNKNOWN_CHAIN
    assert verdict.chain_id == other.executor.chain_id


def test_a_refused_transaction_is_proved_to_be_refused() -> None:
    proof = prove_refusal(Chain())
    assert isinstance(proof.claim, TransactionClaim)
    assert proof.claim.receipt.receipt.failed_call == 1
    assert "was refused (insufficient_balance)" in verify(proof).statement


def test_absence_is_proved_for_a_key_that_is_not_there() -> None:
    chain = Chain()
    final = chain.add(chain.transfers(5))
    proof = prove_key(chain, final, b"a" + bytes(32))
    assert isinstance(proof.claim, StateClaim)
    assert proof.claim.value is None
    assert "holds nothing" in verify(proof).statement


def test_the_story_clock_and_the_chain_that_has_none_are_told_apart() -> None:
    document = chains.build_document()
    genesis = msgspec.structs.replace(document.genesis, test=False, offset=0, story_clock=None)
    real = Chain(msgspec.structs.replace(document, genesis=genesis))
    verdict = verify(prove_transaction(real))
    assert not verdict.test
    assert verdict.ledger_time == "ledger time is header time"


def refuse(proof: ProofFile, check: str) -> None:
    with pytest.raises(InvalidProof) as caught:
        verify(decode_proof(encode_proof(proof)))
    assert caught.value.facts["check"] == check


def change(value: ProofFile, **fields: object) -> ProofFile:
    return msgspec.structs.replace(value, **fields)


def test_a_forged_genesis_is_another_chain_than_the_header_s() -> None:
    proof = prove_transaction(Chain())
    forged = msgspec.structs.replace(proof.genesis, name="forged")
    refuse(change(proof, genesis=forged), "header")


def test_a_whole_forged_chain_is_never_more_than_consistent() -> None:
    mine = Chain()
    document = chains.build_document()
    thieves = build_validator_set([Validator(key.public, "bank") for key in NEW_KEYS])
    forged = msgspec.structs.replace(document.genesis, validators=thieves)
    theirs = Chain(msgspec.structs.replace(document, genesis=forged), keys=list(NEW_KEYS))
    verdict = verify(prove_transaction(theirs), trust_chain(mine.executor.chain_id))
    assert not verdict.is_proved


@pytest.mark.parametrize(
    "change_to",
    [
        {"version": 2},
        {"test": False},
        {"validators": ValidatorSet(())},
        {"validators": ValidatorSet((Validator(KEYS[0].public, "bank"),) * 2)},
    ],
)
def test_a_genesis_that_no_chain_may_have_is_refused(change_to: dict[str, object]) -> None:
    proof = prove_transaction(Chain())
    refuse(change(proof, genesis=msgspec.structs.replace(proof.genesis, **change_to)), "genesis")


def test_validators_out_of_order_are_refused() -> None:
    proof = prove_transaction(Chain())
    turned = ValidatorSet(proof.genesis.validators.members[::-1])
    refuse(
        change(proof, genesis=msgspec.structs.replace(proof.genesis, validators=turned)), "genesis"
    )


def test_seals_of_two_rounds_do_not_add_up() -> None:
    proof = prove_transaction(Chain())
    first, second = seal(proof.header, KEYS[:2], 0), seal(proof.header, KEYS[2:], 1)
    for round_ in (0, 1):
        seals = sorted(first.seals + second.seals, key=lambda each: each.validator)
        refuse(change(proof, certificate=Certificate(Round(round_), tuple(seals))), "certificate")


@pytest.mark.parametrize(
    "certificate",
    [
        lambda header: seal(header, KEYS[:2]),
        lambda header: seal(header, NEW_KEYS),
        lambda header: seal(header, [KEYS[0], KEYS[0], KEYS[0]]),
        lambda header: seal(header, KEYS, 3, stated=2),
        lambda _: Certificate(Round(0), ()),
    ],
    ids=["too few", "strangers", "one thrice", "another round", "none"],
)
def test_no_certificate_but_a_quorum_s_will_do(certificate: Callable[..., Certificate]) -> None:
    proof = prove_transaction(Chain())
    refuse(change(proof, certificate=certificate(proof.header)), "certificate")


def test_a_header_of_the_genesis_block_proves_nothing() -> None:
    chain = Chain()
    genesis_header = chain.executor.head.header
    proof = prove_transaction(chain)
    refuse(change(proof, header=genesis_header, certificate=seal(genesis_header, KEYS)), "header")


def test_a_forged_handover_is_refused() -> None:
    proof = prove_after_handover(Chain())
    (handover,) = proof.handovers
    stolen = build_validator_set([Validator(key.public, "thief") for key in NEW_KEYS])
    by_next = seal(handover.header, NEW_KEYS)
    forgeries = [
        msgspec.structs.replace(handover, validators=stolen),
        msgspec.structs.replace(handover, certificate=by_next),
        msgspec.structs.replace(
            handover, header=msgspec.structs.replace(handover.header, height=Height(1))
        ),
    ]
    for forged in forgeries:
        refuse(change(proof, handovers=(forged,)), "handover 0")


def test_a_handover_may_not_be_left_out_doubled_or_changeless() -> None:
    chain = Chain()
    still = chain.add(chain.transfers(1))
    proof = prove_after_handover(chain)
    (handover,) = proof.handovers
    refuse(change(proof, handovers=()), "validators")
    refuse(change(proof, handovers=(handover, handover)), "handover 1")
    changeless = msgspec.structs.replace(
        handover,
        header=still.block.header,
        certificate=still.certificate,
        validators=proof.genesis.validators,
    )
    refuse(change(proof, handovers=(changeless, handover)), "handover 0")


def test_the_old_validators_cannot_seal_after_a_handover() -> None:
    proof = prove_after_handover(Chain())
    refuse(change(proof, certificate=seal(proof.header, KEYS)), "certificate")


def test_the_block_that_changes_the_validators_is_itself_sealed_by_the_old() -> None:
    chain = Chain()
    final = chain.hand_over()
    assert verify(build_transaction_proof(final, 0)).height == 1


def test_a_claim_of_another_block_does_not_fit_the_header() -> None:
    chain = Chain()
    first = build_transaction_proof(chain.add(chain.transfers(5)), 0)
    second = build_transaction_proof(chain.add(chain.transfers(5)), 0)
    refuse(change(first, claim=second.claim), "transaction path")


def test_a_receipt_of_another_transaction_does_not_fit() -> None:
    chain = Chain()
    final = chain.add(chain.transfers(5), chain.transfers(6))
    first, second = (build_transaction_proof(final, index) for index in (0, 1))
    assert isinstance(first.claim, TransactionClaim)
    assert isinstance(second.claim, TransactionClaim)
    claim = msgspec.structs.replace(first.claim, receipt=second.claim.receipt)
    refuse(change(first, claim=claim), "receipt")


def test_one_call_is_cut_out_of_a_proof_of_all_as_if_it_had_been_built_alone() -> None:
    chain = Chain()
    final = chain.add(chain.transfers(5, 6, 7))
    whole = build_transaction_proof(final, 0)
    for call in range(3):
        alone = build_outcome_proof(final, final.records[0].receipt.id, call)
        assert isolate_outcome(whole, call) == alone
    with pytest.raises(NotFound):
        isolate_outcome(whole, 3)
    with pytest.raises(NotFound, match="does not show all calls"):
        isolate_outcome(isolate_outcome(whole, 0), 0)
    with pytest.raises(NotFound, match="does not show all calls"):
        isolate_outcome(prove_state(Chain()), 0)


def test_an_outcome_of_another_call_does_not_fit() -> None:
    chain = Chain()
    final = chain.add(chain.transfers(5, 6))
    identity = final.records[0].receipt.id
    first, second = (build_outcome_proof(final, identity, call) for call in (0, 1))
    assert isinstance(first.claim, OutcomeClaim)
    assert isinstance(second.claim, OutcomeClaim)
    shown = msgspec.structs.replace(
        first.claim.receipt.shown,
        outcome=second.claim.receipt.shown.outcome,  # type: ignore[union-attr]  # the claim is about a receipt
    )
    receipt = msgspec.structs.replace(first.claim.receipt, shown=shown)
    refuse(change(first, claim=OutcomeClaim(receipt)), "outcome path")


def test_a_state_value_that_is_not_there_is_refused() -> None:
    proof = prove_state(Chain())
    assert isinstance(proof.claim, StateClaim)
    for value in (None, b"\x06"):
        refuse(
            change(proof, claim=msgspec.structs.replace(proof.claim, value=value)), "state value"
        )


def test_a_checkpoint_that_contradicts_the_proof_is_a_fork() -> None:
    chain = Chain()
    proof = prove_after_handover(chain)
    for header in (proof.handovers[0].header, proof.header):
        known = Checkpoint(header.height, compute_block_id(header))
        entry = TrustEntry(chain.executor.chain_id, "mine", known)
        assert any("that you know" in step for step in verify(proof, build_trust(entry)).steps)
        other = Checkpoint(header.height, BlockId(bytes(32)))
        with pytest.raises(InvalidProof, match="forked") as caught:
            verify(proof, build_trust(TrustEntry(chain.executor.chain_id, "mine", other)))
        assert caught.value.facts["check"] == "checkpoint"


def test_a_checkpoint_elsewhere_says_nothing() -> None:
    chain = Chain()
    proof = prove_transaction(chain)
    known = Checkpoint(Height(77), BlockId(bytes(32)))
    entry = TrustEntry(chain.executor.chain_id, "mine", known)
    assert verify(proof, build_trust(entry)).is_proved


def prove_forged_body(chain: Chain, signature: bytes | None) -> ProofFile:
    """Return a proof whose validators sealed a transaction that its sender never signed."""
    final = chain.add(chain.transfers(5))
    proof = build_transaction_proof(final, 0)
    assert isinstance(proof.claim, TransactionClaim)
    (given,) = proof.claim.proofs
    stolen = msgspec.structs.replace(given, signatures=(signature,))
    claim = msgspec.structs.replace(proof.claim, proofs=(stolen,))
    root = compute_root([compute_envelope_id(encode_envelope(claim))])
    header = msgspec.structs.replace(proof.header, transaction_root=root)
    return change(proof, claim=claim, header=header, certificate=seal(header, KEYS))


def test_even_a_quorum_cannot_prove_what_the_sender_did_not_sign() -> None:
    refuse(prove_forged_body(Chain(), bytes(64)), "transaction signature")
    refuse(prove_forged_body(Chain(), None), "transaction")


def test_a_handover_is_made_only_of_a_block_that_changes_the_validators() -> None:
    chain = Chain()
    final = chain.add(chain.transfers(5), chain.transfers(2_000_000))
    assert not is_handover(final.block.header)
    before = chain.executor.head.validators
    changing = chain.hand_over()
    assert is_handover(changing.block.header)
    with pytest.raises(AssertionError):
        build_handover(changing.block.header, changing.certificate, before)


def test_what_the_block_does_not_hold_cannot_be_proved() -> None:
    chain = Chain()
    final = chain.add(chain.transfers(5))
    with pytest.raises(NotFound):
        build_transaction_proof(final, 1)
    with pytest.raises(NotFound):
        build_transaction_proof(final, 0, call=1)
    with pytest.raises(NotFound):
        build_scheduled_proof(final, bytes(32))


def test_a_later_header_with_another_time_is_not_the_sealed_one() -> None:
    proof = prove_transaction(Chain())
    later = msgspec.structs.replace(proof.header, time=Instant(proof.header.time + 1))
    refuse(change(proof, header=later), "certificate")
