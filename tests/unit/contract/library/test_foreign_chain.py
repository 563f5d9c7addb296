"""A contract believes another chain for its validators' seals, and nobody else."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from dure.chain.receipt import Kind
from dure.contract.library.foreign_chain import (
    ForeignEvent,
    ForeignHeader,
    ForeignPath,
    ForeignProof,
    ForeignSeal,
    ForeignSetAdopted,
    ForeignValidator,
)
from dure.core.block import Header
from dure.core.certificate import Certificate
from dure.core.codec import encode
from dure.core.merkle import MerklePath, build_path
from dure.core.types import Hash
from dure.core.validators import ValidatorSet
from dure.proof import FinalBlock, Handover
from dure.testing import Deployed, Person, World
from tests.unit.contract.library.listener import Listener
from tests.unit.proof.chains import KEYS, NEW_KEYS, Chain, build_document, seal

UNSORTED = "a seal is of no validator, or the seals are not sorted"


def write_header(header: Header) -> ForeignHeader:
    return ForeignHeader(*msgspec.structs.astuple(header))


def write_seals(certificate: Certificate) -> list[ForeignSeal]:
    return [ForeignSeal(each.validator, each.signature) for each in certificate.seals]


def write_set(validators: ValidatorSet) -> list[ForeignValidator]:
    return [ForeignValidator(each.key, each.organisation) for each in validators.members]


def write_path(path: MerklePath) -> ForeignPath:
    return ForeignPath(path.index, path.size, list(path.siblings))


def write_proof(final: FinalBlock, *, place: int, call: int = 0) -> ForeignProof:
    record = final.records[place]
    outcome = record.outcomes[call]
    return ForeignProof(
        write_header(final.block.header),
        final.certificate.round,
        write_seals(final.certificate),
        str(record.receipt.kind),
        Hash(record.receipt.id),
        record.receipt.gas_used,
        write_path(build_path(final.receipts, place)),
        outcome.result,
        [ForeignEvent(each.contract, each.name, each.data) for each in outcome.events],
        write_path(build_path([encode(each) for each in record.outcomes], call)),
    )


@dataclass(frozen=True)
class Scene:
    """Another chain with a block of two transactions, and a contract that listens to it."""

    world: World
    listener: Deployed
    ann: Person
    chain: Chain
    final: FinalBlock

    def proof(self) -> ForeignProof:
        return write_proof(self.final, place=self.place, call=1)

    @property
    def place(self) -> int:
        kinds = [each.receipt.kind for each in self.final.records]
        return kinds.index(Kind.TRANSACTION)

    def hear(self, proof: ForeignProof, *, epoch: int = 1, **changed: Any) -> None:
        event = proof.events[0]
        said = {"contract": event.contract, "name": event.name, "data": event.data} | changed
        self.listener.hear(by=self.ann, proof=proof, epoch=epoch, **said)

    def refuse(self, words: str, proof: ForeignProof, **changed: Any) -> None:
        with self.world.refused(words):
            self.hear(proof, **changed)


@pytest.fixture
def scene(world: World) -> Scene:
    (ann,) = world.people("ann")
    chain = Chain()
    validators = chain.document.genesis.validators
    listener = world.deploy(
        Listener, by=ann, chain_id=chain.executor.chain_id, validators=write_set(validators)
    )
    final = chain.add(chain.transfers(5, 7, 9), chain.transfers(11))
    return Scene(world, listener, ann, chain, final)


def test_what_the_validators_sealed_is_believed_once(scene: Scene) -> None:
    scene.hear(scene.proof())
    scene.refuse("the event was used already", scene.proof())


def test_an_event_that_was_not_said_is_refused(scene: Scene) -> None:
    proof = scene.proof()
    scene.refuse("no such event is shown", proof, data=b"\x90")
    event = proof.events[0].replace(data=encode((b"x" * 32, b"y" * 32, b"z" * 32, 10**6)))
    scene.refuse("the receipt is not of that block", proof.replace(events=[event]))
    scene.refuse("the receipt is not of that block", proof.replace(gas_used=proof.gas_used + 1))
    scene.refuse("at most 64 events are shown", proof.replace(events=proof.events * 65))


def test_a_path_of_another_shape_is_refused(scene: Scene) -> None:
    proof = scene.proof()
    path = proof.outcome_path
    assert path.size == 3
    for changed in (
        path.replace(index=3),
        path.replace(siblings=path.siblings[:-1]),
        path.replace(siblings=path.siblings + path.siblings),
        path.replace(siblings=path.siblings * 30),
    ):
        scene.refuse("a path has a wrong shape", proof.replace(outcome_path=changed))
    for changed in (path.replace(index=0), path.replace(size=4)):
        scene.refuse("the receipt is not of that block", proof.replace(outcome_path=changed))


def test_forged_certificates_are_refused(scene: Scene) -> None:
    proof, header = scene.proof(), scene.final.block.header
    seals = proof.seals
    forged = seals[0].replace(signature=b"\x01" * 64)
    scene.refuse("a seal does not verify", proof.replace(seals=[forged, *seals[1:]]))
    scene.refuse("a seal does not verify", proof.replace(round=proof.round + 1))
    scene.refuse("fewer seals than a quorum", proof.replace(seals=seals[:2]))
    scene.refuse(UNSORTED, proof.replace(seals=[seals[0], seals[0], seals[0]]))
    scene.refuse(UNSORTED, proof.replace(seals=list(reversed(seals))))
    scene.refuse("more seals than validators", proof.replace(seals=seals * 2))
    strangers = write_seals(seal(header, NEW_KEYS))
    scene.refuse(UNSORTED, proof.replace(seals=strangers))
    changed = proof.header.replace(state_root=b"\x07" * 32)
    scene.refuse("a seal does not verify", proof.replace(header=changed))


def test_another_chain_and_another_version_are_refused(scene: Scene) -> None:
    other = Chain(build_document("another chain"))
    final = other.add(other.transfers(5, 7, 9))
    scene.refuse("the header is of another chain", write_proof(final, place=0))
    proof = scene.proof()
    scene.refuse(
        "the header's version is not known", proof.replace(header=proof.header.replace(version=2))
    )
    scene.refuse("no such validators are known", proof, epoch=2)
    header = proof.header.replace(validators_root=b"\x01" * 32)
    scene.refuse("the header names other validators", proof.replace(header=header))
    genesis = proof.header.replace(height=0)
    scene.refuse("other validators decided that block", proof.replace(header=genesis))


def test_validators_hand_over_and_the_old_ones_decide_no_longer(scene: Scene) -> None:
    handover = find_handover(scene.chain)
    terms: dict[str, Any] = {
        "header": write_header(handover.header),
        "sealed_in": handover.certificate.round,
        "seals": write_seals(handover.certificate),
        "following": write_set(handover.validators),
    }
    following = terms["following"]
    refused = (
        ("the header names other validators to follow", {"following": following[:-1]}),
        ("fewer seals than a quorum", {"seals": terms["seals"][:2]}),
        ("the validators do not change", unchanged(scene)),
    )
    for words, changed in refused:
        with scene.world.refused(words):
            scene.listener.hand_over(by=scene.ann, **(terms | changed))
    scene.listener.hand_over(by=scene.ann, **terms)
    assert scene.listener.foreign_epochs() == 2
    assert scene.listener.foreign_validators(2) == following
    first = handover.header.height + 1
    assert scene.world.events(ForeignSetAdopted)[-1] == ForeignSetAdopted(2, first)
    later = scene.chain.add(scene.chain.transfers(3, 4))
    proof = write_proof(later, place=len(later.records) - 1)
    scene.refuse("other validators decided that block", proof, epoch=1)
    scene.hear(proof, epoch=2)
    # What was sealed before the handover is still true.
    scene.hear(scene.proof(), epoch=1)


def find_handover(chain: Chain) -> Handover:
    chain.hand_over()
    return chain.handovers[-1]


def unchanged(scene: Scene) -> dict[str, Any]:
    return {
        "header": write_header(scene.final.block.header),
        "sealed_in": scene.final.certificate.round,
        "seals": write_seals(scene.final.certificate),
        "following": write_set(scene.chain.document.genesis.validators),
    }


def test_a_chain_is_known_once_and_its_validators_are_in_order(scene: Scene) -> None:
    chain_id = scene.chain.executor.chain_id
    known = write_set(scene.chain.document.genesis.validators)
    with scene.world.refused("the chain is known already"):
        scene.listener.begin_again(by=scene.ann, chain_id=chain_id, validators=known)
    for validators, words in (
        ([], "a chain has 1 to 128 validators"),
        (list(reversed(known)), "validators are sorted by key"),
        ([known[0], known[0]], "validators are sorted by key"),
        ([known[0].replace(key=b"short")], "validators are sorted by key"),
    ):
        with scene.world.refused(words):
            scene.world.deploy(Listener, by=scene.ann, chain_id=chain_id, validators=validators)
    assert len(KEYS) == len(known)
