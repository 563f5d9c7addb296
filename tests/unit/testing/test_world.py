"""What a story may rely on: people, money, calls, time, refusals, roll-back."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from dure.apps.flight_delay.contract import FlightDelay
from dure.contract.language import Amount, Contract, Duration, Time, hours
from dure.contract.problems import UnsafeSource
from dure.contract.values import InvalidValue
from dure.core.types import AssetId
from dure.testing import Deployed, Person, Refused, StoryMistake, World
from dure.testing.world import story
from tests.unit.testing.counter import Counted, Counter, Mood, Note, Share


@pytest.fixture
def ann(world: World) -> Person:
    return world.person("ann", won=1_000)


@pytest.fixture
def counter(world: World, ann: Person) -> Deployed:
    return world.deploy(Counter, by=ann, money=world.asset("won"), total=5)


# People and money


def test_people_hold_what_they_were_given(world: World) -> None:
    ann, bob = world.people("ann", "bob", won=7, usd=12)
    assert (ann.won, ann.usd, bob.won) == (7, 12, 7)
    assert ann.address != bob.address
    assert (ann.name, repr(bob)) == ("ann", "<bob>")


def test_money_moves_between_people(world: World) -> None:
    ann, bob = world.people("ann", "bob", won=7)
    world.transfer(by=ann, to=bob, asset="won", amount=3)
    assert (ann.won, bob.won) == (4, 10)
    with world.refused("insufficient_balance"):
        world.transfer(by=ann, to=bob, asset="won", amount=5)
    assert world.conserved()


def test_a_name_is_given_once(world: World, ann: Person) -> None:
    with pytest.raises(StoryMistake, match="'ann' already"):
        world.person("ann")


def test_unknown_money_is_explained(world: World, ann: Person) -> None:
    with pytest.raises(StoryMistake, match="no money called yen, only usd, won"):
        world.person("bob", yen=1)
    with pytest.raises(StoryMistake, match="no money called yen, only usd, won"):
        world.asset("yen")
    with pytest.raises(AttributeError, match=r"money \(usd, won\), no .yen"):
        _ = ann.yen


def test_a_world_may_have_money_of_its_own() -> None:
    world = World(assets={"grain": 3})
    assert world.person("farmer", grain=9).grain == 9


# Calls


def test_calls_change_and_answer(world: World, ann: Person, counter: Deployed) -> None:
    assert counter.add(by=ann, number=3) == 8
    assert counter.add(2, by=ann) == 10
    assert counter.count() == 10


def test_payments_reach_the_contract(world: World, ann: Person, counter: Deployed) -> None:
    assert counter.give(by=ann, pay=400) == Amount(400)
    assert counter.give(by=ann, pay=Amount(100)) == Amount(100)
    assert ann.won == 500
    assert world.balance(counter, "won") == 500
    assert world.conserved()


def test_decimals_come_back_as_the_class_of_the_contract(counter: Deployed) -> None:
    assert counter.part(Share("0.00000002")) == Share("0.00000001")
    assert counter.part("-0.5") == Share("-0.25")
    assert counter.part(1) == Share("0.5")


def test_records_choices_and_people_go_both_ways(
    world: World, ann: Person, counter: Deployed
) -> None:
    note = Note(ann.address, world.now, Mood.LOUD, ["a", "b"])
    counter.write(by=ann, note=note)
    assert counter.note() == note


def test_a_view_may_refuse_too(world: World, counter: Deployed) -> None:
    with world.refused("missing_key"):
        counter.note()


def test_several_people_stand_where_addresses_are_asked(
    world: World, ann: Person, counter: Deployed
) -> None:
    bob = world.person("bob")
    assert counter.count_of([ann, bob, counter]) == 3
    assert repr(counter) == "<Counter>"


def test_events_come_back_as_their_class(world: World, ann: Person, counter: Deployed) -> None:
    counter.add(by=ann, number=3)
    with world.refused("only forwards"):
        counter.add(by=ann, number=-1)
    counter.add(by=ann, number=1)
    assert world.events(Counted) == [
        Counted(ann.address, 8, Mood.CALM),
        Counted(ann.address, 9, Mood.CALM),
    ]


def test_roles_are_given_at_deployment_and_later(world: World, ann: Person) -> None:
    bob, eve = world.people("bob", "eve")
    counter = world.deploy(
        Counter, by=ann, roles={"keeper": [bob]}, money=world.asset("won"), total=5
    )
    counter.reset(by=bob)
    with world.refused("not a keeper"):
        counter.reset(by=eve)
    world.grant(counter, "keeper", eve, by=ann)
    counter.reset(by=eve)
    world.revoke(counter, "keeper", bob, by=ann)
    with world.refused("not_permitted"):
        counter.reset(by=bob)


@pytest.mark.parametrize(
    ("mistake", "explanation"),
    [
        (lambda c, _: c.add(number=1), "say which person signs"),
        (lambda c, _: c.add(by="ann", number=1), "say which person signs"),
        (lambda c, ann: c.add(by=ann, number=1, pay=5), "accepts no money"),
        (lambda c, ann: c.give(by=ann, pay=1.5), "whole minor units"),
        (lambda c, ann: c.give(by=ann, pay=-1), "whole minor units"),
        (lambda c, ann: c.give(by=ann, pay=True), "whole minor units"),
    ],
)
def test_mistakes_of_the_story_are_explained(
    ann: Person,
    counter: Deployed,
    mistake: Callable[[Deployed, Person], object],
    explanation: str,
) -> None:
    with pytest.raises(StoryMistake, match=explanation):
        mistake(counter, ann)
    assert counter.count() == 5


def test_wrong_arguments_name_the_signature(ann: Person, counter: Deployed) -> None:
    with pytest.raises(InvalidValue, match="add takes number: int"):
        counter.add(by=ann, numbr=1)
    with pytest.raises(InvalidValue, match="number: expected an integer"):
        counter.add(by=ann, number="one")


def test_an_unknown_method_is_guessed(counter: Deployed) -> None:
    with pytest.raises(AttributeError, match=r"no method ad: did you mean \.add\?"):
        _ = counter.ad
    with pytest.raises(AttributeError, match="it has add, clock"):
        _ = counter.xyzzy


def test_only_contracts_are_deployed(world: World, ann: Person) -> None:
    with pytest.raises(StoryMistake, match="no contract class"):
        world.deploy(World, by=ann)  # type: ignore[arg-type]  # deliberately of a wrong type


def test_what_the_checker_refuses_is_not_deployed(world: World, ann: Person) -> None:
    # This file imports what no contract may.
    with pytest.raises(UnsafeSource):
        world.deploy(Unsafe, by=ann)


class Unsafe(Contract):
    pass


# Refusals


def test_refused_fails_where_nothing_was_refused(
    world: World, ann: Person, counter: Deployed
) -> None:
    with (
        pytest.raises(AssertionError, match="nothing was refused"),
        world.refused("only forwards"),
    ):
        counter.add(by=ann, number=1)


def test_refused_fails_where_something_else_was_refused(
    world: World, ann: Person, counter: Deployed
) -> None:
    with (
        pytest.raises(AssertionError, match="another reason than 'backwards': ann: only forwards"),
        world.refused("backwards"),
    ):
        counter.add(by=ann, number=0)


def test_a_refusal_changes_nothing(world: World, ann: Person, counter: Deployed) -> None:
    with pytest.raises(Refused) as caught:
        counter.give(by=ann, pay=2_000)
    assert caught.value.reason == "insufficient_balance"
    assert ann.won == 1_000


def test_refused_does_not_take_mistakes_for_refusals(
    world: World, ann: Person, counter: Deployed
) -> None:
    with pytest.raises(StoryMistake), world.refused("money"):
        counter.add(by=ann, number=1, pay=5)


# Time


def test_the_clock_begins_where_the_story_says() -> None:
    world = World(at="2013-03-08T05:00:00-05:00")
    assert world.now == Time(1_362_736_800_000)
    assert World(at=Time(1_362_736_800_000)).now == world.now


@pytest.mark.parametrize(
    ("at", "explanation"), [("soon", "no ISO 8601"), ("2013-03-08T05:00:00", "names no zone")]
)
def test_a_beginning_that_is_no_moment_is_explained(at: str, explanation: str) -> None:
    with pytest.raises(StoryMistake, match=explanation):
        World(at=at)


def test_contracts_see_the_story_clock(world: World, ann: Person, counter: Deployed) -> None:
    before = world.now
    world.wait(days=60, hours=1, minutes=1, seconds=1)
    assert world.now == before + Duration((60 * 86_400 + 3_661) * 1000)
    assert counter.clock() == world.now


def test_scheduled_calls_happen_while_waiting(world: World, ann: Person, counter: Deployed) -> None:
    begun = world.now
    counter.ring_after(by=ann, wait=hours(2))
    counter.ring_after(by=ann, wait=hours(5))
    world.wait_until(begun + hours(2))
    assert counter.rung() == 0
    world.wait(hours=1)
    assert counter.rung() == 1
    world.wait(days=30)
    assert counter.rung() == 2


def test_a_call_scheduled_for_now_has_happened(
    world: World, ann: Person, counter: Deployed
) -> None:
    counter.ring_after(by=ann, wait=Duration(0))
    assert counter.rung() == 1


def test_a_scheduled_call_that_is_refused_is_not_overlooked(
    world: World, ann: Person, counter: Deployed
) -> None:
    counter.fail_later(by=ann, wait=hours(1))
    counter.ring_after(by=ann, wait=hours(1))
    with world.refused("broken bell"):
        world.wait(hours=2)
    # The others have happened all the same.
    assert counter.rung() == 1


def test_time_does_not_run_backwards(world: World) -> None:
    with pytest.raises(StoryMistake, match="backwards"):
        world.wait_until(Time(world.now.milliseconds - 1))
    with pytest.raises(StoryMistake, match="is no Time"):
        world.wait_until(5)  # type: ignore[arg-type]  # deliberately of a wrong type


# The documentation


def test_the_story_in_the_documentation_runs(world: World) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", story.__doc__ or "", re.DOTALL)
    names: dict[str, Any] = {"World": World, "FlightDelay": FlightDelay, "hours": hours}
    exec(code, names)
    names["late_flight_pays_by_itself"](world)
    assert world.height > 5


# Roll-back and repetition


def test_a_trial_leaves_nothing_behind(world: World, ann: Person, counter: Deployed) -> None:
    before = (world.state_root, world.height, world.now)
    for _ in range(3):
        with world.trial():
            bob = world.person("bob", won=50)
            counter.give(by=ann, pay=400)
            counter.add(by=bob, number=3)
            counter.ring_after(by=ann, wait=hours(1))
            other = world.deploy(Counter, by=bob, money=world.asset("usd"), total=1)
            assert other.count() == 1
            world.wait(days=9)
        assert (world.state_root, world.height, world.now) == before
    assert (ann.won, counter.count(), world.events(Counted)) == (1_000, 5, [])
    world.wait(days=1)
    assert counter.rung() == 0
    assert counter.add(by=ann, number=1) == 6


def test_a_trial_is_taken_back_after_a_failure_too(
    world: World, ann: Person, counter: Deployed
) -> None:
    with pytest.raises(Refused):
        fail_in_a_trial(world, ann, counter)
    assert counter.count() == 5


def fail_in_a_trial(world: World, ann: Person, counter: Deployed) -> None:
    with world.trial():
        counter.add(by=ann, number=1)
        counter.add(by=ann, number=-1)


def test_two_runs_of_one_story_end_alike() -> None:
    assert play() == play()


def play() -> tuple[str, int, Time]:
    world = World()
    ann, bob = world.people("ann", "bob", won=100)
    counter = world.deploy(Counter, by=ann, money=world.asset("won"), total=1)
    counter.give(by=bob, pay=30)
    counter.ring_after(by=bob, wait=hours(1))
    world.wait(days=1)
    return world.state_root, world.height, world.now


def test_the_money_of_a_contract_can_be_held_and_named(world: World, ann: Person) -> None:
    asset = world.asset("won")
    assert AssetId(asset) == asset
    assert world.balance(ann, asset) == world.balance(ann, "won") == 1_000
