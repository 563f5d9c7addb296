"""Authors see where the gas of a story goes."""

import pytest

from dure.apps.flight_delay.stories import FLIGHT, open_business
from dure.contract.language import hours
from dure.testing import StoryMistake, World
from dure.testing.world.tracing import Trace


def play() -> tuple[Trace, World]:
    world = World()
    insurer, traveller, airline = world.people("insurer", "traveller", "airline", won=1_000_000)
    cover = open_business(world, insurer, airline)
    with world.tracing() as trace:
        cover.buy(by=traveller, flight=FLIGHT, departs=world.now + hours(3), pay=5_000)
        with world.refused("flight oracle"):
            cover.report(by=traveller, flight=FLIGHT, departs=world.now, late_minutes=1)
    return trace, world


def test_every_call_inside_is_told_with_its_lines() -> None:
    trace, _ = play()
    assert [call.method for call, _ in trace.calls] == ["buy", "report"]
    told = str(trace)
    assert "FlightDelay.buy: " in told
    assert "require(" in told
    assert "not_permitted" in told


def test_tracing_changes_nothing() -> None:
    trace, world = play()
    assert world.conserved()
    assert {each.height for each in trace.found} == {world.height - 1, world.height}
    again, other = play()
    assert other.state_root == world.state_root
    assert str(again) == str(trace)


def test_a_live_network_is_traced_by_the_command() -> None:
    world = World(object())  # type: ignore[arg-type]  # a stage that is never used
    with pytest.raises(StoryMistake, match="dure contract trace"), world.tracing():
        pass
