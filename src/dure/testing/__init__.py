"""What contract authors test with: `World`, an in-memory chain with a clock moved by hand."""

from dure.testing.world import (
    Account,
    Deployed,
    Deployment,
    Done,
    MemoryStage,
    Person,
    Refused,
    Stage,
    StoryMistake,
    World,
)

__all__ = [
    "Account",
    "Deployed",
    "Deployment",
    "Done",
    "MemoryStage",
    "Person",
    "Refused",
    "Stage",
    "StoryMistake",
    "World",
]
