"""What contract authors test with: `World`, an in-memory chain with a clock moved by hand."""

from dure.testing.world import (
    Deployed,
    Deployment,
    Done,
    DraftCall,
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
    draft_call,
)

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
