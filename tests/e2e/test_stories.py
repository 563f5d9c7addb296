"""The stories that run in memory, on nodes that are processes: the same text, the same money."""

from collections.abc import Iterator, Mapping

import pytest

from dure.application import Story, find_application
from dure.apps.flight_delay.stories import late_flight_pays_by_itself
from dure.chain.genesis.document import EngineKind
from dure.cli.demo.stories import found_story_network, open_office, play_story
from dure.contract.language import Amount, Duration, hours
from dure.core.types import Instant
from dure.sdk import Client
from dure.testing import (
    Deployed,
    LiveStage,
    MemoryStage,
    NamedAccount,
    Person,
    Refused,
    Step,
    StoryMistake,
    World,
)
from dure.testing.world.live import THE_CHAIN
from tests.e2e.processes import Town, find_processes, found_town, run_dure
from tests.unit.testing.counter import Counted, Counter, Mood, Note
from tests.unit.testing.tally import Tally, TallyByTwo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

APPLICATION = find_application("flight-delay")
BEGUN = Instant(1_767_600_000_000)
ASSETS = {"won": 0, "usd": 2}


class Ledger(MemoryStage):
    """A stage in memory that remembers who took part."""

    def __init__(self) -> None:
        super().__init__(at=BEGUN, assets=ASSETS)
        self.people: dict[str, NamedAccount] = {}

    def admit(self, name: str, balances: Mapping[str, int]) -> NamedAccount:
        self.people[name] = super().admit(name, balances)
        return self.people[name]


def play_in_memory(story: Story) -> dict[str, dict[str, int]]:
    """Return what each person holds at the end of a story in memory."""
    stage = Ledger()
    story(World(stage))
    return {
        name: {code: stage.get_balance(asset, who.address) for code, asset in stage.assets.items()}
        for name, who in stage.people.items()
    }


@pytest.mark.parametrize(("engine", "validators"), [("solo", 1), ("pbft", 4)])
def test_stories_end_on_a_live_network_as_they_end_in_memory(
    engine: str, validators: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Nodes open sockets in it, whose paths have to be short.
    temporary = tmp_path_factory.mktemp("s")
    done = run_dure(
        *("demo", "stories", "flight-delay", "--engine", engine, "--json"),
        timeout_s=200,
        extra={"TMPDIR": str(temporary)},
    )
    facts = done.read_json()
    assert (facts["engine"], facts["validators"]) == (engine, validators)
    assert facts["state_roots_equal"]
    assert len(facts["state_roots"]) == validators
    told = {story["name"]: story for story in facts["stories"]}
    assert list(told) == [story.__name__ for story in APPLICATION.stories]
    for story in APPLICATION.stories:
        assert told[story.__name__]["balances"] == play_in_memory(story)
        assert told[story.__name__]["money_conserved"]
        assert told[story.__name__]["problem"] is None
        assert told[story.__name__]["scheduled_calls"] == 1
    assert find_processes(temporary) == []
    assert list(temporary.iterdir()) == []


def test_an_application_without_a_demo_of_its_own_shows_its_stories() -> None:
    answer = run_dure("demo", "nothing-like-it")
    assert answer.code == 1
    assert "there is no application 'nothing-like-it'" in answer.said
    answer = run_dure("demo", "stories", "flight-delay", "--story", "no-such")
    assert answer.code == 1
    assert "it has: late_flight_pays_by_itself" in answer.said


# What a story may rely on, on one live validator


@pytest.fixture(scope="module")
def solo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("solo")
    found_story_network(folder, EngineKind.SOLO)
    town = Town(folder)
    try:
        town.start()
        yield town
    finally:
        town.close()


@pytest.fixture
def client(solo: Town) -> Iterator[Client]:
    with solo.connect() as client:
        yield client


@pytest.fixture
def steps() -> list[Step]:
    return []


@pytest.fixture
def world(solo: Town, client: Client, steps: list[Step]) -> World:
    """A world of its own on a chain where other stories were played before."""
    return World(LiveStage(client, open_office(solo.folder), tell=steps.append))


@pytest.fixture
def ann(world: World) -> Person:
    return world.person("ann", won=1_000)


@pytest.fixture
def counter(world: World, ann: Person) -> Deployed:
    return world.deploy(Counter, by=ann, money=world.asset("won"), total=5)


def test_calls_views_fields_and_events_answer_as_in_memory(
    world: World, ann: Person, counter: Deployed
) -> None:
    assert counter.add(by=ann, number=3) == 8
    assert counter.give(by=ann, pay=400) == Amount(400)
    note = Note(ann.address, world.now, Mood.LOUD, ["a", "b"])
    counter.write(by=ann, note=note)
    assert counter.note() == note
    assert counter.count_of([ann, counter]) == 2
    assert world.events(Counted) == [Counted(ann.address, 8, Mood.CALM)]
    assert (ann.won, world.balance(counter, "won")) == (600, 400)
    assert world.conserved()


def test_the_members_change_and_stop_a_contract_as_in_memory(
    world: World, ann: Person, steps: list[Step]
) -> None:
    tally = world.deploy(Tally, by=ann, total=5)
    assert tally.add(by=ann) == 6
    by_two = world.upgrade(tally, TallyByTwo)
    assert by_two.add(by=ann) == 8
    assert by_two.count() == 8
    world.stop(by_two, "a mistake in the count")
    assert (steps[-1].who, steps[-1].said) == ("the members", ("contract_stopped",))
    with world.refused("already_stopped"):
        world.stop(by_two, "once more")
    assert by_two.count() == 8
    world.start(by_two)
    assert by_two.add(by=ann) == 10


def test_what_fell_due_while_a_contract_was_stopped_has_happened_when_it_is_started(
    world: World, ann: Person, counter: Deployed
) -> None:
    counter.ring_after(by=ann, wait=hours(1))
    world.stop(counter, "the bell is being mended")
    world.wait(hours=2)
    assert counter.rung() == 0
    world.start(counter)
    assert counter.rung() == 1


def test_refusals_have_their_words(
    world: World, ann: Person, counter: Deployed, steps: list[Step]
) -> None:
    with world.refused("only forwards"):
        counter.add(by=ann, number=-1)
    assert steps[-1].refusal == "only forwards"
    with world.refused("missing_key"):
        counter.note()
    with world.refused("not_permitted"):
        counter.reset(by=ann)
    with world.refused("insufficient_balance"):
        counter.give(by=ann, pay=2_000)
    world.grant(counter, "keeper", ann, by=ann)
    counter.reset(by=ann)
    assert counter.count() == 0


def test_what_falls_due_has_happened_when_a_step_ends(
    world: World, ann: Person, counter: Deployed, steps: list[Step]
) -> None:
    counter.ring_after(by=ann, wait=Duration(0))
    assert counter.rung() == 1
    counter.ring_after(by=ann, wait=hours(2))
    counter.ring_after(by=ann, wait=hours(5))
    world.wait(hours=3)
    assert counter.rung() == 2
    world.wait(days=30)
    assert counter.rung() == 3
    assert sum(step.who == THE_CHAIN for step in steps) == 3


def test_a_scheduled_call_that_is_refused_is_not_overlooked(
    world: World, ann: Person, counter: Deployed
) -> None:
    with pytest.raises(Refused, match="a scheduled call: broken bell"):
        counter.fail_later(by=ann, wait=Duration(0))
    counter.fail_later(by=ann, wait=hours(1))
    counter.ring_after(by=ann, wait=hours(1))
    with world.refused("broken bell"):
        world.wait(hours=2)
    assert counter.rung() == 1


def test_a_call_that_was_cancelled_is_waited_for_no_longer(world: World, steps: list[Step]) -> None:
    late_flight_pays_by_itself(world)
    world.wait(days=3)
    assert sum(step.who == THE_CHAIN for step in steps) == 1


def test_what_another_story_left_behind_is_not_this_ones(
    solo: Town, client: Client, world: World, ann: Person, counter: Deployed
) -> None:
    counter.fail_later(by=ann, wait=hours(1))
    counter.give(by=ann, pay=400)
    other = World(LiveStage(client, open_office(solo.folder)))
    other.person("ann", won=5)
    other.wait(hours=2)
    assert other.conserved()
    assert other.events(Counted) == []


def test_money_that_leaves_the_story_is_missed(solo: Town, world: World, ann: Person) -> None:
    assert world.conserved()
    outsider = Deployed.__new__(Deployed)
    outsider.address = solo.get_address("alpha")
    world.transfer(by=ann, to=outsider, asset="won", amount=1)
    assert not world.conserved()


def test_what_a_live_network_cannot_do_is_explained(world: World, ann: Person) -> None:
    with pytest.raises(StoryMistake, match="takes nothing back"), world.trial():
        pass
    with pytest.raises(StoryMistake, match="'ann' already"):
        world.person("ann")
    with pytest.raises(StoryMistake, match="no money called yen"):
        world.person("bob", yen=1)


def asserts_what_is_not_so(world: World) -> None:
    """The guest is rich."""
    (guest,) = world.people("guest", won=1)
    assert guest.won == 2


def expects_a_refusal(world: World) -> None:
    """The guest may not give money away."""
    guest, thief = world.people("guest", "thief", won=1)
    with world.refused("not yours"):
        world.transfer(by=guest, to=thief, asset="won", amount=1)


def asks_for_what_is_not_there(world: World) -> None:
    """The guest owns a house."""
    (guest,) = world.people("guest", won=1)
    _ = guest.house


@pytest.mark.parametrize(
    ("story", "words"),
    [
        (asserts_what_is_not_so, ["test_stories.py:", "assert guest.won == 2"]),
        (expects_a_refusal, ["world.refused", "nothing was refused"]),
        (asks_for_what_is_not_there, ["guest.house", "AttributeError: a person has .name"]),
    ],
)
def test_a_story_that_does_not_hold_says_where(
    solo: Town, client: Client, story: Story, words: list[str]
) -> None:
    result = play_story(story, client, open_office(solo.folder), quiet=True)
    assert not result.is_right
    assert result.problem is not None
    assert [each for each in words if each not in result.problem] == []
    assert result.money_conserved
    assert "guest" in result.balances


def test_stories_play_on_test_chains_only(
    solo: Town, tmp_path_factory: pytest.TempPathFactory
) -> None:
    real = ("--members", "alpha", "--engine", "solo", "--kind", "private")
    town = found_town(tmp_path_factory.mktemp("real"), *real)
    try:
        with (
            town.connect() as client,
            pytest.raises(StoryMistake, match="marked as a test"),
        ):
            LiveStage(client, open_office(solo.folder))
    finally:
        town.close()
