"""Of each thing there is one, and it has one owner."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.contract.library.unique import UniqueAssets
from dure.contract.library.unique_items import ItemEnded, ItemIssued, ItemTransferred
from dure.core.types import Hash
from dure.testing import Deployed, Person, Refused, World


def deed(number: int) -> Hash:
    return Hash(number.to_bytes(32, "big"))


class Scene:
    """A land office and three people."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.office, self.ann, self.bob, self.cho = world.people("office", "ann", "bob", "cho")
        self.land: Deployed = world.deploy(
            UniqueAssets, by=self.office, roles={"issuer": self.office}
        )

    def issue(self, to: Person, document: int) -> int:
        number = self.land.issue(by=self.office, to=to, document=deed(document))
        assert isinstance(number, int)
        return number


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def test_only_an_issuer_issues(scene: Scene) -> None:
    with scene.world.refused("not_permitted"):
        scene.land.issue(by=scene.ann, to=scene.ann, document=deed(1))
    assert scene.issue(scene.ann, 1) == 1
    assert scene.land.owner_of(1) == scene.ann.address
    assert scene.land.item(1).document == deed(1)
    assert scene.world.events(ItemIssued) == [ItemIssued(1, scene.ann.address, deed(1))]


def test_a_document_describes_one_thing(scene: Scene) -> None:
    scene.issue(scene.ann, 1)
    with scene.world.refused("the document describes another thing"):
        scene.issue(scene.bob, 1)
    assert (scene.land.number_of(deed(1)), scene.land.number_of(deed(2))) == (1, 0)


def test_the_owner_hands_a_thing_on(scene: Scene) -> None:
    scene.issue(scene.ann, 1)
    scene.land.transfer(by=scene.ann, number=1, to=scene.bob)
    assert scene.land.owner_of(1) == scene.bob.address
    with scene.world.refused("only owner or delegate may hand it on"):
        scene.land.transfer(by=scene.ann, number=1, to=scene.cho)
    told = ItemTransferred(1, scene.ann.address, scene.bob.address)
    assert scene.world.events(ItemTransferred) == [told]


def test_nobody_hands_a_thing_to_its_owner(scene: Scene) -> None:
    scene.issue(scene.ann, 1)
    with scene.world.refused("the thing is theirs already"):
        scene.land.transfer(by=scene.ann, number=1, to=scene.ann)


def test_strangers_and_issuers_take_nothing(scene: Scene) -> None:
    scene.issue(scene.ann, 1)
    for person in (scene.bob, scene.office):
        with scene.world.refused("only owner or delegate may hand it on"):
            scene.land.transfer(by=person, number=1, to=person)
        with scene.world.refused("only the owner may name a delegate"):
            scene.land.approve(by=person, number=1, delegate=person)
        with scene.world.refused("only the owner may end a thing"):
            scene.land.end(by=person, number=1)


def test_a_delegate_hands_it_on_once(scene: Scene) -> None:
    scene.issue(scene.ann, 1)
    scene.land.approve(by=scene.ann, number=1, delegate=scene.cho)
    with scene.world.refused("only the owner may end a thing"):
        scene.land.end(by=scene.cho, number=1)
    scene.land.transfer(by=scene.cho, number=1, to=scene.bob)
    with scene.world.refused("only owner or delegate may hand it on"):
        scene.land.transfer(by=scene.cho, number=1, to=scene.cho)


def test_a_delegate_is_no_longer_one_when_the_owner_says_so(scene: Scene) -> None:
    scene.issue(scene.ann, 1)
    scene.land.approve(by=scene.ann, number=1, delegate=scene.cho)
    scene.land.approve(by=scene.ann, number=1, delegate=scene.ann)
    with scene.world.refused("only owner or delegate may hand it on"):
        scene.land.transfer(by=scene.cho, number=1, to=scene.bob)


def test_what_has_ended_never_comes_back(scene: Scene) -> None:
    scene.issue(scene.ann, 1)
    scene.land.end(by=scene.ann, number=1)
    assert (scene.land.count(), scene.land.count_of(scene.ann)) == (0, 0)
    assert scene.world.events(ItemEnded) == [ItemEnded(1, scene.ann.address)]
    with scene.world.refused("missing_key"):
        scene.land.owner_of(1)
    with scene.world.refused("the document describes another thing"):
        scene.issue(scene.ann, 1)
    assert scene.issue(scene.ann, 2) == 2


def test_an_owners_things_are_listed_a_hundred_at_a_time(scene: Scene) -> None:
    for document in range(103):
        scene.issue(scene.ann, document)
    assert scene.land.list_of(scene.ann, 0) == list(range(1, 101))
    assert scene.land.list_of(scene.ann, 100) == [101, 102, 103]
    assert scene.land.list_of(scene.ann, 103) == scene.land.list_of(scene.bob, 0) == []
    with scene.world.refused("places count from 0"):
        scene.land.list_of(scene.ann, -1)


class LandOffice(RuleBasedStateMachine):
    """The lists say the same as a plain list of owners, whatever happens in whatever order."""

    @initialize()
    def begin(self) -> None:
        self.scene = Scene(World())
        self.people = [self.scene.ann, self.scene.bob, self.scene.cho]
        self.owners: dict[int, int] = {}
        self.documents = 0

    @rule(to=st.integers(0, 2))
    def issue(self, to: int) -> None:
        self.documents += 1
        self.owners[self.scene.issue(self.people[to], self.documents)] = to

    @rule(number=st.integers(1, 8), by=st.integers(0, 2), to=st.integers(0, 2))
    def transfer(self, number: int, by: int, to: int) -> None:
        try:
            self.scene.land.transfer(by=self.people[by], number=number, to=self.people[to])
        except Refused:
            assert self.owners.get(number) != by or by == to
        else:
            assert self.owners[number] == by
            self.owners[number] = to

    @rule(number=st.integers(1, 8), by=st.integers(0, 2))
    def end(self, number: int, by: int) -> None:
        try:
            self.scene.land.end(by=self.people[by], number=number)
        except Refused:
            assert self.owners.get(number) != by
        else:
            assert self.owners.pop(number) == by

    @invariant()
    def every_list_is_right(self) -> None:
        for place, person in enumerate(self.people):
            own = {number for number, owner in self.owners.items() if owner == place}
            listed = self.scene.land.list_of(person, 0)
            assert set(listed) == own
            assert len(listed) == len(own) == self.scene.land.count_of(person)
        assert self.scene.land.count() == len(self.owners)


LandOffice.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestLandOffice = LandOffice.TestCase
