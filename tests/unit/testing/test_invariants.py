"""Generated stories: they find what is wrong, they reach what is right, and they repeat."""

import pytest

from dure.contract.library.ownership import Ownable
from dure.testing import Deployed, StoryMistake, World
from dure.testing.invariants import check_invariants
from dure.testing.world.observing import SeenCall, observe
from tests.unit.testing.cloakroom import Cloakroom, Wardrobe


def open_room(world: World) -> Deployed:
    porter, _ = world.people("porter", "guest", won=100_000)
    return world.deploy(Cloakroom, by=porter, roles={"porter": porter}, money=world.asset("won"))


def open_wardrobe(world: World) -> Deployed:
    (guest,) = world.people("guest", won=100_000)
    return world.deploy(Wardrobe, by=guest, money=world.asset("won"))


def open_ownable(world: World) -> Deployed:
    owner, _ = world.people("owner", "stranger")
    return world.deploy(Ownable, by=owner)


def hear() -> list[SeenCall]:
    heard: list[SeenCall] = []
    with observe(heard.append):
        check_invariants(Cloakroom, start=open_room, examples=12, steps=30)()
    return heard


test_no_call_breaks_the_sound_cloakroom = check_invariants(Cloakroom, start=open_room, examples=4)
test_no_call_breaks_an_owner = check_invariants(Ownable, start=open_ownable, examples=5)


def test_a_planted_mistake_is_found_and_told_as_a_short_story(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(AssertionError, match=r"Wardrobe\.what_is_kept_is_there") as failure:
        check_invariants(Wardrobe, start=open_wardrobe)()
    story = capsys.readouterr().out + "\n".join(getattr(failure.value, "__notes__", []))
    assert "leave(by=<guest>, pay=" in story
    assert "fetch(number=1, by=<guest>)" in story
    assert story.count("leave(by=") == 1


def test_the_stories_reach_every_method_and_make_many_calls_that_happen() -> None:
    happened = [seen.method for seen in hear() if seen.gas is not None]
    assert set(happened) == {"leave", "fetch", "say", "ring_later"}
    assert len(happened) > 20


def test_the_same_stories_are_told_on_every_run() -> None:
    def tell() -> list[tuple[str, object]]:
        heard: list[SeenCall] = []
        with observe(heard.append):
            check_invariants(Cloakroom, start=open_room, examples=3, steps=15)()
        return [(seen.method, seen.gas) for seen in heard]

    assert tell() == tell()


def test_a_story_needs_somebody_to_act() -> None:
    def open_alone(world: World) -> Deployed:
        owner = World().person("owner")
        del owner
        return Deployed.__new__(Deployed)

    with pytest.raises(StoryMistake, match="made no people"):
        check_invariants(Cloakroom, start=open_alone)()


def test_money_out_of_nowhere_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(World, "conserved", lambda _: False)
    with pytest.raises(AssertionError, match="money was made or lost"):
        check_invariants(Cloakroom, start=open_room, examples=1, steps=1)()
