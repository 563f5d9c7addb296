"""A guardian pauses a contract and lets it go on."""

import pytest

from dure.contract.library.pausable import Pausable, Paused, Resumed
from dure.testing import Deployed, Person, World
from tests.unit.contract.library.tap import Tap


@pytest.fixture
def guardian(world: World) -> Person:
    return world.person("guardian")


@pytest.fixture
def tap(world: World, guardian: Person) -> Deployed:
    return world.deploy(Tap, by=guardian, roles={"guardian": guardian})


def test_a_pause_stops_what_asks_for_it_only(world: World, tap: Deployed, guardian: Person) -> None:
    assert tap.run(by=guardian) == 1
    tap.pause(by=guardian, reason="the pipe leaks")
    assert tap.is_paused()
    with world.refused("the contract is paused"):
        tap.run(by=guardian)
    tap.empty(by=guardian)
    tap.resume(by=guardian)
    assert not tap.is_paused()
    assert tap.run(by=guardian) == 1


def test_only_a_guardian_pauses_and_resumes(world: World, tap: Deployed, guardian: Person) -> None:
    stranger = world.person("stranger")
    with world.refused("not_permitted"):
        tap.pause(by=stranger, reason="mischief")
    tap.pause(by=guardian, reason="the pipe leaks")
    with world.refused("not_permitted"):
        tap.resume(by=stranger)


def test_a_pause_begins_and_ends_once(world: World, tap: Deployed, guardian: Person) -> None:
    with world.refused("the contract is not paused"):
        tap.resume(by=guardian)
    tap.pause(by=guardian, reason="the pipe leaks")
    with world.refused("the contract is paused"):
        tap.pause(by=guardian, reason="it still leaks")


@pytest.mark.parametrize("reason", ["", "r" * 501])
def test_a_pause_has_a_reason(world: World, tap: Deployed, guardian: Person, reason: str) -> None:
    with world.refused("the reason has 1 to 500 characters"):
        tap.pause(by=guardian, reason=reason)


def test_the_reason_is_told(world: World, guardian: Person) -> None:
    plain = world.deploy(Pausable, by=guardian, roles={"guardian": guardian})
    plain.pause(by=guardian, reason="the pipe leaks")
    plain.resume(by=guardian)
    assert world.events(Paused) == [Paused("the pipe leaks")]
    assert world.events(Resumed) == [Resumed()]
