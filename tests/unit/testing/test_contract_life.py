"""A story in which the members change, stop and start a contract."""

import pytest

from dure.contract.values import InvalidValue
from dure.testing import Deployed, Person, StoryMistake, World
from tests.unit.testing.tally import Counted, Tally, TallyByTwo


@pytest.fixture
def ann(world: World) -> Person:
    return world.person("ann", won=1_000)


@pytest.fixture
def tally(world: World, ann: Person) -> Deployed:
    return world.deploy(Tally, by=ann, total=5)


def test_an_upgraded_contract_goes_on_where_it_was(
    world: World, ann: Person, tally: Deployed
) -> None:
    assert tally.add(by=ann) == 6
    by_two = world.upgrade(tally, TallyByTwo)
    assert by_two.address == tally.address
    assert by_two.add(by=ann) == 8
    assert by_two.count() == 8
    assert world.events(Counted) == [Counted(6), Counted(8)]


def test_what_was_kept_from_before_calls_the_new_code_too(
    world: World, ann: Person, tally: Deployed
) -> None:
    world.upgrade(tally, TallyByTwo)
    assert tally.add(by=ann) == 7
    with pytest.raises(AttributeError, match="Tally has no method count"):
        tally.count()


def test_mistakes_in_an_upgrade_are_explained(world: World, tally: Deployed) -> None:
    with pytest.raises(StoryMistake, match="no contract class"):
        world.upgrade(tally, World)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="no method migrate"):
        world.upgrade(tally, TallyByTwo, rate=3)


def test_an_upgrade_is_taken_back_with_a_trial(world: World, ann: Person, tally: Deployed) -> None:
    before = world.state_root
    with world.trial():
        world.upgrade(tally, TallyByTwo)
    assert world.state_root == before
    assert tally.add(by=ann) == 6
    assert world.events(Counted) == [Counted(6)]
