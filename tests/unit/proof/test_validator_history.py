"""The whole history of who decides, proved from the genesis alone: every change, and no other."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.chain import system
from dure.core.block import Header, compute_block_id
from dure.core.errors import InvalidProof
from dure.core.types import Height
from dure.core.validators import (
    Validator,
    build_validator_set,
    compute_quorum,
    compute_validators_root,
)
from dure.identity.keys import SigningKey
from dure.proof import (
    Checkpoint,
    Handover,
    ProofFile,
    TrustEntry,
    build_transaction_proof,
    build_trust,
    decode_proof,
    encode_proof,
    trust_chain,
    verify,
)
from tests.unit.proof.chains import KEYS, NAMES, NEW_KEYS, Chain, seal

FIFTH, ROTATED = NEW_KEYS[:2]
ADDED = [*KEYS, FIFTH]
REMOVED = ADDED[1:]
REPLACED = [ROTATED, *REMOVED[1:]]


def prove_payment(chain: Chain) -> ProofFile:
    return build_transaction_proof(chain.add(chain.transfers(5)), 0)


def tell_story(chain: Chain) -> ProofFile:
    """A fifth validator comes, the first one goes, the next block rotates a key; then a payment."""
    chain.add(chain.transfers(1))
    chain.hand_over(ADDED)
    chain.add(chain.transfers(2))
    chain.hand_over(REMOVED)
    chain.hand_over(REPLACED)
    return prove_payment(chain)


def change(proof: ProofFile, **fields: object) -> ProofFile:
    return msgspec.structs.replace(proof, **fields)


def refuse(proof: ProofFile, check: str) -> None:
    with pytest.raises(InvalidProof) as caught:
        verify(proof)
    assert caught.value.facts["check"] == check


def test_a_payment_after_three_changes_is_proved_by_the_genesis_alone() -> None:
    chain = Chain()
    proof = decode_proof(encode_proof(tell_story(chain)))
    assert [handover.header.height for handover in proof.handovers] == [2, 4, 5]
    assert [len(handover.validators) for handover in proof.handovers] == [5, 4, 4]
    verdict = verify(proof, trust_chain(chain.executor.chain_id))
    assert verdict.is_proved
    assert sum("handed over" in step for step in verdict.steps) == 3
    old = {key.public for key in (KEYS[0], KEYS[1])}
    assert old.isdisjoint(chain.executor.head.validators.keys)


def test_a_change_far_ahead_hands_over_at_its_height_and_was_decided_by_the_old() -> None:
    chain = Chain()
    decided = chain.add(chain.choose(ADDED, ahead=3))
    assert not chain.handovers
    for _ in range(2):
        final = chain.add(chain.transfers(1))
        assert verify(build_transaction_proof(final, 0)).height == final.block.header.height
    chain.keys = list(ADDED)
    assert [handover.header.height for handover in chain.handovers] == [3]
    assert verify(prove_payment(chain)).height == 4
    assert verify(build_transaction_proof(decided, 0)).height == 1


def test_a_change_that_was_replaced_or_withdrawn_leaves_no_handover() -> None:
    chain = Chain()
    chain.add(chain.choose(ADDED, ahead=3))
    chain.add(chain.choose(NEW_KEYS, ahead=1))
    chain.keys = list(NEW_KEYS)
    chain.add(chain.choose(KEYS, ahead=2))
    chain.add(chain.by_members("withdraw_validators", system.WithdrawValidatorsArguments()))
    for _ in range(2):
        chain.add(chain.transfers(1))
    proof = prove_payment(chain)
    assert [handover.header.height for handover in proof.handovers] == [2]
    assert verify(proof).height == 7


@pytest.mark.parametrize("left_out", range(3))
def test_no_change_can_be_left_out(left_out: int) -> None:
    proof = tell_story(Chain())
    kept = tuple(each for n, each in enumerate(proof.handovers) if n != left_out)
    refuse(change(proof, handovers=kept), "validators" if left_out == 2 else f"handover {left_out}")


def test_changes_cannot_be_exchanged_or_told_twice() -> None:
    proof = tell_story(Chain())
    first, second, third = proof.handovers
    refuse(change(proof, handovers=(second, first, third)), "handover 0")
    refuse(change(proof, handovers=(first, third, second)), "handover 1")
    refuse(change(proof, handovers=(first, second, second, third)), "handover 2")


def test_who_was_removed_cannot_decide_any_more() -> None:
    chain = Chain()
    proof = tell_story(chain)
    refuse(change(proof, certificate=seal(proof.header, KEYS[:3])), "certificate")
    refuse(change(proof, certificate=seal(proof.header, [KEYS[0], *REPLACED[:2]])), "certificate")


def test_a_change_is_sealed_by_the_set_before_it_and_no_other() -> None:
    proof = tell_story(Chain())
    for number, (handover, keys) in enumerate(
        zip(proof.handovers, (ADDED, REMOVED, REPLACED), strict=True)
    ):
        # Its own new set in place of the old: enough seals, but of whom the block only appoints.
        own = seal(handover.header, [key for key in keys if key not in KEYS] + keys[-3:])
        forged = msgspec.structs.replace(handover, certificate=own)
        changed = (*proof.handovers[:number], forged, *proof.handovers[number + 1 :])
        refuse(change(proof, handovers=changed), f"handover {number}")


def test_a_thief_s_set_does_not_hash_to_what_the_old_set_sealed() -> None:
    proof = tell_story(Chain())
    thieves = build_validator_set([Validator(key.public, "thief") for key in NEW_KEYS])
    for number, handover in enumerate(proof.handovers):
        forged = msgspec.structs.replace(handover, validators=thieves)
        changed = (*proof.handovers[:number], forged, *proof.handovers[number + 1 :])
        refuse(change(proof, handovers=changed), f"handover {number}")


def forge_branch(proof: ProofFile, keys: Sequence[SigningKey]) -> ProofFile:
    """Return a proof in which members of long ago, with their old keys, told another history."""
    first = proof.handovers[0]
    stolen = build_validator_set(
        [Validator(key.public, name) for key, name in zip(keys, NAMES, strict=True)]
    )
    root = compute_validators_root(stolen)
    header = replace_header(first.header, next_validators_root=root)
    handover = Handover(header, seal(header, KEYS[:3]), stolen)
    last = replace_header(proof.header, validators_root=root, next_validators_root=root)
    return change(proof, handovers=(handover,), header=last, certificate=seal(last, list(keys)[:3]))


def replace_header(header: Header, **fields: object) -> Header:
    return msgspec.structs.replace(header, **fields)


def test_old_keys_can_tell_another_history_and_a_known_block_unmasks_them() -> None:
    """Why keys that left are destroyed, and why whoever can keeps a checkpoint."""
    chain = Chain()
    honest = tell_story(chain)
    forged = forge_branch(honest, NEW_KEYS)
    assert verify(forged).height == honest.header.height
    first = honest.handovers[0].header
    for header in (first, honest.header):
        known = Checkpoint(Height(header.height), compute_block_id(header))
        trust = build_trust(TrustEntry(chain.executor.chain_id, "mine", known))
        assert verify(honest, trust).is_proved
        with pytest.raises(InvalidProof, match="forked") as caught:
            verify(forged, trust)
        assert caught.value.facts["check"] == "checkpoint"


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sets(st.integers(0, 6), min_size=1), st.integers(0, 2)),
        min_size=1,
        max_size=6,
    )
)
def test_any_history_is_proved_and_not_without_any_of_its_changes(
    steps: list[tuple[set[int], int]],
) -> None:
    pool = [*KEYS, *NEW_KEYS]
    chain = Chain()
    for members, blocks in steps:
        keys = [pool[number] for number in sorted(members)]
        before = {key.public for key in chain.keys}
        if {key.public for key in keys} == before:
            continue
        chain.hand_over(keys)
        for _ in range(blocks):
            chain.add(chain.transfers(1))
    proof = prove_payment(chain)
    verdict = verify(proof)
    assert len(verdict.sealed_by) == compute_quorum(len(chain.keys))
    for left_out in range(len(proof.handovers)):
        kept = tuple(each for n, each in enumerate(proof.handovers) if n != left_out)
        with pytest.raises(InvalidProof):
            verify(change(proof, handovers=kept))
