"""What contract authors test with: `World`, an in-memory chain with a clock moved by hand."""

from dure.testing.world import (
    Deployed,
    Deployment,
    Done,
    LiveStage,
    MemoryStage,
    NamedAccount,
    Office,
    Person,
    Refused,
    Stage,
    Step,
    StoryMistake,
    World,
)

__all__ = [
    "Deployed",
    "Deployment",
    "Done",
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
]
