"""Plays a story in memory and puts its record together."""

import inspect
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from dure.contract.agreement import explain
from dure.core.errors import DureError
from dure.core.types import Instant
from dure.testing.recording.record import FORMAT, StoryRecord, Verdict, Words
from dure.testing.recording.stage import RecordingStage, Story
from dure.testing.recording.wording import read_words
from dure.testing.world.errors import explain_failure
from dure.testing.world.story import ASSETS, START, World

BEGINS: Final = Instant(round(datetime.fromisoformat(START).timestamp() * 1000))


def record_story(story: Story) -> StoryRecord:
    """Return the record of a story; one that does not hold is recorded up to that point."""
    stage = RecordingStage(story, at=BEGINS, assets=ASSETS)
    problem: str | None = None
    try:
        story(World(stage))
    except (AssertionError, DureError) as wrong:
        problem = explain_failure(story, wrong)
    assert stage.holds_as_told(), "the ledger tells of all money that moves"
    for asset in stage.assets.values():
        stage.teller.describe_asset(asset)
    words = _read_words(stage)
    return StoryRecord(
        format=FORMAT,
        name=story.__name__,
        says=" ".join((story.__doc__ or "").split()),
        version=_compute_version(story, stage),
        source=inspect.getsource(story),
        chain_id=stage.chain_id,
        assets=tuple(stage.teller.assets.values()),
        actors=tuple(stage.cast.actors.values()),
        words=words,
        steps=tuple(stage.steps),
        verdict=Verdict(problem, stage.is_conserved(), stage.state_root.hex()),
    )


def _read_words(stage: RecordingStage) -> dict[str, Words]:
    contracts = {
        actor.contract_class: address
        for address, actor in stage.cast.actors.items()
        if actor.contract_class
    }
    return {
        name: read_words(explain(stage.teller.find_source(address)))
        for name, address in contracts.items()
    }


def _compute_version(story: Story, stage: RecordingStage) -> str:
    """Return a digest of the story's module and of all blocks that it made."""
    text = Path(inspect.getfile(story)).read_bytes()
    return sha256(text + stage.state_root).hexdigest()[:32]
