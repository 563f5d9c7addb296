"""An in-memory chain with a story clock, for tests, demos and documentation in one text."""

from dure.testing.world.contracts import Deployed, DraftCall, draft_call
from dure.testing.world.errors import Refused, StoryMistake
from dure.testing.world.live import LiveStage, Office, Step
from dure.testing.world.memory import MemoryStage
from dure.testing.world.people import Person
from dure.testing.world.stage import Deployment, Done, NamedAccount, Stage
from dure.testing.world.story import World

__all__ = [
    "Deployed",
    "Deployment",
    "Done",
    "DraftCall",
    "LiveStage",
    "MemoryStage",
    "NamedAccount",
    "Office",
    "Person",
    "Refused",
    "Stage",
    "Step",
    "StoryMistake",
    "World",
    "draft_call",
]
