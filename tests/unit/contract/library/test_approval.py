"""Nothing happens before enough of the signatories have approved it, and then it happens once."""

import hashlib

import pytest

from dure.contract.language import Time, days
from dure.contract.library.approval import (
    Approval,
    ApprovalRevoked,
    Approved,
    ProposalState,
    ProposalUsed,
    ProposalWithdrawn,
    SignatoriesNamed,
)
from dure.core.codec import encode
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

ACTION = Hash(b"a" * 32)


class Scene:
    """Three signatories, of whom two are enough."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ann, self.bob, self.cho, self.stranger = world.people("ann", "bob", "cho", "stranger")
        self.board: Deployed = world.deploy(
            Approval, by=self.ann, signatories=[self.ann, self.bob, self.cho], enough=2
        )

    def propose_change(self, signatories: list[Person], enough: int) -> int:
        addresses = [person.address for person in signatories]
        action = hashlib.sha256(encode(("change_signatories", addresses, enough))).digest()
        number = self.board.propose(by=self.ann, action=action)
        assert isinstance(number, int)
        return number

    def change(self, number: int, signatories: list[Person], enough: int) -> None:
        self.board.change_signatories(
            by=self.stranger, number=number, signatories=signatories, enough=enough
        )


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def test_only_signatories_propose_and_approve(scene: Scene) -> None:
    with scene.world.refused("not_permitted"):
        scene.board.propose(by=scene.stranger, action=ACTION)
    assert scene.board.propose(by=scene.ann, action=ACTION) == 1
    with scene.world.refused("not_permitted"):
        scene.board.approve(by=scene.stranger, number=1)


def test_who_proposes_approves_and_enough_are_enough(scene: Scene) -> None:
    scene.board.propose(by=scene.ann, action=ACTION)
    assert (scene.board.count_approvals(1), scene.board.is_approved(1)) == (1, False)
    scene.board.approve(by=scene.cho, number=1)
    assert (scene.board.count_approvals(1), scene.board.is_approved(1)) == (2, True)
    assert scene.world.events(Approved) == [
        Approved(1, scene.ann.address),
        Approved(1, scene.cho.address),
    ]


def test_nobody_approves_twice(scene: Scene) -> None:
    scene.board.propose(by=scene.ann, action=ACTION)
    with scene.world.refused("the caller has approved already"):
        scene.board.approve(by=scene.ann, number=1)


def test_an_approval_is_taken_back(scene: Scene) -> None:
    scene.board.propose(by=scene.ann, action=ACTION)
    scene.board.approve(by=scene.bob, number=1)
    scene.board.revoke_approval(by=scene.ann, number=1)
    assert scene.board.count_approvals(1) == 1
    assert scene.world.events(ApprovalRevoked) == [ApprovalRevoked(1, scene.ann.address)]
    with scene.world.refused("the caller has not approved"):
        scene.board.revoke_approval(by=scene.ann, number=1)
    with scene.world.refused("the caller has not approved"):
        scene.board.revoke_approval(by=scene.cho, number=1)


def test_a_proposal_expires(scene: Scene) -> None:
    number = scene.propose_change([scene.bob], 1)
    scene.board.approve(by=scene.bob, number=number)
    expires = scene.board.proposal(number).expires
    assert isinstance(expires, Time)
    assert expires <= scene.world.now + days(30)
    scene.world.wait_until(expires)
    for act in (scene.board.approve, scene.board.revoke_approval):
        with scene.world.refused("the proposal has expired"):
            act(by=scene.cho, number=number)
    with scene.world.refused("the proposal has expired"):
        scene.change(number, [scene.bob], 1)


def test_a_proposal_is_withdrawn_by_its_proposer(scene: Scene) -> None:
    scene.board.propose(by=scene.ann, action=ACTION)
    with scene.world.refused("only the proposer may withdraw a proposal"):
        scene.board.withdraw_proposal(by=scene.bob, number=1)
    scene.board.withdraw_proposal(by=scene.ann, number=1)
    assert scene.board.proposal(1).state == ProposalState.WITHDRAWN
    assert scene.world.events(ProposalWithdrawn) == [ProposalWithdrawn(1)]
    with scene.world.refused("the proposal is closed"):
        scene.board.approve(by=scene.bob, number=1)


def test_there_is_nothing_to_approve_where_nothing_was_proposed(scene: Scene) -> None:
    with scene.world.refused("there is no such proposal"):
        scene.board.approve(by=scene.ann, number=1)


def test_an_approved_proposal_is_used_once(scene: Scene) -> None:
    number = scene.propose_change([scene.ann, scene.bob, scene.stranger], 2)
    with scene.world.refused("too few signatories have approved"):
        scene.change(number, [scene.ann, scene.bob, scene.stranger], 2)
    scene.board.approve(by=scene.bob, number=number)
    scene.change(number, [scene.ann, scene.bob, scene.stranger], 2)
    assert scene.board.proposal(number).state == ProposalState.USED
    assert len(scene.world.events(ProposalUsed)) == 1
    with scene.world.refused("the proposal is closed"):
        scene.change(number, [scene.ann, scene.bob, scene.stranger], 2)


def test_nothing_else_than_what_was_approved_happens(scene: Scene) -> None:
    number = scene.propose_change([scene.ann, scene.bob], 2)
    scene.board.approve(by=scene.bob, number=number)
    with scene.world.refused("something else was proposed"):
        scene.change(number, [scene.stranger], 1)
    with scene.world.refused("something else was proposed"):
        scene.change(number, [scene.ann, scene.bob], 1)


def test_only_todays_signatories_count(scene: Scene) -> None:
    scene.board.propose(by=scene.cho, action=ACTION)
    scene.board.approve(by=scene.bob, number=1)
    change = scene.propose_change([scene.ann, scene.bob, scene.stranger], 2)
    scene.board.approve(by=scene.bob, number=change)
    scene.change(change, [scene.ann, scene.bob, scene.stranger], 2)
    assert (scene.board.count_approvals(1), scene.board.is_approved(1)) == (1, False)
    with scene.world.refused("not_permitted"):
        scene.board.revoke_approval(by=scene.cho, number=1)
    scene.board.approve(by=scene.stranger, number=1)
    assert scene.board.is_approved(1)
    told = scene.world.events(SignatoriesNamed)[-1]
    assert told.signatories == [each.address for each in (scene.ann, scene.bob, scene.stranger)]


def test_signatories_are_several_different_people_and_enough_of_them(world: World) -> None:
    people = world.people(*(f"person {number}" for number in range(33)))

    def deploy(signatories: list[Person], enough: int) -> None:
        world.deploy(Approval, by=people[0], signatories=signatories, enough=enough)

    for enough in (0, -1, 3):
        with world.refused("not so many signatories can approve"):
            deploy([people[0], people[1]], enough)
    with world.refused("not so many signatories can approve"):
        deploy([], 0)
    with world.refused("a signatory is named once"):
        deploy([people[0], people[1], people[0]], 2)
    with world.refused("there are at most 32 signatories"):
        deploy(list(people), 2)
    deploy(list(people[:32]), 32)
