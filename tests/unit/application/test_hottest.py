"""Each application's hottest call can be made again and again, and is the one that it says."""

from itertools import islice

import pytest

from dure.application import Application, find_applications
from dure.apps.flight_delay.hottest import buy_covers
from dure.contract.values import InvalidValue
from dure.core.types import Instant
from dure.testing import MemoryStage, StoryMistake, World, draft_call

CALLS = 45
DECLARED = [each for each in find_applications() if each.hottest is not None]
START = Instant(1_767_603_600_000)


@pytest.mark.parametrize("application", DECLARED, ids=[each.slug for each in DECLARED])
def test_none_of_them_is_refused(application: Application) -> None:
    hottest = application.hottest
    assert hottest is not None
    stage = MemoryStage(at=START, assets={"won": 0, "usd": 2})
    drafts = list(islice(hottest.begin(World(stage)), CALLS))
    # The nodes take them as they come: here the last first.
    for draft in reversed(drafts):
        stage.send(draft.by.account, [draft.call])
    contract, _, method = hottest.method.partition(".")
    assert contract in {each.__name__ for each in application.contracts}
    assert {draft.call.method for draft in drafts} == {method}
    assert len({draft.call.contract for draft in drafts}) == 1
    assert len({draft.by.name for draft in drafts}) > 1


def test_every_application_of_ours_says_which_call_that_is() -> None:
    own = [each for each in find_applications() if each.package.startswith("dure.apps.")]
    assert [each.slug for each in own if each.hottest is None] == []


def test_a_draft_is_what_the_call_would_be() -> None:
    world = World()
    draft = next(buy_covers(world))
    assert draft.call.pays is not None
    assert draft.by.name == "traveller 0"


def test_only_calls_are_drafted() -> None:
    world = World()
    found = next(each for each in find_applications() if each.slug == "leak-alert")
    supervisor = world.person("supervisor")
    alert = world.deploy(found.contracts[0], by=supervisor, roles={"supervisor": supervisor})
    with pytest.raises(StoryMistake, match="has no method"):
        draft_call(alert, "totals", by=supervisor)
    with pytest.raises(InvalidValue, match="takes batch"):
        draft_call(alert, "acknowledge", by=supervisor)
    with pytest.raises(StoryMistake, match="accepts no money"):
        draft_call(alert, "acknowledge", by=supervisor, pay=1, batch=1)
